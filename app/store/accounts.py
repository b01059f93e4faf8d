"""Signing in: one query answers who asks and what every page needs; and the rows that administrators change."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from .session import Session
from .tables import assignments, clock, devices, entries, kept_forms, notifications, officials, sessions

absent = officials.alias()
_SIGNED_IN = (
    select(
        sessions.c.official,
        sessions.c.csrf,
        sessions.c.created_at,
        sessions.c.seen_at,
        officials.c.name,
        officials.c.active,
        officials.c.must_change,
        assignments.c.id.label("post"),
        assignments.c.role,
        assignments.c.org_unit,
        assignments.c.valid_from,
        assignments.c.valid_to,
        assignments.c.substitutes_for,
        absent.c.name.label("absent_name"),
        select(clock.c.offset_micros).where(clock.c.id == 1).scalar_subquery().label("offset_micros"),
        select(func.max(entries.c.id)).scalar_subquery().label("newest_entry"),
        select(func.count())
        .where(and_(notifications.c.official == sessions.c.official, notifications.c.read_at.is_(None)))
        .correlate(sessions)
        .scalar_subquery()
        .label("told"),
        select(kept_forms.c.id)
        .where(kept_forms.c.official == sessions.c.official)
        .correlate(sessions)
        .exists()
        .label("kept"),
    )
    .join(officials, officials.c.id == sessions.c.official)
    .outerjoin(assignments, assignments.c.official == officials.c.id)
    .outerjoin(absent, absent.c.id == assignments.c.substitutes_for)
    .where(sessions.c.token_hash == bindparam("b_token"))
    .order_by(assignments.c.id)
)


def signed_in(session: Session, token_hash: bytes) -> Sequence[Any]:
    """The sign-in session with its official, one row per assignment ever held (one row without, if none); each row also
    has the demo clock's offset (None: real time), the highest id of dated data, and whether a form of theirs is kept. Empty
    for an unknown token."""
    return session.conn.execute(_SIGNED_IN, {"b_token": token_hash}).all()


def count_failure(session: Session, official: int) -> int:
    """One more failed sign-in; returns how many in a row (0 for nobody: the same work for an account that is none)."""
    return (
        session.conn.execute(
            update(officials)
            .where(officials.c.id == official)
            .values(failures=officials.c.failures + 1)
            .returning(officials.c.failures)
        ).scalar()
        or 0
    )


def device(session: Session, token_hash: bytes, official: int) -> Any | None:
    """The browser with this token, if it is one of this official's."""
    return session.conn.execute(
        select(devices).where(and_(devices.c.token_hash == token_hash, devices.c.official == official))
    ).one_or_none()


def count_device_failure(session: Session, token_hash: bytes) -> int:
    return session.conn.execute(
        update(devices)
        .where(devices.c.token_hash == token_hash)
        .values(failures=devices.c.failures + 1)
        .returning(devices.c.failures)
    ).scalar_one()


def know_device(session: Session, token_hash: bytes, official: int, now: datetime, most: int) -> None:
    """Remember a browser after a right password; the official's oldest beyond `most` are forgotten."""
    session.conn.execute(delete(devices).where(devices.c.token_hash == token_hash))
    session.conn.execute(insert(devices).values(token_hash=token_hash, official=official, failures=0, seen_at=now))
    kept = select(devices.c.token_hash).where(devices.c.official == official).order_by(devices.c.seen_at.desc()).limit(most)
    session.conn.execute(delete(devices).where(and_(devices.c.official == official, devices.c.token_hash.not_in(kept))))


def use_code(session: Session, official: int, now: datetime) -> bool:
    """The first use of the code that stands as this official's password; False if there was one."""
    unused = and_(officials.c.id == official, officials.c.code_used_at.is_(None))
    return session.conn.execute(update(officials).where(unused).values(code_used_at=now)).rowcount == 1


def forget_devices(session: Session, official: int) -> None:
    session.conn.execute(delete(devices).where(devices.c.official == official))


def drop_old_sessions(session: Session, seen_before: datetime, created_before: datetime) -> None:
    session.conn.execute(
        delete(sessions).where(or_(sessions.c.seen_at < seen_before, sessions.c.created_at < created_before))
    )


def posts_of(session: Session, official: int, on: date) -> Sequence[Any]:
    return session.conn.execute(
        select(assignments).where(and_(assignments.c.official == official, _running(on))).order_by(assignments.c.id)
    ).all()


def roles_of(session: Session, officials: Iterable[int], on: date) -> dict[int, set[str]]:
    """Official -> roles of the posts that run."""
    found: dict[int, set[str]] = {official: set() for official in officials}
    asked = select(assignments.c.official, assignments.c.role).where(assignments.c.official.in_(list(found)), _running(on))
    for row in session.conn.execute(asked) if found else ():
        found[row.official].add(row.role)
    return found


def _running(on: date) -> Any:
    return or_(assignments.c.valid_to.is_(None), assignments.c.valid_to > on)


def post(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(assignments).where(assignments.c.id == ident)).one_or_none()


def end_post(session: Session, ident: int, on: date) -> None:
    session.conn.execute(update(assignments).where(assignments.c.id == ident).values(valid_to=on))


def add_post(session: Session, official: int, role: str, unit: str, since: date) -> int:
    return session.conn.execute(
        insert(assignments).values(official=official, role=role, org_unit=unit, valid_from=since).returning(assignments.c.id)
    ).scalar_one()


def listed(
    session: Session, text: str, units: Sequence[str], on: date, limit: int, offset: int
) -> tuple[Sequence[Any], dict[int, list[Any]]]:
    """(officials by name, their running assignments by official). `text` matches name or account, `units` their places."""
    query = select(
        officials.c.id,
        officials.c.name,
        officials.c.username,
        officials.c.active,
        officials.c.locked_until,
        select(func.max(sessions.c.seen_at))
        .where(sessions.c.official == officials.c.id)
        .scalar_subquery()
        .label("last_seen"),
    )
    if text:
        named = officials.c.name.contains(text, autoescape=True) | officials.c.username.contains(text, autoescape=True)
        there = select(assignments.c.official).where(and_(assignments.c.org_unit.in_(list(units)), _running(on)))
        query = query.where(or_(named, officials.c.id.in_(there)) if units else named)
    rows = session.conn.execute(query.order_by(officials.c.name, officials.c.id).limit(limit).offset(offset)).all()
    held: dict[int, list[Any]] = {}
    for row in session.conn.execute(
        select(assignments)
        .where(and_(assignments.c.official.in_([r.id for r in rows]), _running(on)))
        .order_by(assignments.c.id)
    ):
        held.setdefault(row.official, []).append(row)
    return rows, held


def demo_accounts(session: Session, on: date, limit: int = 400) -> Sequence[Any]:
    """Demo officials who can sign in, with their first assignments: for the list on the demo's sign-in page."""
    return session.conn.execute(
        select(officials.c.id, officials.c.username, officials.c.name, assignments.c.role, assignments.c.org_unit)
        .join(assignments, assignments.c.official == officials.c.id)
        .where(and_(officials.c.demo, officials.c.active, officials.c.username.is_not(None), _running(on)))
        .order_by(officials.c.id)
        .limit(limit)
    ).all()
