"""Leases and job runs: who ticks, and what ran once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from .inbox import IS_OPEN
from .session import Session
from .tables import awaited_messages, job_runs, leases, process_instances, tasks, timers


def hold_lease(session: Session, name: str, holder: str, now: datetime, seconds: int) -> bool:
    """True while this holder may tick; another takes over when the lease has run out. Real time, never the demo's."""
    until = now + timedelta(seconds=seconds)
    taken = session.conn.execute(
        update(leases)
        .where(and_(leases.c.name == name, or_(leases.c.holder == holder, leases.c.until < now)))
        .values(holder=holder, until=until)
    )
    if taken.rowcount == 1:
        return True
    if session.conn.execute(select(leases.c.name).where(leases.c.name == name)).first() is not None:
        return False
    try:
        with session.conn.begin_nested():
            session.conn.execute(insert(leases).values(name=name, holder=holder, until=until))
    except IntegrityError:
        return False
    return True


def lease(session: Session, name: str) -> Any | None:
    return session.conn.execute(select(leases).where(leases.c.name == name)).one_or_none()


def begin_job(session: Session, job: str, period: str, now: datetime) -> bool:
    """Claim (job, period): True for the first only."""
    try:
        with session.conn.begin_nested():
            session.conn.execute(insert(job_runs).values(job=job, period=period, started_at=now))
    except IntegrityError:
        return False
    return True


def end_job(session: Session, job: str, period: str, now: datetime, result: dict[str, Any]) -> None:
    session.conn.execute(
        update(job_runs).where(and_(job_runs.c.job == job, job_runs.c.period == period)).values(ended_at=now, result=result)
    )


def note_progress(session: Session, job: str, period: str, result: dict[str, Any]) -> None:
    """How far a running job is."""
    mine = and_(job_runs.c.job == job, job_runs.c.period == period)
    session.conn.execute(update(job_runs).where(mine).values(result=result))


# --- what a page asks for: taken by the tick, worked in a child process ----------------------------------------------


def ask_job(session: Session, job: str, period: str, asked: dict[str, Any], progress: dict[str, Any], now: datetime) -> None:
    """A row that waits to be taken. `asked`: what the work needs; `progress`: how far it is, to begin with."""
    session.conn.execute(insert(job_runs).values(job=job, period=period, started_at=now, asked=asked, result=progress))


def waiting_jobs(session: Session) -> Sequence[Any]:
    """What was asked for and nobody has taken yet, the oldest first."""
    waits = and_(job_runs.c.asked.is_not(None), job_runs.c.ended_at.is_(None), job_runs.c.beat_at.is_(None))
    return session.conn.execute(select(job_runs).where(waits).order_by(job_runs.c.started_at)).all()


def silent_jobs(session: Session, since: datetime) -> Sequence[Any]:
    """What was taken, has not ended, and has given no sign of life since a moment."""
    taken = and_(job_runs.c.asked.is_not(None), job_runs.c.ended_at.is_(None), job_runs.c.beat_at < since)
    return session.conn.execute(select(job_runs).where(taken)).all()


def beat(session: Session, job: str, period: str, now: datetime) -> bool:
    """A sign of life; the first one takes the job. False: it is over."""
    mine = and_(job_runs.c.job == job, job_runs.c.period == period, job_runs.c.ended_at.is_(None))
    return bool(session.conn.execute(update(job_runs).where(mine).values(beat_at=now)).rowcount)


def job_result(session: Session, job: str, period: str) -> Any | None:
    return session.conn.execute(
        select(job_runs).where(and_(job_runs.c.job == job, job_runs.c.period == period))
    ).one_or_none()


def last_period(session: Session, job: str) -> str | None:
    return session.conn.execute(select(func.max(job_runs.c.period)).where(job_runs.c.job == job)).scalar()


def oldest_due_timer(session: Session, now: datetime) -> datetime | None:
    return session.conn.execute(select(func.min(timers.c.due)).where(timers.c.due <= now)).scalar()


def provisional_timers(session: Session) -> list[Any]:
    return list(
        session.conn.execute(
            select(timers.c.instance, timers.c.address, timers.c.due, timers.c.opened_at).where(timers.c.provisional)
        )
    )


def set_due(session: Session, instance: int, address: str, due: datetime, provisional: bool) -> None:
    session.conn.execute(
        update(timers)
        .where(and_(timers.c.instance == instance, timers.c.address == address))
        .values(due=due, provisional=provisional)
    )


def set_task_due(session: Session, instance: int, address: str, due: datetime) -> None:
    session.conn.execute(
        update(tasks).where(and_(tasks.c.instance == instance, tasks.c.address == address, IS_OPEN)).values(due=due)
    )


def open_posts(session: Session) -> list[Any]:
    """Every (roles, org unit) that has open tasks, with one instance as an example. A task of a household's contact lies
    with that person; one without is nobody's."""
    return list(
        session.conn.execute(
            select(tasks.c.roles, tasks.c.org_unit, func.min(tasks.c.instance).label("instance"))
            .where(and_(IS_OPEN, or_(tasks.c.roles != "contact", tasks.c.assignee.is_(None))))
            .group_by(tasks.c.roles, tasks.c.org_unit)
        )
    )


def tasks_at(session: Session, roles: str, unit: str) -> list[Any]:
    return list(
        session.conn.execute(
            select(tasks.c.instance, tasks.c.address, tasks.c.element).where(
                and_(tasks.c.roles == roles, tasks.c.org_unit == unit, IS_OPEN)
            )
        )
    )


def silent_instances(session: Session) -> list[int]:
    """Open instances that wait for nothing at all: no task, no timer, no message."""
    waiting = [
        select(table.c.instance).where(table.c.instance == process_instances.c.id).exists()
        for table in (timers, awaited_messages)
    ]
    has_task = select(tasks.c.id).where(and_(tasks.c.instance == process_instances.c.id, IS_OPEN)).exists()
    return list(
        session.conn.execute(
            select(process_instances.c.id).where(
                and_(process_instances.c.status.in_(("open", "stuck")), ~has_task, *(~w for w in waiting))
            )
        ).scalars()
    )


def last_runs(session: Session, job: str, limit: int = 5) -> Sequence[Any]:
    return session.conn.execute(
        select(job_runs).where(job_runs.c.job == job).order_by(job_runs.c.started_at.desc()).limit(limit)
    ).all()
