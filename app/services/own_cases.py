"""Procedures of a household beside its monitoring (a relief, an allowance): whatever stands behind a door for households.
Each opens a case of its own, with its own stream, steps, papers and end; one of a door at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.graph import split
from app.policy import calendar
from app.policy import parameters as params
from app.policy.jurisdiction import Assignment
from app.policy.model import Entry
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import inbox, record
from app.store.processes import NotFound
from app.store.session import Session

from . import cases, conduct, doors, tasks
from .conduct import Deed
from .people import Actor, County, Refused, county, post_for
from .tasks import Done

FOREVER = timedelta(days=36_500)
"""A case without a limit of its own ends by its steps' due times alone."""


@dataclass(frozen=True)
class Offer:
    """A door at which this person may knock for a household; `running`: the case that was opened there and is not over."""

    door: str
    title: str
    running: int | None


def offers(session: Session, actor: Actor, household: int, village: str, place: County) -> list[Offer]:
    found = []
    for entry in place.entries.all("door", place.on):
        if entry.value.get("subject") != "household" or not doors.opens(session, entry.key, place.on):
            continue
        if _held(session, actor, entry, village, place) is not None:
            running = case_rows.open_case_of(session, household, entry.key)
            found.append(Offer(entry.key, str(entry.value.get("title", entry.key)), running))
    return found


def _held(session: Session, actor: Actor, entry: Entry, village: str, place: County) -> Assignment | None:
    """The post under which this person may open a case here: what the door says, else the roles of its first step."""
    return post_for(actor, _roles(session, entry, place), village, place)


def _roles(session: Session, entry: Entry, place: County) -> Sequence[str]:
    bundle = doors.latest(session, entry.key, place.on)
    first = next((e for e in bundle.definition.top.elements.values() if e.kind == "userTask"), None)
    return doors.roles(session, entry.key, place.on, split(first.properties.get("role")) if first is not None else ())


def begin(session: Session, actor: Actor, household: int, door: str, now: datetime, command_id: bytes) -> Done:
    """Open a case behind a door, standing before its first step. Refused while one of this door is open, and once the
    household is erased; NotFound for a door that this person does not have there."""
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Done(before.case_id, before.instance, again=True)
    place = county(session, calendar.local_date(now))
    household_rows.lock(session, household)
    row = household_rows.get(session, household)
    entry = place.entries.get("door", door, place.on)
    if row is None or entry is None or entry.value.get("subject") != "household":
        raise NotFound
    bundle = doors.latest(session, door, place.on)
    held = _held(session, actor, entry, row.org_unit, place)
    if held is None:
        raise NotFound
    if case_rows.open_case_of(session, household, door) is not None:
        raise Refused("own_cases.open_already")
    key = record.data_key(session, row.data_key)
    if key.bytes is None:
        raise Refused("cases.erased")
    limit = entry.value.get("limit")
    span = timedelta(days=params.number(place.entries, str(limit), place.on)) if limit else FOREVER
    case_id = case_rows.add_case(
        session, household=household, clue_on=place.on, limit_at=calendar.end_of(place.on + span), now=now, door=door
    )
    work = cases.first_instance(session, bundle, case_id, household, key, row.org_unit, now)
    world = conduct.world_for(session, work, bundle, actor, place, now, {})
    deed = Deed("case_opened", held.role, held.unit, command_id=command_id, body={"door": door})
    conduct.begin(world, {}, deed)
    for task in inbox.open_tasks_of_case(session, case_id):
        if actor.has(*split(task.roles)) and task.assignee is None:  # who begins it goes on with it
            tasks.claim(session, actor, task.id, task.version, now)
    return Done(case_id, work.instance)
