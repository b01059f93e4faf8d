"""Half-filled forms, one per task and official, encrypted like the answers they will become."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from .record import DataKey, data_key, new_data_key, open_secret, seal_secret
from .session import Session, Write
from .tables import data_keys, list_drafts, task_drafts


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


def kept_by(session: Session, official: int) -> set[int]:
    """Tasks of which this official has a draft, or which came back filled in."""
    return set(session.conn.execute(select(task_drafts.c.task).where(task_drafts.c.official == official)).scalars())


def dropped(task: int) -> Write:
    """Every draft of a finished task goes; to be sent with the step's other writes."""
    return _DROP_ALL, [{"b_task": task}]


def drop(session: Session, task: int, official: int | None = None) -> None:
    where = [task_drafts.c.task == task]
    if official is not None:
        where.append(task_drafts.c.official == official)
    session.conn.execute(delete(task_drafts).where(and_(*where)))


# --- lists: under a key of the draft's own, since many households stand in one ----------------------------------


def _list(official: int, kind: str) -> Any:
    return select(list_drafts).where(and_(list_drafts.c.official == official, list_drafts.c.kind == kind))


def save_list(session: Session, official: int, kind: str, content: Mapping[str, Any], now: datetime) -> None:
    row = session.conn.execute(_list(official, kind)).one_or_none()
    key = data_key(session, row.data_key) if row is not None else new_data_key(session, f"draft:{official}/{kind}")
    secret = seal_secret(session, key, f"draft:{official}/{kind}", content)
    if row is None:
        session.conn.execute(
            insert(list_drafts).values(official=official, kind=kind, data_key=key.id, secret=secret, saved_at=now)
        )
    else:
        mine = and_(list_drafts.c.official == official, list_drafts.c.kind == kind)
        session.conn.execute(update(list_drafts).where(mine).values(secret=secret, saved_at=now))


def load_list(session: Session, official: int, kind: str) -> tuple[dict[str, Any], datetime] | None:
    row = session.conn.execute(_list(official, kind)).one_or_none()
    if row is None:
        return None
    content = open_secret(session, data_key(session, row.data_key), f"draft:{official}/{kind}", bytes(row.secret))
    return None if content is None else (content, row.saved_at)


def drop_list(session: Session, official: int, kind: str) -> None:
    row = session.conn.execute(_list(official, kind)).one_or_none()
    if row is not None:
        session.conn.execute(delete(list_drafts).where(list_drafts.c.data_key == row.data_key))
        session.conn.execute(delete(data_keys).where(data_keys.c.id == row.data_key))
