"""One's own desk: notifications, leave, large type, reports about the system, live counts; and words between colleagues."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app.labels import say
from app.policy import calendar
from app.services import definitions, people
from app.services.clues import pages as clue_pages
from app.services.context import Context
from app.services.desk import colleagues, opinions, task_page
from app.services.desk import own as own_desk
from app.services.officials import digest, feedback, leave
from app.services.people import Refused
from app.services.work import tasks
from app.store import inbox, notifications, processes
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.rows import Case

from ..keeping import forms as keeping
from ..shell import frame, marks
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext
from .many import chosen

bp = Blueprint("desk", __name__)
A_YEAR = 365 * 24 * 3600
REFRESH = 15_000
"""Milliseconds between two looks at the counts; each look is one short answer, so that no page holds a thread."""


# --- what one was told -------------------------------------------------------------------------------------


@bp.get("/notifications")
def told() -> Any:
    before = req.asked_id("before")
    with req.reading() as context:
        rows, more = notifications.listed(context.session, context.actor.id, before)
        newest = rows[0].id if rows else 0
        shown = {"newest": newest, "older": rows[-1].id if more else None, "later": before is not None}
        about = {row.clue for row in rows if row.clue is not None}
        phrases = clue_pages.told(context, about)
        page = render_template("desk/notifications.html", rows=[_told(context, row, phrases) for row in rows], **shown)
        seen = newest if context.county.may(context.actor, "inspect") and context.signed_in.told else 0
    if seen:  # an auditor posts nothing: what was shown has been read
        with req.store().transaction() as session:
            notifications.read_all(session, context.actor.id, seen, context.now)
    return page


WITHOUT_CASE = {
    "answered": "/feedback",
    "leave": "/me",
    "export_asked": "/exports",
    "export_allowed": "/exports",
    "export_refused": "/exports",
    "power_asked": "/powers",
    "power_refused": "/powers",
    "power_done": "/powers",
    "file_failed": "/months",
    "exchange_returned": "/exchange",
    "file_nowhere": "/department-files",
    "visits_listed": "/rounds",
    "visits_ending": "/rounds",
}
"""Where a notification leads that is about no household."""


def _told(context: PageContext, row: Any, phrases: Mapping[int, str]) -> dict[str, Any]:
    """A notification in words; its link is there only while this person may open what it is about. `phrases`: clues."""
    case = row.org_unit is not None and people.sees(context.actor, row.org_unit, context.county) is not None
    step, link = "", None
    if row.element is not None:
        step = definitions.bundle(context.session, row.deployment).definition.elements[row.element].name
        link = f"/tasks/{row.task}" if row.task_status == "open" else None
    elif row.clue is not None:
        link, clue = f"/clues/{row.clue}", phrases.get(row.clue)
        return {
            "sentence": tell(f"desk.told.{row.kind}", who=say("stories.system"), step="", head=clue or ""),
            "at": row.at,
            "new": row.read_at is None,
            "link": link if clue is not None else None,
        }
    elif case:
        link = f"/cases/{row.case_id}"
    elif row.case_id is None:
        link = WITHOUT_CASE.get(row.kind)
    head = row.head_name if case else ""
    return {
        "sentence": tell(f"desk.told.{row.kind}", who=row.sender_name or say("stories.system"), step=step, head=head or ""),
        "at": row.at,
        "new": row.read_at is None,
        "link": link,
    }


@bp.post("/notifications/read")
def read() -> Response:
    with req.writing() as context:
        notifications.read_all(context.session, context.actor.id, req.number("newest"), context.now)
    return make_response(redirect("/notifications"))


@bp.get("/live")
def live() -> Response:
    """The counts as one event of an event stream, which then ends: the browser asks again by itself."""
    with req.reading() as context:
        waiting = 0
        if frame.home(context.actor, context.county) == "/":
            waiting = inbox.standing(context.session, context.actor.id, context.actor.assignments, context.now).waiting
        data = json.dumps({"waiting": waiting, "told": context.signed_in.told})
    return Response(f"retry: {REFRESH}\nevent: counts\ndata: {data}\n\n", mimetype="text/event-stream")


# --- my own settings ---------------------------------------------------------------------------------------


@bp.get("/me")
def me() -> Any:
    with req.reading() as context:
        return render_template("desk/me.html", **_me(context))


def _me(context: PageContext) -> dict[str, Any]:
    session, actor, county = context.session, context.actor, context.county
    return {
        "posts": [frame.post_name(county, unit, role) for role, unit in leave.own_posts(actor, county)],
        "colleagues": [
            {"id": i, "name": name, "posts": [frame.post_name(county, unit, role) for role, unit in posts]}
            for i, (name, posts) in leave.colleagues(context).items()
        ],
        "given": _spans(context, notifications.substitutions(session, county.on, absent=actor.id)),
        "taken": _spans(context, notifications.substitutions(session, county.on, official=actor.id)),
        "large": request.cookies.get(frame.LARGE) == "1",
        "command": req.new_command(),
        "email": people_rows.email(session, actor.id),
        "mail": bool(req.here().config.smtp),
    }


def _spans(context: PageContext, rows: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": r.name,
            "post": frame.post_name(context.county, r.org_unit, r.role),
            "since": r.valid_from,
            "until": calendar.add_days(r.valid_to, -1),
        }
        for r in rows
    ]


@bp.post("/me/leave")
def hand_on() -> Any:
    since, until = (
        people.trial(lambda day=day: req.day(day))[0]  # type: ignore[misc]
        for day in (req.words(name, 20) for name in ("since", "until"))
    )
    with req.writing() as context:
        command = req.command("leave")
        name = leave.hand_on(context, req.number("to"), since, until, command)
    flash(tell("desk.leave_given", name=name, since=since, until=until), "ok")
    return redirect("/me")


@bp.post("/me/leave/end")
def take_back() -> Response:
    with req.writing() as context:
        leave.take_back(context)
    flash(tell("desk.leave_ended"), "ok")
    return make_response(redirect("/me"))


@bp.post("/me/email")
def address() -> Any:
    text = req.words("email", 200)
    with req.writing() as context:
        digest.change_address(context.session, context.actor, text)
    flash(tell("desk.address_kept" if text.strip() else "desk.address_gone"), "ok")
    return redirect("/me")


@bp.post("/me/large")
def large() -> Response:
    """Large type is this browser's: a shared computer serves people with different eyes."""
    with req.writing():
        on = request.form.get("on") == "1"
    answer = make_response(redirect("/me"))
    secure = req.here().config.secure_cookies
    answer.set_cookie(frame.LARGE, "1" if on else "0", max_age=A_YEAR, httponly=True, samesite="Lax", secure=secure)
    return answer


# --- reports about the system ------------------------------------------------------------------------------


@bp.get("/feedback")
def reports() -> Any:
    with req.reading() as context:
        return render_template("desk/feedback.html", **_reports(context, req.asked("from", 120)))


def _reports(context: PageContext, page: str, text: str = "", error: str | None = None) -> dict[str, Any]:
    return {
        "page": page if page.startswith("/") else "",
        "text": text,
        "error": error,
        "answers": feedback.answers(context),
        "reports": feedback.listed(context),
        "may_report": not context.county.may(context.actor, "inspect"),
    }


@bp.post("/feedback")
def report() -> Any:
    page, text = req.words("page", 120), req.words("text", 2000)
    with req.writing() as context:
        try:
            feedback.report(context, page.partition("?")[0], text)
        except Refused as error:
            said = tell(error.code, **error.details)
            return make_response(render_template("desk/feedback.html", **_reports(context, page, text, said)), 422)
    flash(tell("desk.reported"), "ok")
    return redirect("/feedback")


@bp.post("/feedback/<int:report_id>/answer")
def answer(report_id: int) -> Response:
    text = req.words("text", 1000)
    with req.writing() as context:
        feedback.answer(context, report_id, text)
    flash(tell("desk.answered"), "ok")
    return make_response(redirect("/feedback"))


# --- between colleagues ------------------------------------------------------------------------------------


@bp.post("/tasks/<int:task>/urge")
def urge(task: int) -> Response:
    with req.writing() as context:
        case_id = colleagues.urge(context, task)
    flash(tell("desk.urged"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


@bp.post("/cases/<int:case_id>/note")
def note(case_id: int) -> Response:
    text = req.words("text", 1000)
    with req.writing() as context:
        command = req.command(f"note/{case_id}")
        n = colleagues.write_note(context, case_id, text, _chosen_people(), command)
    flash(tell("desk.noted_told", n=n) if n else tell("desk.noted"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


@bp.post("/tasks/<int:task>/ask")
def ask(task: int) -> Response:
    """Colleagues are asked to sign before this step is done."""
    with req.writing() as context:
        command = req.command(f"ask/{task}")
        n = opinions.ask(context, task, _chosen_people(), req.words("text", 1000), command)
    flash(tell("desk.opinion_asked", n=n), "ok")
    return make_response(redirect(f"/tasks/{task}"))


@bp.post("/tasks/<int:task>/ask/withdraw")
def withdraw_opinions(task: int) -> Response:
    with req.writing() as context:
        opinions.withdraw(context, task, req.command(f"withdraw/{task}"))
    flash(tell("desk.opinion_withdrawn"), "ok")
    return make_response(redirect(f"/tasks/{task}"))


@bp.post("/cases/<int:case_id>/opinion")
def opinion(case_id: int) -> Response:
    verdict, text = req.words("verdict", 12), req.words("text", 1000)
    with req.writing() as context:
        opinions.give(context, case_id, verdict, text, req.command(f"opinion/{case_id}"))
    flash(tell("desk.opinion_given"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


def _chosen_people() -> list[int]:
    return [int(t) for t in request.form.getlist("to") if t.isascii() and t.isdigit() and len(t) < 16]


@bp.post("/cases/<int:case_id>/kinship")
def kinship(case_id: int) -> Response:
    official, reason = req.number("official"), req.words("reason", 500)
    with req.writing() as context:
        command = req.command(f"kinship/{case_id}")
        if official:
            colleagues.end_kinship(context, case_id, official, reason, command)
            flash(tell("desk.kinship_ended"), "ok")
        else:
            colleagues.declare_kinship(context, case_id, command)
            flash(tell("desk.kinship_declared"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


@bp.post("/inbox")
def many() -> Response:
    """Claim, give back or hand on many tasks at once; each has its own transaction and its own result."""
    act = request.form.get("act", "")
    wanted = chosen(request.form.getlist("task"))
    to, reason = req.number("official"), req.words("reason", 200)

    def hand_over(context: Context, task: int, version: int) -> None:
        tasks.transfer(context, task, version, to, reason)

    if not reason.strip():
        keeping.only_ticked()
    acts = {"claim": tasks.claim, "release": tasks.release, "transfer": hand_over}
    handle = acts.get(act)
    with req.writing():
        if handle is None:
            raise NotFound
        if not wanted:
            raise Refused("desk.none_chosen")
        if act == "transfer":  # once for all of them, and what was ticked and typed stays
            unnamed = None if to else "tasks.choose_person"
            people.all_right(official=unnamed, reason=None if reason.strip() else "tasks.reason_needed")
    done = 0
    wrong: list[tuple[int | None, Refused]] = []
    for ident, version in wanted:
        try:
            with req.writing() as context:
                handle(context, ident, version)
            done += 1
        except NotFound:
            wrong.append((None, Refused("desk.gone")))
        except Refused as error:
            wrong.append((ident, error))
    with req.writing() as context:
        for shown, refusal in wrong:
            step = _step(context, shown) if shown else ""
            flash(tell("desk.not_done", step=step, cause=tell(refusal.code, **refusal.details)), "warn")
    if done:
        flash(tell(f"desk.{act}_done", n=done), "ok")
    return make_response(redirect(marks.came_from("/", "/?tab=open" if act == "claim" else "/")))


@bp.post("/tasks/<int:task>/follow")
def follow(task: int) -> Response:
    """A day on which this person wants to look at the task again; it moves no due date."""
    text = req.words("on", 10)
    with req.writing() as context:
        view = task_page.look(context, task)
        on = req.day(text) if text else None
        own_desk.follow(context.session, context.actor, view, on, context.today)
    flash(tell("desk.follow_kept", on=on) if on else tell("desk.follow_gone"), "ok")
    return make_response(redirect(f"/tasks/{task}"))


@bp.post("/filters")
def save_filter() -> Response:
    """Keep the inbox's filter under a name, or drop a kept one."""
    name, query, dropped = req.words("name", 12), req.words("query", 200), req.number("drop")
    with req.writing() as context:
        if dropped:
            if not notifications.drop_filter(context.session, context.actor.id, dropped):
                raise NotFound
            return make_response(redirect("/"))
        kept = own_desk.keep_filter(context.session, context.actor, name, query)
    flash(tell("desk.filter_kept"), "ok")
    return make_response(redirect(f"/?{kept}"))


def _step(context: PageContext, ident: int) -> str:
    work = processes.see_task(context.session, ident)
    return definitions.bundle(context.session, work.deployment).definition.elements[(work.task or {})["element"]].name


def colleagues_of(context: PageContext, case: Case) -> dict[str, Any]:
    """What the case page offers beside the tasks."""
    session, actor, county = context.session, context.actor, context.county
    held = people.sees(actor, case.org_unit, county)
    if held is None or county.may(actor, "inspect"):
        return {"readers": [], "may_note": False, "is_kin": False, "kin": []}
    return {
        "readers": [
            {"id": i, "name": n, "unit": frame.unit_name(county, unit)}
            for i, n, unit in colleagues.readers(session, case.org_unit, county)
            if i != actor.id
        ],
        "may_note": True,
        "is_kin": actor.id in notifications.kin_of(session, case.household),
        "kin": colleagues.kin(context, case),
    }
