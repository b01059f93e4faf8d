"""What the demo county asks of a database: is it empty, and where do its cases stand."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, select, text, update

from . import triggers
from .session import Session
from .tables import assignments, awaited_messages, cases, events, households, officials, process_instances, tasks


def occupied(session: Session) -> bool:
    """Whether anybody works here or any household is known."""
    found = select(exists().select_from(households) | exists().select_from(officials))
    return bool(session.conn.execute(found).scalar_one())


def sign_ins(session: Session) -> Sequence[Any]:
    """(username, role, org_unit) of the demo people who can sign in, in the order they were made."""
    return session.conn.execute(
        select(officials.c.username, assignments.c.role, assignments.c.org_unit)
        .join(assignments, assignments.c.official == officials.c.id)
        .where(and_(officials.c.demo, officials.c.password_hash.is_not(None)))
        .order_by(officials.c.id, assignments.c.id)
    ).all()


def count_households(session: Session) -> int:
    return session.conn.execute(select(func.count()).select_from(households).where(households.c.demo)).scalar_one()


def latest_case(session: Session, now: datetime) -> Any | None:
    """(id, limit_at, org_unit) of the undecided identification whose limit has passed the longest ago."""
    return session.conn.execute(
        select(cases.c.id, cases.c.limit_at, households.c.org_unit)
        .join(households, households.c.id == cases.c.household)
        .where(and_(cases.c.decided_at.is_(None), cases.c.closed_at.is_(None), cases.c.limit_at < now))
        .order_by(cases.c.limit_at, cases.c.id)
        .limit(1)
    ).one_or_none()


def completion(session: Session, kind: str) -> Any | None:
    """The first record of a completed step of this type, of a case."""
    done = select(tasks.c.instance, tasks.c.address).where(tasks.c.type == kind, tasks.c.status == "done")
    addresses = {(row.instance, row.address) for row in session.conn.execute(done)}
    found = session.conn.execute(
        select(events)
        .where(and_(events.c.kind == "task_completed", events.c.case_id.is_not(None)))
        .order_by(events.c.stream, events.c.number)
        .limit(2_000)
    )
    return next((row for row in found if (row.instance, json.loads(row.body).get("el")) in addresses), None)


def rewrite(session: Session, stream: int, number: int, body: bytes) -> None:
    """What somebody with the database's password could do: take the guard off, write, put the guard back on."""
    sqlite = session.store.is_sqlite
    names = ("no_update", "no_delete") if sqlite else ("insert_only", "no_truncate")
    for name in names:
        session.conn.execute(text(f"DROP TRIGGER events_{name}" + ("" if sqlite else " ON events")))
    session.conn.execute(update(events).where(and_(events.c.stream == stream, events.c.number == number)).values(body=body))
    for statement in triggers.statements(session.conn.dialect.name, ["events"]):
        session.conn.execute(text(statement))


def mark_demo(session: Session) -> None:
    """Every household of the demo says that it is one."""
    session.conn.execute(update(households).where(~households.c.demo).values(demo=True))


def case_rows(session: Session) -> Sequence[Any]:
    """(id, status, outcome, closed_at) of every case."""
    return session.conn.execute(select(cases.c.id, cases.c.status, cases.c.outcome, cases.c.closed_at)).all()


def open_steps(session: Session, process: str) -> Sequence[Any]:
    """(case_id, type) of the open tasks of one procedure."""
    return session.conn.execute(
        select(tasks.c.case_id, tasks.c.type)
        .join(process_instances, process_instances.c.id == tasks.c.instance)
        .where(and_(tasks.c.status == "open", process_instances.c.process == process))
    ).all()


def awaited(session: Session) -> Sequence[Any]:
    """(case_id, message name) that instances wait for."""
    return session.conn.execute(
        select(process_instances.c.case_id, awaited_messages.c.name).join(
            process_instances, process_instances.c.id == awaited_messages.c.instance
        )
    ).all()
