"""The task inbox: what is open for a person, counted without fetching, the nearest due first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, case, func, literal_column, or_, select, text, union_all, update
from sqlalchemy.sql.elements import ColumnElement

from app.policy.jurisdiction import Assignment

from .rows import Task
from .session import Session
from .tables import (
    acts,
    cases,
    clues,
    follow_ups,
    households,
    instance_acts,
    officials,
    process_instances,
    tasks,
    timers,
)
from .together import question_of
from .types import micros, moment

PAGE = 50
MANY = 1000
"""Counts stop here: the page says 999+."""

IS_OPEN = tasks.c.status == literal_column("'open'")
"""Never as a parameter: PostgreSQL's plan of a prepared statement could not use the indexes over open tasks."""

_ROW = (
    tasks.c.id,
    tasks.c.element,
    tasks.c.type,
    tasks.c.item,
    tasks.c.roles,
    tasks.c.org_unit,
    tasks.c.assignee,
    tasks.c.due,
    tasks.c.status,
    tasks.c.version,
    tasks.c.urged,
    tasks.c.opened_at,
    tasks.c.closed_at,
    tasks.c.case_id,
    tasks.c.instance,
)


Pairs = Sequence[tuple[str, str]]
"""(unit, roles): the ranges of the index in which unclaimed tasks lie."""


@dataclass(frozen=True)
class Standing:
    """What waits for one person: counts (each at most MANY; late: of the first two), the nearest due moment of all that is
    open, and where the unclaimed ones lie."""

    mine: int
    open: int
    done: int
    late: int
    nearest: datetime | None
    pairs: Pairs
    stuck: bool = False
    """Whether anything in the county cannot go on."""

    @property
    def waiting(self) -> int:
        return min(self.mine + self.open, MANY)


_WAITING = "t.status = 'open' AND t.assignee IS NULL"
_HERE = f"FROM tasks t WHERE t.org_unit = r.unit AND t.roles = r.roles AND {_WAITING}"
_MINE = "FROM tasks t WHERE t.status = 'open' AND t.assignee = :official"
_FIRST = f"""SELECT CAST(:u_{{n}} AS VARCHAR(24)) AS unit,
(SELECT min(t.roles) FROM tasks t WHERE t.org_unit = :u_{{n}} AND {_WAITING}) AS roles"""  # noqa: S608
_ROLES = f"""WITH RECURSIVE r(unit, roles) AS ({{first}} UNION ALL
SELECT r.unit, (SELECT min(t.roles) FROM tasks t WHERE t.org_unit = r.unit AND {_WAITING} AND t.roles > r.roles)
FROM r WHERE r.roles IS NOT NULL) """  # noqa: S608


def _at_most(rows: str) -> str:
    return f"(SELECT count(*) FROM (SELECT 1 {rows} LIMIT {MANY}) x)"  # noqa: S608


_STANDING = f"""SELECT own.*, r.unit, r.roles, {_at_most(_HERE)} AS n, {_at_most(_HERE + " AND t.due <= :now")} AS late,
(SELECT min(t.due) {_HERE}) AS nearest FROM (SELECT {_at_most(_MINE)} AS mine,
{_at_most(_MINE + " AND t.due <= :now")} AS late_mine, (SELECT min(t.due) {_MINE}) AS nearest_mine,
{_at_most("FROM tasks t WHERE t.closed_by = :official")} AS done,
EXISTS (SELECT 1 FROM incidents WHERE closed_at IS NULL) AS stuck) own LEFT JOIN r ON r.roles IS NOT NULL"""  # noqa: S608


@lru_cache(maxsize=64)
def _loose(units: int, query: str) -> Any:
    """A loose index scan: one seek per combination of roles at a unit."""
    first = " UNION ALL ".join(_FIRST.format(n=n) for n in range(units)) or "SELECT NULL, NULL"
    return text(_ROLES.format(first=first) + query)


def _units(held: Sequence[Assignment]) -> dict[str, str]:
    return {f"u_{n}": unit for n, unit in enumerate(sorted({a.unit for a in held}))}


def _held(rows: Iterable[Any], held: Sequence[Assignment]) -> list[Any]:
    mine = {(a.unit, a.role) for a in held}
    return [r for r in rows if r.roles is not None and any((r.unit, role) in mine for role in r.roles.split(","))]


def index_pairs(session: Session, held: Sequence[Assignment]) -> Pairs:
    """Where this person's unclaimed tasks lie now."""
    units = _units(held)
    query = _loose(len(units), "SELECT unit, roles FROM r WHERE roles IS NOT NULL")
    return [(r.unit, r.roles) for r in _held(session.conn.execute(query, units), held)]


def standing(session: Session, official: int, held: Sequence[Assignment], now: datetime) -> Standing:
    """One statement; no task is fetched."""
    units = _units(held)
    params = {**units, "official": official, "now": micros(now)}
    rows = session.conn.execute(_loose(len(units), _STANDING), params).all()
    own, here = rows[0], _held(rows, held)
    due = [d for d in (own.nearest_mine, *(r.nearest for r in here)) if d is not None]
    return Standing(
        mine=own.mine,
        open=min(sum(r.n for r in here), MANY),
        done=own.done,
        late=min(own.late_mine + sum(r.late for r in here), MANY),
        nearest=moment(min(due)) if due else None,
        pairs=[(r.unit, r.roles) for r in here],
        stuck=bool(own.stuck),
    )


def slot(name: str) -> tuple[ColumnElement[bool], ...]:
    return (
        IS_OPEN,
        tasks.c.assignee.is_(None),
        tasks.c.org_unit == bindparam(f"u_{name}"),
        tasks.c.roles == bindparam(f"r_{name}"),
    )


def open_for_roles(
    session: Session,
    official: int,
    held: Sequence[Assignment],
    *,
    limit: int = PAGE,
    offset: int = 0,
    element: str | None = None,
    due_before: datetime | None = None,
    villages: Sequence[str] | None = None,
    due_after: datetime | None = None,
    process: str | None = None,
    pairs: Pairs | None = None,
) -> Sequence[Any]:
    """Unclaimed tasks for these roles at these units. Each (unit, roles) pair reads its own index range in order."""
    pairs = index_pairs(session, held) if pairs is None else pairs
    if not pairs:
        return []
    wanted = _wanted(element, due_before, villages, due_after, process)
    query = _open_page(len(pairs), frozenset(wanted))
    params = {**_of_pairs(pairs), **wanted, "official": official, "limit": limit, "offset": offset, "reach": limit + offset}
    return session.conn.execute(query, params).all()


def assigned_to(
    session: Session,
    official: int,
    *,
    limit: int = PAGE,
    offset: int = 0,
    element: str | None = None,
    due_before: datetime | None = None,
    villages: Sequence[str] | None = None,
    due_after: datetime | None = None,
    process: str | None = None,
) -> Sequence[Any]:
    wanted = _wanted(element, due_before, villages, due_after, process)
    params = {**wanted, "official": official, "limit": limit, "offset": offset}
    return session.conn.execute(_own_page(frozenset(wanted)), params).all()


def done_by(session: Session, official: int, *, limit: int = PAGE, offset: int = 0) -> Sequence[Any]:
    query = select(*_ROW).where(tasks.c.closed_by == official).order_by(tasks.c.closed_at.desc(), tasks.c.id)
    query = query.limit(limit).offset(offset)
    return session.conn.execute(_with_household(query, latest_closed=True), {"official": official}).all()


# Building a statement takes longer than running it: the pages' are built once per set of filters.


@lru_cache(maxsize=256)
def _open_page(pairs: int, filters: frozenset[str]) -> Any:
    parts = [
        select(
            select(*_ROW)
            .where(and_(*slot(str(n)), *_filters(filters)))
            .order_by(tasks.c.due)
            .limit(bindparam("reach", type_=Integer))
            .subquery()
        )
        for n in range(pairs)
    ]
    found = union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    return _with_household(_cut(select(found).order_by(found.c.due, found.c.id)))


@lru_cache(maxsize=64)
def _own_page(filters: frozenset[str]) -> Any:
    mine = tasks.c.assignee == bindparam("official")
    return _with_household(_cut(select(*_ROW).where(IS_OPEN, mine, *_filters(filters)).order_by(tasks.c.due, tasks.c.id)))


def _cut(query: Any) -> Any:
    return query.limit(bindparam("limit", type_=Integer)).offset(bindparam("offset", type_=Integer))


def _of_pairs(pairs: Pairs) -> dict[str, Any]:
    """The parameters of `slot`."""
    found: dict[str, Any] = {}
    for n, (unit, roles) in enumerate(pairs):
        found[f"u_{n}"], found[f"r_{n}"] = unit, roles
    return found


def _wanted(
    element: str | None,
    due_before: datetime | None,
    villages: Sequence[str] | None,
    due_after: datetime | None,
    process: str | None,
) -> dict[str, Any]:
    """The filters that are set, as parameters of `_filters`."""
    given = {
        "w_element": element or None,
        "w_due_before": due_before,
        "w_due_after": due_after,
        "w_process": process or None,
        "w_villages": None if villages is None else list(villages),
    }
    return {name: value for name, value in given.items() if value is not None}


def _filters(names: frozenset[str]) -> list[ColumnElement[bool]]:
    run_of = select(process_instances.c.id).where(process_instances.c.process == bindparam("w_process"))
    wanted: Any = bindparam("w_villages", expanding=True)
    lying_in = (
        select(cases.c.id).join(households, households.c.id == cases.c.household).where(households.c.org_unit.in_(wanted))
    )
    alone_in = select(process_instances.c.id).where(process_instances.c.org_unit.in_(wanted))
    known = {
        "w_element": tasks.c.element == bindparam("w_element"),
        "w_due_before": tasks.c.due <= bindparam("w_due_before"),
        "w_due_after": tasks.c.due > bindparam("w_due_after"),
        "w_process": tasks.c.instance.in_(run_of),
        "w_villages": or_(tasks.c.case_id.in_(lying_in), and_(tasks.c.case_id.is_(None), tasks.c.instance.in_(alone_in))),
    }
    return [known[name] for name in sorted(names)]


RETURNED, DONE = 1, 2
"""How a task came: a step after it was left for it, or the one before it was done (`came`; None: it is the first)."""


def _with_household(query: Any, *, latest_closed: bool = False) -> Any:
    """A page of tasks with what it is about, who sent each, and when this official (`official`) means to look again."""
    page = query.subquery()
    order = (page.c.closed_at.desc(), page.c.id) if latest_closed else (page.c.due, page.c.id)
    before = tasks.alias()
    moment_before = and_(before.c.instance == page.c.instance, before.c.closed_at == page.c.opened_at)
    sender = select(officials.c.name).join(before, before.c.closed_by == officials.c.id)
    sender = sender.where(moment_before, before.c.status == "done").order_by(before.c.id).limit(1)
    came = select(func.max(case((before.c.status == "done", DONE), else_=RETURNED))).where(moment_before)
    guessed = and_(timers.c.instance == page.c.instance, timers.c.attached_to == page.c.element, timers.c.provisional)
    return (
        select(
            page,
            select(timers.c.instance).where(guessed).exists().label("provisional"),
            sender.scalar_subquery().label("from_who"),
            came.scalar_subquery().label("came"),
            follow_ups.c.follow_on,
            households.c.head_name,
            func.coalesce(process_instances.c.org_unit, households.c.org_unit).label("village"),
            cases.c.limit_at,
            cases.c.household,
            process_instances.c.process,
            process_instances.c.deployment,
            process_instances.c.subject_kind,
            process_instances.c.subject_id,
        )
        .join(process_instances, process_instances.c.id == page.c.instance)
        .outerjoin(follow_ups, and_(follow_ups.c.task == page.c.id, follow_ups.c.official == bindparam("official")))
        .outerjoin(cases, cases.c.id == page.c.case_id)
        .outerjoin(households, households.c.id == func.coalesce(cases.c.household, process_instances.c.household))
        .order_by(*order)
    )


def acted(
    session: Session, case_ids: Collection[int], instances: Collection[int], people: Collection[int]
) -> dict[tuple[int | None, int | None], set[tuple[str, int]]]:
    """(case, None), or (None, instance) where there is no case, -> (step, which of these people acted in it)."""
    of_cases = select(acts.c.case_id, literal_column("NULL"), acts.c.element, acts.c.official).where(
        and_(acts.c.case_id.in_(list(case_ids)), acts.c.official.in_(list(people)))
    )
    alone = instance_acts.c
    of_instances = select(literal_column("NULL"), alone.instance, alone.element, alone.official).where(
        and_(alone.instance.in_(list(instances)), alone.official.in_(list(people)))
    )
    found: dict[tuple[int | None, int | None], set[tuple[str, int]]] = {}
    for case_id, instance, element, official in session.conn.execute(union_all(of_cases, of_instances)):
        found.setdefault((case_id, instance), set()).add((element, official))
    return found


def asked(session: Session, case_id: int, kind: str) -> set[str]:
    """Items (departments) of the case whose task of this type of step is open or was done."""
    found = session.conn.execute(
        select(tasks.c.item).where(
            and_(tasks.c.case_id == case_id, tasks.c.type == kind, tasks.c.status.in_(("open", "done")))
        )
    ).scalars()
    return {item for item in found if item}


def open_elsewhere(session: Session, case_id: int, kind: str, instance: int) -> bool:
    """Whether another instance of the case still has open tasks of this type of step."""
    query = select(tasks.c.id).where(
        and_(tasks.c.case_id == case_id, tasks.c.type == kind, tasks.c.status == "open", tasks.c.instance != instance)
    )
    return session.conn.execute(query.limit(1)).first() is not None


def latest_due(session: Session, case_id: int, kind: str, now: datetime) -> datetime | None:
    """The latest due moment still ahead among the case's open tasks of a type of step; None if all are overdue."""
    return session.conn.execute(
        select(func.max(tasks.c.due)).where(
            and_(tasks.c.case_id == case_id, tasks.c.type == kind, tasks.c.status == "open", tasks.c.due > now)
        )
    ).scalar()


def mark_urged(session: Session, instance: int, element: str) -> None:
    session.conn.execute(
        update(tasks)
        .where(and_(tasks.c.instance == instance, tasks.c.element == element, IS_OPEN))
        .values(urged=tasks.c.urged + 1)
    )


def waiting_at(session: Session, name: str, units: Sequence[str], official: int) -> Sequence[Any]:
    """Open tasks for this kind of list at these units, unclaimed or this official's, with what a list shows of each."""
    return session.conn.execute(
        select(
            *_ROW,
            households.c.head_name,
            households.c.org_unit.label("village"),
            cases.c.limit_at,
            cases.c.decided_at,
            cases.c.category,
            cases.c.household,
            process_instances.c.process,
            process_instances.c.deployment,
            process_instances.c.state,
        )
        .join(process_instances, process_instances.c.id == tasks.c.instance)
        .join(cases, cases.c.id == tasks.c.case_id)
        .join(households, households.c.id == cases.c.household)
        .where(
            and_(
                IS_OPEN,
                tasks.c.list == name,
                tasks.c.org_unit.in_(list(units)),
                or_(tasks.c.assignee.is_(None), tasks.c.assignee == official),
            )
        )
        .order_by(tasks.c.due, tasks.c.id)
    ).all()


def cases_of(session: Session, idents: Sequence[int]) -> dict[int, int]:
    """Task -> its case."""
    found = session.conn.execute(select(tasks.c.id, tasks.c.case_id).where(tasks.c.id.in_(list(idents))))
    return {row.id: row.case_id for row in found if row.case_id is not None}


def urged_below(session: Session, units: Sequence[str], limit: int = PAGE) -> tuple[Sequence[Any], int]:
    """Open tasks of these units that were urged (their due time has passed), the longest ago first, and how many there are:
    what the level above is told."""
    late = and_(tasks.c.org_unit.in_(list(units)), IS_OPEN, tasks.c.urged > 0)
    page = _with_household(select(*_ROW).where(late).order_by(tasks.c.due).limit(limit))
    rows = session.conn.execute(page, {"official": None}).all()
    many = len(rows)
    if many == limit:
        many = session.conn.execute(select(func.count()).select_from(tasks).where(late)).scalar_one()
    return rows, many


def task(session: Session, ident: int) -> Any | None:
    return session.conn.execute(
        select(
            *_ROW,
            tasks.c.address,
            tasks.c.closed_by,
            process_instances.c.process,
            process_instances.c.deployment,
            cases.c.household,
            cases.c.limit_at,
            cases.c.clue_on,
            households.c.org_unit.label("village"),
            households.c.head_name,
            households.c.data_key,
        )
        .join(process_instances, process_instances.c.id == tasks.c.instance)
        .outerjoin(cases, cases.c.id == tasks.c.case_id)
        .outerjoin(households, households.c.id == cases.c.household)
        .where(tasks.c.id == ident)
    ).one_or_none()


def provisional(session: Session, instance: int, element: str) -> bool:
    """Whether the limit of this step was counted without knowing the year's holidays."""
    guessed = and_(timers.c.instance == instance, timers.c.attached_to == element, timers.c.provisional)
    return session.conn.execute(select(timers.c.instance).where(guessed)).first() is not None


@question_of(Task)
def open_tasks_of_case(case_id: int) -> Select[Any]:
    """Open tasks of a case, the nearest due first."""
    return select(tasks).where(tasks.c.case_id == case_id, IS_OPEN).order_by(tasks.c.due, tasks.c.id)


@question_of(Task)
def open_of_instance(instance: int) -> Select[Any]:
    """Open tasks of one run, the nearest due first."""
    return select(tasks).where(tasks.c.instance == instance, IS_OPEN).order_by(tasks.c.due, tasks.c.id)


def has_task_on(session: Session, official: int, household: int, held: Sequence[Assignment]) -> bool:
    """Whether this person has, or had, a task on the household: then no reason is asked for opening it."""
    pairs = index_pairs(session, held)
    mine = (tasks.c.assignee == official) | (tasks.c.closed_by == official)
    for unit, roles in pairs:
        mine = mine | and_(tasks.c.org_unit == unit, tasks.c.roles == roles, IS_OPEN)
    of_case = select(tasks.c.id).join(cases, cases.c.id == tasks.c.case_id).where(and_(cases.c.household == household, mine))
    about = and_(process_instances.c.subject_id == clues.c.id, process_instances.c.subject_kind == "clue")
    of_clue = (
        select(tasks.c.id)
        .join(process_instances, process_instances.c.id == tasks.c.instance)
        .join(clues, about)
        .where(and_(clues.c.household == household, mine, process_instances.c.case_id.is_(None)))
    )
    return any(session.conn.execute(query.limit(1)).first() is not None for query in (of_case, of_clue))


def facets(session: Session, official: int, pairs: Pairs, tab: str) -> Sequence[Any]:
    """(process, deployment, element, village, due, n) of the first MANY open tasks of a tab (mine, open), nearest first."""
    columns = (tasks.c.instance, tasks.c.element, tasks.c.case_id, tasks.c.due)
    params: dict[str, Any] = {}
    if tab == "mine":
        parts = [select(*columns).where(and_(IS_OPEN, tasks.c.assignee == official))]
    else:
        parts = []
        for n, (unit, roles) in enumerate(pairs):
            params[f"u_{n}"], params[f"r_{n}"] = unit, roles
            parts.append(select(*columns).where(and_(*slot(str(n)))))
    if not parts:
        return []
    limited = [select(p.order_by(tasks.c.due).limit(MANY).subquery()) for p in parts]
    found = union_all(*limited).subquery() if len(limited) > 1 else limited[0].subquery()
    lies = func.coalesce(process_instances.c.org_unit, households.c.org_unit)
    return session.conn.execute(
        select(
            process_instances.c.process,
            func.max(process_instances.c.deployment).label("deployment"),
            found.c.element,
            lies.label("village"),
            found.c.due,
            func.count().label("n"),
        )
        .join(process_instances, process_instances.c.id == found.c.instance)
        .outerjoin(cases, cases.c.id == found.c.case_id)
        .outerjoin(households, households.c.id == cases.c.household)
        .group_by(process_instances.c.process, found.c.element, lies, found.c.due),
        params,
    ).all()


def open_steps(session: Session, case_ids: Collection[int]) -> dict[int, Any]:
    """case id -> its open task nearest to its due moment (element, deployment)."""
    found: dict[int, Any] = {}
    if case_ids:
        for row in session.conn.execute(
            select(tasks.c.case_id, tasks.c.element, process_instances.c.deployment)
            .join(process_instances, process_instances.c.id == tasks.c.instance)
            .where(and_(tasks.c.case_id.in_(list(case_ids)), IS_OPEN))
            .order_by(tasks.c.due)
        ):
            found.setdefault(row.case_id, row)
    return found


def unfinished(session: Session, official: int) -> Sequence[Any]:
    """Open tasks this official has claimed: (id, version)."""
    return session.conn.execute(select(tasks.c.id, tasks.c.version).where(and_(tasks.c.assignee == official, IS_OPEN))).all()
