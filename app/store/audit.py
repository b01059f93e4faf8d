"""Reading the record for verification: streams, events, seals, readings and the caches that must agree with them."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, insert, select, text, update

from .cases import TOLD as CASE_TOLD
from .clues import TOLD as CLUE_TOLD
from .households import TOLD as HOUSEHOLD_TOLD
from .scale import TOLD as STUDY_TOLD
from .session import Session
from .tables import (
    acts,
    cases,
    clues,
    data_keys,
    events,
    holds,
    households,
    papers,
    process_instances,
    readings,
    scale_risks,
    seals,
    streams,
    tasks,
    timers,
)
from .types import micros


def all_streams(session: Session, name: str | None = None) -> Sequence[Any]:
    query = select(streams).order_by(streams.c.id)
    if name is not None:
        query = query.where(streams.c.name == name)
    return session.conn.execute(query).all()


def events_in(session: Session, stream: int) -> Iterator[Any]:
    """Every event of a stream in order of number."""
    yield from session.conn.execute(select(events).where(events.c.stream == stream).order_by(events.c.number))


def orphan_events(session: Session) -> int:
    """Events whose stream row is gone."""
    return session.conn.execute(
        select(func.count()).select_from(events).where(events.c.stream.not_in(select(streams.c.id)))
    ).scalar_one()


def key_rows(session: Session, idents: Sequence[int]) -> dict[int, Any]:
    rows = session.conn.execute(select(data_keys).where(data_keys.c.id.in_(list(idents))))
    return {row.id: row for row in rows}


def instance(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(process_instances).where(process_instances.c.id == ident)).one_or_none()


def open_addresses(session: Session, instance_id: int) -> set[str]:
    """Addresses of open tasks as the table has them."""
    opened = session.conn.execute(
        select(tasks.c.address).where(and_(tasks.c.instance == instance_id, tasks.c.status == "open"))
    ).scalars()
    return set(opened)


def timers_of(session: Session, instances: Sequence[int]) -> dict[tuple[int, str], int | None]:
    """(instance, address) -> due moment in microseconds; None for a timer that was put off after a failure."""
    found = session.conn.execute(
        select(timers.c.instance, timers.c.address, timers.c.due, timers.c.tries).where(timers.c.instance.in_(instances))
    )
    return {(row.instance, row.address): None if row.tries else micros(row.due) for row in found}


def clue_columns(session: Session) -> Sequence[Any]:
    return session.conn.execute(
        select(clues.c.id, clues.c.grade, *(clues.c[name] for name in CLUE_TOLD)).where(clues.c.sign.is_not(None))
    ).all()


def study_columns(session: Session) -> Sequence[Any]:
    return session.conn.execute(select(scale_risks.c.id, *(scale_risks.c[name] for name in STUDY_TOLD))).all()


def acts_of(session: Session, case_id: int) -> set[tuple[str, int]]:
    found = session.conn.execute(select(acts.c.element, acts.c.official).where(acts.c.case_id == case_id))
    return {(row.element, row.official) for row in found}


def open_hold_ids(session: Session, case_id: int) -> set[int]:
    still_open = and_(holds.c.case_id == case_id, holds.c.lifted_at.is_(None))
    return set(session.conn.execute(select(holds.c.id).where(still_open)).scalars())


def case_columns(session: Session, case_id: int) -> dict[str, Any]:
    row = session.conn.execute(select(*(cases.c[name] for name in CASE_TOLD)).where(cases.c.id == case_id)).one_or_none()
    return dict(row._mapping) if row is not None else {}


def household_of_case(session: Session, case_id: int) -> int:
    return session.conn.execute(select(cases.c.household).where(cases.c.id == case_id)).scalar() or 0


def household_columns(session: Session) -> Iterator[Any]:
    yield from session.conn.execute(
        select(households.c.id, *(households.c[name] for name in HOUSEHOLD_TOLD)).order_by(households.c.id)
    )


def paper_hashes(session: Session, idents: Sequence[int]) -> dict[int, str]:
    found = session.conn.execute(select(papers.c.id, papers.c.hash).where(papers.c.id.in_(idents)))
    return {row.id: bytes(row.hash).hex() for row in found}


def all_seals(session: Session) -> Sequence[Any]:
    return session.conn.execute(select(seals).order_by(seals.c.day)).all()


def add_seal(session: Session, *, day: date, made_at: datetime, suite: str, content: bytes, digest: bytes) -> None:
    session.conn.execute(insert(seals).values(day=day, made_at=made_at, suite=suite, content=content, digest=digest))


def heads(session: Session) -> Sequence[Any]:
    return session.conn.execute(
        select(streams.c.name, streams.c.number, streams.c.hash).where(streams.c.number > 0).order_by(streams.c.name)
    ).all()


def event_hash(session: Session, stream_name: str, number: int) -> bytes | None:
    found = session.conn.execute(
        select(events.c.hash)
        .join(streams, streams.c.id == events.c.stream)
        .where(and_(streams.c.name == stream_name, events.c.number == number))
    ).scalar()
    return None if found is None else bytes(found)


def readings_between(session: Session, after: int, upto: int) -> Sequence[Any]:
    return session.conn.execute(
        select(readings).where(and_(readings.c.id > after, readings.c.id <= upto)).order_by(readings.c.id)
    ).all()


def last_reading(session: Session) -> int:
    """The highest reading, once every writer in flight is through (ids do not commit in order on PostgreSQL)."""
    if not session.store.is_sqlite:
        session.conn.execute(text("LOCK TABLE readings IN SHARE MODE"))
    return session.conn.execute(select(func.max(readings.c.id))).scalar() or 0


def keys_under(session: Session, other_than: str, limit: int) -> Sequence[Any]:
    """Data keys not yet wrapped by this master key (destroyed ones apart)."""
    return session.conn.execute(
        select(data_keys)
        .where(and_(data_keys.c.master != other_than, data_keys.c.wrapped.is_not(None)))
        .order_by(data_keys.c.id)
        .limit(limit)
    ).all()


def rewrap(session: Session, ident: int, before: bytes, master: str, wrapped: bytes) -> None:
    """Only if the key is still wrapped as it was read: one destroyed meanwhile stays destroyed."""
    session.conn.execute(
        update(data_keys)
        .where(and_(data_keys.c.id == ident, data_keys.c.wrapped == before))
        .values(master=master, wrapped=wrapped)
    )


def paper_keys_of(session: Session, case_ids: Sequence[int]) -> list[int]:
    return list(session.conn.execute(select(papers.c.data_key).where(papers.c.case_id.in_(list(case_ids)))).scalars())
