"""A time of the whole county by hands that know no form: 174 villages, every department, whatever falls due; the figures
that must come out whatever was chosen."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import pytest
from argon2 import PasswordHasher
from sqlalchemy.event import listens_for

from app.crypto import Keyring
from app.services import audit
from app.services.officials import accounts
from app.store import jobs
from app.store.session import open_store

from . import county, figures
from .figures import Figures
from .report import Report
from .worker import Manner, Worker
from .year import Life, Year


@dataclass
class Lived:
    place: county.Place
    report: Report
    figures: Figures


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand people sign in: real hashing would take most of the time, and is tried elsewhere."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def live(
    folder: Path, keyring: Keyring, first: date, last: date, households: int, seed: int, manner: Manner, life: Life
) -> Iterator[Lived]:
    store = open_store(f"sqlite:///{folder / 'county.db'}", keyring)
    listens_for(store.engine, "connect")(lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    place = county.build(store, folder, first, households, seed)
    report = Report()
    worker = Worker(place, Random(seed), report, manner)
    try:
        with Path(os.environ.get("WORKER_REPORT", folder), "day.txt").open("w") as day:  # how far it is
            Year(place, worker, life, Random(seed + 1)).run(
                first, last, lambda on: print(on, report.statuses, file=day, flush=True)
            )
        yield Lived(place, report, figures.gather(store))
    finally:
        store.engine.dispose()


def written(lived: Lived, name: str, folder: Path) -> Path:
    """The report as a file, where somebody asked for it."""
    path = Path(os.environ.get("WORKER_REPORT", folder)) / f"{name}.txt"
    path.write_text(f"{lived.figures.text()}\n\n{lived.report.text()}\n", "utf-8")
    print(f"report of {name}: {path}")
    return path


def sound(lived: Lived) -> None:
    """What must hold of any time in any county."""
    made, report, store = lived.figures, lived.report, lived.place.store
    assert made.incidents == {}
    assert lived.place.failures == []
    assert not [s for s in report.statuses if s >= 500]
    assert report.broken_files == [] and report.files
    fillings = sum(map(len, report.tries.values()))
    assert sum(report.given_up.values()) <= fillings // 200, report.given_up
    assert {status for _, status in made.runs} <= {"open", "ended", "closed"} and made.endless == {}
    with store.reading() as session:
        assert jobs.silent_instances(session) == []
        verified = audit.verify(session)
    assert verified.findings == []


def whole(lived: Lived, *, times: int, cut_off: int = 0) -> None:
    """So many steps for every village at once, each opened in all 174, but for a village whose only household moved away
    meanwhile, and done there; at most so many villages let the last day pass."""
    villages = len(lived.place.villages)
    many = [found for found in lived.figures.items.values() if sum(found.values()) > villages // 2]
    assert villages == 174 and len(many) == times
    assert all(villages - 4 <= sum(found.values()) <= villages and set(found) <= {"done", "void"} for found in many)
    assert all(found["void"] <= cut_off for found in many)
    assert max(found["done"] for found in many) == villages


@pytest.mark.slow
def test_three_months_of_the_whole_county(tmp_path: Path, keyring: Keyring, cheap_passwords: None) -> None:
    """From before the look-back to after it, with what comes to the desks meanwhile: every village gets its incomes each month
    and its sweep, and finishes them."""
    manner = Manner(first=0.8, rows=1, lists=0.1, beside=0.1)
    life = Life(applications=0.06, clues=0.06, callers=1)
    for lived in live(tmp_path, keyring, date(2021, 9, 15), date(2021, 12, 14), 180, 1, manner, life):
        written(lived, "three-months", tmp_path)
        sound(lived)
        whole(lived, times=4)


@pytest.mark.soak
def test_fourteen_months_take_every_way(tmp_path: Path, keyring: Keyring, cheap_passwords: None) -> None:
    """With look-backs until they are reported, quarters, exchanges and eliminations, 3,000 households; nothing that is drawn
    stays untried."""
    manner = Manner(late=0.03, first=0.66, curious=True, rows=6, lists=0.15)
    life = Life(applications=0.6, clues=0.3, callers=2, objections=0.1)
    for lived in live(tmp_path, keyring, date(2021, 9, 1), date(2022, 11, 14), 3000, 1, manner, life):
        written(lived, "fourteen-months", tmp_path)
        sound(lived)
        whole(lived, times=16, cut_off=12)
        made = lived.figures
        assert made.untaken == {}
        assert made.decided("approved") >= 30 and made.decided("refused") >= 5 and made.decided("rejected") >= 5
        assert made.kinds["case_returned"] >= 10 and made.decided("sustained") + made.decided("unfounded") >= 10
        assert made.ends["eliminate", "risk_eliminated"] >= 5
