"""What pages ask beside the services' own questions: facets of the inbox, who sent a task, lists, incidents, health."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select, text, union_all

from . import inbox
from .session import Session
from .tables import (
    cases,
    households,
    incidents,
    job_runs,
    measures,
    notices,
    process_instances,
    readings,
    tasks,
    timers,
)
from .together import question


def facets(session: Session, official: int, pairs: inbox.Pairs, tab: str) -> Sequence[Any]:
    """(process, deployment, element, village, due, n) of the first MANY open tasks of a tab (mine, open), nearest first."""
    columns = (tasks.c.instance, tasks.c.element, tasks.c.case_id, tasks.c.due)
    params: dict[str, Any] = {}
    if tab == "mine":
        parts = [select(*columns).where(and_(inbox.IS_OPEN, tasks.c.assignee == official))]
    else:
        parts = []
        for n, (unit, roles) in enumerate(pairs):
            params[f"u_{n}"], params[f"r_{n}"] = unit, roles
            parts.append(select(*columns).where(and_(*inbox.slot(str(n)))))
    if not parts:
        return []
    limited = [select(p.order_by(tasks.c.due).limit(inbox.MANY).subquery()) for p in parts]
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


IN_HAND = "open"
"""Status of a list: identification is under way."""
ENDED = ("refused", "closed")
"""Statuses of a list: a household of the register whose newest case ended so."""


@dataclass(frozen=True)
class Narrow:
    """What a list of households is narrowed by; `risk`: one that a measure was planned against; `among`: villages."""

    village: str | None = None
    category: str | None = None
    status: str | None = None
    risk: str | None = None
    among: tuple[str, ...] | None = None

    def where(self, villages: Collection[str] | None) -> list[Any]:
        running = select(cases.c.household).where(cases.c.status == "open", cases.c.closed_at.is_(None), cases.c.door == "")
        wanted = {households.c.org_unit: self.village, households.c.category: self.category}
        found = [column == value for column, value in wanted.items() if value]
        if self.status == IN_HAND:
            found.append(households.c.id.in_(running))
        elif self.status in ENDED:
            one, later = cases.alias(), cases.alias()
            after = (later.c.household == one.c.household, later.c.id > one.c.id, later.c.door == "")
            newer = select(later.c.id).where(*after).exists()
            ended = select(one.c.household).where(one.c.status == self.status, one.c.door == "", ~newer)
            found += [households.c.status == "registered", households.c.id.in_(ended)]
        elif self.status:
            found.append(households.c.status == self.status)
            if self.status == "registered":
                found.append(households.c.id.not_in(select(cases.c.household).where(cases.c.door == "")))
        if villages is not None:
            found.append(households.c.org_unit.in_(list(villages)))
        if self.among is not None:
            found.append(households.c.org_unit.in_(self.among))
        if self.risk:
            planned = select(cases.c.household).join(measures, measures.c.case_id == cases.c.id)
            found.append(households.c.id.in_(planned.where(measures.c.risk == self.risk)))
        return found


ALL = Narrow()


def households_page(
    session: Session,
    villages: Collection[str] | None,
    narrow: Narrow = ALL,
    *,
    idents: Collection[int] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Any]:
    """Households of these villages (None: all) by village and name, each with its newest case."""
    other = cases.alias()
    newest = select(func.max(other.c.id)).where(other.c.household == households.c.id, other.c.door == "").scalar_subquery()
    query = (
        select(
            households.c.id,
            households.c.head_name,
            households.c.org_unit,
            households.c.status,
            households.c.category,
            households.c.number,
            cases.c.id.label("case_id"),
            cases.c.limit_at,
            cases.c.clue_on,
            cases.c.closed_at,
            cases.c.status.label("case_status"),
        )
        .select_from(households.outerjoin(cases, cases.c.id == newest))
        .order_by(households.c.org_unit, households.c.head_name, households.c.id)
    )
    if idents is not None:
        query = query.where(households.c.id.in_(list(idents)))
    return session.conn.execute(query.where(*narrow.where(villages)).limit(limit).offset(offset)).all()


def households_count(session: Session, villages: Collection[str] | None, narrow: Narrow = ALL) -> int:
    """How many `households_page` has in all."""
    query = select(func.count()).select_from(households).where(*narrow.where(villages))
    return session.conn.execute(query).scalar_one()


def open_steps(session: Session, case_ids: Collection[int]) -> dict[int, Any]:
    """case id -> its open task nearest to its due moment (element, deployment)."""
    found: dict[int, Any] = {}
    if case_ids:
        for row in session.conn.execute(
            select(tasks.c.case_id, tasks.c.element, process_instances.c.deployment)
            .join(process_instances, process_instances.c.id == tasks.c.instance)
            .where(and_(tasks.c.case_id.in_(list(case_ids)), inbox.IS_OPEN))
            .order_by(tasks.c.due)
        ):
            found.setdefault(row.case_id, row)
    return found


def reasoned_reading(session: Session, official: int, household: int, since: datetime) -> bool:
    """Whether this person already gave a reason for opening this household since that moment."""
    return (
        session.conn.execute(
            select(readings.c.id)
            .where(
                and_(
                    readings.c.household == household,
                    readings.c.official == official,
                    readings.c.at >= since,
                    readings.c.what == "reason",
                )
            )
            .limit(1)
        ).first()
        is not None
    )


@question
def count_readings(household: int) -> Select[Any]:
    return select(func.count().label("n")).select_from(readings).where(readings.c.household == household)


def notice(session: Session, case_id: int) -> Any | None:
    """The newest notice of a case."""
    return session.conn.execute(
        select(notices).where(notices.c.case_id == case_id).order_by(notices.c.id.desc()).limit(1)
    ).one_or_none()


# --- incidents ---------------------------------------------------------------------------------------------


def incident_rows(
    session: Session, *, is_open: bool, ident: int | None = None, units: Sequence[str] | None = None, limit: int = 200
) -> Sequence[Any]:
    """With the unit where each lies (`org_unit`) and, of a task that nobody can do, the unit it waits for (`waits_at`);
    `units`: only of these."""
    lies = func.coalesce(process_instances.c.org_unit, households.c.org_unit)
    query = select(
        incidents,
        process_instances.c.process,
        process_instances.c.deployment,
        process_instances.c.case_id,
        process_instances.c.subject_kind,
        process_instances.c.subject_id,
        process_instances.c.status.label("instance_status"),
        cases.c.clue_on,
        lies.label("org_unit"),
        tasks.c.org_unit.label("waits_at"),
        households.c.head_name,
    ).join(process_instances, process_instances.c.id == incidents.c.instance)
    query = query.outerjoin(cases, cases.c.id == process_instances.c.case_id)
    query = query.outerjoin(households, households.c.id == func.coalesce(cases.c.household, process_instances.c.household))
    here = and_(tasks.c.instance == incidents.c.instance, tasks.c.address == incidents.c.address)
    query = query.outerjoin(tasks, here)
    if units is not None:
        query = query.where(lies.in_(units) | tasks.c.org_unit.in_(units))
    query = query.where(incidents.c.closed_at.is_(None) if is_open else incidents.c.closed_at.is_not(None))
    if ident is not None:
        query = query.where(incidents.c.id == ident)
    order = incidents.c.opened_at if is_open else incidents.c.closed_at.desc()
    return session.conn.execute(query.order_by(order, incidents.c.id).limit(limit)).all()


@question
def incidents_of_case(case_id: int) -> Select[Any]:
    mine = process_instances.c.case_id == case_id
    query = select(incidents).join(process_instances, process_instances.c.id == incidents.c.instance)
    return query.where(mine, incidents.c.closed_at.is_(None)).order_by(incidents.c.id)


# --- figures for operation: no household in them -------------------------------------------------------------


def last_runs(session: Session, job: str, limit: int = 5) -> Sequence[Any]:
    return session.conn.execute(
        select(job_runs).where(job_runs.c.job == job).order_by(job_runs.c.started_at.desc()).limit(limit)
    ).all()


def running_instances(session: Session, process: str) -> int:
    return session.conn.execute(
        select(func.count())
        .select_from(process_instances)
        .where(and_(process_instances.c.process == process, process_instances.c.ended_at.is_(None)))
    ).scalar_one()


def figures(session: Session, now: datetime) -> dict[str, int]:
    """open_tasks, due_timers, open_incidents, stuck_instances."""

    def count(table: Any, where: Any) -> Any:
        return select(func.count()).select_from(table).where(where).scalar_subquery()

    row = session.conn.execute(
        select(
            count(tasks, inbox.IS_OPEN).label("open_tasks"),
            count(timers, timers.c.due <= now).label("due_timers"),
            count(incidents, incidents.c.closed_at.is_(None)).label("open_incidents"),
            count(process_instances, process_instances.c.status == "stuck").label("stuck_instances"),
        )
    ).one()
    return dict(row._mapping)


def alive(session: Session) -> None:
    session.conn.execute(text("SELECT 1"))


def unfinished(session: Session, official: int) -> Sequence[Any]:
    """Open tasks this official has claimed: (id, version)."""
    return session.conn.execute(
        select(tasks.c.id, tasks.c.version).where(and_(tasks.c.assignee == official, inbox.IS_OPEN))
    ).all()
