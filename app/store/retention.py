"""What has been kept long enough."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, func, or_, select, update

from .session import Session
from .tables import cases, clues, data_keys, debts, households, papers


def clues_before(session: Session, before: datetime, limit: int) -> Sequence[Any]:
    """(id, key of its own or None) of clues that never became, or joined, a case and on which nothing runs any more."""
    own = select(data_keys.c.id).where(and_(data_keys.c.id == clues.c.data_key, data_keys.c.owner.like("clue%")))
    query = select(clues.c.id, own.scalar_subquery().label("own_key")).where(
        clues.c.case_id.is_(None), clues.c.recorded_at < before, clues.c.status.not_in(("open", "watching"))
    )
    return session.conn.execute(query.order_by(clues.c.id).limit(limit)).all()


def drop_clues(session: Session, idents: Sequence[int]) -> None:
    """With what hangs on them; their events stay."""
    session.conn.execute(delete(debts).where(debts.c.clue.in_(list(idents))))
    session.conn.execute(delete(clues).where(clues.c.id.in_(list(idents))))


def _ended(status: str, before: datetime) -> Select[Any]:
    """Households of this status that stand in no register of the province's, whose last case was closed before then."""
    open_now = select(cases.c.id).where(and_(cases.c.household == households.c.id, cases.c.closed_at.is_(None)))
    last = select(func.max(cases.c.closed_at)).where(cases.c.household == households.c.id).scalar_subquery()
    return select(households.c.id).where(
        and_(households.c.status == status, households.c.number.is_(None), last < before, ~open_now.exists())
    )


def households_ended(session: Session, status: str, before: datetime, limit: int) -> list[int]:
    return list(session.conn.execute(_ended(status, before).order_by(households.c.id).limit(limit)).scalars())


def still_ended(session: Session, household: int, status: str, before: datetime) -> bool:
    """Whether that still holds inside the transaction that is to erase."""
    return session.conn.execute(_ended(status, before).where(households.c.id == household)).first() is not None


def papers_before(session: Session, before: datetime, limit: int) -> Sequence[Any]:
    """(id, case_id, batch, data_key) of pages whose case ended, and pages of lists, that are older and still there."""
    ended = select(cases.c.id).where(and_(cases.c.id == papers.c.case_id, cases.c.closed_at < before))
    return session.conn.execute(
        select(papers.c.id, papers.c.case_id, papers.c.batch, papers.c.data_key)
        .join(data_keys, data_keys.c.id == papers.c.data_key)
        .where(
            and_(
                papers.c.added_at < before,
                data_keys.c.wrapped.is_not(None),
                or_(and_(papers.c.case_id.is_(None), papers.c.batch.is_not(None)), ended.exists()),
            )
        )
        .order_by(papers.c.id)
        .limit(limit)
    ).all()


def empty_papers(session: Session, idents: Sequence[int]) -> None:
    """The digest stays: the events name it."""
    session.conn.execute(update(papers).where(papers.c.id.in_(list(idents))).values(secret=b""))
