"""Instances, tasks, timers and messages: one locked load and one batched write per step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, and_, bindparam, cast, delete, func, insert, select, update

from app.engine.values import Step

from .record import DataKey, Head, opened_key
from .session import Session, Write
from .tables import (
    acts,
    awaited_messages,
    cases,
    data_keys,
    entries,
    holds,
    households,
    incidents,
    instance_acts,
    kept_lists,
    kinships,
    process_instances,
    streams,
    task_drafts,
    tasks,
    timers,
)


class NotFound(LookupError):
    """No such row, or none that this person may know of."""


@dataclass(frozen=True)
class Work:
    """Everything one command on one instance needs, read and locked at once. `task` is None for timers and messages.

    `holds` are the case's open ones as (kind, elements); `kin` officials who declared kinship with the household;
    `acts` the officials who acted in its steps, by element; `newest_entry` the highest id of dated data;
    `awaiting` and `drafted` say whether there are rows to clear.
    """

    instance: int
    process: str
    deployment: int
    state: bytes | None
    status: str
    subject_kind: str
    subject_id: int
    case_id: int | None
    case: Mapping[str, Any] | None
    household: int | None
    village: str | None
    head: Head
    key: DataKey | None
    task: Mapping[str, Any] | None = None
    holds: tuple[tuple[str, tuple[str, ...]], ...] = ()
    acts: Mapping[str, frozenset[int]] = field(default_factory=dict)
    kin: frozenset[int] = frozenset()
    newest_entry: int | None = None
    awaiting: bool = True
    drafted: bool = True


_CASE_COLUMNS = ("household", "clue_on", "limit_at", "status", "outcome", "category", "opened_at", "closed_at", "details")
_TASK_COLUMNS = (
    "id",
    "address",
    "element",
    "type",
    "list",
    "item",
    "roles",
    "org_unit",
    "assignee",
    "due",
    "status",
    "version",
    "opened_at",
    "closed_at",
    "closed_by",
)

# Small lists ride along as text: one row, one round trip. `aggregate_strings` is the same on both databases.
_before_lock = streams.alias()
_holds = (
    select(func.aggregate_strings(holds.c.kind + ":" + holds.c.elements, ";"))
    .where(and_(holds.c.case_id == process_instances.c.case_id, holds.c.lifted_at.is_(None)))
    .correlate(process_instances)
    .scalar_subquery()
)
_acts = (
    select(func.aggregate_strings(acts.c.element + ":" + cast(acts.c.official, String), ";"))
    .where(acts.c.case_id == process_instances.c.case_id)
    .correlate(process_instances)
    .scalar_subquery()
)
_household = func.coalesce(cases.c.household, process_instances.c.household)
"""The case's, or, without a case, the instance's own."""
_kin = (
    select(func.aggregate_strings(cast(kinships.c.official, String), ";"))
    .where(kinships.c.household == households.c.id)
    .correlate(households)
    .scalar_subquery()
)
_awaiting = select(awaited_messages.c.instance).where(awaited_messages.c.instance == process_instances.c.id).exists()
_drafted = select(task_drafts.c.task).where(task_drafts.c.task == tasks.c.id).exists()

_work_columns = [
    process_instances.c.id.label("i_id"),
    process_instances.c.process,
    process_instances.c.deployment,
    process_instances.c.state,
    process_instances.c.status.label("i_status"),
    process_instances.c.subject_kind,
    process_instances.c.subject_id,
    process_instances.c.case_id.label("i_case"),
    *(cases.c[name].label(f"c_{name}") for name in _CASE_COLUMNS),
    households.c.id.label("h_id"),
    func.coalesce(process_instances.c.org_unit, households.c.org_unit).label("village"),
    data_keys.c.id.label("data_key"),
    data_keys.c.master,
    data_keys.c.wrapped,
    data_keys.c.suite,
    streams.c.id.label("s_id"),
    streams.c.name.label("s_name"),
    streams.c.number.label("s_number"),
    streams.c.hash.label("s_hash"),
    select(_before_lock.c.number)
    .where(_before_lock.c.id == process_instances.c.stream)
    .scalar_subquery()
    .label("s_number_before_lock"),
    _holds.label("holds"),
    _acts.label("acts"),
    _kin.label("kin"),
    _awaiting.label("awaiting"),
    select(func.max(entries.c.id)).scalar_subquery().label("newest_entry"),
]
_joined = (
    process_instances.join(streams, streams.c.id == process_instances.c.stream)
    .outerjoin(cases, cases.c.id == process_instances.c.case_id)
    .outerjoin(households, households.c.id == _household)
    .outerjoin(data_keys, data_keys.c.id == func.coalesce(process_instances.c.data_key, households.c.data_key))
)
_BY_INSTANCE = (
    select(*_work_columns)
    .select_from(_joined)
    .where(process_instances.c.id == bindparam("b_id"))
    .with_for_update(of=[streams])
)
_SEE_TASK = (
    select(*_work_columns, *(tasks.c[name].label(f"t_{name}") for name in _TASK_COLUMNS), _drafted.label("drafted"))
    .select_from(_joined.join(tasks, tasks.c.instance == process_instances.c.id))
    .where(tasks.c.id == bindparam("b_id"))
)
_BY_TASK = _SEE_TASK.with_for_update(of=[streams])


def lock_instance(session: Session, instance: int) -> Work:
    """Lock an instance's stream, then read them: whoever writes to a case holds its stream, and nothing else."""
    return _locked(session, _BY_INSTANCE, instance)


def lock_task(session: Session, task: int) -> Work:
    """Lock a task's instance and stream, then read all three; the task's own row is only changed under this lock."""
    return _locked(session, _BY_TASK, task)


def see_task(session: Session, task: int) -> Work:
    """As `lock_task` without a lock: for a page that only reads."""
    row = session.conn.execute(_SEE_TASK, {"b_id": task}).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _work(session, dict(row))


def _locked(session: Session, query: Select[Any], ident: int) -> Work:
    """PostgreSQL gives a query that had to wait for a lock the new version of the locked rows, but all others as they
    were before. Then the stream has moved on meanwhile: read again, now under the lock."""
    row = session.conn.execute(query, {"b_id": ident}).mappings().one_or_none()
    if row is not None and row["s_number"] != row["s_number_before_lock"]:
        row = session.conn.execute(query, {"b_id": ident}).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _work(session, dict(row))


def _work(session: Session, row: Mapping[str, Any]) -> Work:
    key = None
    if row["data_key"] is not None:
        key = opened_key(session, row["data_key"], row["master"], row["wrapped"], row["suite"])
    return Work(
        instance=row["i_id"],
        process=row["process"],
        deployment=row["deployment"],
        state=row["state"],
        status=row["i_status"],
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        case_id=row["i_case"],
        case={name: row[f"c_{name}"] for name in _CASE_COLUMNS} if row["i_case"] is not None else None,
        household=row["h_id"],
        village=row["village"],
        head=Head(row["s_id"], row["s_name"], row["s_number"], row["s_hash"]),
        key=key,
        task={name: row[f"t_{name}"] for name in _TASK_COLUMNS} if "t_id" in row else None,
        holds=tuple((kind, tuple(steps.split(","))) for kind, steps in _pairs(row["holds"])),
        acts=_by_element(row["acts"]) if row["i_case"] is not None else _instance_acts(session, row["i_id"]),
        kin=frozenset(int(one) for one in row["kin"].split(";")) if row["kin"] else frozenset(),
        newest_entry=row["newest_entry"],
        awaiting=bool(row["awaiting"]),
        drafted=bool(row.get("drafted", False)),
    )


def _pairs(text: str | None) -> list[tuple[str, str]]:
    return [(left, right) for left, _, right in (part.partition(":") for part in text.split(";"))] if text else []


def _by_element(text: str | None) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for element, official in _pairs(text):
        found.setdefault(element, set()).add(int(official))
    return {element: frozenset(people) for element, people in found.items()}


def _instance_acts(session: Session, instance: int) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    rows = select(instance_acts.c.element, instance_acts.c.official).where(instance_acts.c.instance == instance)
    for element, official in session.conn.execute(rows):
        found.setdefault(element, set()).add(official)
    return {element: frozenset(people) for element, people in found.items()}


def acted_writes(instance: int, element: str, people: Iterable[int]) -> list[Write]:
    """Who acted in a step of an instance without a case."""
    rows = [{"instance": instance, "element": element, "official": p} for p in sorted(people)]
    return [(insert(instance_acts).inline(), rows)] if rows else []


def deployment_of(session: Session, instance: int) -> int:
    return session.conn.execute(select(process_instances.c.deployment).where(process_instances.c.id == instance)).scalar_one()


def new_instance(
    session: Session,
    *,
    process: str,
    deployment: int,
    subject: tuple[str, int],
    case_id: int | None,
    stream: int,
    now: datetime,
    household: int | None = None,
    org_unit: str | None = None,
    data_key: int | None = None,
) -> int:
    """The row only; its first Step fills it. Without a case the instance itself says what it stands on: perhaps a
    household, the unit where it lies, and the key of its secrets (None: the household's)."""
    return session.conn.execute(
        insert(process_instances)
        .values(
            process=process,
            deployment=deployment,
            subject_kind=subject[0],
            subject_id=subject[1],
            case_id=case_id,
            stream=stream,
            started_at=now,
            household=household,
            org_unit=org_unit,
            data_key=data_key,
        )
        .returning(process_instances.c.id)
    ).scalar_one()


def move_instance(session: Session, instance: int, **columns: Any) -> None:
    """An instance without a case has found its household, or lies elsewhere now."""
    session.conn.execute(update(process_instances).where(process_instances.c.id == instance).values(**columns))


def instances_of_subject(session: Session, kind: str, ident: int) -> list[Any]:
    """Newest first."""
    return list(
        session.conn.execute(
            select(process_instances)
            .where(
                and_(
                    process_instances.c.subject_kind == kind,
                    process_instances.c.subject_id == ident,
                    process_instances.c.case_id.is_(None),
                )
            )
            .order_by(process_instances.c.id.desc())
        )
    )


@dataclass(frozen=True)
class NewTask:
    """An opened user task with what the diagram does not know: who may do it, where, until when."""

    address: str
    element: str
    item: str | None
    roles: str
    org_unit: str
    due: datetime
    assignee: int | None = None
    type: str = ""
    list: str = ""


_UPDATE_INSTANCE = (
    update(process_instances)
    .where(process_instances.c.id == bindparam("b_id"))
    .values(state=bindparam("b_state"), status=bindparam("b_status"), ended_at=bindparam("b_ended"))
)
_CLOSE_TASK = (
    update(tasks)
    .where(and_(tasks.c.instance == bindparam("b_id"), tasks.c.address == bindparam("b_address")))
    .values(
        status=bindparam("b_status"),
        closed_at=bindparam("b_closed_at"),
        closed_by=bindparam("b_closed_by"),
        version=tasks.c.version + 1,
    )
)
_ANSWER_TASK = (
    update(tasks)
    .where(and_(tasks.c.instance == bindparam("b_id"), tasks.c.address == bindparam("b_address")))
    .values(answer=bindparam("b_answer"))
)
_DROP_LISTS = delete(kept_lists).where(kept_lists.c.instance == bindparam("b_id"))
# inline(): no RETURNING, so that a pipeline need not stop for new ids.
_INSERT_TASKS = insert(tasks).inline()
_INSERT_TIMERS = insert(timers).inline()
_STOP_TIMER = delete(timers).where(and_(timers.c.instance == bindparam("b_id"), timers.c.address == bindparam("b_address")))
_INSERT_AWAITED = insert(awaited_messages).inline()
_CLEAR_AWAITED = delete(awaited_messages).where(awaited_messages.c.instance == bindparam("b_id"))


def save(
    work: Work,
    step: Step,
    opened: Sequence[NewTask],
    now: datetime,
    *,
    completed: str | None,
    by: int | None,
    awaited_before: bool,
    answer: Mapping[str, Any] | None = None,
) -> list[Write]:
    """What a Step changes, as writes for `Session.write`: state, tasks, timers and awaited messages together.

    `completed` is the address the person finished (closed as done); the others a Step closes are closed as void. `answer` is
    what was answered for it where it is one of many.
    """
    ident = work.instance
    status = "ended" if step.ended else "stuck" if step.failures else "open"
    writes: list[Write] = [
        (
            _UPDATE_INSTANCE,
            [{"b_id": ident, "b_state": step.state, "b_status": status, "b_ended": now if step.ended else None}],
        )
    ]
    if step.closed:
        writes.append(
            (
                _CLOSE_TASK,
                [
                    {
                        "b_id": ident,
                        "b_address": address,
                        "b_status": "done" if address == completed else "void",
                        "b_closed_at": now,
                        "b_closed_by": by if address == completed else None,
                    }
                    for address in step.closed
                ],
            )
        )
    if answer is not None:
        writes.append((_ANSWER_TASK, [{"b_id": ident, "b_address": completed, "b_answer": dict(answer)}]))
    if opened:
        writes.append((_INSERT_TASKS, [_task_row(ident, work.case_id, task, now) for task in opened]))
    if step.ended:
        writes.append((_DROP_LISTS, [{"b_id": ident}]))
    if step.stopped:
        writes.append((_STOP_TIMER, [{"b_id": ident, "b_address": address} for address in step.stopped]))
    if step.timers:
        writes.append((_INSERT_TIMERS, [_timer_row(ident, timer, now) for timer in step.timers]))
    if awaited_before or step.awaited:
        writes.append((_CLEAR_AWAITED, [{"b_id": ident}]))
    if step.awaited:
        rows = [{"instance": ident, "address": a.address, "name": a.message} for a in step.awaited]
        writes.append((_INSERT_AWAITED, rows))
    return writes


def _task_row(instance: int, case_id: int | None, task: NewTask, now: datetime) -> dict[str, Any]:
    return {
        "instance": instance,
        "case_id": case_id,
        "address": task.address,
        "element": task.element,
        "type": task.type,
        "list": task.list,
        "item": task.item,
        "roles": task.roles,
        "org_unit": task.org_unit,
        "due": task.due,
        "assignee": task.assignee,
        "opened_at": now,
        "status": "open",
        "version": 1,
        "urged": 0,
    }


def _timer_row(instance: int, timer: Any, now: datetime) -> dict[str, Any]:
    return {
        "instance": instance,
        "address": timer.address,
        "element": timer.element,
        "attached_to": timer.attached_to,
        "due": timer.due,
        "provisional": timer.provisional,
        "opened_at": now,
        "tries": 0,
    }


def change_task(session: Session, task: int, version: int, **values: Any) -> bool:
    """Claim, release, transfer: only if the task is still open at this version; True if it was."""
    result = session.conn.execute(
        update(tasks)
        .where(and_(tasks.c.id == task, tasks.c.version == version, tasks.c.status == "open"))
        .values(version=version + 1, **values)
    )
    return result.rowcount == 1


def due_timers(session: Session, now: datetime, limit: int) -> Iterable[Any]:
    """Timers whose moment has passed, in order of due moment."""
    return session.conn.execute(
        select(timers.c.instance, timers.c.address, timers.c.due)
        .where(timers.c.due <= now)
        .order_by(timers.c.due, timers.c.instance, timers.c.address)
        .limit(limit)
    ).all()


def claim_timer(session: Session, instance: int, address: str) -> bool:
    """Take a due timer out of the table; False if another poller was first. Call under the instance's lock."""
    result = session.conn.execute(delete(timers).where(and_(timers.c.instance == instance, timers.c.address == address)))
    return result.rowcount == 1


def end_instance(session: Session, instance: int, now: datetime) -> None:
    """Close an instance from outside the diagram: no state, no tasks, no timers, nothing awaited."""
    session.conn.execute(
        update(process_instances)
        .where(and_(process_instances.c.id == instance, process_instances.c.ended_at.is_(None)))
        .values(state=None, status="closed", ended_at=now)
    )
    session.conn.execute(
        update(tasks)
        .where(and_(tasks.c.instance == instance, tasks.c.status == "open"))
        .values(status="void", closed_at=now, version=tasks.c.version + 1)
    )
    session.conn.execute(delete(timers).where(timers.c.instance == instance))
    session.conn.execute(delete(awaited_messages).where(awaited_messages.c.instance == instance))
    session.conn.execute(_DROP_LISTS, {"b_id": instance})
    session.conn.execute(
        update(incidents).where(and_(incidents.c.instance == instance, incidents.c.closed_at.is_(None))).values(closed_at=now)
    )


def postpone_timer(session: Session, instance: int, address: str, now: datetime) -> None:
    """Move a poisoned timer an hour on and count the try."""
    session.conn.execute(
        update(timers)
        .where(and_(timers.c.instance == instance, timers.c.address == address))
        .values(due=now + timedelta(hours=1), tries=timers.c.tries + 1)
    )
