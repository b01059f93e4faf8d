"""The task inbox: what is open for a person, counted without fetching, the nearest due first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, select, text, union_all, update
from sqlalchemy.sql.elements import ColumnElement

from app.policy.jurisdiction import Assignment

from .session import Session
from .tables import cases, households, process_instances, tasks

PAGE = 50
MANY = 1000
"""Counts stop here: the page says 999+."""

_ROW = (
    tasks.c.id, tasks.c.element, tasks.c.item, tasks.c.roles, tasks.c.org_unit, tasks.c.assignee, tasks.c.due,
    tasks.c.status, tasks.c.version, tasks.c.urged, tasks.c.opened_at, tasks.c.closed_at, tasks.c.case_id,
    tasks.c.instance,
)  # fmt: skip


Pairs = Sequence[tuple[str, str]]
"""(unit, roles): the ranges of the index in which unclaimed tasks lie."""

_WAITING = "t.status = 'open' AND t.assignee IS NULL"
_FIRST = f"""SELECT CAST(:u_{{n}} AS VARCHAR(24)) AS unit,
(SELECT min(t.roles) FROM tasks t WHERE t.org_unit = :u_{{n}} AND {_WAITING}) AS roles"""  # noqa: S608
_ROLES = f"""WITH RECURSIVE r(unit, roles) AS ({{first}} UNION ALL
SELECT r.unit, (SELECT min(t.roles) FROM tasks t WHERE t.org_unit = r.unit AND {_WAITING} AND t.roles > r.roles)
FROM r WHERE r.roles IS NOT NULL) SELECT unit, roles FROM r WHERE roles IS NOT NULL"""  # noqa: S608


def index_pairs(session: Session, held: Sequence[Assignment]) -> Pairs:
    """Where this person's unclaimed tasks lie now. A loose index scan: one seek per combination of roles at a unit."""
    units = sorted({a.unit for a in held})
    if not units:
        return []
    first = " UNION ALL ".join(_FIRST.format(n=n) for n in range(len(units)))
    rows = session.conn.execute(text(_ROLES.format(first=first)), {f"u_{n}": unit for n, unit in enumerate(units)})
    mine = {(a.unit, a.role) for a in held}
    return [(r.unit, r.roles) for r in rows if any((r.unit, role) in mine for role in r.roles.split(","))]


def slot(name: str) -> tuple[ColumnElement[bool], ...]:
    return (
        tasks.c.status == "open",
        tasks.c.assignee.is_(None),
        tasks.c.org_unit == bindparam(f"u_{name}"),
        tasks.c.roles == bindparam(f"r_{name}"),
    )


def open_for_roles(
    session: Session, held: Sequence[Assignment], *, limit: int = PAGE, offset: int = 0,
    element: str | None = None, due_before: datetime | None = None, villages: Sequence[str] | None = None,
    due_after: datetime | None = None, process: str | None = None, pairs: Pairs | None = None,
) -> Sequence[Any]:  # fmt: skip
    """Unclaimed tasks for these roles at these units. Each (unit, roles) pair reads its own index range in order."""
    pairs = index_pairs(session, held) if pairs is None else pairs
    if not pairs:
        return []
    params: dict[str, Any] = {}
    parts = []
    for n, (unit, roles) in enumerate(pairs):
        params[f"u_{n}"], params[f"r_{n}"] = unit, roles
        part = select(*_ROW).where(and_(*slot(str(n)), *_filters(element, due_before, villages, due_after, process)))
        parts.append(select(part.order_by(tasks.c.due).limit(limit + offset).subquery()))
    found = union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    return _with_household(session, select(found).order_by(found.c.due, found.c.id).limit(limit).offset(offset), params)


def assigned_to(
    session: Session, official: int, *, limit: int = PAGE, offset: int = 0, element: str | None = None,
    due_before: datetime | None = None, villages: Sequence[str] | None = None, due_after: datetime | None = None,
    process: str | None = None,
) -> Sequence[Any]:  # fmt: skip
    query = (
        select(*_ROW)
        .where(tasks.c.status == "open", tasks.c.assignee == official,
               *_filters(element, due_before, villages, due_after, process))
        .order_by(tasks.c.due, tasks.c.id)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    return _with_household(session, query, {})


def done_by(session: Session, official: int, *, limit: int = PAGE, offset: int = 0) -> Sequence[Any]:
    query = (
        select(*_ROW)
        .where(tasks.c.closed_by == official)
        .order_by(tasks.c.closed_at.desc())
        .limit(limit)
        .offset(offset)
    )
    return _with_household(session, query, {}, latest_closed=True)


def _filters(
    element: str | None, due_before: datetime | None, villages: Sequence[str] | None, due_after: datetime | None,
    process: str | None,
) -> list[ColumnElement[bool]]:  # fmt: skip
    found: list[ColumnElement[bool]] = []
    if due_after is not None:
        found.append(tasks.c.due > due_after)
    if process:
        found.append(
            tasks.c.instance.in_(select(process_instances.c.id).where(process_instances.c.process == process))
        )
    if element:
        found.append(tasks.c.element == element)
    if due_before is not None:
        found.append(tasks.c.due <= due_before)
    if villages is not None:
        found.append(
            tasks.c.case_id.in_(
                select(cases.c.id)
                .join(households, households.c.id == cases.c.household)
                .where(households.c.org_unit.in_(list(villages)))
            )
        )
    return found


def _with_household(
    session: Session, query: Any, params: dict[str, Any], *, latest_closed: bool = False
) -> Sequence[Any]:
    page = query.subquery()
    order = (page.c.closed_at.desc(), page.c.id) if latest_closed else (page.c.due, page.c.id)
    return session.conn.execute(
        select(
            page, households.c.head_name, households.c.org_unit.label("village"), cases.c.limit_at,
            cases.c.household, process_instances.c.process, process_instances.c.deployment,
        )
        .join(process_instances, process_instances.c.id == page.c.instance)
        .outerjoin(cases, cases.c.id == page.c.case_id)
        .outerjoin(households, households.c.id == cases.c.household)
        .order_by(*order),
        params,
    ).all()  # fmt: skip


def counts(
    session: Session, official: int, held: Sequence[Assignment], now: datetime, pairs: Pairs | None = None
) -> dict[str, int]:
    """mine, open, done, late (of the first two), each at most MANY. `pairs`: what `index_pairs` just answered."""
    pairs = index_pairs(session, held) if pairs is None else pairs
    params: dict[str, Any] = {}
    mine = and_(tasks.c.status == "open", tasks.c.assignee == official)
    asked = [_limited(mine).label("mine"), _limited(and_(mine, tasks.c.due <= now)).label("late_mine"),
             _limited(tasks.c.closed_by == official).label("done")]  # fmt: skip
    open_parts = [literal(0)]
    late_parts = [literal(0)]
    for n, (unit, roles) in enumerate(pairs):
        params[f"u_{n}"], params[f"r_{n}"] = unit, roles
        open_parts.append(_limited(and_(*slot(str(n)))))
        late_parts.append(_limited(and_(*slot(str(n)), tasks.c.due <= now)))
    asked += [sum(open_parts[1:], open_parts[0]).label("open"), sum(late_parts[1:], late_parts[0]).label("late_open")]
    row = session.conn.execute(select(*asked), params).one()
    return {
        "mine": min(row.mine, MANY),
        "open": min(row.open, MANY),
        "done": row.done,
        "late": min(row.late_mine + row.late_open, MANY),
    }


def _limited(where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(select(literal(1)).where(where).limit(MANY).subquery()).scalar_subquery()


def mark_urged(session: Session, instance: int, element: str) -> None:
    session.conn.execute(
        update(tasks)
        .where(and_(tasks.c.instance == instance, tasks.c.element == element, tasks.c.status == "open"))
        .values(urged=tasks.c.urged + 1)
    )


def urged_below(session: Session, units: Sequence[str], limit: int = PAGE) -> Sequence[Any]:
    """Open tasks of these units whose due time has passed: what the level above is told."""
    query = (
        select(*_ROW)
        .where(and_(tasks.c.org_unit.in_(list(units)), tasks.c.status == "open", tasks.c.urged > 0))
        .order_by(tasks.c.due)
        .limit(limit)
    )
    return _with_household(session, query, {})


def task(session: Session, ident: int) -> Any | None:
    return session.conn.execute(
        select(
            *_ROW, tasks.c.address, tasks.c.closed_by, process_instances.c.process, process_instances.c.deployment,
            cases.c.household, cases.c.limit_at, cases.c.clue_on, households.c.org_unit.label("village"),
            households.c.head_name, households.c.data_key,
        )
        .join(process_instances, process_instances.c.id == tasks.c.instance)
        .outerjoin(cases, cases.c.id == tasks.c.case_id)
        .outerjoin(households, households.c.id == cases.c.household)
        .where(tasks.c.id == ident)
    ).one_or_none()  # fmt: skip


def open_tasks_of_case(session: Session, case_id: int) -> Sequence[Any]:
    return session.conn.execute(
        select(*_ROW, tasks.c.address)
        .where(and_(tasks.c.case_id == case_id, tasks.c.status == "open"))
        .order_by(tasks.c.due, tasks.c.id)
    ).all()


def has_task_on(session: Session, official: int, household: int, held: Sequence[Assignment]) -> bool:
    """Whether this person has, or had, a task on the household: then no reason is asked for opening it."""
    pairs = index_pairs(session, held)
    mine = (tasks.c.assignee == official) | (tasks.c.closed_by == official)
    for unit, roles in pairs:
        mine = mine | and_(tasks.c.org_unit == unit, tasks.c.roles == roles, tasks.c.status == "open")
    return (
        session.conn.execute(
            select(tasks.c.id)
            .join(cases, cases.c.id == tasks.c.case_id)
            .where(and_(cases.c.household == household, mine))
            .limit(1)
        ).first()
        is not None
    )


def void_tasks(session: Session, instance: int, now: datetime) -> None:
    session.conn.execute(
        update(tasks)
        .where(and_(tasks.c.instance == instance, tasks.c.status == "open"))
        .values(status="void", closed_at=now, version=tasks.c.version + 1)
    )
