"""Leases, job runs and what upkeep asks of instances, tasks and timers."""

from typing import Any

from sqlalchemy import insert, select

from app.store import jobs
from app.store.tables import awaited_messages, incidents, tasks, timers
from tests.conftest import OTHER_VILLAGE, START, VILLAGE, County
from tests.store.planting import DAY, HOUR, case, household, run, task, timer


def test_a_lease_is_held_by_one_until_it_runs_out(county: County) -> None:
    with county.store.transaction() as session:
        assert jobs.lease(session, "ticker") is None
        assert jobs.hold_lease(session, "ticker", "one", START, 60)
        assert not jobs.hold_lease(session, "ticker", "two", START, 60)
        assert jobs.hold_lease(session, "other", "two", START, 60)
        found = jobs.lease(session, "ticker")
        assert found is not None
        assert (found.holder, found.until) == ("one", START + HOUR / 60)
        assert jobs.hold_lease(session, "ticker", "one", START + HOUR / 120, 60)  # whoever holds it prolongs it
        assert not jobs.hold_lease(session, "ticker", "two", START + HOUR / 40, 60)  # at its last moment it still holds
        assert jobs.hold_lease(session, "ticker", "two", START + HOUR, 30)
        assert not jobs.hold_lease(session, "ticker", "one", START + HOUR, 60)
        found = jobs.lease(session, "ticker")
        assert found is not None
        assert (found.holder, found.until) == ("two", START + HOUR + HOUR / 120)


def test_a_job_of_a_period_is_begun_once(county: County) -> None:
    with county.store.transaction() as session:
        assert jobs.job_result(session, "seal", "2021-09-01") is None
        assert jobs.last_period(session, "seal") is None
        assert jobs.begin_job(session, "seal", "2021-09-01", START)
        assert not jobs.begin_job(session, "seal", "2021-09-01", START + DAY)
        assert jobs.begin_job(session, "seal", "2021-09-02", START + DAY)
        assert jobs.begin_job(session, "sweep", "2021-09-03", START)
        assert jobs.last_period(session, "seal") == "2021-09-02"
        jobs.note_progress(session, "seal", "2021-09-01", {"rows": 3})
        row = jobs.job_result(session, "seal", "2021-09-01")
        assert row is not None
        assert (row.started_at, row.ended_at, row.result, row.asked) == (START, None, {"rows": 3}, None)
        jobs.end_job(session, "seal", "2021-09-01", START + HOUR, {"rows": 9})
        row, other = (jobs.job_result(session, "seal", period) for period in ("2021-09-01", "2021-09-02"))
        assert row is not None
        assert other is not None
        assert (row.ended_at, row.result) == (START + HOUR, {"rows": 9})
        assert (other.ended_at, other.result) == (None, None)


def test_the_latest_runs_of_a_job_come_first(county: County) -> None:
    with county.store.transaction() as session:
        for n, period in enumerate(("c", "a", "b")):
            jobs.begin_job(session, "seal", period, START + n * HOUR)
        jobs.begin_job(session, "sweep", "d", START + DAY)
        assert [row.period for row in jobs.last_runs(session, "seal")] == ["b", "a", "c"]
        assert [row.period for row in jobs.last_runs(session, "seal", 1)] == ["b"]
        assert jobs.last_runs(session, "none") == []


def test_what_a_page_asked_for_waits_until_it_is_taken_and_is_silent_without_a_sign(county: County) -> None:
    with county.store.transaction() as session:
        jobs.ask_job(session, "import", "2", {"file": 7}, {"done": 0}, START + HOUR)
        jobs.ask_job(session, "import", "1", {"file": 8}, {"done": 0}, START)
        jobs.begin_job(session, "import", "3", START)  # nobody asked for it: it is at work already
        waiting = jobs.waiting_jobs(session)
        assert [(row.period, row.asked, row.result) for row in waiting] == [
            ("1", {"file": 8}, {"done": 0}),
            ("2", {"file": 7}, {"done": 0}),
        ]
        assert jobs.silent_jobs(session, START + DAY) == []
        assert jobs.beat(session, "import", "2", START + HOUR)
        assert [row.period for row in jobs.waiting_jobs(session)] == ["1"]
        assert [row.period for row in jobs.silent_jobs(session, START + 2 * HOUR)] == ["2"]
        assert jobs.silent_jobs(session, START + HOUR) == []
        assert jobs.beat(session, "import", "2", START + 3 * HOUR)
        assert jobs.silent_jobs(session, START + 2 * HOUR) == []
        jobs.end_job(session, "import", "2", START + 4 * HOUR, {})
        assert not jobs.beat(session, "import", "2", START + 5 * HOUR)  # it is over
        assert jobs.silent_jobs(session, START + DAY) == []
        jobs.end_job(session, "import", "1", START + HOUR, {})
        assert jobs.waiting_jobs(session) == []
        assert not jobs.beat(session, "import", "9", START)


def test_the_oldest_timer_that_is_due(county: County) -> None:
    with county.store.transaction() as session:
        instance = run(session)
        assert jobs.oldest_due_timer(session, START) is None
        timer(session, instance, "a", START + HOUR)
        timer(session, instance, "b", START)
        assert jobs.oldest_due_timer(session, START - HOUR) is None
        assert jobs.oldest_due_timer(session, START) == START
        assert jobs.oldest_due_timer(session, START + DAY) == START


def test_a_guessed_limit_is_set_anew_with_its_open_task(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session)
        timer(session, one, "a", START + HOUR, provisional=True)
        timer(session, one, "b", START + HOUR)
        timer(session, other, "a", START + HOUR, provisional=True)
        found = sorted(tuple(row) for row in jobs.provisional_timers(session))
        assert found == [(one, "a", START + HOUR, START), (other, "a", START + HOUR, START)]
        jobs.set_due(session, one, "a", START + DAY, False)
        assert [(row.instance, row.due) for row in jobs.provisional_timers(session)] == [(other, START + HOUR)]
        dues = select(timers.c.address, timers.c.due).where(timers.c.instance == one).order_by(timers.c.address)
        assert [tuple(row) for row in session.conn.execute(dues)] == [("a", START + DAY), ("b", START + HOUR)]
        jobs.set_due(session, one, "b", START + DAY, True)
        assert {(row.instance, row.address) for row in jobs.provisional_timers(session)} == {(one, "b"), (other, "a")}
        wanted, done = task(session, one, "a"), task(session, other, "a", status="done")
        beside = task(session, one, "b")
        jobs.set_task_due(session, other, "a", START + 9 * DAY)  # what is done keeps its day
        jobs.set_task_due(session, one, "c", START + 9 * DAY)
        due = {row.id: row.due for row in session.conn.execute(select(tasks.c.id, tasks.c.due))}
        assert due == dict.fromkeys((wanted, done, beside), START + DAY)
        jobs.set_task_due(session, one, "a", START + 9 * DAY)
        due = {row.id: row.due for row in session.conn.execute(select(tasks.c.id, tasks.c.due))}
        assert due == {wanted: START + 9 * DAY, done: START + DAY, beside: START + DAY}


def test_desks_are_where_open_tasks_lie(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session)
        task(session, other, "a", roles="window_clerk")
        task(session, one, "a")
        task(session, other, "b", assignee=3)
        task(session, one, "c", org_unit=OTHER_VILLAGE, status="done")
        task(session, one, "d", roles="contact", assignee=3)
        task(session, one, "e", roles="contact", org_unit=OTHER_VILLAGE)
        desks = sorted(tuple(row) for row in jobs.open_posts(session))
        assert desks == [
            ("contact", OTHER_VILLAGE, one),
            ("village_officer", VILLAGE, one),
            ("window_clerk", VILLAGE, other),
        ]

        def at(roles: str, unit: str) -> list[Any]:
            return sorted(tuple(row) for row in jobs.tasks_at(session, roles, unit))

        assert at("village_officer", VILLAGE) == [(one, "a", "a"), (other, "b", "b")]
        assert at("window_clerk", VILLAGE) == [(other, "a", "a")]
        assert at("village_officer", OTHER_VILLAGE) == []


def test_an_instance_that_waits_for_nothing_is_silent(county: County) -> None:
    with county.store.transaction() as session:
        silent, stuck = run(session, case(session, household(session))), run(session, status="stuck")
        run(session, status="ended")
        with_task, with_timer, with_message, was_done = (run(session) for _ in range(4))
        task(session, with_task)
        timer(session, with_timer)
        session.conn.execute(insert(awaited_messages).values(instance=with_message, address="m", name="objection"))
        task(session, was_done, status="done")
        assert sorted(jobs.silent_instances(session)) == [silent, stuck, was_done]
        # one that is known to be stuck stays named, so that what upkeep opened for it is not closed
        row = {"instance": stuck, "address": "", "element": "", "code": "engine.stuck", "details": {}, "opened_at": START}
        session.conn.execute(insert(incidents).values(**row))
        assert stuck in jobs.silent_instances(session)
