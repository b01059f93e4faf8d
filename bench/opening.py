"""Opening many instances at once, beside the same rows by executemany or COPY."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select

from app.policy import calendar
from app.services import definitions, people
from app.services.context import Context
from app.services.work import bulk
from app.services.work.bulk import Subject
from app.store.bulk import add_rows
from app.store.record import DataKey, new_data_key
from app.store.session import Session
from app.store.tables import cases, events, households, process_instances, streams, tasks, timers

from .county import County
from .rounds import stopwatch

TABLES = (streams, process_instances, tasks, timers, events)


def with_households(county: County, many: int) -> list[Subject]:
    """Cases of new households, spread over all villages, with one data key in use; no instance yet. Not measured."""
    with county.store.transaction() as session:
        place = people.county_on(session, calendar.local_date(county.now))
        villages = sorted(u.code for u in place.units.values() if u.level == "village")
        key = new_data_key(session, "bench")
        first = (session.conn.execute(select(func.max(households.c.id))).scalar() or 0) + 1
        first_case = (session.conn.execute(select(func.max(cases.c.id))).scalar() or 0) + 1
        found = []
        for begin in range(0, many, 10_000):
            batch = range(begin, min(begin + 10_000, many))
            session.conn.execute(insert(households), [_household(first + n, villages, key) for n in batch])
            session.conn.execute(
                insert(cases),
                [
                    {
                        "id": first_case + n,
                        "household": first + n,
                        "limit_at": county.now,
                        "opened_at": county.now,
                        "clue_on": calendar.local_date(county.now),
                        "status": "open",
                    }
                    for n in batch
                ],
            )
            found += [_subject(first_case + n, first + n, villages, key) for n in batch]
        _follow(session)
    return found


def _household(ident: int, villages: Sequence[str], key: DataKey) -> dict[str, Any]:
    return {
        "id": ident,
        "org_unit": villages[ident % len(villages)],
        "head_name": f"演示{ident}",
        "pinyin": "ys",
        "status": "registered",
        "data_key": key.id,
        "demo": True,
    }


def _subject(case: int, household: int, villages: Sequence[str], key: DataKey) -> Subject:
    return Subject("case", case, villages[household % len(villages)], case, household, key)


def _follow(session: Session) -> None:
    """PostgreSQL's sequences do not follow explicit ids."""
    if not session.store.is_sqlite:
        for table in (households, cases, *TABLES[:3]):
            sequence = func.pg_get_serial_sequence(table.name, "id")
            session.conn.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))


def ours(county: County, subjects: Sequence[Subject]) -> float:
    """Seconds for opening an instance of identify for each, commit included. On a new connection, as a job has: an old
    one would check foreign keys by PostgreSQL's plans from when the tables were empty."""
    county.store.engine.dispose()
    with stopwatch() as took, county.store.transaction() as session:
        place = people.county_on(session, calendar.local_date(county.now))
        made = definitions.latest(session, "identify")
        bulk.open_many(Context(session, people.SYSTEM, place, county.now), made, subjects)
    return took[0]


def floor(source: County, target: County, since: dict[str, int]) -> float:
    """Seconds for writing into `target` the rows that `source` got since, a table at a time, commit included."""
    with source.store.reading() as session:
        content = [(table, _names(table), list(_rows(session, table, since))) for table in TABLES]
    target.store.engine.dispose()
    with stopwatch() as took, target.store.transaction() as session:
        for table, names, rows in content:
            add_rows(session, table, names, rows)
    return took[0]


def marks(county: County) -> dict[str, int]:
    """The highest id of every table that opening writes to."""
    with county.store.reading() as session:
        return {table.name: session.conn.execute(select(func.max(_mark(table)))).scalar() or 0 for table in TABLES}


def _mark(table: Table) -> Any:
    return table.c.stream if table is events else table.c.instance if table is timers else table.c.id


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _rows(session: Session, table: Table, since: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    """As the database keeps them."""
    names = ", ".join(_names(table))
    mark = f"{_mark(table).name} > {since[table.name]}"
    for row in session.conn.exec_driver_sql(f"SELECT {names} FROM {table.name} WHERE {mark}"):  # noqa: S608
        yield tuple(row)
