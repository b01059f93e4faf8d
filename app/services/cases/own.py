"""Procedures that a designer put behind doors of their own, by what the door is for: a household (a relief, an allowance)
opens a case with its own stream, steps, papers and end; a case gets a procedure beside the one that carries it; a run is a
campaign of the whole county. One of a door at a time."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
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
from ..context import Context
from ..definitions import Bundle
from ..events import EventData
from ..operations import entering
from ..people import County, Refused, post_for
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


def _offers(context: Context, of: str, unit: str, running: Callable[[Entry, Bundle], int | None]) -> list[Offer]:
    session, county = context.session, context.county
    found = []
    for entry in county.entries.all("door", county.on):
        if entry.value.get("subject") != of or not doors.opens(session, entry.key, county.on):
            continue
        if _held(context, entry, unit) is not None:
            bundle = doors.latest(session, entry.key, county.on)
            found.append(Offer(entry.key, title_of(entry), running(entry, bundle)))
    return found


def title_of(entry: Entry) -> str:
    return str(entry.value.get("title", entry.key))


def offers(context: Context, household: int, village: str) -> list[Offer]:
    """For a household: what opens a case of its own."""
    return _offers(
        context, HOUSEHOLD, village, lambda entry, _: case_rows.open_case_of(context.session, household, entry.key)
    )


def offers_beside(context: Context, case_id: int, village: str) -> list[Offer]:
    """For a case: what runs beside the procedure that carries it."""
    rows = case_rows.instances_of(context.session, case_id)
    return _offers(context, CASE, village, lambda _, bundle: _beside(rows, bundle))


def _beside(rows: Sequence[Any], bundle: Bundle) -> int | None:
    return next((row.id for row in rows if row.process == bundle.process and row.ended_at is None), None)


def offers_of_runs(context: Context) -> list[Offer]:
    """For the county: campaigns that may begin."""
    return _offers(context, RUN, context.county.code, lambda entry, _: _open_run(context.session, entry.key))


def _open_run(session: Session, door: str) -> int | None:
    return next((row.id for row in runs.open_runs(session, ["open"], door) if _goes_on(session, row.id)), None)


def _goes_on(session: Session, run: int) -> bool:
    return any(row.ended_at is None for row in processes.instances_of_subject(session, run_steps.KIND, run))


def _held(context: Context, entry: Entry, unit: str) -> Assignment | None:
    """The post under which this person may knock here: what the door says, else the roles of its first step."""
    county = context.county
    return post_for(context.actor, _roles(context.session, entry, county), unit, county)


def _roles(session: Session, entry: Entry, county: County) -> Collection[str]:
    bundle = doors.latest(session, entry.key, county.on)
    first = next((e for e in bundle.definition.top.elements.values() if e.kind == "userTask"), None)
    return doors.roles(session, entry.key, county.on, split(first.properties.get("role")) if first is not None else ())


def _knock(context: Context, of: str, door: str, unit: str) -> tuple[Entry, Bundle, Assignment]:
    """NotFound for a door that is not there, or that this person does not have."""
    session, county = context.session, context.county
    entry = county.entries.get("door", door, county.on)
    if entry is None or entry.value.get("subject") != of or not doors.opens(session, door, county.on):
        raise NotFound
    held = _held(context, entry, unit)
    if held is None:
        raise NotFound
    return entry, doors.latest(session, door, county.on), held


def begin(context: Context, household: int, door: str, command_id: bytes) -> Completed:
    """Open a case behind a door, standing before its first step. Refused while one of this door is open, and once the
    household is erased; NotFound for a door that this person does not have there."""
    session, county, now = context.session, context.county, context.now
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance, again=True)
    household_rows.lock(session, household)
    row = household_rows.get(session, household)
    if row is None:
        raise NotFound
    entry, bundle, held = _knock(context, HOUSEHOLD, door, row.org_unit)
    if case_rows.open_case_of(session, household, door) is not None:
        raise Refused("cases.open_already")
    key = record.data_key(session, row.data_key)
    if key.bytes is None:
        raise Refused("cases.erased")
    limit = entry.value.get("limit")
    span = timedelta(days=params.number(county.entries, str(limit), county.on)) if limit else FOREVER
    case_id = case_rows.add_case(
        session, household=household, clue_on=county.on, limit_at=calendar.end_of(county.on + span), now=now, door=door
    )
    work = entering.first_instance(session, bundle, case_id, household, key, row.org_unit, now)
    world = commands.world_for(context, work, bundle, {})
    data = EventData("case_opened", held.role, held.unit, command_id=command_id, body={"door": door})
    commands.start(world, {}, data)
    _claim(context, work.instance)
    return Completed(case_id, work.instance)


def _claim(context: Context, instance: int) -> None:
    """Who begins it goes on with it."""
    for task in inbox.open_of_instance(context.session, instance):
        if context.actor.has(*split(task.roles)) and task.assignee is None:
            tasks.claim(context, task.id, task.version)


def begin_beside(context: Context, case_id: int, door: str, command_id: bytes) -> Completed:
    """Start a procedure beside the one that carries a case, on its stream. Refused while one of this door runs there, and
    once the household is erased; NotFound for a door that this person does not have there."""
    session = context.session
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(before.case_id, before.instance, again=True)
    case = applications.visible_case(context, case_id)
    _, bundle, held = _knock(context, CASE, door, case.org_unit)
    rows = case_rows.instances_of(session, case_id)
    carrying = processes.lock_instance(session, rows[0].id)
    if _beside(case_rows.instances_of(session, case_id), bundle) is not None:
        raise Refused("cases.runs_already")
    if carrying.key is None or carrying.key.bytes is None:
        raise Refused("cases.erased")
    work = commands.another_instance(session, carrying, bundle, context.now)
    world = commands.world_for(context, work, bundle)
    data = EventData("instance_started", held.role, held.unit, command_id=command_id, body={"door": door})
    commands.start(world, {}, data)
    _claim(context, work.instance)
    return Completed(case_id, work.instance)


def begin_run(context: Context, door: str, command_id: bytes) -> Completed:
    """Start a campaign of the whole county. Refused while one of this door goes on, and a second time on one day; NotFound
    for a door that this person does not have."""
    session, county, now = context.session, context.county, context.now
    before = record.event_of_command(session, command_id)
    if before is not None:
        return Completed(None, before.instance, again=True)
    entry, _, held = _knock(context, RUN, door, county.code)
    period = county.on.isoformat()
    job = f"campaign:{door}"
    if _open_run(session, door) is not None or not jobs.begin_job(session, job, period, now):
        raise Refused("cases.run_already")
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
    instance = run_steps.begin(context, ident, door, {}, {"door": door}, held=held, command_id=command_id)
    _claim(context, instance)
    jobs.end_job(session, job, period, now, {})
    return Completed(None, instance)
