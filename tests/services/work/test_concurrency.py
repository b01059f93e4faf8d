"""Two people at one task, parallel tasks of one instance, several pollers, and a process that is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.services import audit
from app.services.context import context_of
from app.services.work import tasks, timers
from app.services.work.tasks import Stale
from tests.conftest import County
from tests.walking import Walk, command

SOAK = os.environ.get("SOAK") == "1"


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run all at the same moment; exceptions are results."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def completing(walk: Walk, who: str, element: str) -> Callable[[], object]:
    task, values, actor = walk.task(element), walk.usual(element), walk.county.actor(who)

    def complete() -> object:
        with walk.county.store.transaction() as session:
            return tasks.complete(
                context_of(session, actor, walk.county.now), task.id, task.version, command(), None, values=values
            )

    return complete


def pairs(county: County, count: int) -> None:
    for n in range(count):
        walk = Walk(county, n).open()
        results = at_once(completing(walk, "village_1", "sign_commitment"), completing(walk, "village_2", "sign_commitment"))
        assert sorted(type(r).__name__ for r in results) == ["Completed", "Stale"], results
        answer = next(r for r in results if isinstance(r, Stale))
        assert answer.code == "tasks.done_by_other" and answer.details["who"] in ("village_1", "village_2")


def test_of_two_completions_at_once_one_succeeds_and_one_is_told_who_was_first(county: County) -> None:
    pairs(county, 20)


@pytest.mark.soak
def test_a_thousand_pairs(county: County) -> None:
    pairs(county, 1000)


def test_one_person_registered_by_two_officials_at_once_stays_one_household(county: County) -> None:
    def registering(who: str) -> Callable[[], object]:
        return lambda: Walk(county, 7).open(who)

    results = at_once(registering("village_1"), registering("village_2"))
    assert sorted(type(r).__name__ for r in results) in (["FormErrors", "Walk"], ["Taken", "Walk"]), results


def test_parallel_tasks_of_one_instance_all_succeed(county: County) -> None:
    walk = Walk(county).open().to("register_in_province")
    results = at_once(
        completing(walk, "town_officer", "register_in_province"),
        completing(walk, "town_leader", "appoint_town_contact"),
        completing(walk, "village_1", "appoint_village_contact"),
    )
    assert [type(r).__name__ for r in results] == ["Completed"] * 3, results
    assert walk.open_tasks() == [("plan_measures", None)]


def test_several_pollers_fire_each_timer_once(county: County) -> None:
    walks = [Walk(county, n).open().to("post_notice") for n in range(4)]
    for walk in walks:
        walk.do("village_1", "post_notice")
    later = walks[0].county.now.replace(month=10)
    fired = at_once(*[lambda: timers.fire_due(county.store, later) for _ in range(3)])
    assert all(isinstance(n, int) for n in fired), fired
    with county.store.reading() as session:
        report = audit.verify(session)
        kinds = session.conn.exec_driver_sql(
            "SELECT count(*), count(DISTINCT body) FROM events WHERE kind = 'timer_fired'"
        ).one()
    assert report.findings == [] and kinds[0] == kinds[1] > 0
    assert all("take_down_notice" in dict(walk.open_tasks()) for walk in walks)


WORKER = """
import sys
from datetime import datetime
from pathlib import Path
from app.crypto import load_keyring
from app.store.session import open_store
from tests.conftest import County, STAFF, START
from tests.walking import Walk
store = open_store(sys.argv[1], load_keyring(Path(sys.argv[2]), "intl"))
ids = {name: n for n, name in enumerate(STAFF, 1)}
first = int(sys.argv[3])
print("ready", flush=True)
for n in range(first, first + 10_000):
    walk = Walk(County(store, ids), n).open()
    print("opened", walk.case_id, flush=True)
    for who, step in (("village_1", "sign_commitment"), ("village_1", "check_household"),
                      ("village_3", "hold_village_review"), ("village_1", "post_notice")):
        walk.do(who, step)
        print("done", walk.case_id, step, flush=True)
"""


def kill_at_random_moments(county: County, key_file: Path, completions: int) -> None:
    """Kill the process again and again; whatever it had acknowledged must stand, and no case may be stuck."""
    url = county.store.engine.url.render_as_string(hide_password=False)
    done = 0
    round_ = 0
    acknowledged: dict[int, str] = {}
    while done < completions:
        round_ += 1
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, url, str(key_file), str(round_ * 20_000)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[3],
        )
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
        stop = threading.Timer(0.3 + (round_ * 0.37) % 0.9, lambda w=worker: w.send_signal(signal.SIGKILL))
        stop.start()
        for line in worker.stdout:
            if not line.endswith("\n"):  # killed in the middle of a word: nothing was acknowledged
                break
            word, case_id, *step = line.split()
            acknowledged[int(case_id)] = step[0] if word == "done" else "register_application"
            done += word == "done"
        worker.wait()
        worker.stdout.close()
        stop.cancel()
        assert worker.returncode == -signal.SIGKILL
    time.sleep(0.2)
    following = {
        "register_application": "sign_commitment",
        "sign_commitment": "check_household",
        "check_household": "hold_village_review",
        "hold_village_review": "post_notice",
        "post_notice": None,
    }
    order = list(following)
    for case_id, step in acknowledged.items():
        walk = Walk(county, case_id=case_id)
        open_steps = {e for e, _ in walk.open_tasks()} - {"answer_asset_query"}
        reached = next((s for s, nxt in following.items() if {nxt} == open_steps), "post_notice")
        assert order.index(reached) >= order.index(step), (case_id, step, open_steps)
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


@pytest.mark.slow
def test_a_killed_process_loses_nothing_it_had_acknowledged(county: County, key_file: Path) -> None:
    kill_at_random_moments(county, key_file, 50)


@pytest.mark.soak
def test_killed_during_five_hundred_completions(county: County, key_file: Path) -> None:
    kill_at_random_moments(county, key_file, 500)
