"""A monitored household's risk is to be eliminated: the second procedure on the same case is started, or stopped again."""

from collections.abc import Sequence
from typing import Any

from app.policy.jurisdiction import Assignment
from app.store import cases as case_rows
from app.store import people as people_rows
from app.store import processes, record
from app.store.rows import Case
from app.store.session import Session

from .. import definitions, doors, events
from ..context import Context
from ..definitions import Bundle
from ..events import EventData
from ..people import Refused, all_right, choice, post_for
from ..work import commands
from ..work.tasks import Completed
from . import applications


def starter(context: Context, household: int, village: str) -> Assignment | None:
    """The post under which this person may start or stop it: the household's contacts, its village and its town."""
    session, actor, county = context.session, context.actor, context.county
    if any(c.official == actor.id for c in people_rows.contacts_of(session, household)):
        return post_for(actor, {a.role for a in actor.assignments}, village, county)
    return post_for(actor, doors.roles(session, doors.EXIT, county.on, county.who_may("begin_elimination")), village, county)


def running(session: Session, case_id: int) -> int | None:
    """The instance of the procedure that now runs on this case, if one does."""
    return next((i.id for i in doors.main_instances(session, case_id) if _runs(session, i)), None)


def _runs(session: Session, row: Any) -> bool:
    return row.ended_at is None and definitions.bundle(session, row.deployment).main == "exit"


def hinders(session: Session, case: Case, instances: Sequence[Any]) -> str | None:
    """Code of why the elimination of this case cannot begin now; None where it can."""
    if case.status != "monitored" or case.closed_at is not None:
        return "elimination.not_monitored"
    if any(_runs(session, i) for i in instances):
        return "elimination.runs_already"
    if any(i.ended_at is None for i in instances):
        return "elimination.steps_open"
    return None if people_rows.contacts_of(session, case.household) else "elimination.no_contact"


def begin(context: Context, case_id: int, command_id: bytes) -> Completed:
    """Start eliminate.bpmn on a monitored case; the first task lies with the household's contact.

    Refused while identification still has open steps (province entry, contacts, departments) or one already runs.
    """
    session = context.session
    case, held = _take(context, case_id)
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance or 0, again=True)
    rows = case_rows.instances_of(session, case_id)
    if (why := hinders(session, case, rows)) is not None:
        raise Refused(why)
    identified = processes.lock_instance(session, rows[0].id)
    bundle = doors.latest(session, doors.EXIT, context.county.on)
    work = commands.another_instance(session, identified, bundle, context.now)
    world = commands.world_for(context, work, bundle)
    commands.start(world, {}, EventData("elimination_begun", held.role, held.unit, command_id=command_id))
    return Completed(case_id, work.instance)


def stop(context: Context, case_id: int, reason: str, command_id: bytes) -> Completed:
    """Withdraw it before it is approved: everything open of it closes, the household stays monitored."""
    session, now = context.session, context.now
    _, held = _take(context, case_id, reason)
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance or 0, again=True)
    if not reason.strip():
        raise Refused("tasks.reason_needed")
    instance = running(session, case_id)
    if instance is None:
        raise Refused("elimination.does_not_run")
    work = processes.lock_instance(session, instance)
    if _approved(session, definitions.bundle(session, work.deployment), instance):
        raise Refused("elimination.approved_already")
    processes.end_instance(session, instance, now)
    case_rows.void_notices(session, case_id, now)
    for hold in case_rows.open_holds(session, case_id):
        case_rows.lift_holds(session, case_id, hold.kind, now)
    data = EventData("procedure_stopped", held.role, held.unit, None, command_id, values={"reason": reason.strip()})
    events.append(context, work.head, work.key, data, case_id=case_id, instance=instance)
    return Completed(case_id, instance)


def _approved(session: Session, bundle: Bundle, instance: int) -> bool:
    """Whether the county has decided and only what follows its decision is open."""
    decisions = bundle.of_type("exit_decision")
    after = {element for decision in decisions for element in bundle.definition.top.reachable(decision)}
    before = {element for decision in decisions for element in after if decision in bundle.definition.top.reachable(element)}
    open_ = {t.element for t in case_rows.tasks_of_instance(session, instance) if t.status == "open"}
    return bool(open_ & (after - before))


def change_contact(context: Context, case_id: int, level: str, official: int, reason: str, command_id: bytes) -> None:
    """Another 监测联系人 for this household; what waits for the old one goes to the new one."""
    session, county = context.session, context.county
    case, held = applications.take_case(context, case_id, "handle_in_town", "elimination.town_appoints", reason)
    if record.event_of_command(session, command_id) is not None:
        return
    unit = {"village": case.org_unit, "town": county.units[case.org_unit].parent}.get(level)
    there = official in {p.id for p in people_rows.at_unit(session, unit or "", county.on)}
    unsaid = None if reason.strip() else "tasks.reason_needed"
    chosen = choice(official, there, "elimination.choose_contact", "elimination.not_at_this_unit")
    all_right(contact=chosen, reason=unsaid)
    old = next((c.official for c in people_rows.contacts_of(session, case.household) if c.level == level), None)
    people_rows.add_contact(session, case.household, official, level, county.on)
    rows = case_rows.instances_of(session, case_id)
    work = processes.lock_instance(session, rows[-1].id)
    data = EventData(
        "contact_changed",
        held.role,
        held.unit,
        None,
        command_id,
        body={"level": level, "from": old, "to": official},
        values={"reason": reason.strip()},
    )
    head = events.append(context, work.head, work.key, data, case_id=case_id, instance=work.instance)
    for task in case_rows.tasks_of(session, case_id):
        if task.status == "open" and task.roles == "contact" and task.assignee in (old, None):
            processes.change_task(session, task.id, task.version, assignee=official)
            moved = EventData("task_transferred", held.role, held.unit, task.address, body={"to": official})
            head = events.append(context, head, work.key, moved, case_id=case_id, instance=task.instance)


def _take(context: Context, case_id: int, said: str | None = None) -> tuple[Any, Assignment]:
    case, _ = applications.take_case(context, case_id, said=said)
    held = starter(context, case.household, case.org_unit)
    if held is None:
        raise Refused("elimination.not_yours")
    return case, held
