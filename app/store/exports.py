"""Lists that leave the house: who asked for which, who allowed it, when it was taken."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from .record import DataKey, data_key, name_owner, new_data_key, open_secret, seal_secret
from .session import Session
from .tables import exports, officials


def add(
    session: Session,
    *,
    official: int,
    unit: str,
    filters: Mapping[str, str],
    rows: int,
    reason: str,
    now: datetime,
    waits: bool,
) -> tuple[int, DataKey]:
    """The reason is free words: under a key of the export's own."""
    key = new_data_key(session, "export")
    ident = session.conn.execute(
        insert(exports)
        .values(
            official=official,
            org_unit=unit,
            filters=dict(filters),
            rows=rows,
            data_key=key.id,
            asked_at=now,
            status="asked" if waits else "allowed",
            secret=seal_secret(session, key, "export", {"reason": reason}),
        )
        .returning(exports.c.id)
    ).scalar_one()
    name_owner(session, key, f"export:{ident}")
    return ident, key


def get(session: Session, ident: int) -> Any | None:
    """Whoever changes one holds the stream "exports", so that the row needs no lock of its own."""
    return session.conn.execute(select(exports).where(exports.c.id == ident)).one_or_none()


def latest_waits(session: Session, official: int) -> bool:
    """Whether the newest list this official asked for still waits."""
    query = select(exports.c.status).where(exports.c.official == official).order_by(exports.c.id.desc()).limit(1)
    return session.conn.execute(query).scalar() == "asked"


def asked_alone(session: Session, official: int, since: datetime) -> int:
    """Rows of what this official got since then without a second person."""
    query = select(func.sum(exports.c.rows)).where(
        exports.c.official == official,
        exports.c.asked_at >= since,
        exports.c.status == "allowed",
        exports.c.decided_by.is_(None),
    )
    return int(session.conn.execute(query).scalar() or 0)


def decide(session: Session, row: Any, status: str, official: int, why: str, now: datetime) -> None:
    key = data_key(session, row.data_key)
    opened = open_secret(session, key, "export", bytes(row.secret)) or {}
    secret = seal_secret(session, key, "export", {**opened, "why": why})
    change(session, row.id, status=status, decided_by=official, decided_at=now, secret=secret)


def words(session: Session, row: Any) -> tuple[str, str]:
    """(why it was asked for, why it was refused)."""
    opened = open_secret(session, data_key(session, row.data_key), "export", bytes(row.secret)) or {}
    return str(opened.get("reason", "")), str(opened.get("why", ""))


def everybodys(session: Session, limit: int) -> Sequence[Any]:
    """The newest lists anybody asked for, with the name of who asked."""
    query = select(exports, officials.c.name).join(officials, officials.c.id == exports.c.official)
    return session.conn.execute(query.order_by(exports.c.id.desc()).limit(limit)).all()


def change(session: Session, ident: int, **columns: Any) -> None:
    session.conn.execute(update(exports).where(exports.c.id == ident).values(**columns))


def of(session: Session, official: int, limit: int) -> Sequence[Any]:
    """The newest an official asked for, with the name of who decided."""
    query = select(exports, officials.c.name).outerjoin(officials, officials.c.id == exports.c.decided_by)
    return session.conn.execute(query.where(exports.c.official == official).order_by(exports.c.id.desc()).limit(limit)).all()


def waiting(session: Session, units: Collection[str] | None, without: Collection[int]) -> Sequence[Any]:
    """What other people at these units (None: all) asked for and nobody decided yet, the oldest first, with who asked."""
    here = [] if units is None else [exports.c.org_unit.in_(list(units))]
    return session.conn.execute(
        select(exports, officials.c.name)
        .join(officials, officials.c.id == exports.c.official)
        .where(exports.c.status == "asked", *here, exports.c.official.not_in(list(without)))
        .order_by(exports.c.id)
    ).all()
