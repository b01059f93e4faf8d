"""A household's file: values with their source, correction, history, its own copy."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from app.labels import say
from app.services import archive, household, knowledge, merging, readings
from app.services.people import Refused
from app.store import households as household_rows
from app.store.processes import NotFound

from . import visits
from .filters import tell
from .served import attachment
from .visits import Visit

bp = Blueprint("households", __name__)


@bp.get("/households/<int:ident>")
def show(ident: int) -> Any:
    with visits.reading() as visit:
        one = household.open_one(visit.session, visit.actor, ident, visit.now)
        if readings.asks_reason(visit.session, visit.actor, ident, one.row.org_unit, visit.place, visit.now):
            return _reason_page(visit, ident, one)
        page = render_template("household.html", **_context(visit, one))
    with visits.store().transaction() as session:
        readings.record(session, visit.actor, ident, "household", visit.now)
    return page


def _reason_page(visit: Visit, ident: int, one: household.Opened, error: str | None = None, text: str = "") -> str:
    common = [say(f"pages.reason.{n}") for n in (1, 2, 3)]
    place = knowledge.place_of(visit.place, one.row.org_unit)
    return render_template(
        "case_reason.html", action=f"/households/{ident}/reason", place=place, error=error, text=text, common=common
    )


@bp.post("/households/<int:ident>/reason")
def give_reason(ident: int) -> Any:
    reason = visits.words("reason", 200)
    try:
        with visits.writing() as visit:
            household.open_one(visit.session, visit.actor, ident, visit.now)
            readings.record(visit.session, visit.actor, ident, "reason", visit.now, reason)
    except Refused as error:
        with visits.reading() as visit:
            one = household.open_one(visit.session, visit.actor, ident, visit.now)
            return make_response(_reason_page(visit, ident, one, tell(error.code), reason), 422)
    return redirect(url_for("households.show", ident=ident))


def _context(visit: Visit, one: household.Opened) -> dict[str, Any]:
    words = household.words_of(visit.session)
    status = one.row.status
    members = household.members(visit.session, one)
    names = {m["key"]: m["name"] for m in members}
    edit = household.may_edit(visit.actor, one)
    return {
        "alike": [
            {"keep": keep, "drop": drop, "names": [names[keep], names[drop]]}
            for keep, drop in merging.alike((one.document or {}).get("members", ()))
        ] if edit else [],
        "namesakes": [
            {"id": row.id, "status": say(f"status.{row.status}")}
            for row in household_rows.namesakes(visit.session, one.row) if one.document is not None
        ],
        "ident": one.row.id, "head": one.row.head_name or say("status.erased"), "number": one.row.number,
        "place": knowledge.place_of(visit.place, one.row.org_unit), "status": say(f"status.{status}"),
        "category": words.title("category", one.row.category) if one.row.category else None,
        "groups": household.values(visit.session, one), "members": members,
        "history": household.history(visit.session, one), "erased": one.document is None,
        "past": list((one.document or {}).get("past_measures", ())) if "measures" in one.groups else [],
        "cases": [{"id": c.id, "on": c.clue_on, "status": say(f"status.{c.status}")} for c in
                  household.cases_of(visit.session, one.row.id)],
        "years": archive.years_of(visit.session, one.row.id) if one.document is not None else [],
        "edit": edit, "command": visits.new_command,
        "readings": readings.listed(visit.session, one.row.id, visit.place),
    }  # fmt: skip


@bp.post("/households/<int:ident>/value")
def correct(ident: int) -> Any:
    member, key = visits.words("member", 20) or None, visits.words("key", 40)
    with visits.writing() as visit:
        command = visits.command(f"value/{ident}/{member}/{key}")
        household.correct(
            visit.session, visit.actor, ident, member, key, visits.words("value", 200), visits.words("reason", 500),
            visit.now, command,
        )  # fmt: skip
    flash(tell("pages.value_corrected"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.post("/households/<int:ident>/member")
def member(ident: int) -> Any:
    key = visits.words("member", 20)
    with visits.writing() as visit:
        command = visits.command(f"member/{ident}/{key}")
        household.mark_gone(visit.session, visit.actor, ident, key, visits.words("reason", 500), visit.now, command)
    flash(tell("pages.member_changed"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.post("/households/<int:ident>/merge")
def merge(ident: int) -> Any:
    """Two entries are one person, or are two people after all."""
    keep, drop = visits.words("keep", 20), visits.words("drop", 20)
    with visits.writing() as visit:
        command = visits.command(f"merge/{ident}/{drop}")
        reason = visits.words("reason", 500)
        if keep:
            merging.merge(visit.session, visit.actor, ident, keep, drop, reason, visit.now, command)
        else:
            merging.part(visit.session, visit.actor, ident, drop, reason, visit.now, command)
    flash(tell("pages.members_merged" if keep else "pages.members_parted"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.get("/households/<int:ident>/copy")
def copy(ident: int) -> str:
    """All that is held about the household, on one page to print: its own copy."""
    with visits.reading() as visit:
        one = household.open_one(visit.session, visit.actor, ident, visit.now)
        if readings.asks_reason(visit.session, visit.actor, ident, one.row.org_unit, visit.place, visit.now):
            raise NotFound
        if one.document is None:
            raise Refused("cases.erased")
        page = render_template("household_copy.html", **_context(visit, one), lines=household.lines(visit.session, one),
                               stories=household.stories_of(visit.session, one))  # fmt: skip
    with visits.store().transaction() as session:
        readings.record(session, visit.actor, ident, "copy", visit.now)
    return page


@bp.post("/households/<int:ident>/archive")
def archived(ident: int) -> Response:
    """Every paper of a year in one ZIP, for the archive; asked with a reason, which stands in who-saw-it."""
    reason, year = visits.words("reason", 200), visits.number("year")
    with visits.writing() as visit:
        visits.command(f"archive/{ident}")
        household.open_one(visit.session, visit.actor, ident, visit.now)
        readings.record(visit.session, visit.actor, ident, "archive", visit.now, reason)
    with visits.reading() as visit:
        one = household.open_one(visit.session, visit.actor, ident, visit.now)
        content = archive.build(visit.session, visit.actor, one, year, visit.now)
    return attachment(content, f"household-{ident}-{year}.zip", "application/zip")
