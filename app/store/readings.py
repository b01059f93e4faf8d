"""Who saw which household, when and why: the trace that every look leaves."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select

from .record import DataKey, data_key, open_secret, seal_secret
from .session import Session
from .tables import assignments, households, officials, readings
from .together import question


def add_reading(session: Session, *, official: int, household: int, at: datetime, what: str, reason: str | None) -> None:
    """The reason is somebody's free words: encrypted under the household's key, so that erasure reaches it."""
    secret = None
    if reason is not None:
        key = data_key(
            session, session.conn.execute(select(households.c.data_key).where(households.c.id == household)).scalar_one()
        )
        if key.bytes is not None:
            secret = seal_secret(session, key, f"reading:{household}", {"reason": reason})
    session.conn.execute(insert(readings).values(official=official, household=household, at=at, what=what, secret=secret))


def add_readings(
    session: Session,
    official: int,
    idents: Collection[int],
    at: datetime,
    what: str,
    reasons: Mapping[int, bytes] | None = None,
) -> None:
    """One person saw many households at once; `reasons`: why, sealed under each household's key."""
    known = reasons or {}
    rows = [
        {"official": official, "household": ident, "at": at, "what": what, "secret": known.get(ident)} for ident in idents
    ]
    if rows:
        session.conn.execute(insert(readings), rows)


def was_read(session: Session, official: int, household: int, at: datetime) -> bool:
    """Whether this very reading stands already."""
    same = and_(readings.c.household == household, readings.c.official == official, readings.c.at == at)
    return session.conn.execute(select(readings.c.id).where(same).limit(1)).first() is not None


def reading_reason(session: Session, row: Any, key: DataKey) -> str | None:
    """Why somebody opened the household; None if nothing was asked, or the key was destroyed."""
    if row.secret is None:
        return row.reason
    opened = open_secret(session, key, f"reading:{row.household}", bytes(row.secret))
    return str(opened["reason"]) if opened else None


@question
def readings_of(household: int, limit: int) -> Select[Any]:
    """Who saw the household, newest first, with the reader's name."""
    query = select(readings, officials.c.name).outerjoin(officials, officials.c.id == readings.c.official)
    return query.where(readings.c.household == household).order_by(readings.c.id.desc()).limit(limit)


@question
def posts_of_readers(household: int, on: date) -> Select[Any]:
    """(official, role, org_unit) of every post that those who saw the household hold on a day, the oldest first."""
    seen = select(readings.c.official).where(readings.c.household == household)
    valid = and_(assignments.c.valid_from <= on, or_(assignments.c.valid_to.is_(None), assignments.c.valid_to > on))
    query = select(assignments.c.official, assignments.c.role, assignments.c.org_unit)
    return query.where(assignments.c.official.in_(seen), valid).order_by(assignments.c.id)


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
