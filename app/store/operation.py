"""Figures for operation: no household in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, text

from . import inbox
from .session import Session
from .tables import incidents, process_instances, tasks, timers


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
