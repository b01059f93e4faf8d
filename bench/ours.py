"""Ours: cases prepared by the real services, and one completion of a step through `services.tasks.complete`."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.policy import calendar
from app.services.context import context_of
from app.services.work import tasks, timers
from app.store.session import Session
from app.store.tables import tasks as task_rows
from tests.conftest import County as Staffed
from tests.walking import Walk

from .county import County

PATH = (
    ("village_1", "sign_commitment"),
    ("village_1", "check_household"),
    ("village_3", "hold_village_review"),
    ("village_1", "post_notice"),
    ("village_1", "take_down_notice"),
    ("town_officer", "verify_in_town"),
    ("town_leader", "sign_town_report"),
    ("county_officer", "review_in_county"),
    ("county_leader", "approve_in_county"),
    ("town_officer", "register_in_province"),
    ("town_leader", "appoint_town_contact"),
    ("village_1", "appoint_village_contact"),
    ("town_officer", "plan_measures"),
    ("town_leader", "report_to_departments"),
)
WHO = {element: who for who, element in PATH}

STEPS = ("hold_village_review", "review_in_county")
"""The measured steps: no operation behind them; the first has a large form, quorum and separation, the second is short."""


def opened(county: County, many: int) -> list[Walk]:
    return [Walk(county, n + 1).open() for n in range(many)]


def walk_on(walks: Sequence[Walk], until: str | None) -> None:
    """Take every case to the step `until`, wherever it stands; the notice period elapses for all at once."""
    names = [element for _, element in PATH]
    for who, element in PATH[: names.index(until) if until else len(names)]:
        if element == "take_down_notice":
            elapse(walks[0].county)
        for walk in walks:
            if (element, None) in walk.open_tasks():
                walk.do(who, element)


def elapse(county: Staffed) -> None:
    """Six days pass; what falls due is fired."""
    county.now += timedelta(days=6)
    while timers.fire_due(county.store, county.now):
        pass


def page(county: County, element: str) -> dict[str, list[str]]:
    """What the page of a measured step would send: strings, by the names of its inputs."""
    ids, today = county.ids, calendar.local_date(county.now).isoformat()
    pages: Mapping[str, dict[str, Any]] = {
        "hold_village_review": {
            "held_on": today,
            "place": "村委会会议室",
            "meeting_form": "representatives",
            "chair": ids["village_3"],
            "recorder": ids["village_2"],
            "entitled": 30,
            "attended": 25,
            "votes-for": 20,
            "votes-against": 3,
            "votes-abstained": 2,
            "discussion": "情况属实",
            "review_result": "agreed",
        },
        "review_in_county": {"county_opinion": "support"},
    }
    return {name: [str(value)] for name, value in pages[element].items()}


def open_tasks(session: Session, element: str) -> list[tuple[int, int]]:
    """(id, version) of every open task of this element, in order of opening."""
    query = select(task_rows.c.id, task_rows.c.version).where(task_rows.c.element == element, task_rows.c.status == "open")
    return [(row.id, row.version) for row in session.conn.execute(query.order_by(task_rows.c.id))]


def complete(session: Session, county: County, element: str, task: int, version: int) -> None:
    actor = county.actor(WHO[element])
    tasks.complete(context_of(session, actor, county.now), task, version, uuid.uuid4().bytes, page(county, element))


def completion(county: County, element: str, tasks_: Sequence[tuple[int, int]]) -> Callable[[], None]:
    """An operation that completes one of these tasks after another, each in a transaction of its own."""
    todo = iter(tasks_)

    def operation() -> None:
        task, version = next(todo)
        with county.store.transaction() as session:
            complete(session, county, element, task, version)

    return operation
