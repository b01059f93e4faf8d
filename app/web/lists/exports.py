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
from ..shell import request as visits
from ..shell.filters import tell
from ..shell.request import Visit
from ..shell.served import attachment

bp = Blueprint("exports", __name__)


@bp.get("/exports")
def listed() -> str:
    with visits.reading() as visit:
        if exports.post(visit.actor, visit.county) is None and not visit.actor.has("auditor"):
            raise NotFound
        return render_template("lists/exports.html", **_context(visit))


def _context(visit: Visit) -> dict[str, Any]:
    session, actor, county = visit.session, visit.actor, visit.county
    words = Words(doors.shared(session).codes)
    everybodys = rows.everybodys(session, exports.SHOWN_ALL) if actor.has("auditor") else []
    names = people_rows.names(session, [row.decided_by for row in everybodys if row.decided_by])
    return {
        "waiting": [
            {**_shown(visit, row, words), "who": row.name, "unit": frame.unit_name(county, row.org_unit)}
            for row in exports.waiting(session, actor, county)
        ],
        "own": [
            {
                **_shown(visit, row, words),
                "by": row.name,
                "decided_at": row.decided_at,
                "taken_at": row.taken_at,
                "status": row.status,
                "until": exports.ready_until(row, county),
                "ready": row.status == "allowed" and visit.now <= exports.ready_until(row, county),
            }
            for row in rows.of(session, actor.id, exports.SHOWN)
        ],
        "all": [
            {
                **_shown(visit, row, words),
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


def _shown(visit: Visit, row: Any, words: Words) -> dict[str, Any]:
    """What a list is of, in words."""
    said = {
        "town": lambda code: frame.unit_name(visit.county, code),
        "village": lambda code: frame.unit_name(visit.county, code),
        "category": lambda code: words.title("category", code),
        "status": lambda code: say(f"status.{code}"),
        "risk": lambda code: words.title("risk", code),
    }
    said_ = rows.words(visit.session, row)
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
    filters = {name: visits.words(name, 24) for name in exports.FILTERS}
    with visits.writing() as visit:
        command = visits.command("export")
        waits = exports.ask(visit.session, visit.actor, filters, visits.words("reason", 400), visit.now, command)
    flash(tell("exports.waits" if waits else "exports.ready"), "ok")
    return make_response(redirect("/exports"))


@bp.post("/exports/<int:export_id>/decide")
def decide(export_id: int) -> Response:
    act = visits.words("act", 12)
    with visits.writing() as visit:
        exports.decide(visit.session, visit.actor, export_id, act, visits.words("why", 200), visit.now)
    flash(tell("exports.you_allowed" if act == "allow" else "exports.you_refused"), "ok")
    return make_response(redirect("/exports"))


@bp.post("/exports/<int:export_id>/file")
def take(export_id: int) -> Response:
    """The file is made in a reading transaction, so that a long list holds nobody up; then the taking is written."""
    with visits.reading() as visit:
        file = exports.build(visit.session, visit.actor, export_id, visit.now)
    with visits.writing() as visit:
        exports.note_taken(visit.session, visit.actor, export_id, file, visit.now)
    return attachment(file.content, file.name)
