"""The demo clock: one row, an offset that only moves forward. No row: real time."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from app.clock import now as real_now

from .session import Session
from .tables import clock


def offset(session: Session) -> timedelta | None:
    """The demo offset; None in service, where the clock is real."""
    value = session.conn.execute(select(clock.c.offset_micros).where(clock.c.id == 1)).scalar()
    return None if value is None else timedelta(microseconds=value)


def now(session: Session) -> datetime:
    return real_now(offset(session) or timedelta())


def set_demo_moment(session: Session, moment: datetime) -> None:
    """Begin the demo clock, or move it forward. Raises ValueError for a move backward."""
    wanted = (moment - real_now()) // timedelta(microseconds=1)
    known = session.conn.execute(select(clock.c.offset_micros).where(clock.c.id == 1)).scalar()
    if known is None:
        session.conn.execute(insert(clock).values(id=1, offset_micros=wanted))
    elif wanted < known:
        raise ValueError("the demo clock only moves forward")
    else:
        session.conn.execute(update(clock).where(clock.c.id == 1).values(offset_micros=wanted))
