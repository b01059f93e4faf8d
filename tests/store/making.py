"""Rows that tests of the store begin with, made by the store's own functions: households, cases, instances, tasks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from app.store import cases, households, processes, record
from app.store.record import DataKey
from app.store.session import Session
from app.store.tables import deployments, tasks
from tests.conftest import START, VILLAGE, County

LATER = START + timedelta(days=1)


@contextmanager
def writing(county: County) -> Iterator[Session]:
    """A transaction of a store function alone: the event that a service would write beside it is left out."""
    with county.store.transaction() as session:
        yield session
        session.unrecorded.clear()


def household(session: Session, name: str = "演示户", *, village: str = VILLAGE, demo: bool = True) -> tuple[int, DataKey]:
    return households.add(session, village=village, head_name=name, pinyin="", household_type=None, demo=demo)


def case(session: Session, at: int | None = None, *, door: str = cases.MONITORING, limit_at: datetime = LATER) -> int:
    """An open case of a household (of a new one without it)."""
    at = at or household(session)[0]
    return cases.add_case(session, household=at, clue_on=START.date(), limit_at=limit_at, now=START, door=door)


def instance(session: Session, case_id: int | None, *, process: str = "identify") -> int:
    """A procedure without a step; its stream is the case's."""
    deployed = session.conn.execute(select(func.min(deployments.c.id))).scalar_one()
    return processes.new_instance(
        session,
        process=process,
        deployment=deployed,
        subject=("case", case_id or 1),
        case_id=case_id,
        stream=record.lock_stream(session, f"case:{case_id}").stream,
        now=START,
    )


def task(session: Session, of: int, address: str = "1", **columns: Any) -> int:
    """An open task of an instance at an address."""
    usual = {"element": "check_household", "roles": "village_officer", "org_unit": VILLAGE, "due": LATER, "opened_at": START}
    values = {"instance": of, "address": address, **usual, **columns}
    return session.conn.execute(insert(tasks).values(**values).returning(tasks.c.id)).scalar_one()
