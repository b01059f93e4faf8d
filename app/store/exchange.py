"""The outbox of the monthly exchange: what is handed on, how often it was tried, its receipt, and what lies dead."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, select, update

from .record import DataKey, data_key, name_owner, new_data_key
from .session import Session
from .tables import cases, data_keys, exchanges, handed_on, households
from .together import question

WAITING, SENT, DEAD = "waiting", "sent", "dead"
_LIGHT = [c for c in exchanges.c if c.name != "secret"]


def listed(session: Session, categories: Collection[str]) -> Sequence[Any]:
    """The households of these categories, each with its newest decided case."""
    newest = (
        select(cases.c.household, func.max(cases.c.id).label("case_id"))
        .where(cases.c.category.is_not(None))
        .group_by(cases.c.household)
        .subquery()
    )
    return session.conn.execute(
        select(
            households.c.id,
            households.c.org_unit,
            households.c.head_name,
            households.c.category,
            households.c.status,
            households.c.data_key,
            households.c.number,
            newest.c.case_id,
            cases.c.decided_at,
        )
        .join(newest, newest.c.household == households.c.id)
        .join(cases, cases.c.id == newest.c.case_id)
        .where(households.c.status.in_(("monitored", "eliminated")), households.c.category.in_(list(categories)))
        .order_by(households.c.id)
    ).all()


def hand_on(session: Session, ident: int, idents: Collection[int]) -> None:
    """Which households the timer handed on by this exchange."""
    found = [{"exchange": ident, "household": household} for household in sorted(set(idents))]
    if found:
        session.conn.execute(insert(handed_on), found)


@question
def handed_on_of(household: int, limit: int) -> Select[Any]:
    """When this household was handed on without a person, to whom and on which basis; newest first."""
    query = select(exchanges.c.kind, exchanges.c.period, exchanges.c.closed_at, exchanges.c.basis)
    query = query.join(handed_on, handed_on.c.exchange == exchanges.c.id).where(handed_on.c.household == household)
    return query.order_by(exchanges.c.closed_at.desc()).limit(limit)


def add(session: Session, content: bytes, **columns: Any) -> int:
    """Sealed under a key of its own, so that it can be forgotten as a whole."""
    key = new_data_key(session, "exchange")
    ident: int = session.conn.execute(
        insert(exchanges).values(data_key=key.id, secret=b"", **columns).returning(exchanges.c.id)
    ).scalar_one()
    name_owner(session, key, f"exchange:{ident}")
    sealed = key.suite.seal(key.bytes or b"", content, f"exchange:{ident}".encode())
    change(session, ident, secret=sealed)
    return ident


def content(session: Session, ident: int) -> bytes | None:
    row = session.conn.execute(select(exchanges.c.data_key, exchanges.c.secret).where(exchanges.c.id == ident)).one()
    key: DataKey = data_key(session, row.data_key)
    return None if key.bytes is None else key.suite.open(key.bytes, bytes(row.secret), f"exchange:{ident}".encode())


def replace(session: Session, ident: int, content: bytes, **columns: Any) -> None:
    """Other content under a key of its own."""
    key = new_data_key(session, f"exchange:{ident}")
    sealed = key.suite.seal(key.bytes or b"", content, f"exchange:{ident}".encode())
    change(session, ident, data_key=key.id, secret=sealed, **columns)


def readable(session: Session) -> Sequence[Any]:
    """Whose content can still be read: (id, data_key, status, closed_at)."""
    alive = and_(exchanges.c.data_key == data_keys.c.id, data_keys.c.wrapped.is_not(None))
    columns = (exchanges.c.id, exchanges.c.data_key, exchanges.c.status, exchanges.c.closed_at)
    return session.conn.execute(select(*columns).join(data_keys, alive)).all()


def get(session: Session, ident: int, *, lock: bool = False) -> Any | None:
    query = select(*_LIGHT).where(exchanges.c.id == ident)
    return session.conn.execute(query.with_for_update() if lock else query).one_or_none()


def page(session: Session, limit: int = 60) -> Sequence[Any]:
    return session.conn.execute(select(*_LIGHT).order_by(exchanges.c.id.desc()).limit(limit)).all()


def due(session: Session, now: datetime) -> Sequence[Any]:
    wanted = and_(exchanges.c.status == WAITING, exchanges.c.next_at <= now)
    return session.conn.execute(select(*_LIGHT).where(wanted).order_by(exchanges.c.id)).all()


def claim(session: Session, row: Any, until: datetime) -> bool:
    """Nobody else posts it before `until`."""
    mine = and_(exchanges.c.id == row.id, exchanges.c.status == WAITING, exchanges.c.next_at == row.next_at)
    changed = session.conn.execute(update(exchanges).where(mine).values(next_at=until, tries=exchanges.c.tries + 1))
    return changed.rowcount == 1


def change(session: Session, ident: int, **columns: Any) -> None:
    session.conn.execute(update(exchanges).where(exchanges.c.id == ident).values(**columns))
