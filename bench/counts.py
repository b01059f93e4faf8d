"""What one completion costs in counts: transactions, fsyncs, round trips.

Transactions are counted by SQLAlchemy's commit event. Round trips: psycopg talks to PostgreSQL through a small relay;
one is counted whenever the client speaks after the server has spoken. Fsyncs: SQLite's are counted by strace in a child
process (less those of a child that completes few), PostgreSQL's by the server itself (pg_stat_io, object wal).
"""

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event, text

from app.store.session import open_store

from . import ours
from .county import County, Databases

STEP = ours.STEPS[0]
FEW = 10


@dataclass
class Relay:
    """A Unix socket in front of PostgreSQL's; `trips` counts questions, `BEGIN` and `COMMIT` included."""

    directory: Path
    server: str
    trips: int = 0
    _waiting: dict[int, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.directory / ".s.PGSQL.5432"))
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                pair = id(client)
                self._waiting[pair] = False
                for args in ((client, server, pair, True), (server, client, pair, False)):
                    threading.Thread(target=self._pump, args=args, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, pair: int, asks: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if asks and not self._waiting[pair]:
                    self.trips += 1
                self._waiting[pair] = asks
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def transactions(county: County, complete: Callable[[], None], many: int) -> float:
    """Commits per completion."""
    seen: list[object] = []
    note = seen.append
    event.listen(county.store.engine, "commit", note)
    for _ in range(many):
        complete()
    event.remove(county.store.engine, "commit", note)
    return len(seen) / many


def round_trips(made: Databases, county: County, tasks: list[tuple[int, int]]) -> float:
    """Per completion, on PostgreSQL, on a connection that has prepared its statements."""
    url = county.store.engine.url
    directory = str(url.query["host"])
    relay = Relay(made.directory / "relay", f"{directory}/.s.PGSQL.5432")
    through = url.update_query_dict({"host": str(relay.directory)}).render_as_string(hide_password=False)
    store = open_store(through, county.store.keyring)
    complete = ours.completion(County(store, county.ids, county.now), STEP, tasks)
    warm = len(tasks) // 2
    for _ in range(warm):
        complete()
    before = relay.trips
    for _ in range(len(tasks) - warm):
        complete()
    found = (relay.trips - before) / (len(tasks) - warm)
    store.engine.dispose()
    relay.close()
    return found


def fsyncs_postgresql(county: County, tasks: list[tuple[int, int]]) -> float:
    """WAL syncs per completion, by one backend that is made to report them before it is asked."""
    url = county.store.engine.url.render_as_string(hide_password=False)
    store = open_store(url, county.store.keyring, pool=1)
    complete = ours.completion(County(store, county.ids, county.now), STEP, tasks)

    def counted() -> int:
        with store.engine.connect() as conn:
            conn.execute(text("SELECT pg_stat_force_next_flush()"))
        query = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal' AND backend_type = 'client backend'"
        with store.engine.connect() as conn:
            return int(conn.execute(text(query)).scalar() or 0)

    complete()
    before = counted()
    for _ in tasks[1:]:
        complete()
    found = (counted() - before) / (len(tasks) - 1)
    store.engine.dispose()
    return found


def fsyncs_sqlite(made: Databases, county: County, many: int) -> float | None:
    """Per completion, checkpoints included; None where strace is not installed. What opening and closing the database
    cost is taken off by a child that completes a few only."""
    if shutil.which("strace") is None:
        return None
    path = str(county.store.engine.url.database)
    county.store.engine.dispose()
    return (_traced(made, county, path, many) - _traced(made, county, path, FEW)) / (many - FEW)


def _traced(made: Databases, county: County, path: str, many: int) -> int:
    log = made.directory / "strace"
    child = [sys.executable, "-m", "bench.counts", path, str(made.directory / "keys.json"), str(many)]
    child += [str(county.ids[name]) for name in (ours.WHO[STEP], "village_2", "village_3")]
    child.append(county.now.isoformat())
    tracer = ["strace", "-f", "-o", str(log), "-e", "trace=fsync,fdatasync"]
    subprocess.run([*tracer, *child], check=True, stdout=subprocess.DEVNULL)
    return len(re.findall(r"f(?:data)?sync\(", log.read_text()))


def _child(path: str, keys: str, many: str, *rest: str) -> None:
    """Complete this many tasks of a database in a process of its own."""
    from datetime import datetime

    from app.crypto import load_keyring

    *people, now = rest
    store = open_store(f"sqlite:///{path}", load_keyring(Path(keys), "intl"))
    ids = dict(zip((ours.WHO[STEP], "village_2", "village_3"), map(int, people), strict=True))
    county = County(store, ids, datetime.fromisoformat(now))
    with store.reading() as session:
        todo = ours.open_tasks(session, STEP)
    complete = ours.completion(county, STEP, todo)
    for _ in range(int(many)):
        complete()
    store.engine.dispose()


if __name__ == "__main__":
    _child(*sys.argv[1:])
