"""Bytes per event of finished cases: all rows and indexes of all tables, papers apart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

from app.store.tables import metadata
from tests.walking import Walk

from . import ours
from .county import County

_PAPERS = ("papers",)


def per_event(county: County, many: int) -> tuple[float, float]:
    """(bytes per event, events per case) of cases walked to the end; what an empty county takes is not counted."""
    before = _size(county)
    walks = ours.opened(county, many)
    ours.walk_on(walks, None)
    for walk in walks:
        walk.do("health", "acknowledge_measures", "health")
    _finished(county, walks)
    with county.store.reading() as session:
        events = session.conn.execute(text("SELECT count(*) FROM events WHERE case_id IS NOT NULL")).scalar_one()
    _without_papers(county)
    return (_size(county) - before) / events, events / many


def _finished(county: County, walks: list[Walk]) -> None:
    with county.store.reading() as session:
        left = session.conn.execute(text("SELECT count(*) FROM process_instances WHERE ended_at IS NULL")).scalar_one()
    if left or any(walk.open_tasks() for walk in walks):
        raise AssertionError(f"{left} instances did not end")


def _without_papers(county: County) -> None:
    with county.store.transaction() as session:
        session.conn.execute(text("DELETE FROM papers"))
        session.conn.execute(text("DELETE FROM data_keys WHERE owner LIKE 'paper:%'"))


def _size(county: County) -> int:
    """After VACUUM, so that both measurements are of tightly packed pages."""
    with _alone(county) as run:
        if county.store.is_sqlite:
            run("PRAGMA wal_checkpoint(TRUNCATE)")
            run("VACUUM")
            names = ", ".join(f"'{name}'" for name in _tables())
            pages = "dbstat d JOIN sqlite_schema s ON s.name = d.name"
            return run(f"SELECT sum(d.pgsize) FROM {pages} WHERE s.tbl_name IN ({names})")  # noqa: S608
        run("VACUUM FULL")
        return sum(run(f"SELECT pg_total_relation_size('{name}')") for name in _tables())


def _tables() -> list[str]:
    return sorted(set(metadata.tables) - set(_PAPERS))


@contextmanager
def _alone(county: County) -> Iterator[Callable[[str], int]]:
    engine = create_engine(county.store.engine.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:

        def run(statement: str) -> int:
            result = conn.execute(text(statement))
            return int(result.scalar() or 0) if result.returns_rows and statement.startswith("SELECT") else 0

        yield run
    engine.dispose()
