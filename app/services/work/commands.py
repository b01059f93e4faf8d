"""One command on one instance, from the engine's Step to rows and event: what every command shares."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app.engine import runner
from app.engine.values import Command, Complete, MessageArrived, OpenTask, Step, element_of
from app.labels.lanes import level_of_lane
from app.policy import calendar, jurisdiction
from app.store import cases as case_rows
from app.store import drafts, inbox, incidents, items, processes, record
from app.store import people as people_rows
from app.store.processes import NewTask, Work
from app.store.record import DataKey, Head, NewEvent
from app.store.session import Session, Write
from app.store.types import micros

from .. import doors
from ..context import Context
from ..definitions import Bundle
from ..events import EventData, act_key, apart_from, in_place_of
from ..operations import OPERATIONS
from ..operations.world import CaseWorld, Opening, Start
from ..people import CONTACT, SYSTEM, Refused
from ..subjects import table as subjects


def world_for(
    context: Context,
    work: Work,
    bundle: Bundle,
    values: Mapping[str, Any] | None = None,
) -> CaseWorld:
    """What the engine may ask while a command on this instance runs. `values`: typed answers of the step at hand."""
    return CaseWorld(context, work, bundle, values or {}, OPERATIONS)


def execute(
    world: CaseWorld, command: Command, data: EventData, *, prefer: int | None = None, also: Sequence[Write] = ()
) -> tuple[Step, Head]:
    """Advance the instance and save everything the Step changes, the event included.

    `prefer`: the official to whom newly opened tasks go (after a return). `also`: what goes out in the same batch.
    Returns the Step and the stream's new head.
    """
    if world.work.state is None:
        raise Refused("tasks.instance_ended")
    world.command = command
    step = runner.advance(world.bundle.definition, world.work.state, command, world.now, world)
    return step, _save(world, step, data, command, prefer, also)


def start(world: CaseWorld, scope: Mapping[str, Any], data: EventData) -> tuple[Step, Head]:
    """Start the instance of `world.work` (its row exists, without state)."""
    step = runner.start(world.bundle.definition, scope, world.now, world)
    return step, _save(world, step, replace(data, body={**(data.body or {}), "scope": dict(scope)}), None, None)


def _save(
    world: CaseWorld, step: Step, data: EventData, command: Command | None, prefer: int | None, also: Sequence[Write] = ()
) -> Head:
    session, work = world.session, world.work
    completed = data.address if data.kind == "task_completed" else None
    opened = [new_task(world, step, task, prefer) for task in step.opened]
    answered = command.values if isinstance(command, Complete) and command.address.endswith("]") else None
    writes = processes.save(
        work,
        step,
        opened,
        world.now,
        completed=completed,
        by=world.actor.id or None,
        awaited_before=work.awaiting,
        answer=answered,
    )
    writes += items.keep_lists(session, work.instance, step.lists)
    body, secret = event_parts(world, step, data, command)
    head, event = record.append(
        session,
        work.head,
        work.key,
        NewEvent(
            kind=data.kind,
            at=world.now,
            actor=world.actor.id or None,
            body=body,
            secret=secret,
            case_id=work.case_id,
            instance=work.instance,
            command_id=data.command_id,
        ),
    )
    session.write([*also, *writes, *event])
    if step.decisions:
        subjects.of(work).decided(session, work.subject_id, step.decisions[-1].outputs)
    if step.failures or work.status == "stuck":
        incidents.agree_with(session, work, step, world.now)
    for task in opened:
        element = world.bundle.definition.elements[task.element]
        others = apart_from(work.process, element)
        acted = _acted(work, others, data, world.actor.id)
        if acted and nobody_apart(session, acted, task.roles, task.org_unit, world.county.on):
            incidents.open_incident(
                session,
                work.instance,
                task.address,
                task.element,
                NOBODY_APART,
                {"roles": task.roles, "unit": task.org_unit},
                world.now,
            )
    for start in world.starts:
        if isinstance(start, Start):
            head = _start_another(world, start, head)
        else:
            _open(world, start)
    if step.awaited:
        head = _deliver_queued(world, step, head)
    return head


NOBODY_APART = "tasks.nobody_apart"


def _acted(work: Work, others: Sequence[str], data: EventData, actor: int) -> set[int]:
    """Who acted in these steps: as loaded, and by the completion that is just being saved."""
    found = set[int]().union(*(work.acts.get(other, ()) for other in others))
    if data.kind == "task_completed" and data.address is not None:
        element = act_key(work.process, element_of(data.address))
        if element in others:
            found |= {*(data.body or {}).get("acted", ()), actor}
    return found


def nobody_apart(session: Session, acted: set[int], roles: str, unit: str, on: date) -> bool:
    """Whether everybody who holds one of these posts is among those who acted in a step it must be kept apart from."""
    return people_rows.who_hold(session, roles.split(","), [unit], on) <= acted


def new_task(world: CaseWorld, step: Step, task: OpenTask, prefer: int | None) -> NewTask:
    """Who may do it, where it lies and until when, from the diagram, the household's village and the due timer."""
    element = world.bundle.definition.elements[task.element]
    level = level_of_lane(element.lane)
    department = task.item
    if level == "department" and department is None:
        department = next((str(d) for r in element.roles if (d := world.county.role(r).get("department"))), "civil")
    unit = ""
    if task.item in world.county.units:  # one of many towns or villages
        unit = str(task.item)
    elif world.work.village is not None:
        unit = jurisdiction.unit_of(level, world.work.village, world.county.units, department)
    if CONTACT in element.roles and prefer is None and world.work.household is not None:
        prefer = _contact(world, level)
    due = next((t.due for t in step.timers if _belongs_to(t.element, t.address, task, world.bundle)), None)
    return NewTask(
        address=task.address,
        element=task.element,
        item=task.item,
        roles=",".join(sorted(element.roles)),
        org_unit=unit,
        due=due or calendar.end_of(calendar.local_date(world.now)),
        assignee=prefer,
        type=world.bundle.said(task.element, "type"),
        list=world.bundle.said(task.element, "list"),
    )


def _contact(world: CaseWorld, level: str) -> int | None:
    """The household's contact of that level, else any; None is an incident within one tick."""
    found = people_rows.contacts_of(world.session, world.work.household or 0)
    return next((c.official for c in sorted(found, key=lambda c: c.level != level)), None)


def _belongs_to(timer: str, address: str, task: OpenTask, bundle: Bundle) -> bool:
    element = bundle.definition.elements[timer]
    return element.attached_to == task.element and not element.interrupting


def event_parts(
    world: CaseWorld, step: Step, data: EventData, command: Command | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(body, secret): ids, codes and decisions in the open part, answers and figures in the encrypted one."""
    answers, figures = [], []
    for answer in step.answers:
        if answer[0] == "facts":
            figures.append(answer[2])
            answers.append(["facts", answer[1]])
        else:
            answers.append(list(answer))
    body: dict[str, Any] = {
        "inst": world.work.instance,
        "def": world.bundle.deployment,
        **in_place_of(data, world.actor),
        **(data.body or {}),
    }
    said: dict[str, Any] = {
        "role": data.role,
        "unit": data.unit,
        "el": data.address,
        "on": data.happened_on,
        "vals": dict(getattr(command, "values", {}) or {}),
        "to": getattr(command, "target", None),
        "eng": step.version,
        "flows": list(step.flows),
        "opened": [task.address for task in step.opened],
        "closed": list(step.closed),
        "timers": [[t.address, micros(t.due), t.provisional, t.entry] for t in step.timers],
        "stopped": list(step.stopped),
        "decided": [[d.address, d.decision, list(d.rows), _plain(d.outputs)] for d in step.decisions],
        "ends": list(step.ends),
        "stuck": [[f.address, f.code] for f in step.failures],
        "ans": answers,
    }
    body.update({key: value for key, value in said.items() if value})
    secret: dict[str, Any] = dict(world.secrets)
    if data.values:
        secret["values"] = dict(data.values)
    if figures:
        secret["facts"] = figures
        secret["decided"] = [{"inputs": _plain(d.inputs), "changes": [_plain(c) for c in d.changes]} for d in step.decisions]
    return body, secret


def _plain(value: Any) -> Any:
    """JSON without floats: decimals and dates as text."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _open(world: CaseWorld, opening: Opening) -> None:
    """The case of another subject, standing before its first step with what is known of it already."""
    session = world.session
    opened = world_for(world.context, opening.work, opening.bundle)
    step, _ = start(opened, {}, opening.event)
    task = next(t for t in inbox.open_of_instance(session, opening.work.instance) if t.address == step.opened[0].address)
    if opening.work.key is not None:
        drafts.save(session, task.id, world.actor.id, opening.work.key, {"_typed": dict(opening.typed)}, world.now)


def _start_another(world: CaseWorld, wish: Start, head: Head) -> Head:
    """Another instance on the same case, pinned to its own latest deployment, on the same stream."""
    bundle = doors.latest(world.session, wish.door, world.county.on)
    work = another_instance(
        world.session,
        replace(world.work, head=head, village=wish.org_unit or world.work.village),
        bundle,
        world.now,
        **_alone(world.work, wish),
    )
    started = world_for(world.context.acting(SYSTEM), work, bundle)
    _, head = start(started, wish.scope, EventData("instance_started", body={"by": world.work.instance}))
    return head


def another_instance(session: Session, work: Work, bundle: Bundle, now: datetime, **alone: Any) -> Work:
    """Another instance on the subject and the stream of one that is locked, before its first step. `alone`: household, unit
    and key, where there is no case."""
    ident = processes.new_instance(
        session,
        process=bundle.process,
        deployment=bundle.deployment,
        subject=(work.subject_kind, work.subject_id),
        case_id=work.case_id,
        stream=work.head.stream,
        now=now,
        **alone,
    )
    return replace(
        work,
        instance=ident,
        process=bundle.process,
        deployment=bundle.deployment,
        state=None,
        status="open",
        task=None,
        awaiting=False,
    )


def new_instance(
    context: Context,
    subject: tuple[str, int],
    bundle: Bundle,
    unit: str,
    key: DataKey,
    household: int | None = None,
) -> CaseWorld:
    """A subject without a case (a clue, a month) before its first step: its stream, its instance, and where it stands."""
    session = context.session
    kind, ident = subject
    head = record.new_stream(session, f"{kind}:{ident}")
    process = bundle.process
    instance = processes.new_instance(
        session,
        process=process,
        deployment=bundle.deployment,
        subject=subject,
        case_id=None,
        stream=head.stream,
        now=context.now,
        household=household,
        org_unit=unit,
        data_key=key.id,
    )
    work = Work(
        instance=instance,
        process=process,
        deployment=bundle.deployment,
        state=None,
        status="open",
        subject_kind=kind,
        subject_id=ident,
        case_id=None,
        case=None,
        household=household,
        village=unit,
        head=head,
        key=key,
    )
    return world_for(context, work, bundle)


def _alone(work: Work, start: Start) -> dict[str, Any]:
    """What an instance without a case stands on."""
    if work.case_id is not None:
        return {}
    key = work.key.id if work.key is not None else None
    return {"household": work.household, "org_unit": start.org_unit or work.village, "data_key": key}


def _deliver_queued(world: CaseWorld, step: Step, head: Head) -> Head:
    """A message that came before the instance waited for it is delivered now: the way back looks first."""
    waiting = case_rows.waiting_message(world.session, world.work.instance)
    if waiting is None:
        return head
    work = replace(world.work, state=step.state, head=head, status="open", task=None, awaiting=True)
    fresh = world_for(world.context.acting(SYSTEM), work, world.bundle)
    _, after = execute(
        fresh,
        MessageArrived(waiting.address),
        EventData("message_delivered", address=waiting.address, body={"msg": waiting.id}),
    )
    case_rows.mark_delivered(world.session, waiting.id, head.number + 1)
    return after
