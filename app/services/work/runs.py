"""A run (a month's comparison, a campaign, a collection) as a subject of the engine: begun with its procedure, and steps that
are done by the command itself, so that nothing is filled in twice."""

from collections.abc import Mapping
from typing import Any

from app.engine.values import Complete
from app.policy.jurisdiction import Assignment
from app.store import items, processes, record

from .. import definitions, doors
from ..context import Context
from ..events import EventData
from . import commands

KIND = "run"


def begin(
    context: Context,
    run: int,
    door: str,
    scope: Mapping[str, Any],
    body: Mapping[str, Any],
    *,
    held: Assignment | None = None,
    command_id: bytes | None = None,
) -> int:
    """The procedure of a run whose row exists, at the county: its instance."""
    session, county = context.session, context.county
    key = record.new_data_key(session, f"run:{run}")
    bundle = doors.latest(session, door, county.on)
    world = commands.new_instance(context, (KIND, run), bundle, county.code, key)
    role, unit = (held.role, held.unit) if held else (None, None)
    data = EventData("instance_started", role, unit, command_id=command_id, body=body)
    commands.start(world, scope, data)
    return world.work.instance


def done(
    context: Context,
    held: Assignment,
    run: int,
    kind: str,
    item: str,
    values: Mapping[str, Any],
) -> None:
    """The open step of this type of one department or village is completed, if there is one. `values`: its form's answers."""
    session = context.session
    for instance in processes.instances_of_subject(session, KIND, run):
        task = items.open_task(session, instance.id, kind, item)
        if task is None:
            continue
        work = processes.lock_task(session, task)
        if work.task is None or work.task["status"] != "open":
            continue
        address = str(work.task["address"])
        world = commands.world_for(context, work, definitions.bundle(session, work.deployment), values)
        data = EventData("task_completed", held.role, held.unit, address, values=values)
        commands.execute(world, Complete(address, {}), data)
