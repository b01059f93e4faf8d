"""One's own desk: notifications, leave, large type, reports about the system, live counts; and words between colleagues."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app.labels import say
from app.policy import calendar
from app.services import definitions, people
from app.services.clues import pages as clue_pages
from app.services.desk import colleagues, opinions, task_page
from app.services.desk import own as own_desk
from app.services.officials import digest, feedback, leave
from app.services.people import Refused
from app.services.work import tasks
from app.store import inbox, notifications, processes
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.session import Session

from ..keeping import forms as keeping
from ..shell import frame, marks
from ..shell import request as visits
from ..shell.filters import tell
from ..shell.request import Visit
from .many import chosen

bp = Blueprint("desk", __name__)
A_YEAR = 365 * 24 * 3600
REFRESH = 15_000
"""Milliseconds between two looks at the counts; each look is one short answer, so that no page holds a thread."""


# --- what one was told -------------------------------------------------------------------------------------


@bp.get("/notifications")
def told() -> Any:
    before = visits.asked_id("before")
    with visits.reading() as visit:
        rows, more = notifications.listed(visit.session, visit.actor.id, before)
        newest = rows[0].id if rows else 0
        context = {"newest": newest, "older": rows[-1].id if more else None, "later": before is not None}
        about = {row.clue for row in rows if row.clue is not None}
        phrases = clue_pages.told(visit.session, visit.actor, visit.county, about, visit.today)
        page = render_template("desk/notifications.html", rows=[_told(visit, row, phrases) for row in rows], **context)
        seen = newest if visit.actor.has("auditor") and visit.visitor.told else 0
    if seen:  # an auditor posts nothing: what was shown has been read
        with visits.store().transaction() as session:
            notifications.read_all(session, visit.actor.id, seen, visit.now)
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


def _told(visit: Visit, row: Any, phrases: Mapping[int, str]) -> dict[str, Any]:
    """A notification in words; its link is there only while this person may open what it is about. `phrases`: clues."""
    case = row.org_unit is not None and people.sees(visit.actor, row.org_unit, visit.county) is not None
    step, link = "", None
    if row.element is not None:
        step = definitions.bundle(visit.session, row.deployment).definition.elements[row.element].name
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
    with visits.writing() as visit:
        notifications.read_all(visit.session, visit.actor.id, visits.number("newest"), visit.now)
    return make_response(redirect("/notifications"))


@bp.get("/live")
def live() -> Response:
    """The counts as one event of an event stream, which then ends: the browser asks again by itself."""
    with visits.reading() as visit:
        waiting = 0
        if frame.home(visit.actor, visit.county) == "/":
            waiting = inbox.standing(visit.session, visit.actor.id, visit.actor.assignments, visit.now).waiting
        data = json.dumps({"waiting": waiting, "told": visit.visitor.told})
    return Response(f"retry: {REFRESH}\nevent: counts\ndata: {data}\n\n", mimetype="text/event-stream")


# --- my own settings ---------------------------------------------------------------------------------------


@bp.get("/me")
def me() -> Any:
    with visits.reading() as visit:
        return render_template("desk/me.html", **_me(visit))


def _me(visit: Visit) -> dict[str, Any]:
    session, actor, county = visit.session, visit.actor, visit.county
    return {
        "posts": [frame.post_name(county, unit, role) for role, unit in leave.own_posts(actor, county)],
        "colleagues": [
            {"id": i, "name": name, "posts": [frame.post_name(county, unit, role) for role, unit in posts]}
            for i, (name, posts) in leave.colleagues(session, actor, county).items()
        ],
        "given": _spans(visit, notifications.substitutions(session, county.on, absent=actor.id)),
        "taken": _spans(visit, notifications.substitutions(session, county.on, official=actor.id)),
        "large": request.cookies.get(frame.LARGE) == "1",
        "command": visits.new_command(),
        "email": people_rows.email(session, actor.id),
        "mail": bool(visits.here().config.smtp),
    }


def _spans(visit: Visit, rows: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": r.name,
            "post": frame.post_name(visit.county, r.org_unit, r.role),
            "since": r.valid_from,
            "until": calendar.add_days(r.valid_to, -1),
        }
        for r in rows
    ]


@bp.post("/me/leave")
def hand_on() -> Any:
    since, until = (
        people.trial(lambda day=day: visits.day(day))[0]  # type: ignore[misc]
        for day in (visits.words(name, 20) for name in ("since", "until"))
    )
    with visits.writing() as visit:
        command = visits.command("leave")
        name = leave.hand_on(visit.session, visit.actor, visits.number("to"), since, until, visit.county, visit.now, command)
    flash(tell("desk.leave_given", name=name, since=since, until=until), "ok")
    return redirect("/me")


@bp.post("/me/leave/end")
def take_back() -> Response:
    with visits.writing() as visit:
        leave.take_back(visit.session, visit.actor, visit.county, visit.now)
    flash(tell("desk.leave_ended"), "ok")
    return make_response(redirect("/me"))


@bp.post("/me/email")
def address() -> Any:
    text = visits.words("email", 200)
    with visits.writing() as visit:
        digest.change_address(visit.session, visit.actor, text)
    flash(tell("desk.address_kept" if text.strip() else "desk.address_gone"), "ok")
    return redirect("/me")


@bp.post("/me/large")
def large() -> Response:
    """Large type is this browser's: a shared computer serves people with different eyes."""
    with visits.writing():
        on = request.form.get("on") == "1"
    answer = make_response(redirect("/me"))
    secure = visits.here().config.secure_cookies
    answer.set_cookie(frame.LARGE, "1" if on else "0", max_age=A_YEAR, httponly=True, samesite="Lax", secure=secure)
    return answer


# --- reports about the system ------------------------------------------------------------------------------


@bp.get("/feedback")
def reports() -> Any:
    with visits.reading() as visit:
        return render_template("desk/feedback.html", **_reports(visit, visits.asked("from", 120)))


def _reports(visit: Visit, page: str, text: str = "", error: str | None = None) -> dict[str, Any]:
    return {
        "page": page if page.startswith("/") else "",
        "text": text,
        "error": error,
        "answers": feedback.answers(visit.actor),
        "reports": feedback.listed(visit.session, visit.actor),
        "may_report": not visit.actor.has("auditor"),
    }


@bp.post("/feedback")
def report() -> Any:
    page, text = visits.words("page", 120), visits.words("text", 2000)
    with visits.writing() as visit:
        try:
            feedback.report(visit.session, visit.actor, page.partition("?")[0], text, visit.now)
        except Refused as error:
            said = tell(error.code, **error.details)
            return make_response(render_template("desk/feedback.html", **_reports(visit, page, text, said)), 422)
    flash(tell("desk.reported"), "ok")
    return redirect("/feedback")


@bp.post("/feedback/<int:report_id>/answer")
def answer(report_id: int) -> Response:
    text = visits.words("text", 1000)
    with visits.writing() as visit:
        feedback.answer(visit.session, visit.actor, report_id, text, visit.now)
    flash(tell("desk.answered"), "ok")
    return make_response(redirect("/feedback"))


# --- between colleagues ------------------------------------------------------------------------------------


@bp.post("/tasks/<int:task>/urge")
def urge(task: int) -> Response:
    with visits.writing() as visit:
        case_id = colleagues.urge(visit.session, visit.actor, task, visit.now)
    flash(tell("desk.urged"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


@bp.post("/cases/<int:case_id>/note")
def note(case_id: int) -> Response:
    text = visits.words("text", 1000)
    with visits.writing() as visit:
        command = visits.command(f"note/{case_id}")
        n = colleagues.write_note(visit.session, visit.actor, case_id, text, _chosen_people(), visit.now, command)
    flash(tell("desk.noted_told", n=n) if n else tell("desk.noted"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


@bp.post("/tasks/<int:task>/ask")
def ask(task: int) -> Response:
    """Colleagues are asked to sign before this step is done."""
    with visits.writing() as visit:
        command = visits.command(f"ask/{task}")
        n = opinions.ask(visit.session, visit.actor, task, _chosen_people(), visits.words("text", 1000), visit.now, command)
    flash(tell("desk.opinion_asked", n=n), "ok")
    return make_response(redirect(f"/tasks/{task}"))


@bp.post("/tasks/<int:task>/ask/withdraw")
def withdraw_opinions(task: int) -> Response:
    with visits.writing() as visit:
        opinions.withdraw(visit.session, visit.actor, task, visit.now, visits.command(f"withdraw/{task}"))
    flash(tell("desk.opinion_withdrawn"), "ok")
    return make_response(redirect(f"/tasks/{task}"))


@bp.post("/cases/<int:case_id>/opinion")
def opinion(case_id: int) -> Response:
    verdict, text = visits.words("verdict", 12), visits.words("text", 1000)
    with visits.writing() as visit:
        opinions.give(visit.session, visit.actor, case_id, verdict, text, visit.now, visits.command(f"opinion/{case_id}"))
    flash(tell("desk.opinion_given"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


def _chosen_people() -> list[int]:
    return [int(t) for t in request.form.getlist("to") if t.isascii() and t.isdigit() and len(t) < 16]


@bp.post("/cases/<int:case_id>/kinship")
def kinship(case_id: int) -> Response:
    official, reason = visits.number("official"), visits.words("reason", 500)
    with visits.writing() as visit:
        command = visits.command(f"kinship/{case_id}")
        if official:
            colleagues.end_kinship(visit.session, visit.actor, case_id, official, reason, visit.now, command)
            flash(tell("desk.kinship_ended"), "ok")
        else:
            colleagues.declare_kinship(visit.session, visit.actor, case_id, visit.now, command)
            flash(tell("desk.kinship_declared"), "ok")
    return make_response(redirect(f"/cases/{case_id}"))


@bp.post("/inbox")
def many() -> Response:
    """Claim, give back or hand on many tasks at once; each has its own transaction and its own result."""
    act = request.form.get("act", "")
    wanted = chosen(request.form.getlist("task"))
    to, reason = visits.number("official"), visits.words("reason", 200)

    def hand_over(session: Session, actor: people.Actor, task: int, version: int, now: datetime) -> None:
        tasks.transfer(session, actor, task, version, to, reason, now)

    if not reason.strip():
        keeping.only_ticked()
    acts = {"claim": tasks.claim, "release": tasks.release, "transfer": hand_over}
    handle = acts.get(act)
    with visits.writing():
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
            with visits.writing() as visit:
                handle(visit.session, visit.actor, ident, version, visit.now)
            done += 1
        except NotFound:
            wrong.append((None, Refused("desk.gone")))
        except Refused as error:
            wrong.append((ident, error))
    with visits.writing() as visit:
        for shown, refusal in wrong:
            step = _step(visit, shown) if shown else ""
            flash(tell("desk.not_done", step=step, cause=tell(refusal.code, **refusal.details)), "warn")
    if done:
        flash(tell(f"desk.{act}_done", n=done), "ok")
    return make_response(redirect(marks.came_from("/", "/?tab=open" if act == "claim" else "/")))


@bp.post("/tasks/<int:task>/follow")
def follow(task: int) -> Response:
    """A day on which this person wants to look at the task again; it moves no due date."""
    text = visits.words("on", 10)
    with visits.writing() as visit:
        view = task_page.look(visit.session, visit.actor, task, visit.county, visit.now)
        on = visits.day(text) if text else None
        own_desk.follow(visit.session, visit.actor, view, on, visit.today)
    flash(tell("desk.follow_kept", on=on) if on else tell("desk.follow_gone"), "ok")
    return make_response(redirect(f"/tasks/{task}"))


@bp.post("/filters")
def save_filter() -> Response:
    """Keep the inbox's filter under a name, or drop a kept one."""
    name, query, dropped = visits.words("name", 12), visits.words("query", 200), visits.number("drop")
    with visits.writing() as visit:
        if dropped:
            if not notifications.drop_filter(visit.session, visit.actor.id, dropped):
                raise NotFound
            return make_response(redirect("/"))
        kept = own_desk.keep_filter(visit.session, visit.actor, name, query)
    flash(tell("desk.filter_kept"), "ok")
    return make_response(redirect(f"/?{kept}"))


def _step(visit: Visit, ident: int) -> str:
    work = processes.see_task(visit.session, ident)
    return definitions.bundle(visit.session, work.deployment).definition.elements[(work.task or {})["element"]].name


def colleagues_of(visit: Visit, case: Any) -> dict[str, Any]:
    """What the case page offers beside the tasks."""
    session, actor, county = visit.session, visit.actor, visit.county
    held = people.sees(actor, case.org_unit, county)
    if held is None or actor.has("auditor"):
        return {"readers": [], "may_note": False, "is_kin": False, "kin": []}
    return {
        "readers": [
            {"id": i, "name": n, "unit": frame.unit_name(county, unit)}
            for i, n, unit in colleagues.readers(session, case.org_unit, county)
            if i != actor.id
        ],
        "may_note": True,
        "is_kin": actor.id in notifications.kin_of(session, case.household),
        "kin": colleagues.kin(session, actor, case, county),
    }
