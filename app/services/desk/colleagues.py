"""Between colleagues, beside the tasks: notes on a case and whom they are for, reminders, and stepping aside for kin.

Everything is an event on the case's stream; what somebody is told carries ids only, so that a household's name stands
nowhere but on pages that check who reads them.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from app.labels import say
from app.policy import calendar
from app.store import notifications, processes, record
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.rows import Case
from app.store.session import Session

from .. import events
from ..cases import applications
from ..context import Context
from ..events import EventData
from ..history import readings
from ..officials import posts
from ..people import CONTACT, Actor, County, Refused, all_right, post_for, sees

LONGEST_NOTE = 500


def readers(session: Session, village: str, county: County, *, acting: bool = False) -> list[tuple[int, str, str]]:
    """(official, name, unit) of those who may open this village's households: whom a note may be for. `acting`: without
    those who may only read, for they can answer nothing."""
    roles = [
        entry.key
        for entry in county.entries.all("role", county.on)
        if entry.value.get("sees")
        and not entry.value.get("no_household_data")
        and not entry.value.get("figures_only")
        and not (acting and entry.value.get("reads_all"))
    ]
    units = county.upward(village)
    found: dict[int, tuple[int, str, str]] = {}
    for row in people_rows.holders(session, roles, units, county.on):
        found.setdefault(row.id, (row.id, row.name, row.org_unit))
    return sorted(found.values(), key=lambda r: (units.index(r[2]), r[0]))


def no_readers(session: Session, people: set[int]) -> Refused | None:
    """What is said of people who were chosen and may not open the household; None where there are none."""
    names = "\u3001".join(people_rows.names(session, people).values())
    return Refused("colleagues.not_a_reader", names=names or say("colleagues.somebody")) if people else None


def write_note(context: Context, case_id: int, text: str, to: Iterable[int], command_id: bytes) -> int:
    """A note that stays in the case's story; those it is for are told. Returns how many."""
    session, actor = context.session, context.actor
    case, held = applications.take_case(context, case_id)
    if record.event_of_command(session, command_id) is not None:
        return 0
    text = text.strip()
    if not text:
        raise Refused("colleagues.note_empty")
    if len(text) > LONGEST_NOTE:
        raise Refused("colleagues.note_long", maximum=LONGEST_NOTE)
    wanted = set(to) - {actor.id}
    all_right(to=no_readers(session, wanted - {ident for ident, _, _ in readers(session, case.org_unit, context.county)}))
    key = record.data_key(session, case.data_key)
    if key.bytes is None:
        raise Refused("cases.erased")
    data = EventData(
        "note_written",
        held.role,
        held.unit,
        None,
        command_id,
        body={"told": sorted(wanted)} if wanted else None,
        values={"reason": text},
    )
    head = record.lock_stream(session, f"case:{case_id}")
    events.append(context, head, key, data, case_id=case_id)
    notifications.add(session, wanted, "note", actor.id, context.now, case_id=case_id)
    return len(wanted)


def may_urge(actor: Actor, task: Any, village: str, county: County) -> bool:
    """Whoever may open the household and does not hold the task: the sender waits for it, the level above answers for it."""
    return task.assignee != actor.id and not county.may(actor, "inspect") and sees(actor, village, county) is not None


def urge(context: Context, task: int) -> int:
    """Remind who holds a task, or everybody who could take it; once a day. Returns the case."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    work = processes.lock_task(session, task)
    row = work.task or {}
    held = sees(actor, work.village or "", county)
    if held is None or work.case_id is None or work.household is None or work.village is None:
        raise NotFound
    readings.because(context, work.household, work.village, since=row["opened_at"])
    if row["status"] != "open":
        raise Refused("colleagues.not_open")
    if row["assignee"] == actor.id:
        raise Refused("colleagues.own_task")
    if notifications.urged_since(session, task, calendar.end_of(calendar.local_date(now) - timedelta(days=1))):
        raise Refused("colleagues.urged_today")
    roles = str(row["roles"]).split(",")
    if row["assignee"] is not None:
        told = {int(row["assignee"])}
    elif CONTACT in roles:
        told = {c.official for c in people_rows.contacts_of(session, work.household or 0)}
    else:
        told = people_rows.who_hold(session, roles, [row["org_unit"]], county.on)
    notifications.add(session, told, "urged", actor.id, now, case_id=work.case_id, task=task)
    data = EventData("task_urged", held.role, held.unit, row["address"], body={"told": sorted(told)})
    events.append(context, work.head, work.key, data, case_id=work.case_id, instance=work.instance)
    return work.case_id


def declare_kinship(context: Context, case_id: int, command_id: bytes) -> None:
    """This official is kin of the household: from now on no act of theirs on it counts; what they hold goes back."""
    session, actor, now = context.session, context.actor, context.now
    case, held = applications.take_case(context, case_id)
    if record.event_of_command(session, command_id) is not None:
        return
    if not notifications.add_kinship(session, actor.id, case.household, now):
        raise Refused("colleagues.kin_already")
    posts.give_back(context, actor.id, lambda work: work.case_id == case_id)
    head = record.lock_stream(session, f"case:{case_id}")
    data = EventData("kinship_declared", held.role, held.unit, None, command_id)
    events.append(context, head, record.data_key(session, case.data_key), data, case_id=case_id)


def end_kinship(context: Context, case_id: int, official: int, reason: str, command_id: bytes) -> None:
    """The county takes a mistaken declaration back, with its reason; never one's own."""
    session = context.session
    case, held = applications.take_case(context, case_id, "end_kinship", "colleagues.county_ends", reason)
    if record.event_of_command(session, command_id) is not None:
        return
    if official == context.actor.id:
        raise Refused("colleagues.not_own_kin")
    if not reason.strip():
        raise Refused("tasks.reason_needed")
    if not notifications.drop_kinship(session, official, case.household):
        raise NotFound
    head = record.lock_stream(session, f"case:{case_id}")
    data = EventData(
        "kinship_ended",
        held.role,
        held.unit,
        None,
        command_id,
        body={"official": official},
        values={"reason": reason.strip()},
    )
    events.append(context, head, record.data_key(session, case.data_key), data, case_id=case_id)


def kin(context: Context, case: Case) -> list[dict[str, Any]]:
    """Who declared kinship, for those who may take it back."""
    actor = context.actor
    if post_for(actor, context.county.who_may("end_kinship"), case.org_unit, context.county) is None:
        return []
    return [{"id": i, "name": n} for i, n in notifications.kin_of(context.session, case.household).items() if i != actor.id]
