"""One list of 50 households against 50 single completions of the same step."""

import time
import uuid

from app.services import people
from app.services.context import Context, context_of
from app.services.lists import batches
from app.store.people import change_official
from tests.services.lists.test_batches import VOTES, meeting_of, sheet

from . import ours
from .county import County

STEP, WHO = "hold_village_review", "village_3"


def measured(county: County, rounds: int, many: int = 50) -> list[tuple[float, float]]:
    """(seconds of a list, seconds of single completions), turn by turn."""
    with county.store.transaction() as session:
        change_official(session, county.ids["village_3"], name="演示甲")
    ours.walk_on(ours.opened(county, 2 * rounds * many), STEP)
    found = []
    for _ in range(rounds):
        with county.store.reading() as session:
            place = people.county_on(session, county.now.date())
            items = batches.agenda(Context(session, county.actor(WHO), place, county.now), "meeting")[:many]
        begun = time.perf_counter()
        with county.store.transaction() as session:
            batches.complete(
                context_of(session, county.actor(WHO), county.now),
                "meeting",
                sheet(items, meeting_of(county), VOTES),
                uuid.uuid4().bytes,
            )
        at_once = time.perf_counter() - begun
        with county.store.reading() as session:
            todo = ours.open_tasks(session, STEP)[:many]
        begun = time.perf_counter()
        for task, version in todo:
            with county.store.transaction() as session:
                ours.complete(session, county, STEP, task, version)
        found.append((at_once, time.perf_counter() - begun))
    return found
