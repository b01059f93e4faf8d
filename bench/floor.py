"""The floor: exactly the rows that one of our completions writes, encrypted and chained again, with no engine.

A completion is run once and rolled back while its writing statements are listened to. The floor then locks the same
rows, encrypts and chains the event and sends the same statements through the same `Session.write`.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, event
from sqlalchemy.sql.dml import UpdateBase

from app.crypto import chain_hash
from app.store import processes
from app.store.session import Session, Write
from app.store.tables import events, streams

from . import ours
from .county import County


class _Unpiped(Session):
    """On PostgreSQL a pipeline would hide how many rows a statement touched."""

    def _pipeline(self) -> Any:
        return nullcontext()


@dataclass(frozen=True)
class Rows:
    """What one completion wrote: `secret` is the plain text of its event, to be encrypted again."""

    task: int
    secret: bytes
    writes: list[Write]


def floor(county: County, element: str, tasks: Sequence[tuple[int, int]]) -> Callable[[], None]:
    """An operation that writes the rows of one completion after another."""
    prepared = iter([_rows(county, element, task, version) for task, version in tasks])

    def operation() -> None:
        rows = next(prepared)
        with county.store.transaction() as session:
            work = processes.lock_task(session, rows.task)
            if work.key is None or work.key.bytes is None:
                raise LookupError(rows.task)
            suite = session.keyring.suite
            place = f"{work.head.name}/{work.head.number + 1}".encode()
            secret = suite.seal(work.key.bytes, rows.secret, place)
            for statement, parameters in rows.writes:
                if getattr(statement, "table", None) is events:
                    row = parameters[0]
                    row["secret"], row["prev_hash"] = secret, work.head.hash
                    row["hash"] = chain_hash(suite, work.head.hash, row["body"], secret)
                    hashed = row["hash"]
                elif getattr(statement, "table", None) is streams:
                    parameters[0]["b_hash"] = hashed
            session.write(rows.writes)

    return operation


class _Undo(Exception):
    """Leaves the transaction without a commit."""


def _rows(county: County, element: str, task: int, version: int) -> Rows:
    writes: list[Write] = []
    secret = b""

    def listen(conn: Any, statement: Any, many: Any, one: Any, options: Any, result: Any) -> None:
        if isinstance(statement, UpdateBase) and not (isinstance(statement, Delete) and result.rowcount == 0):
            writes.append((statement, [dict(row) for row in many] or ([dict(one)] if one else [])))

    try:
        with county.store.transaction() as session:
            work = processes.lock_task(session, task)
            event.listen(session.conn, "after_execute", listen)
            try:
                ours.complete(_Unpiped(session.conn, session.store), county, element, task, version)
            finally:
                event.remove(session.conn, "after_execute", listen)
            row = next(rows[0] for statement, rows in writes if getattr(statement, "table", None) is events)
            if work.key is None or work.key.bytes is None:
                raise LookupError(task)
            place = f"{work.head.name}/{row['number']}".encode()
            secret = session.keyring.suite.open(work.key.bytes, row["secret"], place)
            raise _Undo
    except _Undo:
        return Rows(task, secret, writes)
