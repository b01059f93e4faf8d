"""One word for each kind of fault, whatever the driver calls it; and what a transaction makes of it."""

import errno
import sqlite3

import pytest
from sqlalchemy import text

from app.store import faults
from app.store.faults import ArgumentError, DatabaseError
from app.store.session import DiskFull, open_store
from tests.conftest import County

from . import making


def sqlite_error(code: int | None, words: str = "") -> Exception:
    error = sqlite3.DatabaseError(words)
    if code is not None:
        error.sqlite_errorcode = code
    return error


class ServerError(Exception):
    """As psycopg's: with the state that the server gave."""

    def __init__(self, sqlstate: str | None, words: str = "") -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, ""), "full"),
        (OSError(errno.EDQUOT, ""), "full"),
        (OSError(errno.EFBIG, ""), "full"),
        (OSError(errno.EACCES, ""), "no_access"),
        (OSError(errno.ENOENT, ""), "no_access"),
        (sqlite_error(sqlite3.SQLITE_FULL), "full"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), "full"),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), "full"),
        (sqlite_error(sqlite3.SQLITE_IOERR_TRUNCATE), "full"),
        (sqlite_error(sqlite3.SQLITE_IOERR_SHMSIZE), "full"),
        (sqlite_error(sqlite3.SQLITE_IOERR_READ), "damaged"),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), "damaged"),
        (sqlite_error(sqlite3.SQLITE_CORRUPT_INDEX), "damaged"),
        (sqlite_error(sqlite3.SQLITE_FORMAT), "damaged"),
        (sqlite_error(sqlite3.SQLITE_NOTADB), "no_database"),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), "read_only"),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), "no_access"),
        (sqlite_error(sqlite3.SQLITE_PERM), "no_access"),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), "busy"),
        (sqlite_error(sqlite3.SQLITE_LOCKED), "busy"),
        (sqlite_error(sqlite3.SQLITE_ERROR, "no such table: cases"), "not_migrated"),
        (sqlite_error(sqlite3.SQLITE_ERROR, "no such column: cases.door"), "not_migrated"),
        (sqlite_error(sqlite3.SQLITE_ERROR, "table cases has no column named door"), "not_migrated"),
        (sqlite_error(sqlite3.SQLITE_ERROR, "syntax error"), "other"),
        (sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE), "other"),
        (sqlite_error(None, "Could not decode to UTF-8 column 'name'"), "damaged"),
        (sqlite_error(None), "other"),
        (ServerError("53100"), "full"),
        (ServerError("42P01"), "not_migrated"),
        (ServerError("42703"), "not_migrated"),
        (ServerError("25006"), "read_only"),
        (ServerError("40P01"), "busy"),
        (ServerError("55P03"), "busy"),
        (ServerError("42501"), "no_access"),
        (ServerError("XX001"), "damaged"),
        (ServerError("XX002"), "damaged"),
        (ServerError("23505"), "other"),
        (ServerError(None), "other"),
        (faults.Fault("gone"), "gone"),
        (faults.Fault("damaged"), "damaged"),
        (ValueError(""), "other"),
        (None, "other"),
    ],
)
def test_each_error_has_its_word(error: BaseException | None, kind: str) -> None:
    assert faults.kind_of(error) == kind


def test_a_fault_that_no_driver_says_is_raised_as_an_error_of_the_database() -> None:
    made = faults.error("gone")
    assert isinstance(made, DatabaseError)
    assert faults.kind_of(made.orig) == "gone"
    assert str(faults.Fault("gone")) == "gone"


def test_an_address_of_no_database_is_an_argument_error(county: County) -> None:
    with pytest.raises(ArgumentError):
        open_store("no address", county.store.keyring)


def test_what_both_databases_really_raise_has_its_word(county: County) -> None:
    def raised(statement: str) -> str:
        with pytest.raises(DatabaseError) as caught, county.store.transaction() as session:
            session.conn.execute(text(statement))
        return faults.kind_of(caught.value.orig)

    assert raised("SELECT * FROM unknown_rows") == "not_migrated"
    assert raised("SELECT unknown_column FROM cases") == "not_migrated"
    assert raised("INSERT INTO cases (unknown_column) VALUES (1)") == "not_migrated"
    assert raised("SELEKT 1") == "other"
    assert raised("INSERT INTO leases (name) VALUES (NULL)") == "other"
    if not county.store.is_sqlite:
        assert raised("SET TRANSACTION READ ONLY; DELETE FROM leases") == "read_only"


def test_a_file_that_takes_no_more_is_a_full_disk_and_nothing_is_saved(sqlite_county: County) -> None:
    store = sqlite_county.store
    with pytest.raises(DiskFull), store.transaction() as session:
        pages = session.conn.execute(text("PRAGMA page_count")).scalar_one()
        session.conn.execute(text(f"PRAGMA max_page_count = {pages}"))
        session.conn.execute(text("CREATE TABLE large AS SELECT zeroblob(10000000) AS bytes"))
    assert store.lock.refused
    store.engine.dispose()
    with store.transaction() as session:
        making.household(session)
        assert not session.conn.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'large'")).all()
    assert not store.lock.refused


def test_a_file_that_is_no_database_or_only_read_is_told_apart(sqlite_county: County) -> None:
    file, keyring = sqlite_county.store.file, sqlite_county.store.keyring
    assert file is not None
    readers = open_store(f"sqlite:///{file}", keyring, read_only=True)
    with pytest.raises(DatabaseError) as caught, readers.transaction() as session:
        making.household(session)
    assert faults.kind_of(caught.value.orig) == "read_only"
    readers.engine.dispose()
    other = file.with_name("other.db")
    other.write_bytes(b"no database" * 1_000)
    strange = open_store(f"sqlite:///{other}", keyring)
    with pytest.raises(DatabaseError) as caught, strange.reading() as session:
        session.conn.execute(text("SELECT 1 FROM cases"))
    assert faults.kind_of(caught.value.orig) == "no_database"
    strange.engine.dispose()
