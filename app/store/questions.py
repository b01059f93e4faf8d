"""What a newer list, or a person, leaves open about a household until somebody answers: no personal data, only who is meant.

Kinds: `left` (a member who is not in the list any more), `moved` (the list has the household in another village while a case
is open), `merge` (two entries with different numbers that are to be one person).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from .session import Session
from .tables import households, register_questions

_AT_ONCE = 500
_OPEN = register_questions.c.closed_at.is_(None)


def open_of(session: Session, idents: Collection[int]) -> list[Any]:
    """Open questions of these households, oldest first."""
    listed = list(idents)
    found: list[Any] = []
    for begin in range(0, len(listed), _AT_ONCE):
        part = register_questions.c.household.in_(listed[begin : begin + _AT_ONCE])
        query = select(register_questions).where(part, _OPEN).order_by(register_questions.c.id)
        found += session.conn.execute(query).all()
    return found


def one(session: Session, household: int, kind: str, member: str = "") -> Any | None:
    which = and_(
        register_questions.c.household == household, register_questions.c.kind == kind, register_questions.c.member == member
    )
    return session.conn.execute(select(register_questions).where(which, _OPEN)).one_or_none()


def get(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(register_questions).where(register_questions.c.id == ident)).one_or_none()


def add(session: Session, rows: Sequence[Mapping[str, Any]], now: datetime, by: int | None) -> None:
    """Rows of household, kind, and what the kind needs of member, other, unit_to, data_on."""
    if rows:
        empty = {"member": "", "other": None, "unit_to": None, "data_on": None}
        session.conn.execute(insert(register_questions), [{**empty, **row, "asked_at": now, "asked_by": by} for row in rows])


def answer_side(session: Session, ident: int, *, left_by: int | None, taken_by: int | None) -> None:
    """Which of the two villages has said yes so far."""
    session.conn.execute(
        update(register_questions).where(register_questions.c.id == ident).values(left_by=left_by, taken_by=taken_by)
    )


def close(session: Session, idents: Collection[int], how: str, now: datetime, by: int | None) -> None:
    """`how`: yes, no, or void where the question answered itself."""
    listed = list(idents)
    for begin in range(0, len(listed), _AT_ONCE):
        which = register_questions.c.id.in_(listed[begin : begin + _AT_ONCE]) & _OPEN
        session.conn.execute(update(register_questions).where(which).values(closed_at=now, closed_by=by, closed_as=how))


def _of_villages(villages: Collection[str] | None) -> Any:
    if villages is None:
        return _OPEN
    listed = list(villages)
    return and_(_OPEN, or_(households.c.org_unit.in_(listed), register_questions.c.unit_to.in_(listed)))


def standing(session: Session, villages: Collection[str] | None, limit: int, after: int = 0) -> list[Any]:
    """Open questions of households in these villages, and of those that are to come to them (None: all), oldest first."""
    query = (
        select(register_questions, households.c.head_name, households.c.org_unit, households.c.number)
        .join(households, households.c.id == register_questions.c.household)
        .where(_of_villages(villages), register_questions.c.id > after)
    )
    return list(session.conn.execute(query.order_by(register_questions.c.id).limit(limit)))


def count(session: Session, villages: Collection[str] | None) -> int:
    query = select(func.count()).select_from(register_questions)
    query = query.join(households, households.c.id == register_questions.c.household).where(_of_villages(villages))
    return session.conn.execute(query).scalar_one()


def forget(session: Session, household: int, now: datetime) -> None:
    """Nothing is asked any more about a household that was erased."""
    which = (register_questions.c.household == household) & _OPEN
    session.conn.execute(update(register_questions).where(which).values(closed_at=now, closed_as="void"))
