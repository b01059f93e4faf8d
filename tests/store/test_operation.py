"""Figures for operation."""

import pytest
from sqlalchemy.exc import ResourceClosedError

from app.store import incidents, operation
from tests.conftest import START, County
from tests.store.planting import HOUR, run, task, timer


def test_figures_count_what_is_open_due_and_stuck(county: County) -> None:
    with county.store.transaction() as session:
        nothing = {"open_tasks": 0, "due_timers": 0, "open_incidents": 0, "stuck_instances": 0}
        assert operation.figures(session, START) == nothing
        one, stuck = run(session), run(session, status="stuck")
        run(session, status="ended", ended_at=START)
        for address in ("a", "b", "c"):
            task(session, one, address, assignee=3 if address == "a" else None)
        task(session, one, "d", status="done")
        timer(session, one, "due", START)
        timer(session, one, "late", START - HOUR)
        timer(session, one, "ahead", START + HOUR)
        for code in ("healed", "open"):
            incidents.open_incident(session, stuck, "", "", code, {}, START)
        incidents.close_incidents(session, "healed", set(), START)
        wanted = {"open_tasks": 3, "due_timers": 2, "open_incidents": 1, "stuck_instances": 1}
        assert operation.figures(session, START) == wanted
        assert operation.figures(session, START + HOUR) == {**wanted, "due_timers": 3}
        assert operation.running_instances(session, "identify") == 2
        run(session, process="clue")
        assert operation.running_instances(session, "clue") == 1
        assert operation.running_instances(session, "none") == 0


def test_a_database_that_answers_is_alive(county: County) -> None:
    with county.store.reading() as session:
        operation.alive(session)
    with pytest.raises(ResourceClosedError):
        operation.alive(session)
