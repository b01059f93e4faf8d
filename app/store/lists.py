"""Batches: what one meeting, one sheet, one report did for many households."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from .record import DataKey, data_key, name_owner, new_data_key, open_secret, seal_secret
from .session import Session
from .tables import batch_items, batches, cases, households, papers, tasks


def add(
    session: Session,
    *,
    kind: str,
    unit: str,
    happened_on: date,
    by: int,
    shared: Mapping[str, Any],
    items: Sequence[tuple[int, int]],
    now: datetime,
) -> tuple[int, DataKey]:
    """A batch with its shared answers under a key of its own; `items`: (case, task) in the order of the list."""
    key = new_data_key(session, "batch")
    ident = session.conn.execute(
        insert(batches)
        .values(kind=kind, org_unit=unit, happened_on=happened_on, made_at=now, made_by=by, data_key=key.id, secret=b"")
        .returning(batches.c.id)
    ).scalar_one()
    name_owner(session, key, f"batch:{ident}")
    session.conn.execute(
        update(batches).where(batches.c.id == ident).values(secret=seal_secret(session, key, f"batch:{ident}", shared))
    )
    session.conn.execute(
        insert(batch_items),
        [{"batch": ident, "row": n, "case_id": case, "task": task} for n, (case, task) in enumerate(items, 1)],
    )
    return ident, key


def get(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(batches).where(batches.c.id == ident)).one_or_none()


def shared(session: Session, row: Any) -> dict[str, Any]:
    """What was asked once; {} where the key was destroyed."""
    return open_secret(session, data_key(session, row.data_key), f"batch:{row.id}", bytes(row.secret)) or {}


def tasks_named(session: Session, idents: Collection[int]) -> Sequence[Any]:
    """(task, case, head, village, household) of these tasks."""
    return session.conn.execute(
        select(
            tasks.c.id.label("task"),
            tasks.c.case_id,
            households.c.head_name,
            households.c.org_unit.label("village"),
            households.c.id.label("household"),
        )
        .join(cases, cases.c.id == tasks.c.case_id)
        .join(households, households.c.id == cases.c.household)
        .where(tasks.c.id.in_(list(idents)))
        .order_by(tasks.c.id)
    ).all()


def items(session: Session, ident: int) -> Sequence[Any]:
    """(row, case, task, instance, element, head, village) in the order of the list."""
    return session.conn.execute(
        select(
            batch_items.c.row,
            batch_items.c.case_id,
            batch_items.c.task,
            tasks.c.instance,
            tasks.c.element,
            households.c.head_name,
            households.c.org_unit.label("village"),
            households.c.id.label("household"),
        )
        .join(tasks, tasks.c.id == batch_items.c.task)
        .join(cases, cases.c.id == batch_items.c.case_id)
        .join(households, households.c.id == cases.c.household)
        .where(batch_items.c.batch == ident)
        .order_by(batch_items.c.row)
    ).all()


def listed(session: Session, units: Collection[str], limit: int = 50) -> Sequence[Any]:
    """The latest batches of these units with the number of their households."""
    count = select(func.count()).where(batch_items.c.batch == batches.c.id).scalar_subquery().label("n")
    return session.conn.execute(
        select(batches.c.id, batches.c.kind, batches.c.org_unit, batches.c.happened_on, batches.c.made_by, count)
        .where(batches.c.org_unit.in_(list(units)))
        .order_by(batches.c.id.desc())
        .limit(limit)
    ).all()


def of_case(session: Session, case_id: int) -> Sequence[Any]:
    return session.conn.execute(
        select(batches.c.id, batches.c.kind, batches.c.org_unit, batches.c.happened_on)
        .join(batch_items, batch_items.c.batch == batches.c.id)
        .where(batch_items.c.case_id == case_id)
        .order_by(batches.c.id)
    ).all()


def pages_naming(session: Session, case_ids: Sequence[int]) -> list[int]:
    """Shared pages that still name these cases' households."""
    named = select(batch_items.c.batch).where(batch_items.c.case_id.in_(list(case_ids)))
    return list(session.conn.execute(select(papers.c.id).where(papers.c.batch.in_(named)).order_by(papers.c.id)).scalars())
