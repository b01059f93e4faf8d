"""What cannot go on: opened once per place and kind, closed when it is healed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, select, update

from app.engine.values import Step

from .inbox import IS_OPEN
from .processes import Work
from .session import Session
from .tables import cases, households, incidents, process_instances, tasks
from .together import question


def open_incident(
    session: Session, instance: int, address: str, element: str, code: str, details: dict[str, str], now: datetime
) -> bool:
    """Open an incident once per address and code."""
    known = session.conn.execute(
        select(incidents.c.id).where(
            and_(
                incidents.c.instance == instance,
                incidents.c.address == address,
                incidents.c.code == code,
                incidents.c.closed_at.is_(None),
            )
        )
    ).first()
    if known is not None:
        return False
    session.conn.execute(
        insert(incidents).values(
            instance=instance, address=address, element=element, code=code, details=details, opened_at=now
        )
    )
    return True


def close_incidents(session: Session, code: str, still: set[tuple[int, str]], now: datetime) -> None:
    """Close open incidents of this code that no longer hold."""
    for row in session.conn.execute(
        select(incidents.c.id, incidents.c.instance, incidents.c.address).where(
            and_(incidents.c.code == code, incidents.c.closed_at.is_(None))
        )
    ).all():
        if (row.instance, row.address) not in still:
            session.conn.execute(update(incidents).where(incidents.c.id == row.id).values(closed_at=now))


def has_open_incidents(session: Session, codes: Sequence[str]) -> bool:
    return (
        session.conn.execute(
            select(incidents.c.id).where(and_(incidents.c.code.in_(codes), incidents.c.closed_at.is_(None))).limit(1)
        ).first()
        is not None
    )


def tasks_with_incident(session: Session, code: str) -> list[Any]:
    """Open tasks that have an open incident of this code."""
    return list(
        session.conn.execute(
            select(
                tasks.c.instance,
                tasks.c.address,
                tasks.c.element,
                tasks.c.roles,
                tasks.c.org_unit,
                tasks.c.case_id,
                process_instances.c.deployment,
            )
            .join(incidents, and_(incidents.c.instance == tasks.c.instance, incidents.c.address == tasks.c.address))
            .join(process_instances, process_instances.c.id == tasks.c.instance)
            .where(and_(incidents.c.code == code, incidents.c.closed_at.is_(None), IS_OPEN))
        )
    )


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


def agree_with(session: Session, work: Work, step: Step, now: datetime) -> None:
    """What is stuck after a step, as incidents: new ones opened, healed ones closed."""
    known = {
        row.address: row.id
        for row in session.conn.execute(
            select(incidents.c.id, incidents.c.address).where(
                and_(incidents.c.instance == work.instance, incidents.c.closed_at.is_(None))
            )
        )
    }
    stuck = {failure.address: failure for failure in step.failures}
    gone = [ident for address, ident in known.items() if address not in stuck]
    if gone:
        session.conn.execute(update(incidents).where(incidents.c.id.in_(gone)).values(closed_at=now))
    fresh = [failure for address, failure in stuck.items() if address not in known]
    if fresh:
        session.conn.execute(
            insert(incidents),
            [
                {
                    "instance": work.instance,
                    "address": f.address,
                    "element": f.element,
                    "code": f.code,
                    "details": {k: str(v) for k, v in f.details.items()},
                    "opened_at": now,
                }
                for f in fresh
            ],
        )
