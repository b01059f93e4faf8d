"""Proof that nothing was changed: the last verification's result, the daily seals, and a button to verify again."""

import logging
import threading
import time as real
from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template

from app import clock, trouble
from app.labels import say
from app.policy import calendar
from app.services import audit
from app.services.history import stories
from app.store import audit as rows
from app.store import cases as case_rows
from app.store import jobs, pages
from app.store.processes import NotFound
from app.store.session import Store

from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext

bp = Blueprint("audit", __name__)
log = logging.getLogger("shouwang.web")
JOB, MOST = "verify", 200
STREAMS = ("case", "household", "batch", "clue", "file", "exchange", "export", "extract", "scale", "feedback")
IN_WORDS = 20
GIVEN_UP = timedelta(hours=2)


def _may(context: PageContext, *roles: str) -> None:
    if not context.actor.has(*roles):
        raise NotFound


@bp.get("/audit")
def show() -> str:
    with req.reading() as context:
        _may(context, "auditor", "audit_admin")
        runs = pages.last_runs(context.session, JOB)
        seals = rows.all_seals(context.session)[-30:]
        last = next((r for r in runs if r.ended_at is not None), None)
        running = any(r.ended_at is None and r.started_at > clock.now() - GIVEN_UP for r in runs)
        return render_template(
            "office/audit.html",
            result=_result(context, last),
            findings=_findings(context, last),
            running=running,
            seals=[
                {"day": s.day, "streams": bytes(s.content).count(b'","') or 0, "digest": bytes(s.digest).hex(), "ok": None}
                for s in reversed(seals)
            ],
        )


def _result(context: PageContext, run: Any) -> dict[str, Any] | None:
    if run is None:
        return None
    kept = run.result
    return {
        **kept["report"],
        "ok": not kept["findings"],
        "at": run.ended_at,
        "seconds": kept["ms"] / 1000,
        "streams": kept["report"]["cases"],
        "suite": say(f"pages.suite.{req.here().config.suite}"),
    }


def _findings(context: PageContext, run: Any) -> list[dict[str, Any]]:
    """Links to cases only for who may open households."""
    found: list[dict[str, Any]] = []
    for code, where, number, details in run.result["findings"] if run is not None else []:
        kind, _, ident = where.partition(":")
        named = say(f"pages.audit.of.{kind}", ident=ident) if kind in STREAMS else where
        opens = kind == "case" and ident.isdigit() and context.actor.has("auditor")
        if opens and number is not None and len(found) < IN_WORDS:
            named = _step_of(context, int(ident), number, named)
        if number is not None:
            named = say("pages.audit.stream", where=named, number=number)
        found.append(
            {
                "number": number,
                "where": named,
                "sentence": tell(code, **details),
                "case_id": int(ident) if opens else None,
            }
        )
    return found


def _step_of(context: PageContext, case_id: int, number: int, named: str) -> str:
    """A case's record in words: whose household, which step, which day. Only for who may open it."""
    case = case_rows.get(context.session, case_id)
    event = next((e for e in case_rows.events_of(context.session, case_id) if e.number == number), None)
    if case is None or event is None:
        return named
    element = stories.element_name(context.session, event)
    return say(
        "pages.audit.of.step",
        named=named,
        head=case.head_name or say("status.erased"),
        step=element,
        on=calendar.local_date(event.at).isoformat(),
    )


@bp.post("/audit/verify")
def verify() -> Any:
    with req.writing() as context:
        _may(context, "auditor", "audit_admin")
        if any(r.ended_at is None and r.started_at > clock.now() - GIVEN_UP for r in pages.last_runs(context.session, JOB)):
            return redirect("/audit")
        period = clock.now().strftime("%Y%m%dT%H%M%S%f")[:20]
        jobs.begin_job(context.session, JOB, period, clock.now())
    store = req.store()
    if current_app.testing:
        run(store, period)
    else:
        threading.Thread(target=run, args=(store, period), daemon=True, name="verify").start()
    flash(tell("pages.verify_started"), "ok")
    return redirect("/audit")


def run(store: Store, period: str) -> None:
    """Verify everything and keep the result; a run that breaks off says so."""
    began = real.perf_counter()
    kept: dict[str, Any]
    try:
        with store.reading() as session:
            report = audit.verify(session)
        kept = {
            "report": {name: getattr(report, name) for name in ("cases", "events", "replayed", "erased")},
            "findings": [
                [f.code, f.where, f.number, {k: str(v) for k, v in f.details.items()}] for f in report.findings[:MOST]
            ],
            "ms": round((real.perf_counter() - began) * 1000),
        }
    except Exception as error:
        log.error("verify failed", extra=trouble.of(error))
        kept = {
            "report": dict.fromkeys(("cases", "events", "replayed", "erased"), 0),
            "findings": [["audit.run_failed", "", None, {**trouble.of(error)}]],
            "ms": 0,
        }
    with store.transaction() as session:
        jobs.end_job(session, JOB, period, clock.now(), kept)
