"""Half-filled forms, one per task and official, encrypted like the answers they will become."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from .record import DataKey, data_key, destroy_keys, new_data_key, open_secret, seal_secret
from .session import Session, Write
from .tables import list_drafts, task_drafts


def save(session: Session, task: int, official: int, key: DataKey, content: Mapping[str, Any], now: datetime) -> None:
    drop(session, task, official)
    session.conn.execute(
        insert(task_drafts).values(
            task=task,
            official=official,
            saved_at=now,
            secret=seal_secret(session, key, f"draft:{task}/{official}", content),
        )
    )


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


def drop_list(session: Session, official: int, kind: str, now: datetime) -> None:
    _drop(session, session.conn.execute(_list(official, kind)).all(), now)


def drop_old_lists(session: Session, before: datetime, now: datetime) -> int:
    """Drafts that nobody touched since then; returns how many."""
    old = session.conn.execute(select(list_drafts).where(list_drafts.c.saved_at < before)).all()
    _drop(session, old, now)
    return len(old)


def drop_lists_naming(session: Session, tasks: Collection[int], now: datetime) -> None:
    """Every draft of a list in which one of these tasks stands."""
    wanted = {str(task) for task in tasks}
    named = []
    for row in session.conn.execute(select(list_drafts)).all():
        place = f"draft:{row.official}/{row.kind}"
        content = open_secret(session, data_key(session, row.data_key), place, bytes(row.secret)) or {}
        if any(name.removeprefix("_v-") in wanted for name, _ in content.get("sent", ()) if name.startswith("_v-")):
            named.append(row)
    _drop(session, named, now)


def _drop(session: Session, rows: Sequence[Any], now: datetime) -> None:
    """The row goes, its key is destroyed: what a backup still holds cannot be read."""
    for row in rows:
        mine = and_(list_drafts.c.official == row.official, list_drafts.c.kind == row.kind)
        session.conn.execute(delete(list_drafts).where(mine))
    destroy_keys(session, [row.data_key for row in rows], now)
