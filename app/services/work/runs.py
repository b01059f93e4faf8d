"""A run (a month's comparison, a campaign, a collection) as a subject of the engine: begun with its procedure, and steps that
are done by the command itself, so that nothing is filled in twice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.engine.values import Complete
from app.policy.jurisdiction import Assignment
from app.store import items, processes, record
from app.store.session import Session

from .. import definitions, doors
from ..events import EventData
from ..people import SYSTEM, Actor, County
from . import commands

KIND = "run"


def begin(
    session: Session,
    county: County,
    run: int,
    door: str,
    scope: Mapping[str, Any],
    body: Mapping[str, Any],
    now: datetime,
    *,
    actor: Actor = SYSTEM,
    held: Assignment | None = None,
    command_id: bytes | None = None,
) -> int:
    """The procedure of a run whose row exists, at the county: its instance."""
    key = record.new_data_key(session, f"run:{run}")
    bundle = doors.latest(session, door, county.on)
    world = commands.new_instance(session, (KIND, run), bundle, county.code, key, actor, county, now)
    role, unit = (held.role, held.unit) if held else (None, None)
    data = EventData("instance_started", role, unit, command_id=command_id, body=body)
    commands.start(world, scope, data)
    return world.work.instance


def done(
    session: Session,
    actor: Actor,
    held: Assignment,
    run: int,
    kind: str,
    item: str,
    values: Mapping[str, Any],
    county: County,
    now: datetime,
) -> None:
    """The open step of this type of one department or village is completed, if there is one. `values`: its form's answers."""
    for instance in processes.instances_of_subject(session, KIND, run):
        task = items.open_task(session, instance.id, kind, item)
        if task is None:
            continue
        work = processes.lock_task(session, task)
        if work.task is None or work.task["status"] != "open":
            continue
        address = str(work.task["address"])
        world = commands.world_for(session, work, definitions.bundle(session, work.deployment), actor, county, now, values)
        data = EventData("task_completed", held.role, held.unit, address, values=values)
        commands.execute(world, Complete(address, {}), data)
