"""Single rows for tests of the store: what the tables need, and nothing of a procedure around it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store import processes, record
from app.store.session import Session
from app.store.tables import deployments, households, tasks
from tests.conftest import START, VILLAGE

TODAY = START.date()
LATER = START + timedelta(hours=1)


def household(session: Session, name: str = "演示甲", village: str = VILLAGE, **columns: Any) -> int:
    """A household of the register; `columns` are set afterwards (status, number, …)."""
    ident, _ = household_rows.add(
        session, village=village, head_name=name, pinyin="", household_type=columns.pop("household_type", None), demo=True
    )
    if columns:
        session.conn.execute(update(households).where(households.c.id == ident).values(**columns))
    return ident


def case(session: Session, of: int, at: datetime = START) -> int:
    return case_rows.add_case(session, household=of, clue_on=at.date(), limit_at=at + timedelta(days=15), now=at)


def clue(session: Session, **columns: Any) -> int:
    """A clue without words."""
    usual = {"channel": "visit", "found_on": TODAY, "recorded_at": START, "org_unit": VILLAGE}
    return clue_rows.add(session, None, {}, **{**usual, **columns})


def instance(session: Session, subject: tuple[str, int] = ("case", 0), *, name: str = "", **columns: Any) -> int:
    """An instance as it is begun, on a stream of its own."""
    deployment = session.conn.execute(select(func.min(deployments.c.id))).scalar_one()
    stream = record.new_stream(session, name or f"{subject[0]}:{subject[1]}")
    usual: dict[str, Any] = {"process": "identify", "deployment": deployment, "case_id": None, "now": START}
    return processes.new_instance(session, subject=subject, stream=stream.stream, **{**usual, **columns})


def task(session: Session, of: int, address: str = "check_household", **columns: Any) -> int:
    """An open task of an instance."""
    usual = {
        "element": address.partition("#")[0],
        "roles": "village_officer",
        "org_unit": VILLAGE,
        "due": START + timedelta(days=5),
        "opened_at": START,
    }
    made = insert(tasks).values(instance=of, address=address, **{**usual, **columns}).returning(tasks.c.id)
    return session.conn.execute(made).scalar_one()
