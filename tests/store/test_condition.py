"""The condition of the database: what is missing, what is broken, and which keys it was written with."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import select, text

from app.crypto import Keyring
from app.store import condition, record
from app.store.session import open_store
from app.store.tables import data_keys, metadata, submissions
from tests.conftest import START, County, new_database


def test_only_a_database_in_a_file_has_one() -> None:
    assert condition.file_of("sqlite:///some/county.db") == Path("some/county.db")
    assert condition.file_of("sqlite://") is None
    assert condition.file_of("postgresql://somebody@there/county") is None
    assert condition.file_of("postgresql+psycopg:///county?host=/run") is None


def test_a_file_is_a_database_by_its_first_bytes_or_before_it_has_any(tmp_path: Path) -> None:
    file = tmp_path / "county.db"
    for content, expected in (
        (b"", True),
        (b"SQLite format 3\x00", True),
        (b"SQLite format 3\x00 and more", True),
        (b"SQLite format 3", False),
        (b"SQLite format 4\x00", False),
        (b"PK\x03\x04", False),
    ):
        file.write_bytes(content)
        assert condition.is_database(file) == expected
    made = tmp_path / "made.db"
    with closing(sqlite3.connect(made)) as conn:
        conn.execute("CREATE TABLE t (id)")
    assert condition.is_database(made)


def test_the_first_and_the_last_key_that_is_wrapped_are_given(county: County) -> None:
    with county.store.transaction() as session:
        known = session.conn.execute(select(data_keys.c.id)).scalars().all()
        record.destroy_keys(session, known, START)
        assert condition.wrapped_keys(session) == []
        keys = [record.new_data_key(session, f"test:{n}").id for n in range(4)]
        assert [row.id for row in condition.wrapped_keys(session)] == [keys[0], keys[-1]]
        record.destroy_keys(session, [keys[0], keys[-1]], START)
        first, last = condition.wrapped_keys(session)
        assert (first.id, last.id, first.owner, bytes(first.wrapped) != b"") == (keys[1], keys[2], "test:1", True)
        record.destroy_keys(session, [keys[1]], START)
        assert [row.id for row in condition.wrapped_keys(session)] == [keys[2], keys[2]]


def test_submissions_are_known_once_one_came_in(county: County) -> None:
    with county.store.transaction() as session:
        assert not condition.has_submissions(session)
        sent = {"code": b"c", "sealed": b"s", "source": b"f", "puzzle": b"p", "received_at": START}
        session.conn.execute(submissions.insert().values(**sent))
        assert condition.has_submissions(session)


def test_a_migrated_database_misses_nothing_and_one_table_when_it_is_gone(county: County) -> None:
    with county.store.transaction() as session:
        assert condition.missing_tables(session) == []
        session.conn.execute(text("DROP TABLE saved_filters"))
        session.conn.execute(text("DROP TABLE leases"))
        assert condition.missing_tables(session) == ["leases", "saved_filters"]


def test_an_empty_file_has_no_keys_no_submissions_and_misses_every_table(tmp_path: Path, keyring: Keyring) -> None:
    _is_empty(f"sqlite:///{tmp_path / 'empty.db'}", keyring)


def test_an_empty_database_of_a_server_is_as_empty(postgres: str, keyring: Keyring) -> None:
    _is_empty(new_database(postgres), keyring)


def _is_empty(url: str, keyring: Keyring) -> None:
    store = open_store(url, keyring)
    with store.transaction() as session:
        assert condition.wrapped_keys(session) == []
        assert not condition.has_submissions(session)
        assert condition.missing_tables(session) == sorted(metadata.tables)
        assert condition.broken_pages(session) == []
    store.engine.dispose()


def test_a_sound_database_has_no_broken_pages(county: County) -> None:
    with county.store.reading() as session:
        assert condition.broken_pages(session) == []


def test_pages_that_nothing_uses_are_told_as_many_as_one_asks_for(sqlite_county: County) -> None:
    file = sqlite_county.store.file
    assert file is not None
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA writable_schema=ON")
        lost = conn.execute("DELETE FROM sqlite_master WHERE name LIKE 'ix_households_%'").rowcount
        conn.commit()
    assert lost == 3
    with sqlite_county.store.reading() as session:
        found, fewer = ("\n".join(condition.broken_pages(session, *most)) for most in ((), (2,)))
        assert (found.count("Page"), fewer.count("Page")) == (3, 2)
