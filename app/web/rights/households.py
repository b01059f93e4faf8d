"""A household's file: values with their source, correction, history, its own copy."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from app.labels import say
from app.services import people
from app.services.cases import own as own_cases
from app.services.history import readings
from app.services.household import knowledge
from app.services.people import Refused
from app.services.rights import archive, merging
from app.services.rights import file as household
from app.services.rights import people as household_people
from app.store import households as household_rows
from app.store import inbox, questions
from app.store.processes import NotFound

from ..shell import frame
from ..shell import request as visits
from ..shell.filters import tell
from ..shell.frame import may_see_households
from ..shell.request import Visit
from ..shell.served import attachment

bp = Blueprint("households", __name__)
MOST_QUESTIONS = 50


@bp.get("/households/<int:ident>")
def show(ident: int) -> Any:
    with visits.reading() as visit:
        one = household.open_one(visit.session, visit.actor, ident, visit.now)
        if readings.asks_reason(visit.session, visit.actor, ident, one.row.org_unit, visit.county, visit.now):
            return _reason_page(visit, ident, one)
        page = render_template("rights/household.html", **_context(visit, one))
    visits.seen(visit, [ident], "household")
    return page


def _reason_page(visit: Visit, ident: int, one: household.Opened, error: str | None = None, text: str = "") -> str:
    return frame.reason_page(f"/households/{ident}/reason", knowledge.place_of(visit.county, one.row.org_unit), error, text)


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
        ]
        if edit
        else [],
        "namesakes": [
            {"id": row.id, "status": say(f"status.{row.status}")}
            for row in household_rows.namesakes(visit.session, one.row)
            if one.document is not None
        ],
        "ident": one.row.id,
        "head": one.row.head_name or say("status.erased"),
        "number": one.row.number,
        "place": knowledge.place_of(visit.county, one.row.org_unit),
        "status": say(f"status.{status}"),
        "category": words.title("category", one.row.category) if one.row.category else None,
        "groups": household.values(visit.session, one),
        "members": members,
        "history": household.history(visit.session, one),
        "erased": one.document is None,
        "past": list((one.document or {}).get("past_measures", ())) if "measures" in one.groups else [],
        "cases": [
            {"id": c.id, "on": c.clue_on, "status": say(f"status.{c.status}"), "door": _door(visit, c.door)}
            for c in household.cases_of(visit.session, one.row.id)
        ],
        "offers": own_cases.offers(visit.session, visit.actor, one.row.id, one.row.org_unit, visit.county)
        if one.document is not None
        else [],
        "years": archive.years_of(visit.session, one.row.id) if one.document is not None else [],
        "edit": edit,
        "command": visits.new_command,
        "today": visit.today.isoformat(),
        "left_why": household_people.codes(visit.session, "left_why") if edit else [],
        "questions": household_people.open_questions(visit.session, visit.actor, visit.county, MOST_QUESTIONS, one.row.id),
        "counted": sum(1 for m in members if not m["gone"]),
        "papers_owed": [m["name"] for m in members if m["paper_owed"]],
        "readings": readings.listed(visit.session, one.row.id, visit.county, one.groups),
    }


def _door(visit: Visit, door: str) -> str:
    entry = visit.county.entries.get("door", door, visit.today) if door else None
    return str(entry.value.get("title", door)) if entry is not None else door


@bp.post("/households/<int:ident>/begin")
def begin(ident: int) -> Any:
    """One of the other procedures of a household begins; on to its first step, for whoever may do that."""
    door = visits.words("door", 40)
    with visits.writing() as visit:
        household.open_one(visit.session, visit.actor, ident, visit.now)
        done = own_cases.begin(visit.session, visit.actor, ident, door, visit.now, visits.command(f"begin/{ident}/{door}"))
        title = _door(visit, door)
        mine = [t for t in inbox.open_tasks_of_case(visit.session, done.case_id or 0) if visit.actor.has(*t.roles.split(","))]
    flash(tell("pages.own_begun", title=title), "ok")
    return redirect(f"/tasks/{mine[0].id}" if mine else f"/cases/{done.case_id}")


@bp.post("/households/<int:ident>/value")
def correct(ident: int) -> Any:
    member, key = visits.words("member", 20) or None, visits.words("key", 40)
    with visits.writing() as visit:
        command = visits.command(f"value/{ident}/{member}/{key}")
        household.correct(
            visit.session,
            visit.actor,
            ident,
            member,
            key,
            visits.words("value", 200),
            visits.words("reason", 500),
            visit.now,
            command,
        )
    flash(tell("pages.value_corrected"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.post("/households/<int:ident>/member")
def member(ident: int) -> Any:
    key = visits.words("member", 20)
    with visits.writing() as visit:
        command = visits.command(f"member/{ident}/{key}")
        why, reason = visits.words("why", 20), visits.words("reason", 500)
        if why:
            household_people.leave(
                visit.session, visit.actor, ident, key, why, visits.words("on", 10), reason, visit.now, command
            )
        else:
            household.mark_gone(visit.session, visit.actor, ident, key, reason, visit.now, command)
    flash(tell("pages.member_changed"), "ok")
    return redirect(_next(ident))


def _next(ident: int) -> str:
    """Back to the list of questions, where the answer was given there."""
    return "/register/questions" if visits.words("from", 12) == "questions" else url_for("households.show", ident=ident)


@bp.post("/households/<int:ident>/stays")
def stays(ident: int) -> Any:
    """Who is not in the newer list is of the household all the same."""
    key = visits.words("member", 20)
    with visits.writing() as visit:
        command = visits.command(f"stays/{ident}/{key}")
        reason = visits.words("reason", 500) or say("register.still_here")
        household_people.stays(visit.session, visit.actor, ident, key, visit.now, command, reason)
    flash(tell("pages.member_stays"), "ok")
    return redirect(_next(ident))


@bp.get("/households/<int:ident>/head")
def head(ident: int) -> str:
    with visits.reading() as visit:
        return _head_page(visit, household.open_one(visit.session, visit.actor, ident, visit.now))


def _head_page(visit: Visit, one: household.Opened, **more: Any) -> str:
    if not household.may_edit(visit.actor, one):
        raise NotFound
    words = household.words_of(visit.session)
    listed = [
        {
            "key": m["key"],
            "name": m.get("name", ""),
            "head": m.get("relation") == "head",
            "relation": words.title("relation", m.get("relation", "")),
        }
        for m in (one.document or {}).get("members", ())
        if m.get("status") != "gone"
    ]
    relations = [o for o in household_people.codes(visit.session, "relation") if o["code"] != "head"]
    typed = dict.fromkeys(("member", "why", "on", "reason"), "")
    shown = {"typed": typed, "relations_of": {}, "open": [], "wrong": None, **more}
    return render_template(
        "rights/household_head.html",
        ident=one.row.id,
        head=one.row.head_name,
        members=listed,
        relations=relations,
        why=household_people.codes(visit.session, "head_why"),
        today=visit.today.isoformat(),
        command=visits.new_command(),
        **shown,
    )


@bp.post("/households/<int:ident>/head")
def change_head(ident: int) -> Any:
    typed = {name: visits.words(name, 500) for name in ("member", "why", "on", "reason")}
    said = {
        name.removeprefix("relation-"): value
        for name, value in request.form.items()
        if name.startswith("relation-") and value
    }
    said.pop(typed["member"], None)
    wrong: dict[str, Any] = {}
    try:
        with visits.writing() as visit:
            household_people.change_head(
                visit.session,
                visit.actor,
                ident,
                typed["member"],
                typed["why"],
                typed["on"],
                said,
                typed["reason"],
                visit.now,
                visits.command(f"head/{ident}"),
            )
    except household_people.RelationsOpen as error:
        wrong = {"relations_of": error.told, "open": error.members, "wrong": tell(error.code)}
    if wrong:
        with visits.reading() as visit:
            one = household.open_one(visit.session, visit.actor, ident, visit.now)
            return make_response(_head_page(visit, one, typed=typed, **wrong), 422)
    flash(tell("pages.head_changed"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.get("/register/questions")
def asked() -> str:
    """What newer lists and colleagues ask of the households here."""
    with visits.reading() as visit:
        if not may_see_households(visit.actor, visit.county):
            raise NotFound
        villages = people.villages_seen(visit.actor, visit.county)
        listed = household_people.open_questions(visit.session, visit.actor, visit.county, MOST_QUESTIONS)
        return render_template(
            "register/register_questions.html",
            questions=listed,
            total=questions.count(visit.session, villages),
            left_why=household_people.codes(visit.session, "left_why"),
            today=visit.today.isoformat(),
            command=visits.new_command,
        )


@bp.post("/register/questions/<int:ident>")
def answer_move(ident: int) -> Any:
    """Whether a household moves to the village that the list names: from one side, from the other, or from both at once."""
    yes = visits.words("answer", 4) == "yes"
    with visits.writing() as visit:
        command = visits.command(f"move/{ident}")
        moved = household_people.answer_move(visit.session, visit.actor, visit.county, ident, yes, visit.now, command)
    flash(tell("pages.move_done" if moved else "pages.move_agreed" if yes else "pages.move_refused"), "ok")
    return redirect("/register/questions")


@bp.post("/households/<int:ident>/merge")
def merge(ident: int) -> Any:
    """Two entries are one person, or are two people after all."""
    keep, drop = visits.words("keep", 20), visits.words("drop", 20)
    with visits.writing() as visit:
        command = visits.command(f"merge/{ident}/{drop}")
        reason = visits.words("reason", 500)
        done = True
        if "keep" in request.form:
            done = merging.merge(visit.session, visit.actor, ident, keep, drop, reason, visit.now, command)
        else:
            merging.part(visit.session, visit.actor, ident, drop, reason, visit.now, command)
    flash(tell(("pages.members_merged" if done else "pages.merge_asked") if keep else "pages.members_parted"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.post("/households/<int:ident>/merge/answer")
def answer_merge(ident: int) -> Any:
    """Another person agrees that two entries with different numbers are one person, or does not."""
    drop, yes = visits.words("drop", 20), visits.words("answer", 4) == "yes"
    with visits.writing() as visit:
        command = visits.command(f"merge-answer/{ident}/{drop}")
        reason = visits.words("reason", 500) or say("register.merge_looked")
        merging.answer(visit.session, visit.actor, ident, drop, yes, reason, visit.now, command)
    flash(tell("pages.members_merged" if yes else "pages.merge_answered"), "ok")
    return redirect(_next(ident))


@bp.get("/households/<int:ident>/copy")
def copy(ident: int) -> str:
    """All that is held about the household, on one page to print: its own copy."""
    with visits.reading() as visit:
        one = household.open_one(visit.session, visit.actor, ident, visit.now)
        if readings.asks_reason(visit.session, visit.actor, ident, one.row.org_unit, visit.county, visit.now):
            raise NotFound
        if one.document is None:
            raise Refused("cases.erased")
        page = render_template(
            "rights/household_copy.html",
            **_context(visit, one),
            lines=household.lines(visit.session, one),
            stories=household.stories_of(visit.session, one),
        )
    visits.seen(visit, [ident], "copy")
    return page


@bp.post("/households/<int:ident>/archive")
def archived(ident: int) -> Response:
    """Every paper of a year in one ZIP, for the archive; asked with a reason, which stands in who-saw-it."""
    reason, year = visits.words("reason", 200), visits.number("year")
    with visits.reading() as visit:
        visits.command(f"archive/{ident}")
        one = household.open_one(visit.session, visit.actor, ident, visit.now)
        readings.check(reason)
        content = archive.build(visit.session, visit.actor, one, year, visit.now)
    with visits.writing() as visit:
        readings.record(visit.session, visit.actor, ident, "archive", visit.now, reason)
    return attachment(content, f"household-{ident}-{year}.zip", "application/zip")
