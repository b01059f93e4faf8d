"""The condition of the database itself: its file, pages and tables, and whether a key file is the one it was written with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select, text
from sqlalchemy.engine import URL, make_url

from .session import Session
from .tables import data_keys, metadata, submissions

SQLITE_HEADER = b"SQLite format 3\x00"


def file_of(url: str | URL) -> Path | None:
    """The file of an SQLite database; None for a server's."""
    parts = make_url(url)
    return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None


def is_database(file: Path) -> bool:
    """Whether it can be one: SQLite's header, or nothing at all yet."""
    with file.open("rb") as opened:
        head = opened.read(len(SQLITE_HEADER))
    return head in (b"", SQLITE_HEADER)


def wrapped_keys(session: Session) -> Sequence[Any]:
    """The first and the last data key that is still wrapped; empty in a database that holds no secret."""
    if not _has(session, data_keys.name):
        return []
    wrapped = select(data_keys).where(data_keys.c.wrapped.is_not(None))
    ends = [wrapped.order_by(order).limit(1) for order in (data_keys.c.id, data_keys.c.id.desc())]
    return [row for end in ends if (row := session.conn.execute(end).first()) is not None]


def has_submissions(session: Session) -> bool:
    """Whether anything ever came in by the public pages."""
    return _has(session, submissions.name) and session.conn.execute(select(submissions.c.id).limit(1)).first() is not None


def _has(session: Session, table: str) -> bool:
    return inspect(session.conn).has_table(table)


def missing_tables(session: Session) -> list[str]:
    return sorted(set(metadata.tables) - set(inspect(session.conn).get_table_names()))


def broken_pages(session: Session, most: int = 5) -> list[str]:
    """What SQLite itself finds wrong with its pages and indexes; a server looks after its own."""
    if not session.store.is_sqlite:
        return []
    found = session.conn.execute(text(f"PRAGMA integrity_check({most})")).scalars().all()
    return [line for line in found if line != "ok"]
