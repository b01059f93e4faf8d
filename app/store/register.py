"""Many household files at once: read in pieces by what identifies them, written in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from . import bulk
from .record import DataKey, data_key, open_secret, seal_secret
from .session import Session
from .tables import (
    cases,
    data_keys,
    household_versions,
    households,
    import_mappings,
    imports,
    person_index,
)
from .types import micros

_AT_ONCE = 500


@dataclass(frozen=True)
class Known:
    """A household already kept, with its newest file ({} once erased: `key.bytes` is None)."""

    id: int
    number: str | None
    village: str
    head_name: str | None
    pinyin: str | None
    household_type: str | None
    key: DataKey
    version: int
    document: dict[str, Any]
    listed_on: date | None


def households_with(
    session: Session, blinds: Sequence[bytes], numbers: Sequence[str]
) -> tuple[dict[bytes, int], dict[str, int]]:
    """(blind index of a person -> household, province's number -> household) of those already kept."""
    people: dict[bytes, int] = {}
    for begin in range(0, len(blinds), _AT_ONCE):
        part = list(blinds[begin : begin + _AT_ONCE])
        query = select(person_index.c.blind, person_index.c.household).where(person_index.c.blind.in_(part))
        people.update((bytes(row.blind), row.household) for row in session.conn.execute(query))
    numbered: dict[str, int] = {}
    for begin in range(0, len(numbers), _AT_ONCE):
        part_ = list(numbers[begin : begin + _AT_ONCE])
        query_ = select(households.c.number, households.c.id).where(households.c.number.in_(part_))
        numbered.update((row.number, row.id) for row in session.conn.execute(query_))
    return people, numbered


def known(session: Session, idents: Iterable[int]) -> dict[int, Known]:
    found: dict[int, Known] = {}
    listed = list(idents)
    for begin in range(0, len(listed), _AT_ONCE):
        part = listed[begin : begin + _AT_ONCE]
        newest: dict[int, Any] = {}
        query = select(household_versions).where(household_versions.c.household.in_(part))
        for row in session.conn.execute(query.order_by(household_versions.c.number)):
            newest[row.household] = row
        for row in session.conn.execute(select(households).where(households.c.id.in_(part))):
            key = data_key(session, row.data_key)
            version = newest.get(row.id)
            document = None
            if version is not None:
                document = open_secret(session, key, f"household:{row.id}/{version.number}", bytes(version.secret))
            number = version.number if version is not None else 0
            found[row.id] = Known(
                row.id,
                row.number,
                row.org_unit,
                row.head_name,
                row.pinyin,
                row.household_type,
                key,
                number,
                document or {},
                row.listed_on,
            )
    return found


@dataclass(frozen=True)
class Fresh:
    number: str
    village: str
    head_name: str
    pinyin: str
    household_type: str | None
    document: Mapping[str, Any]
    people: Mapping[bytes, int]
    """Blind index -> place of the member."""
    listed_on: date


def add_many(session: Session, fresh: Sequence[Fresh], as_of: date, now: datetime) -> list[tuple[int, bytes]]:
    """New households with keys of their own, files and person index: (id, digest of the file as encrypted)."""
    if not fresh:
        return []
    keyring, suite = session.keyring, session.keyring.suite
    key_ids = bulk.take_ids(session, data_keys, len(fresh))
    idents = bulk.take_ids(session, households, len(fresh))
    keys, rows, versions, index, told = [], [], [], [], []
    at, day = micros(now), as_of.isoformat() if session.store.is_sqlite else as_of
    for one, key_id, ident in zip(fresh, key_ids, idents, strict=True):
        plain = keyring.new_data_key()
        master, wrapped = keyring.wrap(plain)
        key = DataKey(key_id, plain, suite)
        keys.append((key_id, f"household:{ident}", suite.name, master, wrapped))
        rows.append(
            (
                ident,
                one.village,
                one.head_name,
                one.pinyin,
                one.household_type,
                "registered",
                key_id,
                _no(session),
                one.number,
                day,
            )
        )
        secret = seal_secret(session, key, f"household:{ident}/1", one.document)
        versions.append((ident, 1, day, at, secret))
        index += [(blind, ident, place) for blind, place in one.people.items()]
        told.append((ident, suite.digest(secret)))
    bulk.add_rows(session, data_keys, ("id", "owner", "suite", "master", "wrapped"), keys)
    bulk.add_rows(
        session,
        households,
        ("id", "org_unit", "head_name", "pinyin", "household_type", "status", "data_key", "demo", "number", "listed_on"),
        rows,
    )
    bulk.add_rows(session, household_versions, ("household", "number", "as_of", "recorded_at", "secret"), versions)
    bulk.add_rows(session, person_index, ("blind", "household", "member"), index)
    return told


def _no(session: Session) -> Any:
    return 0 if session.store.is_sqlite else False


@dataclass(frozen=True)
class Changed:
    """A household's next file, and what lists search of it (`plain`: head_name, pinyin, household_type, number, org_unit)."""

    known: Known
    document: Mapping[str, Any]
    people: Mapping[bytes, int]
    plain: Mapping[str, Any]


def change_many(session: Session, changed: Sequence[Changed], as_of: date, now: datetime) -> list[tuple[int, bytes]]:
    """Households' files as an import changes them, in few statements: (id, digest of the file as encrypted). A person who
    goes from one of them to another is never in both."""
    told, versions, index = [], [], []
    for one in changed:
        ident, version = one.known.id, one.known.version + 1
        secret = seal_secret(session, one.known.key, f"household:{ident}/{version}", one.document)
        versions.append({"household": ident, "number": version, "as_of": as_of, "recorded_at": now, "secret": secret})
        index += [{"blind": blind, "household": ident, "member": place} for blind, place in one.people.items()]
        told.append((ident, one.known.key.suite.digest(secret)))
    idents = [one.known.id for one in changed]
    for begin in range(0, len(idents), _AT_ONCE):
        session.conn.execute(delete(person_index).where(person_index.c.household.in_(idents[begin : begin + _AT_ONCE])))
    if versions:
        session.conn.execute(insert(household_versions), versions)
    if index:
        session.conn.execute(insert(person_index), index)
    plain = [{"b_id": one.known.id, **one.plain} for one in changed]
    if plain:
        session.conn.execute(update(households).where(households.c.id == bindparam("b_id")), plain)
    return told


def listed(session: Session, idents: Sequence[int], day: date) -> None:
    """A list of this day told of these households."""
    for begin in range(0, len(idents), _AT_ONCE):
        older = or_(households.c.listed_on.is_(None), households.c.listed_on < day)
        which = households.c.id.in_(idents[begin : begin + _AT_ONCE])
        session.conn.execute(update(households).where(which, older).values(listed_on=day))


def with_open_case(session: Session, idents: Iterable[int]) -> set[int]:
    """Those of these households that have a case under way."""
    found: set[int] = set()
    asked = list(idents)
    for begin in range(0, len(asked), _AT_ONCE):
        which = cases.c.household.in_(asked[begin : begin + _AT_ONCE]) & cases.c.closed_at.is_(None)
        found.update(session.conn.execute(select(cases.c.household).where(which)).scalars())
    return found


def add_import(
    session: Session, *, kind: str, file_hash: bytes, data_on: date, by: int | None, counts: Mapping[str, int], now: datetime
) -> int:
    return session.conn.execute(
        insert(imports)
        .values(kind=kind, file_hash=file_hash, data_on=data_on, made_at=now, made_by=by, counts=dict(counts))
        .returning(imports.c.id)
    ).scalar_one()


def mapping(session: Session, kind: str) -> dict[str, str]:
    found = session.conn.execute(
        select(import_mappings.c.header, import_mappings.c.field).where(import_mappings.c.kind == kind)
    )
    return {row.header: row.field for row in found}


def save_mapping(session: Session, kind: str, chosen: Mapping[str, str | None]) -> None:
    """What each column meant this time is offered the next time; None: nothing is remembered of this title."""
    for header, field in chosen.items():
        session.conn.execute(
            delete(import_mappings).where(import_mappings.c.kind == kind, import_mappings.c.header == header[:64])
        )
        if field is not None:
            session.conn.execute(insert(import_mappings).values(kind=kind, header=header[:64], field=field))
