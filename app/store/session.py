"""The database: one engine per process, transactions, and what is cached beside them.

SQLite: WAL, synchronous=FULL, one writer at a time (`BEGIN IMMEDIATE` behind a process lock, busy timeout for other
processes). PostgreSQL: psycopg 3; the writes of one step go out in one pipeline.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from threading import BoundedSemaphore, RLock
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Executable, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.crypto import Keyring

from . import faults

Write = tuple[Executable, Sequence[dict[str, Any]]]
"""A statement with its parameter rows; no rows means it is executed once as it is."""

BUSY_SECONDS = 30
"""How long a command or a tick waits for another writer on SQLite."""
ROW_SECONDS = 5
"""How long anybody waits for a locked row on PostgreSQL."""
QUEUE = 4
"""How many requests may wait long for the one who writes; the others give way soon, so that those who only read find a
thread."""
SOON = 1.0


class Taken(Exception):
    """Somebody else was a moment earlier: the person belongs to another household, or the case is already open."""


class Crossed(Exception):
    """Two wrote the next version of the same household's file; nothing of the second was saved."""


class Unrecorded(Exception):
    """A row changed and no event of its stream said so; nothing was saved."""


class Busy(Exception):
    """The database stayed locked by another writer; nothing was saved, the same request may be sent again."""


class DiskFull(Exception):
    """The database could not be written for want of room; nothing was saved."""


class WriteLock:
    """The one writer of an SQLite process. `refused`: whether the last attempt to write found no room."""

    def __init__(self) -> None:
        self._lock, self._queue, self.refused = RLock(), BoundedSemaphore(QUEUE), False

    @contextmanager
    def held(self, patience: float) -> Iterator[float]:
        """Gives the seconds of patience that are left for writers of other processes. Raises Busy."""
        queued = self._queue.acquire(blocking=False)
        long = queued or patience >= BUSY_SECONDS
        until = time.monotonic() + (patience if long else min(patience, SOON))
        try:
            if not self._lock.acquire(timeout=max(0, until - time.monotonic())):
                raise Busy
            try:
                yield max(0, round(until - time.monotonic(), 1))
            finally:
                self._lock.release()
        finally:
            if queued:
                self._queue.release()


@dataclass
class Store:
    """One process's door to the database. `cache` holds what never changes (definitions) or changes with a
    deployment (entries); it is keyed by id or refreshed by version, never by time alone. `url`: the county's own address,
    for codes on papers. `patience`: seconds that a transaction waits for another writer (SQLite)."""

    engine: Engine
    keyring: Keyring
    cache: dict[Any, Any] = field(default_factory=dict)
    url: str = ""
    patience: float = BUSY_SECONDS
    lock: WriteLock = field(default_factory=WriteLock)
    file: Path | None = None
    """Of SQLite: where it lies."""
    _opened: tuple[int, int] | None = None

    @property
    def can_be_written(self) -> bool:
        """Whether the database's file and the folder beside it take anything."""
        return self.file is None or all(os.access(path, os.W_OK) for path in (self.file, self.file.parent))

    def _still_there(self) -> None:
        """A file that was removed or replaced under an open connection takes whatever is written into nowhere."""
        if self.file is None:
            return
        try:
            found = self.file.stat()
            there = (found.st_dev, found.st_ino)
        except OSError:
            there = None
        self._opened = self._opened or there
        if self._opened != there:
            raise faults.error("gone")

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self, patience: float | None = None) -> Iterator["Session"]:
        """Everything inside is saved together or not at all. Raises Busy when another writer kept the lock for longer than
        `patience` seconds, DiskFull when there was no room."""
        wait = self.patience if patience is None else patience
        with self.lock.held(wait) if self.is_sqlite else nullcontext(patience) as left, self._faults():
            try:
                with self.engine.connect().execution_options(write=True, patience=left) as conn, conn.begin():
                    session = Session(conn, self)
                    yield session
                    if session.unrecorded:
                        raise Unrecorded(session.unrecorded[0][0])
            except IntegrityError as error:
                if any(name in str(error.orig) for name in ("person_index", "cases.household", "uq_cases_open_household")):
                    raise Taken from error
                if "household_versions" in str(error.orig):
                    raise Crossed from error
                raise
        self.lock.refused = False

    @contextmanager
    def reading(self) -> Iterator["Session"]:
        """A consistent view; nothing may be written."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._faults(), self.engine.connect().execution_options(**options) as conn:
            begun = conn.begin()
            try:
                yield Session(conn, self, asked={})
            finally:
                begun.rollback()  # there is nothing to keep, and a damaged file refuses even an empty commit

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """What drivers call by many names is called by one."""
        try:
            self._still_there()
            yield
        except DatabaseError as error:
            if (called := self._called(error)) is error:
                raise
            raise called from error
        except self.engine.dialect.loaded_dbapi.Error as error:  # of many rows at once, sent past SQLAlchemy
            raise self._called(DatabaseError("", None, error)) from error

    def _called(self, error: DatabaseError) -> Exception:
        kind = faults.kind_of(error.orig)
        if kind == "full":
            self.lock.refused = True
        return Busy() if kind == "busy" else DiskFull() if kind == "full" else error


@dataclass(frozen=True)
class Session:
    """What services and store functions receive: an open transaction and the process's store.

    `unrecorded`: what else changed since the last events, as (stream, name, row): holds opened and lifted, columns set. The
    next event of that stream says it; a transaction that would leave something unsaid is not saved.
    """

    conn: Connection
    store: Store
    unrecorded: list[tuple[str, str, list[Any]]] = field(default_factory=list)
    asked: dict[Any, Any] | None = None
    """What was answered in a reading already (see `once`); None where something may be written."""

    def sets(self, stream: str, kind: str, ident: int, columns: Mapping[str, Any], told: Sequence[str]) -> None:
        """Columns of a row (its kind and id) that were set, those that are told: the stream's next event says them."""
        self.unrecorded.extend((stream, "sets", [kind, ident, name, columns[name]]) for name in told if name in columns)

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


def open_store(url: str, keyring: Keyring, *, pool: int = 12, address: str = "", read_only: bool = False) -> Store:
    """`url`: sqlite:///path or postgresql://…; psycopg is chosen when the URL names no driver. `read_only` (SQLite): nothing
    is written, not even beside the file."""
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if url.startswith("sqlite"):
        arguments: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": BUSY_SECONDS}}
        if read_only:
            arguments = {"creator": _reader(Path(make_url(url).database or ""))}
        engine = create_engine(url, pool_size=pool, **arguments)
        _sqlite(engine, read_only)
    else:
        engine = create_engine(url, pool_size=pool, max_overflow=pool, pool_pre_ping=False)
        _postgresql(engine)
    file = None if read_only or not url.startswith("sqlite") else make_url(url).database
    return Store(engine, keyring, url=address, file=Path(file) if file and file != ":memory:" else None)


def _reader(file: Path) -> Callable[[], sqlite3.Connection]:
    """Opens a file to read it only. Where it may be written SQLite keeps its shared memory beside it, as always. Where not,
    it is read as one that nobody changes, or, with a journal beside it that needs that memory, from a copy."""
    source, copy = f"file:{quote(str(file))}", None
    journal = Path(f"{file}-wal")
    if file.stat().st_mode & 0o222 and os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        source += "?mode=rw"
    elif not journal.exists() or not _can_be_read(f"{source}?mode=ro"):
        if journal.exists() and journal.stat().st_size:
            copy = tempfile.TemporaryDirectory(prefix="shouwang-")
            for one in (file, journal):
                shutil.copyfile(one, Path(copy.name, one.name))
            source = f"file:{quote(str(Path(copy.name, file.name)))}"
        else:
            source += "?immutable=1"
    else:
        source += "?mode=ro"

    def connect() -> sqlite3.Connection:
        _ = copy  # stays while somebody may connect
        return sqlite3.connect(source, uri=True, check_same_thread=False, timeout=BUSY_SECONDS)

    return connect


def _can_be_read(source: str) -> bool:
    """False where shared memory cannot be made; damage is for whoever reads on."""
    try:
        connection = sqlite3.connect(source, uri=True)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        return faults.kind_of(error) not in ("no_access", "read_only")
    return True


def _postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        """A statement sent many times is planned once: planning the inbox took longer than reading it. Who waits for a row
        that another holds gives up in the end."""
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute(f"SET lock_timeout = '{ROW_SECONDS}s'")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        patience = connection.get_execution_options().get("patience")
        if patience is not None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, int(patience * 1000))}")


def _sqlite(engine: Engine, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        written = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON")
        for pragma in (*(("query_only=ON",) if read_only else written), "cache_size=-65536", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        record.info["patience"] = BUSY_SECONDS

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        patience = options.get("patience", BUSY_SECONDS)
        if connection.info.get("patience") != patience:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience * 1000)}")
            connection.info["patience"] = patience
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write") else "BEGIN")


Given = ParamSpec("Given")
Answered = TypeVar("Answered")


def once(
    ask: Callable[Concatenate[Session, Given], Answered],
) -> Callable[Concatenate[Session, Given], Answered]:
    """A question that a reading asks the database once: nothing changes while it lasts. Whoever gets the answer shares it,
    and leaves it as it is."""

    @wraps(ask)
    def answer(session: Session, /, *args: Given.args, **more: Given.kwargs) -> Answered:
        if session.asked is None:
            return ask(session, *args, **more)
        key = (ask, args, tuple(more.items()))
        if key not in session.asked:
            session.asked[key] = ask(session, *args, **more)
        found: Answered = session.asked[key]
        return found

    return answer
