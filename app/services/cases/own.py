"""Procedures that a designer put behind doors of their own, by what the door is for: a household (a relief, an allowance)
opens a case with its own stream, steps, papers and end; a case gets a procedure beside the one that carries it; a run is a
campaign of the whole county. One of a door at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.engine.graph import split
from app.policy import calendar
from app.policy import parameters as params
from app.policy.jurisdiction import Assignment
from app.policy.model import Entry
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import inbox, jobs, processes, record
from app.store import rescreening as runs
from app.store.processes import NotFound
from app.store.session import Session

from .. import doors
from ..definitions import Bundle
from ..events import EventData
from ..operations import entering
from ..people import Actor, County, Refused, county_on, post_for
from ..work import commands, tasks
from ..work import runs as run_steps
from ..work.tasks import Completed
from . import applications

FOREVER = timedelta(days=36_500)
"""A case without a limit of its own ends by its steps' due times alone."""


HOUSEHOLD, CASE, RUN = "household", "case", "run"
CARRIES = {HOUSEHOLD: ("case", "own"), CASE: ("case", ""), RUN: ("run", "")}
"""What a door is for -> what its procedure must be about, and whether it carries a case (`main`)."""


KEY = 20
"""Characters of the key of such a door, as the database holds it."""


@dataclass(frozen=True)
class Offer:
    """A door at which this person may knock; `running`: the case, procedure or run that was begun there and is not over."""

    door: str
    title: str
    running: int | None


def _offers(
    session: Session, actor: Actor, of: str, unit: str, county: County, running: Callable[[Entry, Bundle], int | None]
) -> list[Offer]:
    found = []
    for entry in county.entries.all("door", county.on):
        if entry.value.get("subject") != of or not doors.opens(session, entry.key, county.on):
            continue
        if _held(session, actor, entry, unit, county) is not None:
            bundle = doors.latest(session, entry.key, county.on)
            found.append(Offer(entry.key, title_of(entry), running(entry, bundle)))
    return found


def title_of(entry: Entry) -> str:
    return str(entry.value.get("title", entry.key))


def offers(session: Session, actor: Actor, household: int, village: str, county: County) -> list[Offer]:
    """For a household: what opens a case of its own."""
    return _offers(
        session, actor, HOUSEHOLD, village, county, lambda entry, _: case_rows.open_case_of(session, household, entry.key)
    )


def offers_beside(session: Session, actor: Actor, case_id: int, village: str, county: County) -> list[Offer]:
    """For a case: what runs beside the procedure that carries it."""
    rows = case_rows.instances_of(session, case_id)
    return _offers(session, actor, CASE, village, county, lambda _, bundle: _beside(rows, bundle))


def _beside(rows: Sequence[Any], bundle: Bundle) -> int | None:
    return next((row.id for row in rows if row.process == bundle.process and row.ended_at is None), None)


def offers_of_runs(session: Session, actor: Actor, county: County) -> list[Offer]:
    """For the county: campaigns that may begin."""
    return _offers(session, actor, RUN, county.code, county, lambda entry, _: _open_run(session, entry.key))


def _open_run(session: Session, door: str) -> int | None:
    return next((row.id for row in runs.open_runs(session, ["open"], door) if _goes_on(session, row.id)), None)


def _goes_on(session: Session, run: int) -> bool:
    return any(row.ended_at is None for row in processes.instances_of_subject(session, run_steps.KIND, run))


def _held(session: Session, actor: Actor, entry: Entry, unit: str, county: County) -> Assignment | None:
    """The post under which this person may knock here: what the door says, else the roles of its first step."""
    return post_for(actor, _roles(session, entry, county), unit, county)


def _roles(session: Session, entry: Entry, county: County) -> Sequence[str]:
    bundle = doors.latest(session, entry.key, county.on)
    first = next((e for e in bundle.definition.top.elements.values() if e.kind == "userTask"), None)
    return doors.roles(session, entry.key, county.on, split(first.properties.get("role")) if first is not None else ())


def _knock(session: Session, actor: Actor, of: str, door: str, unit: str, county: County) -> tuple[Entry, Bundle, Assignment]:
    """NotFound for a door that is not there, or that this person does not have."""
    entry = county.entries.get("door", door, county.on)
    if entry is None or entry.value.get("subject") != of or not doors.opens(session, door, county.on):
        raise NotFound
    held = _held(session, actor, entry, unit, county)
    if held is None:
        raise NotFound
    return entry, doors.latest(session, door, county.on), held


def begin(session: Session, actor: Actor, household: int, door: str, now: datetime, command_id: bytes) -> Completed:
    """Open a case behind a door, standing before its first step. Refused while one of this door is open, and once the
    household is erased; NotFound for a door that this person does not have there."""
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance, again=True)
    county = county_on(session, calendar.local_date(now))
    household_rows.lock(session, household)
    row = household_rows.get(session, household)
    if row is None:
        raise NotFound
    entry, bundle, held = _knock(session, actor, HOUSEHOLD, door, row.org_unit, county)
    if case_rows.open_case_of(session, household, door) is not None:
        raise Refused("own_cases.open_already")
    key = record.data_key(session, row.data_key)
    if key.bytes is None:
        raise Refused("cases.erased")
    limit = entry.value.get("limit")
    span = timedelta(days=params.number(county.entries, str(limit), county.on)) if limit else FOREVER
    case_id = case_rows.add_case(
        session, household=household, clue_on=county.on, limit_at=calendar.end_of(county.on + span), now=now, door=door
    )
    work = entering.first_instance(session, bundle, case_id, household, key, row.org_unit, now)
    world = commands.world_for(session, work, bundle, actor, county, now, {})
    data = EventData("case_opened", held.role, held.unit, command_id=command_id, body={"door": door})
    commands.start(world, {}, data)
    _claim(session, actor, work.instance, now)
    return Completed(case_id, work.instance)


def _claim(session: Session, actor: Actor, instance: int, now: datetime) -> None:
    """Who begins it goes on with it."""
    for task in inbox.open_of_instance(session, instance):
        if actor.has(*split(task.roles)) and task.assignee is None:
            tasks.claim(session, actor, task.id, task.version, now)


def begin_beside(session: Session, actor: Actor, case_id: int, door: str, now: datetime, command_id: bytes) -> Completed:
    """Start a procedure beside the one that carries a case, on its stream. Refused while one of this door runs there, and
    once the household is erased; NotFound for a door that this person does not have there."""
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance, again=True)
    county = county_on(session, calendar.local_date(now))
    case = applications.visible_case(session, actor, case_id, now)
    _, bundle, held = _knock(session, actor, CASE, door, case.org_unit, county)
    rows = case_rows.instances_of(session, case_id)
    carrying = processes.lock_instance(session, rows[0].id)
    if _beside(case_rows.instances_of(session, case_id), bundle) is not None:
        raise Refused("own_cases.runs_already")
    if carrying.key is None or carrying.key.bytes is None:
        raise Refused("cases.erased")
    work = commands.another_instance(session, carrying, bundle, now)
    world = commands.world_for(session, work, bundle, actor, county, now)
    data = EventData("instance_started", held.role, held.unit, command_id=command_id, body={"door": door})
    commands.start(world, {}, data)
    _claim(session, actor, work.instance, now)
    return Completed(case_id, work.instance)


def begin_run(session: Session, actor: Actor, door: str, now: datetime, command_id: bytes) -> Completed:
    """Start a campaign of the whole county. Refused while one of this door goes on, and a second time on one day; NotFound
    for a door that this person does not have."""
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(None, before.instance, again=True)
    county = county_on(session, calendar.local_date(now))
    entry, _, held = _knock(session, actor, RUN, door, county.code, county)
    period = county.on.isoformat()
    job = f"campaign:{door}"
    if _open_run(session, door) is not None or not jobs.begin_job(session, job, period, now):
        raise Refused("own_cases.run_already")
    ident = runs.add_run(
        session,
        kind=door,
        period=period,
        as_of=county.on,
        started_at=now,
        late=False,
        status="open",
        counts={"title": title_of(entry)},
    )
    instance = run_steps.begin(
        session, county, ident, door, {}, {"door": door}, now, actor=actor, held=held, command_id=command_id
    )
    _claim(session, actor, instance, now)
    jobs.end_job(session, job, period, now, {})
    return Completed(None, instance)
