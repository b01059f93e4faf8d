"""What one administrator asks and another one confirms: a guarded post, a password of who holds one, an account enabled."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from .session import Session
from .tables import assignments, officials, powers

ASKED, DONE, REFUSED = "asked", "done", "refused"


def add(session: Session, **columns: Any) -> int:
    ident: int = session.conn.execute(insert(powers).values(status=ASKED, **columns).returning(powers.c.id)).scalar_one()
    return ident


def get(session: Session, ident: int) -> Any | None:
    """Whoever decides one holds the stream "people", so that the row needs no lock of its own."""
    return session.conn.execute(select(powers).where(powers.c.id == ident)).one_or_none()


def decide(session: Session, ident: int, status: str, official: int, now: datetime) -> None:
    session.conn.execute(
        update(powers).where(powers.c.id == ident).values(status=status, decided_by=official, decided_at=now)
    )


def waiting_alike(session: Session, act: str, official: int, role: str | None, unit: str | None, since: datetime) -> bool:
    """Whether the same was asked since then and waits."""
    same = and_(
        powers.c.deed == act,
        powers.c.official == official,
        powers.c.role.is_not_distinct_from(role),
        powers.c.org_unit.is_not_distinct_from(unit),
        powers.c.status == ASKED,
        powers.c.asked_at >= since,
    )
    return session.conn.execute(select(func.count()).select_from(powers).where(same)).scalar_one() > 0


def waiting(session: Session, since: datetime) -> int:
    """How many wait for a second person."""
    found = and_(powers.c.status == ASKED, powers.c.asked_at >= since)
    return session.conn.execute(select(func.count()).select_from(powers).where(found)).scalar_one()


def listed(session: Session, limit: int) -> Sequence[Any]:
    """The newest, with the name of whom it is about."""
    return session.conn.execute(
        select(powers, officials.c.name)
        .join(officials, officials.c.id == powers.c.official)
        .order_by(powers.c.id.desc())
        .limit(limit)
    ).all()


def holders(session: Session, roles: Iterable[str], on: date) -> Sequence[Any]:
    """Active officials who hold one of these roles anywhere: id, and whether they sign in with a password of their own."""
    own = and_(officials.c.username.is_not(None), officials.c.must_change.is_(False))
    running = and_(
        assignments.c.valid_from <= on,
        or_(assignments.c.valid_to.is_(None), assignments.c.valid_to > on),
        assignments.c.substitutes_for.is_(None),
    )
    return session.conn.execute(
        select(officials.c.id, own.label("own"))
        .join(assignments, assignments.c.official == officials.c.id)
        .where(and_(officials.c.active, running, assignments.c.role.in_(list(roles))))
        .distinct()
        .order_by(officials.c.id)
    ).all()


def roles_ever(session: Session, roles: Iterable[str]) -> set[str]:
    """Which of these roles anybody ever held."""
    found = select(assignments.c.role).where(assignments.c.role.in_(list(roles))).distinct()
    return set(session.conn.execute(found).scalars())
