"""What households declare online: sealed when it comes in, found again only by its code."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app.crypto import name_of, seal_under

from .session import Session
from .tables import submissions
from .types import moment


class Flood(Exception):
    """Too many from one address in an hour ("hour"), or in all in a day ("day")."""


class Known(Exception):
    """The same solved puzzle, or the same code, was handed in before."""


def add(
    session: Session, *, code: bytes, sealed: bytes, source: bytes, puzzle: bytes, now: datetime, limits: tuple[int, int]
) -> None:
    """`source`: keyed hash of the address and the day. PostgreSQL counts by itself (see triggers), SQLite here."""
    if session.conn.dialect.name == "sqlite":
        _count(session, source, now, limits)
    row = {"code": name_of(code), "sealed": sealed, "source": source, "puzzle": puzzle, "received_at": now}
    try:
        with session.conn.begin_nested():
            session.conn.execute(insert(submissions).inline(), row)
    except IntegrityError:
        raise Known from None
    except Exception as error:
        if "flood" in str(getattr(error, "orig", error)):
            raise Flood("day" if "flood day" in str(getattr(error, "orig", error)) else "hour") from None
        raise


def _count(session: Session, source: bytes, now: datetime, limits: tuple[int, int]) -> None:
    def since(past: timedelta, *where: Any) -> int:
        query = select(func.count()).select_from(submissions).where(submissions.c.received_at > now - past, *where)
        return session.conn.execute(query).scalar_one()

    if since(timedelta(hours=1), submissions.c.source == source) >= limits[0]:
        raise Flood("hour")
    if since(timedelta(days=1)) >= limits[1]:
        raise Flood("day")


def status(session: Session, code: bytes) -> Any | None:
    """(state, answer, received_at) by code; None for an unknown one."""
    if session.conn.dialect.name == "postgresql":
        found = session.conn.execute(
            text("SELECT state, answer, received_at FROM submission_status(:code)"), {"code": name_of(code)}
        ).one_or_none()
        return None if found is None else (found.state, found.answer, moment(found.received_at))
    row = session.conn.execute(
        select(submissions.c.state, submissions.c.answer, submissions.c.received_at).where(
            submissions.c.code == name_of(code)
        )
    ).one_or_none()
    return None if row is None else (row.state, row.answer, row.received_at)


def new(session: Session, limit: int) -> Sequence[Any]:
    """Not yet taken up, oldest first."""
    return session.conn.execute(
        select(submissions.c.id, submissions.c.sealed, submissions.c.received_at)
        .where(submissions.c.taken_at.is_(None))
        .order_by(submissions.c.id)
        .limit(limit)
    ).all()


def take(session: Session, ident: int, clue: int | None, state: str, now: datetime) -> bool:
    """Once: the sealed words go, for the clue has them now."""
    mine = and_(submissions.c.id == ident, submissions.c.taken_at.is_(None))
    done = session.conn.execute(
        update(submissions).where(mine).values(taken_at=now, clue=clue, state=state, changed_at=now, sealed=b"")
    )
    return done.rowcount == 1


def set_aside(session: Session, ident: int, now: datetime) -> None:
    """What no key opens: it is not tried again, and kept as it came."""
    mine = and_(submissions.c.id == ident, submissions.c.taken_at.is_(None))
    session.conn.execute(update(submissions).where(mine).values(taken_at=now, state="unreadable", changed_at=now))


def bind(session: Session, ident: int, clue: int) -> None:
    session.conn.execute(update(submissions).where(submissions.c.id == ident).values(clue=clue))


def answer(session: Session, code: bytes, content: Mapping[str, str], now: datetime) -> None:
    """Put the answer where its code finds it, sealed under that code."""
    sealed = seal_under(code, json.dumps(dict(content), ensure_ascii=False).encode())
    session.conn.execute(
        update(submissions)
        .where(submissions.c.code == name_of(code))
        .values(state=content["state"], answer=sealed, changed_at=now)
    )


def forget(session: Session, before: datetime, addresses_before: datetime) -> int:
    """Old answers go; who sent from where is forgotten after its day."""
    known = and_(submissions.c.received_at < addresses_before, submissions.c.source != b"")
    session.conn.execute(update(submissions).where(known).values(source=b""))
    old = and_(submissions.c.changed_at < before, submissions.c.answer.is_not(None))
    return session.conn.execute(update(submissions).where(old).values(answer=None, state="over")).rowcount
