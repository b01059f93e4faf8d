"""A month's duties and the clues of its findings, beside the same rows by executemany or COPY."""

import json
from typing import Any

from sqlalchemy import Table

from app.crypto import chain_hash
from app.policy import calendar
from app.services import people
from app.services.clues import bulk as clue_bulk
from app.services.clues.receiving import Report
from app.services.context import Context
from app.services.people import SYSTEM
from app.store import rescreening as rows
from app.store.bulk import add_rows
from app.store.record import DataKey, canonical, new_data_key, seal_secret
from app.store.tables import clues, duties, events, process_instances, streams, tasks, timers

from .county import County
from .opening import _names, with_households
from .rounds import stopwatch

TABLES = (duties, clues, streams, process_instances, tasks, timers, events)
SIGNS = ("hrss_idle", "medins_self_paid", "housing_d", "edu_cost", "finance_overdue")
PIECE = 5_000
MONTH = "2021-09"


def ours(county: County, many: int) -> float:
    """Seconds: a duty for each of `many` households and a clue for each, written as the comparison writes them."""
    subjects = with_households(county, many)
    today = calendar.local_date(county.now)
    reports = [
        Report(
            channel="data",
            found_on=today,
            sign=SIGNS[n % len(SIGNS)],
            place=s.village,
            household=s.household,
            name="",
            content={
                "member": "演示",
                "severity": "medium",
                "unit": "fen",
                "value": 600000 + n,
                "threshold": 500000,
                "rule": "find_x/1",
                "file": 1,
                "row": n,
            },
            sender_unit="440229-hrss",
            data_on=today,
            run=MONTH,
        )
        for n, s in enumerate(subjects)
    ]
    county.store.engine.dispose()
    with stopwatch() as took:
        with county.store.transaction() as session:
            rows.open_duties(session, MONTH, today)
        for begin in range(0, many, PIECE):
            with county.store.transaction() as session:
                place = people.county_on(session, today)
                clue_bulk.receive_many(Context(session, SYSTEM, place, county.now), reports[begin : begin + PIECE])
    return took[0]


def floor(source: County, target: County, many: int) -> float:
    """Seconds for the rows that `source` got, encrypted and chained again, into `target`, in as many transactions."""
    with_households(target, many)
    with source.store.reading() as session:
        content = [(table, _names(table), _all(session, table)) for table in TABLES]
    target.store.engine.dispose()
    pieces = max(1, many // PIECE)
    with target.store.transaction() as session:
        key = new_data_key(session, "bench")
    with stopwatch() as took:
        for n in range(pieces):
            with target.store.transaction() as session:
                for table, names, listed in content:
                    part = listed[n * len(listed) // pieces : (n + 1) * len(listed) // pieces]
                    add_rows(session, table, names, [_again(session, key, table, names, row) for row in part])
    return took[0]


WORDS = {
    "member": "演示",
    "severity": "medium",
    "unit": "fen",
    "value": 600000,
    "threshold": 500000,
    "rule": "find_x/1",
    "file": 1,
    "row": 1,
}
FACTS = {
    "facts": [{"family": "employment", "severity": "medium", "signs": 1, "former_poor": False}],
    "decided": [{"inputs": {}}],
}


def _again(session: Any, key: DataKey, table: Table, names: list[str], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same row with its secret sealed and its hash made anew."""
    if table is clues:
        return tuple(
            seal_secret(session, key, "clue:1", WORDS) if n == "secret" else v for n, v in zip(names, row, strict=True)
        )
    if table is events:
        body = canonical(json.loads(row[names.index("body")]))
        secret = seal_secret(session, key, "clue:1/1", FACTS)
        new = {"body": body, "secret": secret, "hash": chain_hash(key.suite, b"", body, secret)}
        return tuple(new.get(n, v) for n, v in zip(names, row, strict=True))
    return row


def _all(session: Any, table: Table) -> list[tuple[Any, ...]]:
    names = ", ".join(_names(table))
    where = " WHERE substr(name, 1, 5) = 'clue:'" if table is streams else ""
    if table is events:
        where = " WHERE stream IN (SELECT id FROM streams WHERE substr(name, 1, 5) = 'clue:')"
    order = ", ".join(c.name for c in table.primary_key.columns)  # so that a piece holds whole subjects
    found = session.conn.exec_driver_sql(f"SELECT {names} FROM {table.name}{where} ORDER BY {order}")  # noqa: S608
    return [tuple(row) for row in found]
