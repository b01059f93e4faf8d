"""What the demo county asks of a database: is it empty, and where do its cases stand."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, func, select

from .session import Session
from .tables import assignments, awaited_messages, cases, households, officials, process_instances, tasks


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


def case_rows(session: Session) -> Sequence[Any]:
    """(id, status, outcome, closed_at) of every case."""
    return session.conn.execute(select(cases.c.id, cases.c.status, cases.c.outcome, cases.c.closed_at)).all()


def open_steps(session: Session, process: str) -> Sequence[Any]:
    """(case_id, element) of the open tasks of one procedure."""
    return session.conn.execute(
        select(tasks.c.case_id, tasks.c.element)
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
