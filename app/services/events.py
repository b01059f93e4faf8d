"""One event without movement, and what every command says of itself: the ground that commands and operations share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.engine.graph import Element, split
from app.store import cases as case_rows
from app.store import processes, record
from app.store.record import DataKey, Head, NewEvent
from app.store.session import Session

from .context import Context, context_of
from .people import SYSTEM, Actor


@dataclass(frozen=True)
class EventData:
    """What is recorded about a command beside its Step. `values` are typed answers and go into the secret part."""

    kind: str
    role: str | None = None
    unit: str | None = None
    address: str | None = None
    command_id: bytes | None = None
    happened_on: str | None = None
    body: Mapping[str, Any] | None = None
    values: Mapping[str, Any] | None = None


def act_key(process: str, element: str) -> str:
    """Under which name acting people of a step are kept: several procedures run on one case."""
    return f"{process}/{element}"


def apart_from(process: str, element: Element) -> list[str]:
    """Steps whose people may not act in this one, as acting people are kept."""
    return [act_key(process, other) for other in split(element.properties.get("separate_from"))]


def in_place_of(data: EventData, actor: Actor) -> dict[str, Any]:
    """In whose place it was done, where the post is held in somebody's place only."""
    held = [a.for_whom for a in actor.assignments if (a.role, a.unit) == (data.role, data.unit)]
    return {"for": held[0]} if held and None not in held else {}


def append(
    context: Context,
    head: Head,
    key: DataKey | None,
    data: EventData,
    *,
    case_id: int | None = None,
    instance: int | None = None,
) -> Head:
    """An event without movement: claim, release, transfer, a hold, a correction, a reading of the whole county."""
    session, actor = context.session, context.actor
    body = {
        **in_place_of(data, actor),
        **(data.body or {}),
        "role": data.role,
        "unit": data.unit,
        "el": data.address,
        "inst": instance,
    }
    head, event = record.append(
        session,
        head,
        key,
        NewEvent(
            kind=data.kind,
            at=context.now,
            actor=actor.id or None,
            body={k: v for k, v in body.items() if v is not None},
            secret={"values": dict(data.values)} if data.values else None,
            case_id=case_id,
            instance=instance,
            command_id=data.command_id,
        ),
    )
    session.write(event)
    return head


def stop_clue(session: Session, clue: int, now: datetime) -> None:
    """What still runs on a clue is over: the household it is about is erased, or the clue has been kept long enough."""
    for run in processes.instances_of_subject(session, "clue", clue):
        if run.ended_at is None:
            work = processes.lock_instance(session, run.id)
            processes.end_instance(session, run.id, now)
            append(context_of(session, SYSTEM, now), work.head, None, EventData("procedure_stopped"), instance=run.id)


def stop_case(context: Context, case_id: int) -> None:
    """What still runs on a case that has ended (an observation) is over: a new case begins, or the file is erased."""
    session = context.session
    for run in case_rows.instances_of(session, case_id):
        if run.ended_at is None:
            work = processes.lock_instance(session, run.id)
            processes.end_instance(session, run.id, context.now)
            data = EventData("procedure_stopped")
            append(context, work.head, work.key, data, case_id=case_id, instance=run.id)
