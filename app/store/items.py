"""What lies beside a state: the open tasks of a step of many items, what was answered for them, long lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, insert, select

from .session import Session, Write
from .tables import kept_lists as lists
from .tables import tasks


def open_items(session: Session, instance: int, address: str) -> list[str]:
    """Items of the step at `address` whose tasks are open, in the order they were opened."""
    mine = tasks.c.address.startswith(f"{address}[", autoescape=True)
    found = session.conn.execute(
        select(tasks.c.item).where(and_(tasks.c.instance == instance, mine, tasks.c.status == "open")).order_by(tasks.c.id)
    ).scalars()
    return [str(item) for item in found]


def is_open(session: Session, instance: int, address: str) -> bool:
    here = and_(tasks.c.instance == instance, tasks.c.address == address, tasks.c.status == "open")
    return session.conn.execute(select(tasks.c.id).where(here)).first() is not None


def open_task(session: Session, instance: int, kind: str, item: str) -> int | None:
    """The open task of one item of a step of this type, if there is one."""
    here = and_(tasks.c.instance == instance, tasks.c.type == kind, tasks.c.item == item, tasks.c.status == "open")
    return session.conn.execute(select(tasks.c.id).where(here)).scalar()


def answers(session: Session, instance: int, element: str) -> dict[str, Mapping[str, Any]]:
    """What was answered for each item of an element; of a later visit where there are several."""
    mine = and_(tasks.c.instance == instance, tasks.c.element == element, tasks.c.answer.is_not(None))
    found = session.conn.execute(select(tasks.c.item, tasks.c.answer).where(mine).order_by(tasks.c.id))
    return {row.item: row.answer for row in found}


def all_answers(session: Session, instance: int) -> dict[str, Mapping[str, Any]]:
    """By address of the task."""
    mine = and_(tasks.c.instance == instance, tasks.c.answer.is_not(None))
    return {row.address: row.answer for row in session.conn.execute(select(tasks.c.address, tasks.c.answer).where(mine))}


def kept_list(session: Session, instance: int, digest: str) -> Sequence[Any]:
    """LookupError where the list is gone."""
    here = and_(lists.c.instance == instance, lists.c.digest == digest)
    found = session.conn.execute(select(lists.c.content).where(here)).scalar()
    if found is None:
        raise LookupError(digest)
    return list(found)


def kept_lists(session: Session, instance: int) -> dict[str, Sequence[Any]]:
    return {row.digest: row.content for row in session.conn.execute(select(lists).where(lists.c.instance == instance))}


def keep_lists(session: Session, instance: int, made: Mapping[str, Sequence[Any]]) -> list[Write]:
    """Writes for the lists that are not kept yet."""
    known = set(kept_lists(session, instance)) if made else set()
    rows = [{"instance": instance, "digest": d, "content": content} for d, content in made.items() if d not in known]
    return [(insert(lists).inline(), rows)] if rows else []
