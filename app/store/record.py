"""Writing the record: streams, events, data keys. Rows are only added; triggers refuse anything else."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.crypto import SUITES, KeyDestroyed, Suite, chain_hash

from .session import Session, Write, once
from .tables import data_keys, events, streams
from .together import question
from .types import micros


@dataclass(frozen=True)
class Head:
    """Where a stream stands: its row id, last number and last hash (empty before the first event)."""

    stream: int
    name: str
    number: int
    hash: bytes


@dataclass(frozen=True)
class DataKey:
    """A data key as its owner's row gives it, with the suite it was made for; `bytes` is None once it was destroyed."""

    id: int
    bytes: bytes | None
    suite: Suite


@dataclass(frozen=True)
class NewEvent:
    """One event to be written. `body` must be free of floats and personal data; `secret` is encrypted with `key`."""

    kind: str
    at: datetime
    actor: int | None
    body: Mapping[str, Any]
    secret: Mapping[str, Any] | None = None
    case_id: int | None = None
    instance: int | None = None
    command_id: bytes | None = None


def new_stream(session: Session, name: str) -> Head:
    result = session.conn.execute(insert(streams).values(name=name, number=0, hash=b"").returning(streams.c.id))
    return Head(result.scalar_one(), name, 0, b"")


def lock_stream(session: Session, name: str) -> Head:
    """The stream's head, locked until the transaction ends; made if it does not exist yet."""
    row = session.conn.execute(
        select(streams.c.id, streams.c.number, streams.c.hash).where(streams.c.name == name).with_for_update()
    ).one_or_none()
    if row is None:
        try:
            with session.conn.begin_nested():
                return new_stream(session, name)
        except IntegrityError:  # somebody else began it at this very moment
            return lock_stream(session, name)
    return Head(row.id, name, row.number, row.hash)


def new_data_key(session: Session, owner: str) -> DataKey:
    """A fresh key for a household, clue, meeting or official ("household:12"), wrapped by the current master key."""
    keyring = session.keyring
    key = keyring.new_data_key()
    master, wrapped = keyring.wrap(key)
    ident = session.conn.execute(
        insert(data_keys)
        .values(owner=owner, suite=keyring.suite.name, master=master, wrapped=wrapped)
        .returning(data_keys.c.id)
    ).scalar_one()
    return DataKey(ident, key, keyring.suite)


def name_owner(session: Session, key: DataKey, owner: str) -> None:
    """Say whose key it is once the owner has an id."""
    session.conn.execute(update(data_keys).where(data_keys.c.id == key.id).values(owner=owner))


@question
def key_row(key_id: int) -> Select[Any]:
    """A data key as it is kept, wrapped."""
    return select(data_keys.c.master, data_keys.c.wrapped, data_keys.c.suite).where(data_keys.c.id == key_id)


@once
def data_key(session: Session, key_id: int) -> DataKey:
    """The key by id; `bytes` is None after lawful erasure."""
    (row,) = key_row(session, key_id)
    return opened_key(session, key_id, row.master, row.wrapped, row.suite)


def opened_key(session: Session, key_id: int, master: str, wrapped: bytes | None, suite: str) -> DataKey:
    """The key from columns that a larger query already read."""
    used = SUITES[suite]
    if wrapped is None:
        session.keyring.forget(key_id)
        return DataKey(key_id, None, used)
    try:
        return DataKey(key_id, session.keyring.unwrap(key_id, master, wrapped, used), used)
    except KeyDestroyed:
        return DataKey(key_id, None, used)


def destroy_keys(session: Session, idents: Sequence[int], now: datetime) -> None:
    """What these keys sealed can never be read again; the rows stay, so that the record still says they were."""
    gone = update(data_keys).where(data_keys.c.id.in_(list(idents)))
    session.conn.execute(gone.values(wrapped=None, destroyed_at=now))
    for ident in idents:
        session.keyring.forget(ident)


def seal_secret(session: Session, key: DataKey, place: str, content: Mapping[str, Any]) -> bytes:
    """Encrypt JSON for a row at `place` ("snapshot:3"); nothing is written under a destroyed key.

    Deflated first where that is shorter (a third less over a whole case); `z` before it tells it from JSON's `{`.
    """
    if key.bytes is None:
        raise KeyDestroyed
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    packed = b"z" + zlib.compress(plain, wbits=-zlib.MAX_WBITS)
    return key.suite.seal(key.bytes, min(plain, packed, key=len), place.encode())


def open_secret(session: Session, key: DataKey, place: str, sealed: bytes) -> dict[str, Any] | None:
    """The JSON behind a secret; None where the key was destroyed (lawful erasure). Raises Tampered."""
    if key.bytes is None:
        return None
    plain = key.suite.open(key.bytes, sealed, place.encode())
    if plain.startswith(b"z"):
        plain = zlib.decompress(plain[1:], wbits=-zlib.MAX_WBITS)
    return dict(json.loads(plain))


class Inexact(TypeError):
    """A float in an event's body: JSON could not give it back exactly."""


def append(
    session: Session, head: Head, key: DataKey | None, draft: NewEvent, shared: Mapping[str, str] | None = None
) -> tuple[Head, list[Write]]:
    """The next event of a locked stream: (new head, what to write). The caller sends the writes with its own.

    `shared`: parts of the body that many events have in common, written once (see `written`).
    """
    number = head.number + 1
    suite = key.suite if key else session.keyring.suite
    beside: dict[str, list[list[Any]]] = {}
    for stream, name, said in session.unrecorded:
        if stream == head.name:
            beside.setdefault(name, []).append(said)
    session.unrecorded[:] = [one for one in session.unrecorded if one[0] != head.name]
    own = {
        **draft.body,
        **beside,
        "kind": draft.kind,
        "at": micros(draft.at),
        "actor": draft.actor,
        "stream": head.name,
        "number": number,
        "suite": suite.name,
        "key": key.id if key else None,
    }
    body = canonical(own) if shared is None else _joined({**shared, **written(own)})
    secret = b""
    if draft.secret and key is not None:
        secret = seal_secret(session, key, f"{head.name}/{number}", draft.secret)
    hashed = chain_hash(suite, head.hash, body, secret)
    row = {
        "stream": head.stream,
        "number": number,
        "kind": draft.kind,
        "at": draft.at,
        "actor": draft.actor,
        "case_id": draft.case_id,
        "instance": draft.instance,
        "command_id": draft.command_id,
        "body": body,
        "secret": secret,
        "prev_hash": head.hash,
        "hash": hashed,
    }
    moved = {"b_stream": head.stream, "b_number": number, "b_hash": hashed}
    return replace(head, number=number, hash=hashed), [(_INSERT_EVENT, [row]), (MOVE_STREAM, [moved])]


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(body: Mapping[str, Any]) -> bytes:
    """RFC 8785 JSON. For plain content the standard library's sorted compact form is the same bytes, several times as
    fast (a test holds the two together); anything else is left to the reference. Raises Inexact."""
    return _encode(body).encode() if _plain(body) else rfc8785.dumps(dict(body))


def written(body: Mapping[str, Any]) -> dict[str, str]:
    """Each part of a body in canonical form by itself."""
    return {name: canonical({"": value})[4:-1].decode() for name, value in body.items()}


def _joined(parts: Mapping[str, str]) -> bytes:
    """The parts as one canonical object: names are ASCII, so that their order is the bytes'."""
    return ("{" + ",".join(f'"{name}":{parts[name]}' for name in sorted(parts)) + "}").encode()


def _plain(value: object) -> bool:
    """Whether it is dicts with ASCII keys (others sort differently), lists, strings, small integers, booleans, null."""
    match value:
        case str() | bool() | None:
            return True
        case int():
            return -(2**53) < value < 2**53
        case dict():
            return all([type(key) is str and key.isascii() and _plain(inner) for key, inner in value.items()])
        case list() | tuple():
            return all([_plain(inner) for inner in value])
        case float():
            raise Inexact
    return False


_INSERT_EVENT = insert(events).inline()
MOVE_STREAM = (
    update(streams)
    .where(streams.c.id == bindparam("b_stream"))
    .values(number=bindparam("b_number"), hash=bindparam("b_hash"))
)


def stream_name(session: Session, ident: int) -> str:
    return session.conn.execute(select(streams.c.name).where(streams.c.id == ident)).scalar_one()


def event_of_command(session: Session, command_id: bytes) -> Any | None:
    """The event a command id already made, if any: the same command again gets the first answer again."""
    return session.conn.execute(
        select(events.c.stream, events.c.number, events.c.kind, events.c.instance, events.c.case_id, events.c.body).where(
            events.c.command_id == command_id
        )
    ).one_or_none()
