"""Lists as files: asked for with a reason, allowed by a second person where they are long, taken."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template

from app.labels import say
from app.services import doors
from app.services.household.knowledge import Words
from app.services.lists import exports
from app.store import exports as rows
from app.store import people as people_rows
from app.store.processes import NotFound

from ..shell import frame
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext
from ..shell.served import attachment

bp = Blueprint("exports", __name__)


@bp.get("/exports")
def listed() -> str:
    with req.reading() as context:
        if exports.post(context.actor, context.county) is None and not context.county.may(context.actor, "inspect"):
            raise NotFound
        return render_template("lists/exports.html", **_context(context))


def _context(context: PageContext) -> dict[str, Any]:
    session, actor, county = context.session, context.actor, context.county
    words = Words(doors.shared(session).codes)
    everybodys = rows.everybodys(session, exports.SHOWN_ALL) if county.may(actor, "inspect") else []
    names = people_rows.names(session, [row.decided_by for row in everybodys if row.decided_by])
    return {
        "waiting": [
            {**_shown(context, row, words), "who": row.name, "unit": frame.unit_name(county, row.org_unit)}
            for row in exports.waiting(context)
        ],
        "own": [
            {
                **_shown(context, row, words),
                "by": row.name,
                "decided_at": row.decided_at,
                "taken_at": row.taken_at,
                "status": row.status,
                "until": exports.ready_until(row, county),
                "ready": row.status == "allowed" and context.now <= exports.ready_until(row, county),
            }
            for row in rows.of(session, actor.id, exports.SHOWN)
        ],
        "all": [
            {
                **_shown(context, row, words),
                "who": row.name,
                "unit": frame.unit_name(county, row.org_unit),
                "status": row.status,
                "by": names.get(row.decided_by or 0),
                "decided_at": row.decided_at,
                "taken_at": row.taken_at,
            }
            for row in everybodys
        ],
    }


def _shown(context: PageContext, row: Any, words: Words) -> dict[str, Any]:
    """What a list is of, in words."""
    said = {
        "town": lambda code: frame.unit_name(context.county, code),
        "village": lambda code: frame.unit_name(context.county, code),
        "category": lambda code: words.title("category", code),
        "status": lambda code: say(f"status.{code}"),
        "risk": lambda code: words.title("risk", code),
    }
    said_ = rows.words(context.session, row)
    of = [said[name](code) for name, code in row.filters.items()] or [say("exports.all")]
    return {
        "id": row.id,
        "of": say("exports.and").join(of),
        "rows": row.rows,
        "asked_at": row.asked_at,
        "reason": said_[0],
        "why": said_[1],
    }


@bp.post("/exports")
def ask() -> Response:
    filters = {name: req.words(name, 24) for name in exports.FILTERS}
    with req.writing() as context:
        command = req.command("export")
        waits = exports.ask(context, filters, req.words("reason", 400), command)
    flash(tell("exports.waits" if waits else "exports.ready"), "ok")
    return make_response(redirect("/exports"))


@bp.post("/exports/<int:export_id>/decide")
def decide(export_id: int) -> Response:
    act = req.words("act", 12)
    with req.writing() as context:
        exports.decide(context, export_id, act, req.words("why", 200))
    flash(tell("exports.you_allowed" if act == "allow" else "exports.you_refused"), "ok")
    return make_response(redirect("/exports"))


@bp.post("/exports/<int:export_id>/file")
def take(export_id: int) -> Response:
    """The file is made in a reading transaction, so that a long list holds nobody up; then the taking is written."""
    with req.reading() as context:
        file = exports.build(context, export_id)
    with req.writing() as context:
        exports.note_taken(context, export_id, file)
    return attachment(file.content, file.name)
