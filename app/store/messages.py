"""Messages of an instance: objections and requests to look again. Their content stays encrypted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select

from .session import Session
from .tables import messages


def of_instance(session: Session, instance: int, name: str) -> Sequence[Any]:
    """(id, sent_at, sender, delivered_event), oldest first."""
    return session.conn.execute(
        select(messages.c.id, messages.c.sent_at, messages.c.sender, messages.c.delivered_event)
        .where(and_(messages.c.instance == instance, messages.c.name == name))
        .order_by(messages.c.id)
    ).all()
