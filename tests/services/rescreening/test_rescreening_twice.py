"""Exactly once, with real second processes: two schedulers at one moment, a kill in the middle, months of downtime."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.services.rescreening import month
from app.services.work import timers
from app.store import rescreening as rows
from app.store.tables import clues as clue_table
from app.store.tables import events, findings, process_instances, runs
from tests.conftest import County
from tests.services.rescreening.test_rescreening import at, household, send, sheet, verified
from tests.walking import nobody

ROOT = Path(__file__).resolve().parents[3]
SOAK = os.environ.get("SOAK") == "1"
PEOPLE = 400 if SOAK else 60


def worker(county: County, key_file: Path, what: str, *, piece: int = 5, rest: float = 0.0) -> subprocess.Popen[str]:
    url = county.store.engine.url.render_as_string(hide_password=False)
    started = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "tests/services/rescreening/rescreen_worker.py"),
            url,
            str(key_file),
            county.now.isoformat(),
            str(piece),
            str(rest),
            what,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert started.stdout is not None and started.stdout.readline() == "ready\n"
    return started


def go(*workers: subprocess.Popen[str]) -> None:
    for one in workers:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()


def ended(*workers: subprocess.Popen[str]) -> list[str]:
    return [one.communicate(timeout=120)[0] for one in workers]


def test_two_schedulers_at_one_moment_begin_each_month_once(county: County, key_file: Path) -> None:
    household(county, 1)
    county.now = at(2021, 9, 1)
    both = [worker(county, key_file, "begin") for _ in range(2)]
    go(*both)
    assert sorted(int(text.split()[-1]) for text in ended(*both)) == [0, 1]
    with county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(runs)).scalar() == 1
        assert session.conn.execute(select(func.count()).select_from(process_instances)).scalar() == 1
        assert rows.duty_counts(session, "2021-09") == {"open": 1}
    verified(county)


def killed(one: subprocess.Popen[str], rest: float) -> None:
    """Killed so long after it told of its first new piece or month."""
    go(one)
    assert one.stdout is not None
    assert next(line for line in one.stdout if line.strip() != "0")
    time.sleep(rest)
    one.send_signal(signal.SIGKILL)
    one.communicate()


def planted(county: County) -> dict[int, list[str]]:
    """Households with known signs, in two files; several people of one household, and one sign that joins another."""
    rng = random.Random(11)
    truth: dict[int, list[str]] = {}
    lines: dict[str, list[list[str]]] = {"hrss": [], "housing": []}
    known = {n: household(county, n, n + 1) for n in range(0, PEOPLE, 2)}
    month.begin_due(county.store, county.now)
    for n, ident in known.items():
        if rng.random() < 0.7:
            lines["hrss"] += [[nobody(n), f"演示{n}", "", "4", "否"]]
            truth.setdefault(ident, []).append("hrss_idle")
            if rng.random() < 0.4:  # a second person of the household: joined
                lines["hrss"] += [[nobody(n + 1), f"演示{n + 1}", "", "7", "否"]]
        if rng.random() < 0.4:
            lines["housing"] += [[nobody(n), f"演示{n}", "", "D级"]]
            truth.setdefault(ident, []).append("housing_d")
    for template, listed in lines.items():
        send(county, template, sheet(template, *listed))
    return truth


def right(county: County, truth: dict[int, list[str]]) -> None:
    """Clues and findings exactly as planted; every clue has its stream, its run of verify_clue, and verifies."""
    with county.store.reading() as session:
        found = list(session.conn.execute(select(clue_table).where(clue_table.c.sign.is_not(None))))
        alone = Counter((c.household, c.sign) for c in found if c.merged_into is None)
        assert alone == Counter((h, sign) for h, signs in truth.items() for sign in signs)
        joined = [c for c in found if c.merged_into is not None]
        assert session.conn.execute(select(func.count()).select_from(findings)).scalar() == len(found)
        begun = select(func.count()).select_from(events).where(events.c.kind == "clue_received")
        assert session.conn.execute(begun).scalar() == len(found) - len(joined)
        run = rows.run_of(session, "2021-09")
        assert {f.status for f in rows.files_of(session, run.id)} == {"compared"}
    verified(county)


@pytest.mark.slow
def test_killed_in_the_middle_and_done_by_two_at_once_the_clues_are_exactly_right(county: County, key_file: Path) -> None:
    county.now = at(2021, 9, 1)
    truth = planted(county)
    before = 0
    for rest in (0.0, 0.06, 0.07):  # between two pieces, and in one
        killed(worker(county, key_file, "work", piece=3, rest=0.05), rest)
        with county.store.reading() as session:
            written = session.conn.execute(select(func.count()).select_from(findings)).scalar()
            run = rows.run_of(session, "2021-09")
            assert before < written and "kept" in {f.status for f in rows.files_of(session, run.id)}
        before = written
    both = [worker(county, key_file, "work", piece=4) for _ in range(2)]
    go(*both)
    ended(*both)
    month.work(county.store, county.now)
    right(county, truth)
    county.now += timedelta(days=10)
    timers.fire_due(county.store, county.now)
    month.work(county.store, county.now)
    with county.store.reading() as session:
        assert rows.duty_counts(session, "2021-09") == {"done": PEOPLE // 2}


@pytest.mark.slow
@pytest.mark.parametrize("in_the_middle", [False, True])
def test_downtime_over_two_month_ends_is_caught_up_once_by_whoever_comes_first(
    county: County, key_file: Path, in_the_middle: bool
) -> None:
    household(county, 1)
    county.now = at(2021, 9, 1)
    month.begin_due(county.store, county.now)
    county.now = at(2021, 11, 25)
    if in_the_middle:
        killed(worker(county, key_file, "begin", rest=30), 0.0)
        with county.store.reading() as session:
            assert [r.period for r in rows.listed(session)] == ["2021-09"]  # a month is begun whole or not at all
    both = [worker(county, key_file, "begin") for _ in range(2)]
    go(*both)
    ended(*both)
    with county.store.reading() as session:
        assert [(r.period, r.late) for r in reversed(rows.listed(session))] == [
            ("2021-09", False),
            ("2021-10", True),
            ("2021-11", True),
        ]
        assert session.conn.execute(select(func.count()).select_from(process_instances)).scalar() == 3
        assert [rows.duty_counts(session, m) for m in ("2021-10", "2021-11")] == [{"open": 1}, {"open": 1}]
    verified(county)
