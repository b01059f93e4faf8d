"""Cases: a new application, closing on purpose, objections and requests to look again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app import forms
from app.engine.values import Complete, MessageArrived, Return
from app.forms import Cleaned
from app.labels.lanes import level_of_lane
from app.policy import calendar, naming
from app.policy.jurisdiction import Assignment
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store import inbox, notifications, processes, record
from app.store import people as people_rows
from app.store.processes import NotFound, Work
from app.store.rows import Case
from app.store.session import Session

from .. import definitions, doors, events, finding, places, steps
from ..context import Context
from ..definitions import Bundle
from ..events import EventData
from ..history import readings
from ..household import file as household_file
from ..operations import entering
from ..people import Actor, County, Refused, all_right, county_on, covered, may_do, post_for, sees, trial
from ..places import Places
from ..work import commands, returns
from ..work.tasks import Completed, FormErrors

LODGED = ("objection", "reexam_requested")
"""Messages that people send from a case's page: an objection to a notice, a request to look again at a decision."""


def open_application(
    context: Context,
    submitted: Mapping[str, Sequence[str]] | None,
    *,
    channel: str,
    found_on: date,
    command_id: bytes,
    values: Mapping[str, Any] | None = None,
    demo: bool = False,
) -> Completed:
    """Clue, household (if new), case and instance, with the application taken down: one transaction.

    Raises FormErrors, Refused (an open case exists, the person belongs to another household, no right here).
    """
    session, actor, now = context.session, context.actor, context.now
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance, again=True)
    today = calendar.local_date(now)
    county = county_on(session, today)
    if found_on > today:
        raise Refused("cases.clue_in_future")
    if county.entries.get("parameter", "case_limit_days", found_on) is None:
        raise Refused("cases.clue_before_plan")
    bundle = doors.latest(session, doors.APPLICATION, today)
    first = entering.first_of(bundle)
    form, element = bundle.forms[first], bundle.definition.elements[first]
    cleaned = application(context, submitted, values=values)
    if not cleaned.ok:
        raise FormErrors(cleaned)
    village = cleaned.values["village"]
    held = may_do(actor, element.roles, village, level_of_lane(element.lane), county)
    if held is None:
        raise Refused("cases.not_your_village")
    household, key = _household(context, cleaned, demo)
    clue = _clue(context, household, channel, found_on)
    work, address = begin(context, held, bundle, household, key, village, clue, channel, found_on, cleaned.values)
    case_id, instance = work.case_id or 0, work.instance
    here = steps.Here(context, work, bundle)
    judged = steps.judge(here, first, cleaned)
    world = commands.world_for(context, work, bundle, cleaned.values)
    process = bundle.given(first, {**forms.process_values(form, cleaned.values), **judged.process})
    if channel == "self":  # the household's own application is the clue, however late it is typed
        process["applied_on"] = found_on.isoformat()
    data = EventData("task_completed", held.role, held.unit, address, command_id, values=cleaned.values)
    commands.execute(world, Complete(address, process), data)
    return Completed(case_id, instance)


def application(
    context: Context,
    submitted: Mapping[str, Sequence[str]] | None,
    *,
    values: Mapping[str, Any] | None = None,
) -> Cleaned:
    """The form of an application with everything that is wrong with it, the person's other household included."""
    session, county = context.session, context.county
    bundle = doors.latest(session, doors.APPLICATION, county.on)
    first = entering.first_of(bundle)
    form, element = bundle.forms[first], bundle.definition.elements[first]
    choices = {"villages": registering_villages(context.actor, element.roles, county)}
    if values is not None:
        cleaned = forms.strict(form, values, choices=choices, today=county.on)
    else:
        cleaned = forms.clean(form, submitted or {}, None, choices=choices, today=county.on)
    if {"head_id_number", "head_name", "village"} <= cleaned.values.keys() - cleaned.errors.keys():
        errors = forms.in_order(form, {**_elsewhere(session, cleaned.values), **cleaned.errors})
        return replace(cleaned, errors=errors)
    return cleaned


def _elsewhere(session: Session, values: Mapping[str, Any]) -> dict[str, forms.CodedMessage]:
    """The person belongs to another household, or the case is open already."""
    known = household_rows.with_person(session, values["head_id_number"])
    household = household_rows.get(session, known[0]) if known else None
    if household is None:
        return {}
    if household.org_unit != values["village"] or not naming.same(household.head_name, values["head_name"]):
        return {"head_id_number": ("cases.person_elsewhere", {})}
    if case_rows.open_case_of(session, household.id) is not None:
        return {"": ("cases.already_open", {})}
    return {}


def _clue(context: Context, household: int, channel: str, found_on: date) -> int:
    """The clue of a case that is opened at once."""
    return clue_rows.add(
        context.session,
        None,
        {},
        household=household,
        channel=channel,
        found_on=found_on,
        sender=context.actor.id,
        recorded_at=context.now,
        status="entered",
    )


def begin(
    context: Context,
    held: Assignment | None,
    bundle: Bundle,
    household: int,
    key: Any,
    village: str,
    clue: int,
    channel: str,
    found_on: date,
    values: Mapping[str, Any],
) -> tuple[Work, str]:
    """Case and instance of a household, standing before its first step: (work, address of that step). The limit runs from
    the day the clue was found."""
    work = entering.new_case(context, bundle, household, key, village, clue, found_on)
    world = commands.world_for(context, work, bundle, values)
    body = {"clue": clue, "channel": channel, "found_on": found_on.isoformat()}
    data = EventData("case_opened", held.role if held else None, held.unit if held else None, body=body)
    step, head = commands.start(world, {}, data)
    return replace(work, state=step.state, head=head), step.opened[0].address


def registering_villages(actor: Actor, roles: Sequence[str], county: County) -> Places:
    """Villages for which this person may register an application: their own, or (the window) those below them."""
    near = covered((a.unit for a in actor.assignments if a.role in roles), "village", county)
    mine = (u for u in near if may_do(actor, roles, u.code, "village", county))
    return places.listed(mine, county, "/places?of=register")


def _household(context: Context, cleaned: Cleaned, demo: bool) -> tuple[int, Any]:
    """The household of this person, made if unknown. One open case at most; a member of another household is told so."""
    session, now = context.session, context.now
    values = cleaned.values
    today = calendar.local_date(now)
    who = str(context.actor.id)
    form_values = {k: v for k, v in values.items() if k in ("phone", "risks", "disaster_kind")}
    known = household_rows.with_person(session, values["head_id_number"])
    if known:
        household = household_rows.get(session, known[0])
        if household is None:
            raise NotFound
        household_rows.lock(session, household.id)  # nobody erases it meanwhile
        if wrong := _elsewhere(session, values):
            raise FormErrors(replace(cleaned, errors=wrong))
        for earlier in case_rows.cases_of(session, household.id, case_rows.MONITORING):
            events.stop_case(context, earlier.id)
        key = record.data_key(session, household.data_key)
        document, number = household_rows.document(session, household.id, key)
        if document is None:
            raise Refused("cases.erased")
        sources = {**document["sources"], **{k: [who, today.isoformat()] for k in form_values}}
        content = {**document, "household": {**document["household"], **form_values}, "sources": sources}
        household_file.save(session, household.id, key, content, as_of=today, now=now, number=number + 1)
        return household.id, key
    ident, key = household_rows.add(
        session,
        village=values["village"],
        head_name=values["head_name"],
        pinyin=finding.index(values["head_name"]),
        household_type=None,
        demo=demo,
    )
    first = household_file.first(values["head_name"], values["head_id_number"], form_values, who=who, on=today)
    household_file.save(session, ident, key, first, as_of=today, now=now, number=1)
    return ident, key


# --- closing on purpose --------------------------------------------------------------------------------

CLOSINGS = ("withdrawn", "unqualified", "duplicate", "not_ours")


def close(context: Context, case_id: int, kind: str, reason: str, command_id: bytes) -> Completed:
    """Closing by a person (withdrawal, found unqualified, duplicate, not our village): a command, not a drawn flow, as the
    operation `close_case` is. Everything open closes."""
    session, now = context.session, context.now
    why = None if kind in CLOSINGS else "cases.unknown_closing"
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance or 0, again=True)
    case, held = take_case(context, case_id, "close_cases", "cases.not_yours_to_close", reason)
    all_right(reason_code=why, text=None if reason.strip() else "tasks.reason_needed")
    if case.closed_at is not None or case.status == "monitored":
        raise Refused("cases.not_open")
    main = None
    for row in case_rows.instances_of(session, case_id):
        work = processes.lock_instance(session, row.id)
        main = main or work
        processes.end_instance(session, row.id, now)
    if main is None:
        raise NotFound
    case_rows.change(session, case_id, status="closed", outcome=kind, closed_at=now, decided_at=now)
    case_rows.void_notices(session, case_id, now)
    clue_rows.settle_debts(session, case_id, now)
    for hold in case_rows.open_holds(session, case_id):
        case_rows.lift_holds(session, case_id, hold.kind, now)
    data = EventData(
        "case_closed",
        held.role,
        held.unit,
        None,
        command_id,
        body={"outcome": kind},
        values={"reason": reason.strip()},
    )
    events.append(context, main.head, main.key, data, case_id=case_id, instance=main.instance)
    return Completed(case_id, main.instance)


def forward(context: Context, case_id: int, village: str, reason: str, command_id: bytes) -> Completed:
    """Not our village: this case ends, the household moves, and the other village finds a case at its first step in its
    inbox. The limit still runs from the day the clue was found."""
    session, county = context.session, context.county
    case = visible_case(context, case_id)
    known = village in county.units and county.units[village].level == "village" and village != case.org_unit
    if case.door:
        raise NotFound  # what is not monitoring does not become an application elsewhere
    unsaid = None if reason.strip() else "tasks.reason_needed"
    all_right(forward_to=None if known else "cases.forward_needed", text=unsaid)
    done = close(context, case_id, "not_ours", reason, command_id)
    if done.again:
        return done
    household_rows.change(session, case.household, f"case:{case_id}", org_unit=village)
    held = post_for(context.actor, county.who_may("close_cases"), case.org_unit, county)
    data = EventData("case_forwarded", held.role if held else None, held.unit if held else None, body={"unit_to": village})
    work = processes.lock_instance(session, done.instance)
    events.append(context, work.head, work.key, data, case_id=case_id, instance=done.instance)
    known = clue_rows.of_case(session, case_id)
    channel = known[0].channel if known else "grassroots"
    bundle = doors.latest(session, doors.APPLICATION, county.on)
    clue = _clue(context, case.household, channel, case.clue_on)
    begun, _ = begin(context, held, bundle, case.household, work.key, village, clue, channel, case.clue_on, {})
    return Completed(begun.case_id, begun.instance)


def take_case(
    context: Context,
    case_id: int,
    act: str = "",
    refusal: str = "",
    said: str | None = None,
) -> tuple[Case, Assignment]:
    """(the case, the post acted under), read under the lock of the case's stream: nothing may be decided on what another
    is just changing. With `act`, a post that may do it must cover this household. Whoever would be asked why they
    open it has said so before, or says it here (`said`). NotFound for outsiders."""
    session = context.session
    held = _seeing(context, case_id)
    case = case_rows.get(session, case_id)
    if act:
        acting = post_for(context.actor, context.county.who_may(act), case.org_unit, context.county) if case else None
        if acting is None:
            raise Refused(refusal)
        held = acting
    if case is not None:
        readings.because(context, case.household, case.org_unit, said)
    record.lock_stream(session, f"case:{case_id}")
    return case_rows.known(session, case_id), held


def _seeing(context: Context, case_id: int) -> Assignment:
    session = context.session
    case = case_rows.get(session, case_id)
    held = sees(context.actor, case.org_unit, context.county) if case is not None else None
    if held is None:
        raise NotFound
    return held


def visible_case(context: Context, case_id: int) -> Any:
    """The case if this person may open its household (or has a task on it); NotFound otherwise."""
    _seeing(context, case_id)
    return case_rows.get(context.session, case_id)


# --- messages: objections and requests to look again ---------------------------------------------------------


def lodge(
    context: Context,
    case_id: int,
    name: str,
    content: Mapping[str, str],
    command_id: bytes,
) -> str:
    """Record an objection or a request for re-examination. Returns what became of it: delivered, queued or held.

    The objector's name and words are encrypted; pages show them to nobody but who investigates.
    """
    session, actor, county, now = context.session, context.actor, context.county, context.now
    if name not in LODGED:
        raise Refused("cases.unknown_message")
    case, held = take_case(context, case_id)
    text = {k: v.strip() for k, v in content.items()}
    _, no_day = trial(lambda: _check_day(text.get("made_on", ""), case.clue_on, calendar.local_date(now)))
    unsaid = None if text.get("text") else "cases.message_empty"
    all_right(**{"asked_on" if name == "reexam_requested" else "made_on": no_day, "text": unsaid})
    if record.event_of_command(session, command_id) is not None:
        return "again"
    row = doors.main_instance(session, case_id)
    if row is None or row.ended_at is not None or case.closed_at is not None:
        raise Refused("cases.too_late")
    work = processes.lock_instance(session, row.id)
    if work.key is None or work.state is None:
        raise Refused("cases.too_late")
    awaited = {(m.instance, m.name) for m in case_rows.awaited_in(session, case_id)}
    if name == "reexam_requested" and (row.id, name) not in awaited:
        raise Refused("cases.nothing_to_reexamine")
    ident = case_rows.add_message(session, instance=row.id, name=name, sender=actor.id, key=work.key, content=text, now=now)
    body = {"msg": ident, "name": name}
    data = EventData("message_recorded", held.role, held.unit, command_id=command_id, body=body, values=text)
    head = events.append(context, work.head, work.key, data, case_id=case_id, instance=row.id)
    work = replace(work, head=head)
    waiting = case_rows.waiting_message(session, row.id)
    if waiting is not None:
        bundle = definitions.bundle(session, work.deployment)
        world = commands.world_for(context, work, bundle)
        commands.execute(
            world,
            MessageArrived(waiting.address),
            EventData("message_delivered", address=waiting.address, body={"msg": waiting.id}),
        )
        case_rows.mark_delivered(session, waiting.id, head.number + 1)
        return "delivered"
    if name == "objection" and _notice_over(session, case_id, definitions.bundle(session, work.deployment)):
        case_rows.open_hold(session, case_id, kind="late_objection", lifted_by="town_officer", cause=ident, now=now)
        events.append(context, head, work.key, EventData("hold_opened"), case_id=case_id, instance=row.id)
        village = county.units.get(work.village or "")
        told = people_rows.who_hold(
            session, county.who_may("handle_in_town"), [village.parent or ""] if village else [], county.on
        )
        notifications.add(session, told, "late_objection", actor.id, now, case_id=case_id)
        return "held"
    return "queued"


def _main(session: Session, case_id: int) -> int:
    row = doors.main_instance(session, case_id)
    if row is None:
        raise NotFound
    return int(row.id)


def _check_day(text: str, since: date, today: date) -> None:
    """A day that was typed beside a message; empty is allowed."""
    if not text:
        return
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("cases.day_unreadable") from None
    if not since <= day <= today:
        raise Refused("cases.day_not_possible", since=since, today=today)


def _notice_over(session: Session, case_id: int, bundle: definitions.Bundle) -> bool:
    """Whether the case stands behind its notice: then nothing waits for an objection any more, and it must be held."""
    top, open_ = bundle.definition.top, {t.element for t in inbox.open_tasks_of_case(session, case_id)}
    for removal in bundle.of_type("notice_removal"):
        review = bundle.before(removal, "notice_removal", "village_review")  # a case that goes back there is posted again
        if (top.reachable(removal, without=review or None) | {removal}) & open_:
            return True
    return False


def settle_late_objection(
    context: Context,
    case_id: int,
    hold_id: int,
    result: str,
    findings: str,
    command_id: bytes,
) -> None:
    """The town investigated an objection that came after the period: unfounded lifts the hold; sustained is sent back
    by returning the case to the review."""
    session, now = context.session, context.now
    case, held = take_case(context, case_id, "handle_in_town", "cases.town_investigates", findings)
    if record.event_of_command(session, command_id) is not None:
        return
    if case.closed_at is not None:
        raise Refused("cases.town_investigates")
    said = None if result in ("unfounded", "sustained") else "cases.result_needed"
    all_right(result=said, text=None if findings.strip() else "tasks.reason_needed")
    hold = case_rows.hold(session, case_id, hold_id)
    if hold is None or hold.kind != "late_objection":
        raise NotFound
    if hold.lifted_at is not None:
        raise Refused("cases.late_settled")
    work = processes.lock_instance(session, _main(session, case_id))
    case_rows.lift_holds(session, case_id, "late_objection", now, cause=hold.cause)
    case_rows.mark_delivered(session, hold.cause, work.head.number + 1)
    data = EventData(
        "late_objection_settled",
        held.role,
        held.unit,
        command_id=command_id,
        body={"msg": hold.cause, "result": result},
        values={"findings": findings.strip()},
    )
    head = events.append(context, work.head, work.key, data, case_id=case_id, instance=work.instance)
    if result == "sustained":
        bundle = definitions.bundle(session, work.deployment)
        world = commands.world_for(context, replace(work, head=head), bundle)
        data = EventData("case_returned", held.role, held.unit, body={"msg": hold.cause})
        review = steps.returns_to(bundle, "late_objection")
        returns.undo_later(session, work, bundle, review, now)
        commands.execute(world, Return(review), data)


def confirm_check(context: Context, case_id: int, command_id: bytes) -> None:
    """The second of the two who visited confirms under their own account what the first one typed."""
    session, actor = context.session, context.actor
    _, held = take_case(context, case_id)
    if record.event_of_command(session, command_id) is not None:
        return
    mine = [h for h in case_rows.open_holds(session, case_id) if h.kind == "second_check" and h.cause == actor.id]
    if not mine:
        raise Refused("cases.nothing_to_confirm")
    work = processes.lock_instance(session, _main(session, case_id))
    case_rows.lift_holds(session, case_id, "second_check", context.now, cause=actor.id)
    checked = definitions.bundle(session, work.deployment).of_type("household_check")
    data = EventData("check_confirmed", held.role, held.unit, command_id=command_id, body={"step": ",".join(checked)})
    events.append(context, work.head, work.key, data, case_id=case_id, instance=work.instance)
