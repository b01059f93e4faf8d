"""Proof that nothing was changed: the last verification's result, the daily seals, and a button to verify again."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template

from app.labels import say
from app.policy import calendar
from app.services import audit, background
from app.services.history import stories
from app.store import audit as rows
from app.store import cases as case_rows
from app.store import jobs
from app.store.processes import NotFound

from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext

bp = Blueprint("audit", __name__)
STREAMS = ("case", "household", "batch", "clue", "file", "exchange", "export", "extract", "scale", "feedback")
IN_WORDS = 20


def _may(context: PageContext) -> None:
    if not context.county.may(context.actor, "verify_record"):
        raise NotFound


@bp.get("/audit")
def show() -> str:
    with req.reading() as context:
        _may(context)
        runs = jobs.last_runs(context.session, audit.JOB)
        seals = rows.all_seals(context.session)[-30:]
        last = next((r for r in runs if r.ended_at is not None), None)
        running = any(background.is_alive(run) for run in runs)
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
        opens = kind == "case" and ident.isdigit() and context.county.may(context.actor, "inspect")
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
        _may(context)
        if any(background.is_alive(run) for run in jobs.last_runs(context.session, audit.JOB)):
            return redirect("/audit")
        background.ask(context.session, audit.JOB, {}, {})
    flash(tell("pages.verify_started"), "ok")
    return redirect("/audit")
