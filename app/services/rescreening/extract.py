"""The matching extract: who (ID number as a whole number), in which household, as which member. One file, encrypted under its
own key, made anew when a household's file changed and after every erasure, opened in memory for a run."""

import io
import json
import zlib
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import feather

from app.comparison.rows import PEOPLE
from app.crypto import KeyDestroyed, Tampered
from app.policy import identity
from app.store import rescreening as rows
from app.store.record import opened_key
from app.store.session import Session, Store

NAME = "people"
FAILED = b"failed"
"""Whom it could not read, kept with it: every run that uses it has to know."""


def people(store: Store, now: datetime, as_of: date | None = None) -> tuple[pa.Table, list[int]]:
    """(people with what tables ask of their household, households that could not be read). `as_of`: a month that is caught
    up is matched against the files of its own day."""
    with store.reading() as session:
        stamped = rows.stamp(session)
        kept = rows.extract(session, NAME) if as_of is None else None
        if kept is not None and kept.stamp == stamped:
            plain = rows.open_extract(session, kept)
            if plain is not None:
                table = feather.read_table(io.BytesIO(plain))
                return _with_flags(session, table, None), json.loads((table.schema.metadata or {}).get(FAILED, b"[]"))
        table, failed = _made(session, as_of)
        found = _with_flags(session, table, as_of)
    if as_of is None:
        out = io.BytesIO()
        told = table.replace_schema_metadata({FAILED: json.dumps(failed).encode()})
        feather.write_feather(told, out, compression="lz4")
        with store.transaction() as session:
            rows.save_extract(session, NAME, stamped, out.getvalue(), table.num_rows, now)
    return found, failed


def _made(session: Session, as_of: date | None) -> tuple[pa.Table, list[int]]:
    """From every household's file; one that cannot be read is named and the others go on."""
    pids: list[int] = []
    owners: list[int] = []
    places: list[int] = []
    failed: list[int] = []
    for row in rows.files_as_of(session, as_of):
        try:
            members = _members(session, row)
        except (Tampered, KeyDestroyed, ValueError, KeyError):
            failed.append(row.household)
            continue
        for place, member in enumerate(members):
            number = member.get("id_number")
            if number and identity.birth_date(number) and member.get("status") != "gone":
                pids.append(int(number[:17]))
                owners.append(row.household)
                places.append(place)
    table = pa.table(
        [pa.array(pids, pa.int64()), pa.array(owners, pa.int64()), pa.array(places, pa.int32())],
        names=["pid", "household", "member"],
    )
    return table, failed


def _members(session: Session, row: Any) -> list[dict[str, Any]]:
    key = opened_key(session, row.key, row.master, row.wrapped, row.suite)
    if key.bytes is None:
        raise KeyDestroyed
    plain = key.suite.open(key.bytes, bytes(row.secret), f"household:{row.household}/{row.number}".encode())
    if plain.startswith(b"z"):
        plain = zlib.decompress(plain[1:], wbits=-zlib.MAX_WBITS)
    found: list[dict[str, Any]] = json.loads(plain)["members"]
    return found


def _with_flags(session: Session, table: pa.Table, as_of: date | None) -> pa.Table:
    listed = rows.household_flags(session, as_of)
    size = (listed[-1].id if listed else 0) + 1
    former = np.zeros(size, dtype=bool)
    for ident, flag in listed:
        former[ident] = bool(flag)
    owners = table.column("household").to_numpy()
    return table.append_column("former_poor", pa.array(former[owners])).cast(PEOPLE)


def drop(session: Session, now: datetime) -> None:
    """After an erasure nobody may be found by it any more."""
    rows.drop_extract(session, NAME, now)
