"""The context of one household's page. See case.html for the keys."""

from collections.abc import Mapping
from typing import Any

from flask import request

from app import forms
from app.labels import say
from app.labels.lanes import level_of_lane
from app.policy import calendar
from app.services import definitions, doors, papers, people
from app.services import places as service_places
from app.services.cases import applications, authorisation, elimination
from app.services.cases import own as own_cases
from app.services.clues import pages as clue_pages
from app.services.definitions import Bundle
from app.services.desk import colleagues, opinions
from app.services.history import progress, readings, reasons, stories
from app.services.household import knowledge
from app.services.household.knowledge import Words
from app.services.work import incidents, tasks
from app.store import audit as audit_rows
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import exchange as exchange_rows
from app.store import households as household_rows
from app.store import inbox, messages, notifications, record
from app.store import incidents as incident_rows
from app.store import people as people_rows
from app.store import readings as reading_rows
from app.store.rows import Case
from app.store.together import together

from ..desk import own as desk
from ..keeping import places
from ..shell import frame
from ..shell.request import PageContext, new_command, words

READINGS = 20
"""Of who saw the household, the newest."""


def number_of(case_id: int, clue_on: Any) -> str:
    return say("pages.case_number", year=clue_on.year if clue_on else 0, number=case_id)


OF_CASE = (
    case_rows.instances_of,
    case_rows.tasks_of,
    case_rows.timers_in,
    case_rows.awaited_in,
    case_rows.open_holds,
    case_rows.notices_of,
    case_rows.measures_of,
    case_rows.papers_of,
    incident_rows.incidents_of_case,
    inbox.open_tasks_of_case,
    clue_rows.of_case,
    clue_rows.debts_of_case,
    household_rows.snapshots_of,
)
OF_HOUSEHOLD = (
    household_rows.row_of,
    household_rows.newest_version,
    people_rows.contacts_of,
    notifications.kin,
    reading_rows.count_readings,
)


def _ask(context: PageContext, case: Case) -> None:
    """The short lists of the page, in one statement."""
    household, today = case.household, context.today
    units = (case.org_unit, context.county.units[case.org_unit].parent or "")
    together(
        context.session,
        (record.key_row, (case.data_key,)),
        *((ask, (case.id,)) for ask in OF_CASE),
        *((ask, (household,)) for ask in OF_HOUSEHOLD),
        (reading_rows.readings_of, (household, READINGS)),
        (reading_rows.posts_of_readers, (household, today)),
        (people_rows.posts_of_contacts, (household, today)),
        (exchange_rows.handed_on_of, (household, READINGS)),
        *((people_rows.at_unit, (unit, today)) for unit in units),
    )


def context(context: PageContext, case: Case) -> dict[str, Any]:
    session, county, now = context.session, context.county, context.now
    _ask(context, case)
    key = record.data_key(session, case.data_key)
    document, _ = household_rows.document(session, case.household, key)
    mains = doors.main_instances(session, case.id)
    main = mains[-1]
    made = definitions.bundle(session, main.deployment)
    words = Words(made.codes)
    groups = knowledge.groups_here(context.actor, case.org_unit, county)
    told = stories.events(session, case.id, key)
    teller = stories.teller(session, county, told, groups)
    main_tasks = [t for t in case_rows.tasks_of(session, case.id) if t.instance == main.id]
    ended = main.ended_at is not None
    income = document is not None and "income" in groups
    limit = progress.limit(county, case, now)
    overdue = limit is not None and limit["days_left"] < 0
    return {
        "why_late": progress.why_late(made.definition, main_tasks, told, now) if overdue else [],
        "case": {
            "id": case.id,
            "number": number_of(case.id, case.clue_on),
            "open": case.status == "open",
            "clue_on": case.clue_on,
            "earlier_id": case.earlier_case,
            "own": made.definition.top.name if case.door else None,
        },
        "household": _household(context, case, document, words, groups),
        "erased": _erased(context, case, key.bytes is None, now),
        "about": _about(context, case, words),
        "clues": clue_pages.of_case(context, case.id),
        "progress": limit,
        "path": progress.path(made.definition, main_tasks, ended),
        "next": _next(context, case),
        "outcome": _outcome(case, made),
        "holds": _holds(context, case),
        "story": stories.story(teller),
        "members": knowledge.people_of(words, document, groups, county) if document is not None else [],
        "snapshots": reasons.snapshots(session, case.id, key, _bundles(context, mains), county.name_of) if income else [],
        "measures": _measures(context, case, words) if "measures" in groups else [],
        "contacts": _contacts(context, case),
        "papers": _papers(context, case, document is not None),
        "diagrams": [_diagram(context, case, run, teller) for run in reversed(mains)],
        "readings": readings.listed(session, case.household, county, groups, READINGS),
        "readings_total": reading_rows.count_readings(session, case.household)[0].n,
        "acts": _acts(context, case, main, words, key),
        "asked": opinions.asked_of(context, case, key),
        "beside": desk.colleagues_of(context, case),
        "offers": own_cases.offers_beside(context, case.id, case.org_unit)
        if document is not None and not county.may(context.actor, "inspect")
        else [],
        "commands": new_command,
        "command": new_command(),
    }


def _household(
    context: PageContext, case: Case, document: Mapping[str, Any] | None, words: Words, groups: frozenset[str]
) -> dict[str, Any]:
    household = document["household"] if document is not None else {}
    place = knowledge.place_of(context.county, case.org_unit)
    if household.get("group"):
        place = f"{place} {household['group']}"
    members = document["members"] if document is not None else []
    size = sum(1 for m in members if m.get("status") != "gone")
    category = case.category
    if category is None and document is not None and case.status == "open":
        key = record.data_key(context.session, case.data_key)
        made = doors.shared(context.session, context.county.entries)
        category = reasons.proposed(context.session, case.id, key, made)
    kinds = household.get("risks") or [] if "risk" in groups else []
    disaster = household.get("disaster_kind")
    return {
        "id": case.household,
        "head": case.head_name or say("status.erased"),
        "place": place,
        "size": size if size > 1 else None,
        "type": words.title("household_type", household["household_type"]) if household.get("household_type") else None,
        "category": words.title("category", category) if category else None,
        "status": status(case),
        "risks": [
            {
                "name": words.title("risk", risk),
                "detail": words.title("disaster", disaster) if risk == "disaster" and disaster else None,
            }
            for risk in kinds
        ],
        "sensitive": bool(groups - {"basic"}),
    }


def status(case: Case) -> str:
    if case.door:
        return say(f"status.own.{'open' if case.closed_at is None else 'closed'}")
    if case.household_status in ("monitored", "erased", "watched", "eliminated"):
        return say(f"status.{case.household_status}")
    return say(f"status.{case.status}")


def _erased(context: PageContext, case: Case, gone: bool, now: Any) -> Any:
    if not gone:
        return None
    row = audit_rows.key_rows(context.session, [case.data_key]).get(case.data_key)
    return calendar.local_date(row.destroyed_at if row is not None and row.destroyed_at else now)


def _about(context: PageContext, case: Case, words: Words) -> str:
    clues = clue_rows.of_case(context.session, case.id)
    return say("stories.about", channel=words.title("channel", clues[0].channel)) if clues else ""


def _next(context: PageContext, case: Case) -> list[dict[str, Any]]:
    rows = inbox.open_tasks_of_case(context.session, case.id)
    names = people_rows.names(context.session, [r.assignee for r in rows if r.assignee])
    deployments = {i.id: i.deployment for i in case_rows.instances_of(context.session, case.id)}
    groups = knowledge.groups_here(context.actor, case.org_unit, context.county)
    timers = case_rows.timers_in(context.session, case.id)
    guessed = {(timer.instance, timer.attached_to) for timer in timers if timer.provisional}
    found = []
    for row in rows:
        made = definitions.bundle(context.session, deployments[row.instance])
        element, group = made.definition.elements[row.element], made.said(row.element, "group")
        known = not row.item or not group or group in groups  # which department it is tells what it is about
        roles = row.roles.split(",")
        there = {"roles": row.roles, "org_unit": row.org_unit}
        held = people.may_handle(
            context.session, context.actor, there, level_of_lane(element.lane), context.county, case.household
        )
        above = tasks.superior(context.actor, row.org_unit, context.county)
        found.append(
            {
                "task_id": row.id if held or above else None,
                "urge_id": row.id if colleagues.may_urge(context.actor, row, case.org_unit, context.county) else None,
                "step": element.name,
                "unit": frame.unit_name(context.county, row.org_unit) if known else say("pages.a_department"),
                "role": say("stories.comma").join(frame.role_name(context.county, r) for r in roles),
                "who": names.get(row.assignee or 0),
                "days_left": calendar.days_left(row.due, context.now),
                "due_on": calendar.last_day(row.due),
                "provisional": (row.instance, row.element) in guessed,
            }
        )
    return found


def _outcome(case: Case, made: Bundle) -> dict[str, Any] | None:
    came = case.closed_at or case.decided_at
    if not case.outcome or came is None:
        return None
    on = calendar.local_date(came)
    day = say("pages.day_full", year=on.year, month=on.month, day=on.day)
    code = "outcomes.own" if case.door else "outcomes.sentence"
    sentence = say(code, outcome=papers.outcome_words(made, case.outcome), on=day)
    return {"sentence": sentence, "good": case.outcome == "approved"}


def _holds(context: PageContext, case: Case) -> list[dict[str, str]]:
    return [
        {"sentence": say(f"holds.{h.kind}"), "who": say(f"holds.who.{h.kind}")}
        for h in case_rows.open_holds(context.session, case.id)
    ]


def _measures(context: PageContext, case: Case, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "risk": words.title("risk", m.risk),
            "group": words.title("measure_group", m.group),
            "lead": words.title("department", m.lead),
            "planned": say(
                "stories.planned",
                on=say("pages.day_full", year=m.planned_on.year, month=m.planned_on.month, day=m.planned_on.day),
            )
            if m.planned_on
            else "",
            "done_on": m.done_on,
        }
        for m in case_rows.measures_of(context.session, case.id)
    ]


def _contacts(context: PageContext, case: Case) -> list[dict[str, Any]]:
    roles: dict[int, str] = {}
    for post in people_rows.posts_of_contacts(context.session, case.household, context.today):
        roles.setdefault(post.official, frame.role_name(context.county, post.role))
    return [
        {"level": say(f"lanes.{row.level}"), "name": row.name, "role": roles.get(row.official, "")}
        for row in people_rows.contacts_of(context.session, case.household)
    ]


def _papers(context: PageContext, case: Case, readable: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"id": p.id, "name": p.title, "on": calendar.local_date(p.added_at), "pages": None}
        for p in case_rows.papers_of(context.session, case.id)
        if papers.may_open_scan(context, case, p)
    ]
    if readable:
        for run in reversed(doors.main_instances(context.session, case.id)):
            file = papers.open_file(context.session, case, context.county, run.id)
            for paper in papers.available(file):
                if not papers.may_print(context.actor, case, paper.kind, context.county, file.bundle):
                    continue
                for form in papers.MEDIA:
                    shown = say("papers.name.with_format", name=paper.title, format=form.upper())
                    address = f"{case.id}/{paper.kind}.{form}?of={run.id}{paper.query}"
                    found.append({"id": address, "name": shown, "on": context.today, "pages": None})
    return found


def _bundles(context: PageContext, runs: list[Any]) -> list[Bundle]:
    return [definitions.bundle(context.session, run.deployment) for run in runs]


def _diagram(context: PageContext, case: Case, main: Any, teller: stories.Teller) -> dict[str, Any]:
    """One procedure of the case as a picture and as text."""
    made = definitions.bundle(context.session, main.deployment)
    rows = [t for t in case_rows.tasks_of(context.session, case.id) if t.instance == main.id]
    done: dict[str, list[str]] = {}
    for event in teller.told:
        if event.kind == "task_completed" and event.instance == main.id:
            on = say("pages.day", month=event.on.month, day=event.on.day)
            done.setdefault(event.element, []).append(say("progress.done", on=on, who=teller.who(event)))
    told = {element: say("progress.and").join(dict.fromkeys(lines)) for element, lines in done.items()}
    current = [t.element for t in rows if t.status == "open"]
    bodies = [event.body for event in teller.told if event.instance == main.id]
    passed = progress.state(context.session, case.id, main.id, made.definition, bodies)["done"]
    if main.ended_at is None:
        told |= {element: say("progress.passed") for element in passed if element not in told}
    return {
        "title": made.definition.top.name,
        "xml_url": f"/diagrams/{main.deployment}/file.bpmn",
        "state_url": f"/cases/{case.id}/diagram/{main.id}.json",
        "text_open": False,
        "elements": progress.as_text(made, context.county, told, current, passed if main.ended_at else None),
    }


def _acts(context: PageContext, case: Case, main: Any, words: Words, key: record.DataKey) -> dict[str, Any]:
    """What may be done with the case beside its tasks; auditors may do nothing."""
    actor, county, session = context.actor, context.county, context.session
    alive = case.closed_at is None and key.bytes is not None and not county.may(actor, "inspect")
    running = alive and main.ended_at is None
    exits = _exit_acts(context, case) if alive else {"begin": None, "stop": False, "contacts": []}
    signs = people.post_for(actor, county.who_may("authorise"), case.org_unit, county) is not None
    exits["withdraw"] = alive and signs and authorisation.standing(session, case.id, key)
    if not running:
        nothing: dict[str, Any] = dict.fromkeys(("objection", "reexam", "confirm"), False)
        return {**nothing, "close": [], "forward": None, "settle": [], "correct": None, **exits}
    may_close = (
        people.post_for(actor, county.who_may("close_cases"), case.org_unit, county) is not None
        and case.status != "monitored"
    )
    since = calendar.local_date(main.started_at)
    awaited = {(m.instance, m.name) for m in case_rows.awaited_in(session, case.id)}
    notices = [n for n in case_rows.notices_of(session, case.id) if n.void_at is None and n.posted_on >= since]
    undecided = case.decided_at is None or definitions.bundle(session, main.deployment).main != "entry"
    return {
        "close": [{"code": k, "name": say(f"outcomes.{k}")} for k in applications.CLOSINGS] if may_close else [],
        "objection": bool(notices) and undecided,
        "reexam": (main.id, "reexam_requested") in awaited,
        "forward": _forward(context, case) if may_close and not case.door else None,
        "settle": _late_objections(context, case, main, key),
        "correct": _correction(context, case, words, key),
        "confirm": any(h.kind == "second_check" and h.cause == actor.id for h in case_rows.open_holds(session, case.id)),
        **exits,
    }


def _forward(context: PageContext, case: Case) -> dict[str, Any]:
    """The village that a case may be handed to, found by typing."""
    listed = service_places.anywhere(context.county).without(case.org_unit)
    chosen = words("forward_to", 24) if request.method == "POST" else ""
    value, options, finder = forms.searched(listed, chosen, *places.looked().get("forward_to", ("", "")))
    typed = {name: words(name, 1000) for name in ("reason_code", "text")} if "forward_to" in places.looked() else {}
    return {"chosen": value, "options": options, "finder": finder, "typed": typed}


def _exit_acts(context: PageContext, case: Case) -> dict[str, Any]:
    """Starting or stopping the elimination, and another contact: what this person may do of it."""
    if case.door:
        return {"begin": None, "stop": False, "contacts": []}
    session, actor, county = context.session, context.actor, context.county
    starts = case.status == "monitored" and elimination.starter(context, case.household, case.org_unit)
    instances = case_rows.instances_of(session, case.id)
    runs = elimination.running(session, case.id) is not None
    hinders = elimination.hinders(session, case, instances) if starts and not runs else None
    town = people.post_for(actor, county.who_may("handle_in_town"), case.org_unit, county)
    units = {"village": case.org_unit, "town": county.units[case.org_unit].parent or ""}
    known = {(c.level, c.official) for c in people_rows.contacts_of(session, case.household)}
    offered = [
        {"value": f"{level}:{p.id}", "name": p.name, "level": say(f"lanes.{level}")}
        for level, unit in units.items()
        for p in people_rows.at_unit(session, unit, context.today)
        if (level, p.id) not in known
    ]
    begin = {"why_not": say(hinders) if hinders else ""} if starts and not runs else None
    return {"begin": begin, "stop": bool(starts) and runs, "contacts": offered if town and known else []}


def _late_objections(context: PageContext, case: Case, main: Any, key: record.DataKey) -> list[dict[str, Any]]:
    """Objections after the period: read and settled by the town."""
    if people.post_for(context.actor, context.county.who_may("handle_in_town"), case.org_unit, context.county) is None:
        return []
    known = {row.id for row in messages.of_instance(context.session, main.id, "objection")}
    found = []
    for hold in case_rows.open_holds(context.session, case.id):
        if hold.kind == "late_objection" and hold.cause in known:
            content = case_rows.message_content(context.session, hold.cause, key) or {}
            found.append({"hold": hold.id, "text": content.get("text", ""), "contact": content.get("contact", "")})
    return found


def _correction(context: PageContext, case: Case, words: Words, key: record.DataKey) -> dict[str, Any] | None:
    """The missing field of a stuck case, and whose turn it is."""
    found = incidents.missing(context.session, case.id, context.county)
    if (
        found is None
        or people.post_for(context.actor, context.county.who_may("correct_cases"), case.org_unit, context.county) is None
    ):
        return None
    entry = context.county.entries.require("field", found[1], context.today)
    waiting = incidents.proposal(context.session, case.id, key)
    options: list[dict[str, Any]] = []
    if entry.value["kind"] == "code":
        listed = words.codes.get("$defs", {}).get(entry.value["codes"], {}).get("oneOf", ())
        options = [{"code": o["const"], "name": o["title"]} for o in listed]
    proposed = None
    if waiting is not None and waiting.values and waiting.body.get("field") == found[1]:
        text = str(waiting.values["value"])
        named = next((o["name"] for o in options if o["code"] == text), text)
        by = people_rows.names(context.session, [waiting.actor or 0]).get(waiting.actor or 0, "")
        proposed = {
            "value": named,
            "reason": waiting.values.get("reason", ""),
            "by": by,
            "mine": waiting.actor == context.actor.id,
        }
    return {"label": str(entry.value["label"]), "options": options, "proposed": proposed}
