"""The register import against the bare bulk write: rows checked, compared, encrypted, written; reading the file apart."""

import time
from typing import Any

from app.services import people
from app.services.files import tables
from app.services.register import importing
from app.store import bulk, record
from app.store.session import Session
from app.store.tables import data_keys, household_versions, households, person_index
from app.store.types import micros
from tests.services.register.test_register import DAY, as_file, lines

from .county import County


def measured(county: County, many: int, first: int) -> tuple[float, float]:
    """(seconds of ours, seconds of the same rows in bulk) for `many` households of three people."""
    table = tables.read(as_file(lines(many, first=first)))
    with county.store.reading() as session:
        place = people.county_on(session, county.now.date())
        known = importing.columns(session, place)
    begun = time.perf_counter()
    checked = importing.check(table, known, importing.guess(table, known, {}), place)
    counts = importing.apply(county.store, checked, data_on=DAY, by=None, now=county.now, file_hash=b"b")
    ours = time.perf_counter() - begun
    assert counts.new == many
    other = importing.check(
        tables.read(as_file(lines(many, first=first + many))), known, importing.guess(table, known, {}), place
    )
    begun = time.perf_counter()
    for part in (other.households[n : n + importing.AT_ONCE] for n in range(0, many, importing.AT_ONCE)):
        with county.store.transaction() as session:
            _bare(session, part, county)
    return ours, time.perf_counter() - begun


def _bare(session: Session, part: list[importing.Parsed], county: County) -> None:
    """The rows as they are kept, encrypted, nothing checked or compared."""
    keyring, suite, at = session.keyring, session.keyring.suite, micros(county.now)
    key_ids = bulk.take_ids(session, data_keys, len(part))
    idents = bulk.take_ids(session, households, len(part))
    day: Any = DAY.isoformat() if session.store.is_sqlite else DAY
    no: Any = 0 if session.store.is_sqlite else False
    keys, rows, versions, index = [], [], [], []
    for one, key_id, ident in zip(part, key_ids, idents, strict=True):
        plain = keyring.new_data_key()
        keys.append((key_id, "x", suite.name, *keyring.wrap(plain)))
        rows.append((ident, one.village, one.members[0]["name"], "x", None, "registered", key_id, no, one.number))
        members = [{"key": f"m{n}", **m} for n, m in enumerate(one.members, 1)]
        document = {"household": one.values, "members": members, "sources": {k: ["import", "2021-08-31"] for k in one.values}}
        secret = record.seal_secret(session, record.DataKey(key_id, plain, suite), f"household:{ident}/1", document)
        versions.append((ident, 1, day, at, secret))
        index += [(keyring.blind(m["id_number"]), ident, n) for n, m in enumerate(members)]
    bulk.add_rows(session, data_keys, ("id", "owner", "suite", "master", "wrapped"), keys)
    bulk.add_rows(
        session,
        households,
        ("id", "org_unit", "head_name", "pinyin", "household_type", "status", "data_key", "demo", "number"),
        rows,
    )
    bulk.add_rows(session, household_versions, ("household", "number", "as_of", "recorded_at", "secret"), versions)
    bulk.add_rows(session, person_index, ("blind", "household", "member"), index)
