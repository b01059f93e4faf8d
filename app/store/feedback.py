"""What officials report about the system, encrypted with a key of its own, and the county's answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from .record import data_key, new_data_key, open_secret, seal_secret
from .session import Session
from .tables import feedback, officials


def add(session: Session, official: int, page: str, text: str, now: datetime) -> int:
    key = new_data_key(session, f"feedback:{official}")
    return session.conn.execute(
        insert(feedback)
        .values(
            official=official,
            page=page,
            at=now,
            data_key=key.id,
            secret=seal_secret(session, key, f"feedback:{official}", {"text": text}),
        )
        .returning(feedback.c.id)
    ).scalar_one()


def get(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(feedback).where(feedback.c.id == ident)).one_or_none()


def answer(session: Session, row: Any, text: str, by: int, now: datetime) -> None:
    sealed = seal_secret(session, data_key(session, row.data_key), f"feedback:{row.official}/answer", {"text": text})
    session.conn.execute(
        update(feedback).where(feedback.c.id == row.id).values(answer=sealed, answered_by=by, answered_at=now)
    )


def listed(session: Session, official: int | None, limit: int) -> Sequence[dict[str, Any]]:
    """The newest, this official's or everybody's; opened."""
    query = select(feedback, officials.c.name).join(officials, officials.c.id == feedback.c.official)
    if official is not None:
        query = query.where(feedback.c.official == official)
    found = []
    for row in session.conn.execute(query.order_by(feedback.c.id.desc()).limit(limit)):
        key = data_key(session, row.data_key)
        said = open_secret(session, key, f"feedback:{row.official}", bytes(row.secret)) or {}
        answered = open_secret(session, key, f"feedback:{row.official}/answer", bytes(row.answer)) if row.answer else None
        found.append(
            {
                "id": row.id,
                "who": row.name,
                "page": row.page,
                "at": row.at,
                "text": said.get("text", ""),
                "answer": answered.get("text", "") if answered else None,
                "answered_at": row.answered_at,
            }
        )
    return found
