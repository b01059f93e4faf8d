"""The register's import: look first, then write; a long file is worked beside the request, with its progress shown."""

import logging
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request

from app import clock, trouble
from app.labels import say
from app.services.files import tables
from app.services.people import Refused
from app.services.register import importing as register
from app.services.register import problems as listed
from app.services.register.importing import Checked, Problem
from app.store import jobs, kept_forms, pages
from app.store import register as rows
from app.store.processes import NotFound
from app.store.session import Session, Store

from .keeping import forms as keeping
from .shell import files
from .shell import request as req
from .shell.filters import tell
from .shell.request import PageContext
from .shell.served import attachment

bp = Blueprint("register", __name__)
log = logging.getLogger("shouwang.web")
MOST_ON_PAGE = 6_000
"""Rows that are worked in the request itself; more are worked beside it."""
JOB, SHOWN = "import", 200
NAMES = ("value", "name", "names", "head", "old", "new")
"""What of a problem or note may name somebody."""
SHOWN_FOR = timedelta(hours=1)
ERRORS = "/register/errors.xlsx"
"""Where the rows of one's last long file that were not taken are fetched, as long as a table is kept."""
SILENT = timedelta(minutes=5)
"""A run that has said nothing for so long broke off; the same file again goes on where it stopped."""


@bp.get("/register/import")
def importing() -> Response:
    with req.reading() as context:
        _may(context)
        shown = _import_context(context)
        answer = make_response(render_template("register/import.html", **shown))
    if "HX-Request" in request.headers and not shown["running"]:
        answer.headers["HX-Refresh"] = "true"  # done: the whole page, with the file that was looked at
    return answer


def _may(context: PageContext) -> None:
    if not context.actor.has(*register.MAY_IMPORT):
        raise NotFound


def _import_context(context: PageContext, **more: Any) -> dict[str, Any]:
    kept = None if more.get("columns") else next(iter(kept_forms.for_action(context.session, context.actor.id, ERRORS)), None)
    empty: dict[str, Any] = {
        "preview": None,
        "columns": [],
        "fields": [],
        "problems": [],
        "notes": [],
        "wrong": None,
        "data_on": "",
        "done": None,
        "file": None,
        "errors_of": kept.saved_at if kept else None,
    }
    known = register.columns(context.session, context.county)
    needed = [c.titles[0] for c in known.values() if c.required]
    common = {"needed": needed, "command": req.new_command(), "today": context.today.isoformat()}
    return {**empty, **_last_run(context, more), **common, **more}


def _last_run(context: PageContext, more: dict[str, Any]) -> dict[str, Any]:
    """How this person's newest long file stands: running with its progress, or what it came to within the last hour.
    Nothing beside a short file's answer."""
    last = _mine(context)
    found: dict[str, Any] = {"running": None, "broke_off": False}
    if last is None or more.get("columns") or (last.ended_at or last.started_at) < clock.now() - SHOWN_FOR:
        return found
    kept = last.result
    if last.ended_at is None:
        alive = _alive(last)
        return {**found, "running": {"done": kept["done"], "total": kept["total"]} if alive else None, "broke_off": not alive}
    told = {
        "problems": [
            {"row": r, "column": c, "value": "", "why": tell(code, **details)} for r, c, code, details in kept["problems"]
        ],
        "notes": [{"row": r, "number": n, "why": tell(code, **details)} for r, n, code, details in kept.get("notes", ())],
    }
    if kept.get("failed"):
        return {**found, "broke_off": True}
    return {**found, **told, "done" if kept["write"] else "preview": kept["counts"], "data_on": kept["data_on"]}


def _mine(context: PageContext) -> Any | None:
    """This person's newest long file."""
    runs = pages.last_runs(context.session, JOB, 20)
    return next((r for r in runs if r.result is not None and r.result.get("by") == context.actor.id), None)


def _alive(run: Any) -> bool:
    return run.ended_at is None and run.result["at"] > (clock.now() - SILENT).timestamp()


@bp.post("/register/import")
def bring_in() -> Any:
    """Look first (preview, problems, which column is what), then the same file again to write it."""
    request.max_content_length = files.LARGEST
    with req.reading() as context:
        _may(context)
        known = register.columns(context.session, context.county)
        saved = rows.mapping(context.session, register.KIND)
    content, wanted, act = files.content(), files.wanted(), files.act()
    data_on = req.words("data_on", 10)
    shown: dict[str, Any] = {"data_on": data_on}
    try:
        day = files.data_day(data_on, context.today)
        table = tables.read(content, register.titles(known, saved), wanted)
        shown["file"] = tables.shown(table.read, wanted)
        chosen = files.chosen(table.header, known) or register.guess(table, known, saved)
        shown["columns"] = files.columns(table.header, chosen)
        shown["fields"] = [{"key": c.key, "title": c.titles[0]} for c in known.values()]
        if act != "look":
            tables.refuse_unasked(table.read, wanted)
        checked = register.check(table, known, chosen, context.county)
    except Refused as error:
        return _answer(wrong=tell(error.code, **error.details), **shown)
    if act == "errors":
        counts = register.apply(
            req.store(), checked, data_on=day, by=context.actor.id, now=context.now, file_hash=b"", write=False
        )
        keeping.stays()
        return attachment(listed.of_table(table, checked, counts.problems), "import-errors.xlsx")
    write = act == "write"
    with req.writing() as context:  # the form is this session's own, and an auditor writes nothing
        _may(context)
        req.command("import")
        digest = context.session.keyring.suite.digest(content)
        if write:
            usual = register.guess(table, known, {})
            rows.save_mapping(context.session, register.KIND, tables.to_remember(table.header, chosen, usual))
        if table.filled > MOST_ON_PAGE:
            last = _mine(context)
            if last is not None and _alive(last):
                raise Refused("register.running")
            period = clock.now().strftime("%Y%m%dT%H%M%S%f")[:20]
            jobs.begin_job(context.session, JOB, period, clock.now())
            jobs.note_progress(context.session, JOB, period, _progress(context.actor.id, 0, len(checked.households)))
            work = (req.store(), period, request.path, table, checked, day, context.actor.id, context.now, digest, write)
    if table.filled > MOST_ON_PAGE:
        keeping.again(looked=True)  # the file is there until it is written whole
        if current_app.testing:
            run(*work)
        else:
            threading.Thread(target=run, args=work, daemon=True, name="import").start()
        return make_response(redirect("/register/import"))
    counts = register.apply(
        req.store(), checked, data_on=day, by=context.actor.id, now=context.now, file_hash=digest, write=write
    )
    found = sorted(counts.problems, key=lambda p: p.row)
    problems = [
        {"row": table.row(p.row), "column": p.column, "value": p.value[:40], "why": tell(p.code, **p.details)} for p in found
    ]
    notes = [
        {"row": table.row(n.row), "number": n.number, "why": tell(n.code, **n.details)}
        for n in sorted(counts.notes, key=lambda n: n.row)
    ]
    told = {**counts.as_dict(), "rows": checked.rows, "older": counts.older}
    if problems or not write:  # the rows to be mended can be fetched after writing, too
        keeping.again(looked=True, open_=not write)
    elif write:
        flash(tell("pages.imported", **counts.as_dict()), "ok")
    return _answer(
        status=200, preview=None if write else told, done=told if write else None, problems=problems, notes=notes, **shown
    )


@bp.get(ERRORS)
def errors() -> Response:
    """Every row of one's last long file that was not taken, without the file."""
    with req.reading() as context:
        _may(context)
        idents = [file.id for one in kept_forms.for_action(context.session, context.actor.id, ERRORS) for file in one.files]
        found = kept_forms.contents(context.session, context.actor.id, idents)
    if not found:
        raise NotFound
    return attachment(found[0][1], "import-errors.xlsx")


def _keep_errors(session: Session, by: int, table: tables.Table, checked: Checked, problems: Sequence[Problem]) -> None:
    """The newest long file's list takes the place of the one before; it goes with the households that it names."""
    now = clock.now()
    kept_forms.drop_own(session, by, [one.id for one in kept_forms.for_action(session, by, ERRORS)], now)
    if not problems:
        return
    named = [("row", cell) for row in listed.rows_of(checked, problems) for cell in table.rows[row - 1]]
    form = kept_forms.put(session, by, ERRORS, ERRORS, {"sent": named, "said": [], "main": None}, False, now)
    content = listed.of_table(table, checked, problems)
    kept_forms.add_file(session, form, "file", "import-errors.xlsx", "", content)


def _progress(by: int, done: int, total: int) -> dict[str, Any]:
    return {"by": by, "done": done, "total": total, "at": clock.now().timestamp()}


def _note(store: Store, period: str, by: int, done: int, total: int) -> None:
    with store.transaction() as session:
        jobs.note_progress(session, JOB, period, _progress(by, done, total))


def run(
    store: Store,
    period: str,
    form: str,
    table: tables.Table,
    checked: Checked,
    day: date,
    by: int,
    now: Any,
    digest: bytes,
    write: bool,
) -> None:
    """A long file, in pieces that are saved as they come; where it stands is written beside."""
    kept: dict[str, Any] = {"by": by, "write": write, "data_on": day.isoformat(), "problems": [], "counts": {}}
    problems: Sequence[Problem] = ()
    try:
        counts = register.apply(
            store,
            checked,
            data_on=day,
            by=by,
            now=now,
            file_hash=digest,
            write=write,
            progress=lambda done, total: _note(store, period, by, done, total),
        )
        problems = counts.problems
        found = sorted(problems, key=lambda p: p.row)[:SHOWN]
        hidden = say("register.see_file")  # what stood in a cell stays out of the database
        details = [
            [table.row(p.row), p.column, p.code, {k: hidden if k in NAMES else str(v) for k, v in p.details.items()}]
            for p in found
        ]
        notes = [
            [table.row(n.row), n.number, n.code, {k: hidden if k in NAMES else str(v) for k, v in n.details.items()}]
            for n in sorted(counts.notes, key=lambda n: n.row)[:SHOWN]
        ]
        told = {**counts.as_dict(), "rows": checked.rows, "older": counts.older}
        kept |= {"counts": told, "problems": details, "notes": notes}
    except Exception as error:
        log.error("import failed", extra=trouble.of(error))
        kept["failed"] = True
    with store.transaction() as session:
        jobs.end_job(session, JOB, period, clock.now(), kept)
        if "failed" not in kept:
            _keep_errors(session, by, table, checked, problems)
        if write and "failed" not in kept:
            kept_forms.drop_own(session, by, [one.id for one in kept_forms.for_action(session, by, form)], clock.now())


def _answer(status: int = 422, **more: Any) -> Response:
    with req.reading() as context:
        return make_response(render_template("register/import.html", **_import_context(context, **more)), status)
