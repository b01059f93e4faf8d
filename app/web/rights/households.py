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
from ..shell import request as req
from ..shell.filters import tell
from ..shell.frame import may_see_households
from ..shell.request import PageContext
from ..shell.served import attachment

bp = Blueprint("households", __name__)
MOST_QUESTIONS = 50


@bp.get("/households/<int:ident>")
def show(ident: int) -> Any:
    with req.reading() as context:
        one = household.open_one(context, ident)
        if readings.asks_reason(context, ident, one.row.org_unit):
            return _reason_page(context, ident, one)
        page = render_template("rights/household.html", **_context(context, one))
    req.seen(context, [ident], "household")
    return page


def _reason_page(context: PageContext, ident: int, one: household.Opened, error: str | None = None, text: str = "") -> str:
    return frame.reason_page(f"/households/{ident}/reason", knowledge.place_of(context.county, one.row.org_unit), error, text)


@bp.post("/households/<int:ident>/reason")
def give_reason(ident: int) -> Any:
    reason = req.words("reason", 200)
    try:
        with req.writing() as context:
            household.open_one(context, ident)
            readings.record(context, ident, "reason", reason)
    except Refused as error:
        with req.reading() as context:
            one = household.open_one(context, ident)
            return make_response(_reason_page(context, ident, one, tell(error.code), reason), 422)
    return redirect(url_for("households.show", ident=ident))


def _context(context: PageContext, one: household.Opened) -> dict[str, Any]:
    words = household.words_of(context.session)
    status = one.row.status
    members = household.members(context.session, one)
    names = {m["key"]: m["name"] for m in members}
    edit = household.may_edit(context.actor, one)
    return {
        "alike": [
            {"keep": keep, "drop": drop, "names": [names[keep], names[drop]]}
            for keep, drop in merging.alike((one.document or {}).get("members", ()))
        ]
        if edit
        else [],
        "namesakes": [
            {"id": row.id, "status": say(f"status.{row.status}")}
            for row in household_rows.namesakes(context.session, one.row)
            if one.document is not None
        ],
        "ident": one.row.id,
        "head": one.row.head_name or say("status.erased"),
        "number": one.row.number,
        "place": knowledge.place_of(context.county, one.row.org_unit),
        "status": say(f"status.{status}"),
        "category": words.title("category", one.row.category) if one.row.category else None,
        "groups": household.values(context.session, one),
        "members": members,
        "history": household.history(context.session, one),
        "erased": one.document is None,
        "past": list((one.document or {}).get("past_measures", ())) if "measures" in one.groups else [],
        "cases": [
            {"id": c.id, "on": c.clue_on, "status": say(f"status.{c.status}"), "door": _door(context, c.door)}
            for c in household.cases_of(context.session, one.row.id)
        ],
        "offers": own_cases.offers(context, one.row.id, one.row.org_unit) if one.document is not None else [],
        "years": archive.years_of(context.session, one.row.id) if one.document is not None else [],
        "edit": edit,
        "command": req.new_command,
        "today": context.today.isoformat(),
        "left_why": household_people.codes(context.session, "left_why") if edit else [],
        "questions": household_people.open_questions(context, MOST_QUESTIONS, one.row.id),
        "counted": sum(1 for m in members if not m["gone"]),
        "papers_owed": [m["name"] for m in members if m["paper_owed"]],
        "readings": readings.listed(context.session, one.row.id, context.county, one.groups),
    }


def _door(context: PageContext, door: str) -> str:
    entry = context.county.entries.get("door", door, context.today) if door else None
    return str(entry.value.get("title", door)) if entry is not None else door


@bp.post("/households/<int:ident>/begin")
def begin(ident: int) -> Any:
    """One of the other procedures of a household begins; on to its first step, for whoever may do that."""
    door = req.words("door", 40)
    with req.writing() as context:
        household.open_one(context, ident)
        done = own_cases.begin(context, ident, door, req.command(f"begin/{ident}/{door}"))
        title = _door(context, door)
        mine = [
            t for t in inbox.open_tasks_of_case(context.session, done.case_id or 0) if context.actor.has(*t.roles.split(","))
        ]
    flash(tell("pages.own_begun", title=title), "ok")
    return redirect(f"/tasks/{mine[0].id}" if mine else f"/cases/{done.case_id}")


@bp.post("/households/<int:ident>/value")
def correct(ident: int) -> Any:
    member, key = req.words("member", 20) or None, req.words("key", 40)
    with req.writing() as context:
        command = req.command(f"value/{ident}/{member}/{key}")
        household.correct(
            context,
            ident,
            member,
            key,
            req.words("value", 200),
            req.words("reason", 500),
            command,
        )
    flash(tell("pages.value_corrected"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.post("/households/<int:ident>/member")
def member(ident: int) -> Any:
    key = req.words("member", 20)
    with req.writing() as context:
        command = req.command(f"member/{ident}/{key}")
        why, reason = req.words("why", 20), req.words("reason", 500)
        if why:
            household_people.leave(context, ident, key, why, req.words("on", 10), reason, command)
        else:
            household.mark_gone(context, ident, key, reason, command)
    flash(tell("pages.member_changed"), "ok")
    return redirect(_next(ident))


def _next(ident: int) -> str:
    """Back to the list of questions, where the answer was given there."""
    return "/register/questions" if req.words("from", 12) == "questions" else url_for("households.show", ident=ident)


@bp.post("/households/<int:ident>/stays")
def stays(ident: int) -> Any:
    """Who is not in the newer list is of the household all the same."""
    key = req.words("member", 20)
    with req.writing() as context:
        command = req.command(f"stays/{ident}/{key}")
        reason = req.words("reason", 500) or say("register.still_here")
        household_people.stays(context, ident, key, command, reason)
    flash(tell("pages.member_stays"), "ok")
    return redirect(_next(ident))


@bp.get("/households/<int:ident>/head")
def head(ident: int) -> str:
    with req.reading() as context:
        return _head_page(context, household.open_one(context, ident))


def _head_page(context: PageContext, one: household.Opened, **more: Any) -> str:
    if not household.may_edit(context.actor, one):
        raise NotFound
    words = household.words_of(context.session)
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
    relations = [o for o in household_people.codes(context.session, "relation") if o["code"] != "head"]
    typed = dict.fromkeys(("member", "why", "on", "reason"), "")
    shown = {"typed": typed, "relations_of": {}, "open": [], "wrong": None, **more}
    return render_template(
        "rights/household_head.html",
        ident=one.row.id,
        head=one.row.head_name,
        members=listed,
        relations=relations,
        why=household_people.codes(context.session, "head_why"),
        today=context.today.isoformat(),
        command=req.new_command(),
        **shown,
    )


@bp.post("/households/<int:ident>/head")
def change_head(ident: int) -> Any:
    typed = {name: req.words(name, 500) for name in ("member", "why", "on", "reason")}
    said = {
        name.removeprefix("relation-"): value
        for name, value in request.form.items()
        if name.startswith("relation-") and value
    }
    said.pop(typed["member"], None)
    wrong: dict[str, Any] = {}
    try:
        with req.writing() as context:
            household_people.change_head(
                context,
                ident,
                typed["member"],
                typed["why"],
                typed["on"],
                said,
                typed["reason"],
                req.command(f"head/{ident}"),
            )
    except household_people.RelationsOpen as error:
        wrong = {"relations_of": error.told, "open": error.members, "wrong": tell(error.code)}
    if wrong:
        with req.reading() as context:
            one = household.open_one(context, ident)
            return make_response(_head_page(context, one, typed=typed, **wrong), 422)
    flash(tell("pages.head_changed"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.get("/register/questions")
def asked() -> str:
    """What newer lists and colleagues ask of the households here."""
    with req.reading() as context:
        if not may_see_households(context.actor, context.county):
            raise NotFound
        villages = people.villages_seen(context.actor, context.county)
        listed = household_people.open_questions(context, MOST_QUESTIONS)
        return render_template(
            "register/register_questions.html",
            questions=listed,
            total=questions.count(context.session, villages),
            left_why=household_people.codes(context.session, "left_why"),
            today=context.today.isoformat(),
            command=req.new_command,
        )


@bp.post("/register/questions/<int:ident>")
def answer_move(ident: int) -> Any:
    """Whether a household moves to the village that the list names: from one side, from the other, or from both at once."""
    yes = req.words("answer", 4) == "yes"
    with req.writing() as context:
        command = req.command(f"move/{ident}")
        moved = household_people.answer_move(context, ident, yes, command)
    flash(tell("pages.move_done" if moved else "pages.move_agreed" if yes else "pages.move_refused"), "ok")
    return redirect("/register/questions")


@bp.post("/households/<int:ident>/merge")
def merge(ident: int) -> Any:
    """Two entries are one person, or are two people after all."""
    keep, drop = req.words("keep", 20), req.words("drop", 20)
    with req.writing() as context:
        command = req.command(f"merge/{ident}/{drop}")
        reason = req.words("reason", 500)
        done = True
        if "keep" in request.form:
            done = merging.merge(context, ident, keep, drop, reason, command)
        else:
            merging.part(context, ident, drop, reason, command)
    flash(tell(("pages.members_merged" if done else "pages.merge_asked") if keep else "pages.members_parted"), "ok")
    return redirect(url_for("households.show", ident=ident))


@bp.post("/households/<int:ident>/merge/answer")
def answer_merge(ident: int) -> Any:
    """Another person agrees that two entries with different numbers are one person, or does not."""
    drop, yes = req.words("drop", 20), req.words("answer", 4) == "yes"
    with req.writing() as context:
        command = req.command(f"merge-answer/{ident}/{drop}")
        reason = req.words("reason", 500) or say("register.merge_looked")
        merging.answer(context, ident, drop, yes, reason, command)
    flash(tell("pages.members_merged" if yes else "pages.merge_answered"), "ok")
    return redirect(_next(ident))


@bp.get("/households/<int:ident>/copy")
def copy(ident: int) -> str:
    """All that is held about the household, on one page to print: its own copy."""
    with req.reading() as context:
        one = household.open_one(context, ident)
        if readings.asks_reason(context, ident, one.row.org_unit):
            raise NotFound
        if one.document is None:
            raise Refused("cases.erased")
        page = render_template(
            "rights/household_copy.html",
            **_context(context, one),
            lines=household.lines(context.session, one),
            stories=household.stories_of(context.session, one),
        )
    req.seen(context, [ident], "copy")
    return page


@bp.post("/households/<int:ident>/archive")
def archived(ident: int) -> Response:
    """Every paper of a year in one ZIP, for the archive; asked with a reason, which stands in who-saw-it."""
    reason, year = req.words("reason", 200), req.number("year")
    with req.reading() as context:
        req.command(f"archive/{ident}")
        one = household.open_one(context, ident)
        readings.check(reason)
        content = archive.build(context, one, year)
    with req.writing() as context:
        readings.record(context, ident, "archive", reason)
    return attachment(content, f"household-{ident}-{year}.zip", "application/zip")
