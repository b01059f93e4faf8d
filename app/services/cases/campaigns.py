"""Campaigns of the whole county behind a designer's doors: which there are, where each stands, and what happened."""

from typing import Any

from app.labels import say
from app.policy import calendar
from app.store import inbox, processes
from app.store import rescreening as runs
from app.store.processes import NotFound
from app.store.record import data_key
from app.store.session import Session

from ..context import Context
from ..definitions import bundle
from ..history import stories
from ..household import knowledge
from ..people import County
from ..visits import pages as visit_pages
from ..work import runs as run_steps
from . import own as own_cases

LISTED = 12
"""So many of each door are listed, the newest first."""


def listed(session: Session, county: County) -> list[dict[str, Any]]:
    """[{id, title, open, steps: [str]}] of every door for the whole county, those of closed doors too."""
    keys = [key for key in county.entries.keys("door") if _of_runs(county, key)]
    return [_line(session, run) for key in keys for run in runs.listed(session, key, LISTED)]


def _of_runs(county: County, key: str) -> bool:
    return any(entry.value.get("subject") == own_cases.RUN for entry in county.entries.history("door", key))


def _line(session: Session, run: Any) -> dict[str, Any]:
    ended, ways = True, []
    for instance in processes.instances_of_subject(session, run_steps.KIND, run.id):
        made = bundle(session, instance.deployment)
        ended = ended and instance.ended_at is not None
        waiting: dict[str, int] = {}
        for task in inbox.open_of_instance(session, instance.id):
            name = made.definition.elements[task.element].name
            waiting[name] = waiting.get(name, 0) + 1
        ways += [say("cases.waiting", step=step, n=n) if n > 1 else step for step, n in waiting.items()]
    return {"id": run.id, "title": visit_pages.title(run), "open": not ended, "steps": ways}


def one(context: Context, ident: int) -> dict[str, Any]:
    """{title, open, steps, waiting: [{step, unit, days_left, due_on}], story} of one; NotFound for other runs and for who
    does not read rounds."""
    session, actor, county = context.session, context.actor, context.county
    run = runs.run(session, ident)
    if run is None or not visit_pages.may_read(actor, county) or not _of_runs(county, run.kind):
        raise NotFound
    waiting: list[dict[str, Any]] = []
    story: list[dict[str, Any]] = []
    for instance in processes.instances_of_subject(session, run_steps.KIND, ident):
        made = bundle(session, instance.deployment)
        for task in inbox.open_of_instance(session, instance.id):
            waiting.append(
                {
                    "step": made.definition.elements[task.element].name,
                    "unit": county.name_of(task.item or task.org_unit),
                    "days_left": calendar.days_left(task.due, context.now),
                    "due_on": calendar.last_day(task.due),
                }
            )
        told = stories.events_in(session, f"{run_steps.KIND}:{ident}", data_key(session, instance.data_key))
        story = stories.story(stories.teller(session, county, told, knowledge.groups_here(actor, county.code, county)))
    return {**_line(session, run), "waiting": waiting, "story": story}
