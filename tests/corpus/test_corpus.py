"""A county of an earlier version: every case refuses and allows what it did, shows what it did, and the record is true."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.crypto import load_keyring
from app.services import audit
from app.services.demo.plan import TODAY as LAST
from app.store import cases as case_rows
from app.store import jobs
from app.store.migrate import upgrade
from app.store.session import Store, open_store
from tests.conftest import new_database
from tests.worker.report import Report
from tests.worker.worker import Manner, Worker
from tests.worker.year import Life, Year

from . import asking, going_on, kept, making, showing

DAYS = 75
PARTS = {"sqlite": 3, "postgresql": 9}
"""Every so many-th attempt is made by `make test`."""


@pytest.fixture(params=["sqlite", "postgresql"])
def county(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        address = kept.on_sqlite(tmp_path)
    else:
        address = kept.on_postgres(new_database(request.getfixturevalue("postgres")))
    store = open_store(address, load_keyring(kept.keys(tmp_path), "intl"))
    upgrade(store)
    yield store
    store.engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_every_step_refuses_and_allows_what_it_did_and_the_record_is_true(county: Store, whole: bool) -> None:
    before: dict[str, list[Any]] = json.loads(kept.EXPECTED.read_text("utf-8"))
    part = 1 if whole else PARTS["sqlite" if county.is_sqlite else "postgresql"]
    some = {name: _part(attempts, number, part) for number, (name, attempts) in enumerate(sorted(before.items()))}
    now = asking.again(county, some)
    wrong = [
        (
            name,
            one["sent"],
            {key: (one.get(key), came.get(key)) for key in ("errors", "refused", "changed") if one.get(key) != came.get(key)},
        )
        for name, attempts in some.items()
        for one, came in zip(attempts, now[name], strict=True)
        if one != came
    ]
    assert wrong == []
    with county.reading() as session:
        report = audit.verify(session)
    assert report.findings == [] and report.replayed > 0


def _part(attempts: list[Any], number: int, part: int) -> list[Any]:
    """What was accepted first, on which others stand, and every so many-th of the rest."""
    first = next((one for one in attempts if "changed" in one), None)
    return [one for place, one in enumerate(attempts) if one is first or (place + number) % part == 0]


def test_every_page_and_paper_says_what_it_did(tmp_path: Path) -> None:
    store = open_store(kept.on_sqlite(tmp_path), load_keyring(kept.keys(tmp_path), "intl"))
    upgrade(store)
    pages = showing.every(store, tmp_path)
    store.engine.dispose()
    before: dict[str, str] = json.loads(kept.PAGES.read_text("utf-8"))
    now = kept.digests(pages)
    wrong = [name for name in before if now.get(name) != before[name]]
    if wrong and (folder := os.environ.get("CORPUS_PAGES")):  # to be compared with those of the version before
        for name in wrong:
            (Path(folder) / f"{name.replace('/', '_')}.txt").write_text(pages.get(name, ""), "utf-8")
    assert wrong == [] and set(now) == set(before)


@pytest.mark.soak
def test_every_case_goes_on_to_its_end(county: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hands that know no form; but for the one that began in a year whose standard is not known yet."""
    place = going_on.place(county, tmp_path, monkeypatch)
    with county.reading() as session:
        begun = {row.instance: row.case_id for row in making.all_open(session)}
        waiting = {
            c for c in begun.values() if c and "provisional_standard" in {h.kind for h in case_rows.open_holds(session, c)}
        }
    report = Report()
    worker = Worker(place, Random(1), report, Manner(first=0.97, beside=0.02, rows=1))
    Year(place, worker, Life(applications=0, clues=0, callers=4), Random(2)).run(
        LAST + timedelta(days=1), LAST + timedelta(days=DAYS)
    )
    assert place.failures == [] and not [status for status in report.statuses if status >= 500]
    with county.reading() as session:
        left = [row for row in making.all_open(session) if row.instance in begun]
        assert jobs.silent_instances(session) == []
        verified = audit.verify(session)
    assert verified.findings == []
    assert len(waiting) == 1 and [row for row in left if row.case_id not in waiting] == []
