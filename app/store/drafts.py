"""Half-filled forms, one per task and official, encrypted like the answers they will become."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select

from .record import DataKey, open_secret, seal_secret
from .session import Session, Write
from .tables import task_drafts


def save(
    session: Session, task: int, official: int, key: DataKey, content: Mapping[str, Any], now: datetime
) -> None:
    drop(session, task, official)
    session.conn.execute(
        insert(task_drafts).values(
            task=task, official=official, saved_at=now,
            secret=seal_secret(session, key, f"draft:{task}/{official}", content),
        )
    )  # fmt: skip


def load(session: Session, task: int, official: int, key: DataKey) -> tuple[dict[str, Any], datetime] | None:
    row = session.conn.execute(
        select(task_drafts).where(and_(task_drafts.c.task == task, task_drafts.c.official == official))
    ).one_or_none()
    if row is None:
        return None
    content = open_secret(session, key, f"draft:{task}/{official}", bytes(row.secret))
    return None if content is None else (content, row.saved_at)


_DROP_ALL = delete(task_drafts).where(task_drafts.c.task == bindparam("b_task"))


def dropped(task: int) -> Write:
    """Every draft of a finished task goes; to be sent with the step's other writes."""
    return _DROP_ALL, [{"b_task": task}]


def drop(session: Session, task: int, official: int | None = None) -> None:
    where = [task_drafts.c.task == task]
    if official is not None:
        where.append(task_drafts.c.official == official)
    session.conn.execute(delete(task_drafts).where(and_(*where)))
