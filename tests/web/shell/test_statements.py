"""How often the most visited pages ask the database: counted, and held."""

import pytest
from sqlalchemy import event

from app.services.context import context_of
from app.services.work import tasks
from tests.web.conftest import Site

PAGES = {
    "mine": 8,
    "open": 8,
    "lists": 13,
    "meeting": 13,
    "cases": 11,
    "clues": 7,
    "notifications": 5,
    "rounds": 8,
    "case": 15,
    "monitored": 15,
    "household": 28,
    "task": 20,
}
"""Page -> statements at most, the beginning of a transaction counted as one."""
ADDRESSES = {
    "mine": "/",
    "open": "/?tab=open",
    "lists": "/lists",
    "meeting": "/lists/meeting",
    "cases": "/cases",
    "clues": "/clues",
    "notifications": "/notifications",
    "rounds": "/rounds",
}


@pytest.mark.parametrize(("page", "most"), PAGES.items())
def test_a_page_asks_the_database_no_more_often_than_it_did(site: Site, page: str, most: int) -> None:
    """The inboxes have a task; the monitored case has contacts, measures, notices and papers."""
    walk = site.walk(to="acknowledge_measures" if page == "monitored" else "verify_in_town")
    who = "town_officer" if page in ("task", "mine", "open", "monitored") else "village_1"
    case = walk.case()
    if page == "mine":
        with site.county.store.transaction() as session:
            task = walk.task("verify_in_town")
            tasks.claim(context_of(session, site.county.actor(who), site.county.now), task.id, task.version)
    address = {
        **ADDRESSES,
        "case": f"/cases/{walk.case_id}",
        "monitored": f"/cases/{walk.case_id}",
        "household": f"/households/{case.household}",
        "task": "" if page == "monitored" else f"/tasks/{walk.task('verify_in_town').id}",
    }[page]
    person = site.person(who)
    person.get(address)  # what is kept in the process is read once
    told: list[str] = []
    event.listen(site.county.store.engine, "before_cursor_execute", lambda c, cursor, statement, *_: told.append(statement))
    answer = person.get(address)
    assert answer.status_code == 200
    assert page not in ("mine", "open") or "镇级核查" in answer.text
    asked = [one for one in told if not one.startswith("PRAGMA")]
    assert len(asked) <= most, len(asked)
