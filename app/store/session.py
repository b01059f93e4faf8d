"""The database: one engine per process, transactions, and what is cached beside them.

SQLite: WAL, synchronous=FULL, one writer at a time (`BEGIN IMMEDIATE` behind a process lock, busy timeout for other
processes). PostgreSQL: psycopg 3; the writes of one step go out in one pipeline.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, Executable, create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError

from app.crypto import Keyring

Write = tuple[Executable, Sequence[dict[str, Any]]]
"""A statement with its parameter rows; no rows means it is executed once as it is."""

BUSY_SECONDS = 30
DEADLOCK = "40P01"


class Taken(Exception):
    """Somebody else was a moment earlier: the person belongs to another household, or the case is already open."""


class Crossed(Exception):
    """Two wrote the next version of the same household's file; nothing of the second was saved."""


class Busy(Exception):
    """The database stayed locked by another writer; nothing was saved, the same request may be sent again."""


@dataclass
class Store:
    """One process's door to the database. `cache` holds what never changes (definitions) or changes with a
    deployment (entries); it is keyed by id or refreshed by version, never by time alone. `url`: the county's own address,
    for codes on papers."""

    engine: Engine
    keyring: Keyring
    cache: dict[Any, Any] = field(default_factory=dict)
    url: str = ""
    _writing: RLock = field(default_factory=RLock)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator["Session"]:
        """Everything inside is saved together or not at all."""
        with self._writing if self.is_sqlite else nullcontext():
            try:
                with self.engine.connect().execution_options(write=True) as conn, conn.begin():
                    yield Session(conn, self)
            except OperationalError as error:
                if "database is locked" in str(error.orig) or getattr(error.orig, "sqlstate", "") == DEADLOCK:
                    raise Busy from error
                raise
            except IntegrityError as error:
                if any(name in str(error.orig) for name in ("person_index", "cases.household", "uq_cases_open_household")):
                    raise Taken from error
                if "household_versions" in str(error.orig):
                    raise Crossed from error
                raise

    @contextmanager
    def reading(self) -> Iterator["Session"]:
        """A consistent view; nothing may be written."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as conn, conn.begin():
            yield Session(conn, self)


@dataclass(frozen=True)
class Session:
    """What services and store functions receive: an open transaction and the process's store.

    `beside` gathers what else changed since the last event, as (name, row): holds opened and lifted, columns set. The next
    event of the transaction says it.
    """

    conn: Connection
    store: Store
    beside: list[tuple[str, list[Any]]] = field(default_factory=list)

    @property
    def keyring(self) -> Keyring:
        return self.store.keyring

    def write(self, writes: Sequence[Write]) -> None:
        """Send all writes of a step; on PostgreSQL in one pipeline (one round trip)."""
        with self._pipeline():
            for statement, rows in writes:
                if rows:
                    self.conn.execute(statement, rows if len(rows) > 1 else rows[0])
                else:
                    self.conn.execute(statement)

    def _pipeline(self) -> Any:
        if self.store.is_sqlite:
            return nullcontext()
        driver: Any = self.conn.connection.driver_connection
        return driver.pipeline()


def open_store(url: str, keyring: Keyring, *, pool: int = 12, address: str = "") -> Store:
    """`url`: sqlite:///path or postgresql://…; psycopg is chosen when the URL names no driver."""
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=pool, connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS})
        _sqlite(engine)
    else:
        engine = create_engine(url, pool_size=pool, max_overflow=pool, pool_pre_ping=False)
        _postgresql(engine)
    return Store(engine, keyring, url=address)


def _postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        """A statement sent many times is planned once: planning the inbox took longer than reading it."""
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.commit()


def _sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON",
            "cache_size=-65536", "temp_store=MEMORY",
        ):  # fmt: skip
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
