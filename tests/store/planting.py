"""Rows put straight into the tables, for tests of what the store answers about them."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from app.services.finding import index
from app.store import households as household_rows
from app.store import record
from app.store.record import DataKey
from app.store.session import Session
from app.store.tables import cases, clues, deployments, households, process_instances, tasks, timers
from tests.conftest import START, VILLAGE

TODAY = date(2021, 9, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def household(session: Session, name: str = "演示甲", village: str = VILLAGE, **columns: Any) -> int:
    """A household whose head has this name; `columns` are set afterwards."""
    return household_and_key(session, name, village, **columns)[0]


def household_and_key(session: Session, name: str = "演示甲", village: str = VILLAGE, **columns: Any) -> tuple[int, DataKey]:
    ident, key = household_rows.add(
        session, village=village, head_name=name, pinyin=index(name), household_type="ordinary", demo=True
    )
    if columns:
        session.conn.execute(households.update().where(households.c.id == ident).values(**columns))
    return ident, key


def case(session: Session, of: int, **columns: Any) -> int:
    """A case of a household."""
    row = {"household": of, "clue_on": TODAY, "limit_at": START + 30 * DAY, "opened_at": START, **columns}
    return session.conn.execute(insert(cases).values(**row).returning(cases.c.id)).scalar_one()


def run(session: Session, case_id: int | None = None, **columns: Any) -> int:
    """A process instance; without a case it says itself what it is about."""
    deployment = session.conn.execute(select(deployments.c.id).where(deployments.c.process == "identify")).scalars().first()
    row = {
        "process": "identify",
        "subject_kind": "case",
        "subject_id": case_id or 0,
        "case_id": case_id,
        "deployment": deployment,
        "started_at": START,
        **columns,
    }
    streams = session.conn.execute(select(func.count()).select_from(process_instances)).scalar_one()
    row["stream"] = record.new_stream(session, f"planted:{streams}").stream
    return session.conn.execute(insert(process_instances).values(**row).returning(process_instances.c.id)).scalar_one()


def task(session: Session, instance: int, address: str = "step", **columns: Any) -> int:
    """An open task of the village's officers, due in a day."""
    row = {
        "instance": instance,
        "address": address,
        "element": address.partition("[")[0],
        "roles": "village_officer",
        "org_unit": VILLAGE,
        "due": START + DAY,
        "status": "open",
        "opened_at": START,
        **columns,
    }
    if "case_id" not in row:
        row["case_id"] = session.conn.execute(
            select(process_instances.c.case_id).where(process_instances.c.id == instance)
        ).scalar_one()
    return session.conn.execute(insert(tasks).values(**row).returning(tasks.c.id)).scalar_one()


def timer(session: Session, instance: int, address: str = "timer", due: datetime = START + DAY, **columns: Any) -> None:
    row = {"instance": instance, "address": address, "element": address, "due": due, "opened_at": START, **columns}
    session.conn.execute(insert(timers).values(**row))


def clue(session: Session, **columns: Any) -> int:
    """A clue without words."""
    row = {"channel": "visit", "found_on": TODAY, "recorded_at": START, "org_unit": VILLAGE, "sign": "ill", "status": "open"}
    return session.conn.execute(insert(clues).values(**{**row, **columns}).returning(clues.c.id)).scalar_one()
