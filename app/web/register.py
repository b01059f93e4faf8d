"""The register's import: look first, then write; a long file is worked beside the request, with its progress shown."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app import clock
from app.services import background
from app.services.files import tables
from app.services.people import Refused
from app.services.register import importing as register
from app.services.register import long_files
from app.services.register import problems as listed
from app.store import kept_forms
from app.store import register as rows
from app.store.processes import NotFound

from .keeping import forms as keeping
from .shell import files
from .shell import request as req
from .shell.filters import tell
from .shell.request import PageContext
from .shell.served import attachment

bp = Blueprint("register", __name__)
MOST_ON_PAGE = 6_000
"""Rows that are worked in the request itself; more are a job that the tick takes."""
SHOWN_FOR = timedelta(hours=1)


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
    if not context.county.may(context.actor, "import_register"):
        raise NotFound


def _errors_of(context: PageContext) -> list[kept_forms.KeptForm]:
    """What was not taken of this person's last long file."""
    return kept_forms.for_action(context.session, context.actor.id, long_files.ERRORS)


def _import_context(context: PageContext, **more: Any) -> dict[str, Any]:
    errors = [] if more.get("columns") else _errors_of(context)
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
        "errors_of": errors[0].saved_at if errors else None,
    }
    known = register.columns(context.session, context.county)
    needed = [c.titles[0] for c in known.values() if c.required]
    common = {"needed": needed, "command": req.new_command(), "today": context.today.isoformat()}
    return {**empty, **_last_run(context, more), **common, **more}


def _last_run(context: PageContext, more: dict[str, Any]) -> dict[str, Any]:
    """How this person's newest long file stands: running with its progress, or what it came to within the last hour.
    Nothing beside a short file's answer."""
    last = long_files.newest(context.session, context.actor.id)
    found: dict[str, Any] = {"running": None, "broke_off": False}
    if last is None or more.get("columns") or (last.ended_at or last.started_at) < clock.now() - SHOWN_FOR:
        return found
    kept = last.result
    if last.ended_at is None:
        alive = background.is_alive(last)
        return {**found, "running": {"done": kept["done"], "total": kept["total"]} if alive else None, "broke_off": not alive}
    if kept.get("failed"):
        return {**found, "broke_off": True}
    told = {
        "problems": [
            {"row": r, "column": c, "value": "", "why": tell(code, **details)} for r, c, code, details in kept["problems"]
        ],
        "notes": [{"row": r, "number": n, "why": tell(code, **details)} for r, n, code, details in kept.get("notes", ())],
    }
    return {**found, **told, "done" if kept["write"] else "preview": kept["counts"], "data_on": kept["data_on"]}


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
            last = long_files.newest(context.session, context.actor.id)
            if last is not None and background.is_alive(last):
                raise Refused("register.running")
            asked, progress = long_files.wanted_of(
                context,
                content,
                request.path,
                wanted=wanted,
                mapping=saved,
                chosen=chosen,
                data_on=day,
                total=len(checked.households),
                write=write,
            )
            background.ask(context.session, long_files.JOB, asked, progress)
    if table.filled > MOST_ON_PAGE:
        keeping.again(looked=True)  # the file is there until it is written whole
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


@bp.get(long_files.ERRORS)
def errors() -> Response:
    """Every row of one's last long file that was not taken, without the file."""
    with req.reading() as context:
        _may(context)
        idents = [file.id for one in _errors_of(context) for file in one.files]
        found = kept_forms.contents(context.session, context.actor.id, idents)
    if not found:
        raise NotFound
    return attachment(found[0][1], "import-errors.xlsx")


def _answer(status: int = 422, **more: Any) -> Response:
    with req.reading() as context:
        return make_response(render_template("register/import.html", **_import_context(context, **more)), status)
