"""How often the most visited pages ask the database: counted, and held."""

import pytest
from sqlalchemy import event

from tests.web.conftest import Site

PAGES = {
    "/": 14,
    "/?tab=open": 14,
    "/lists": 13,
    "/lists/meeting": 13,
    "/cases": 11,
    "/clues": 7,
    "/notifications": 5,
    "/rounds": 8,
    "case": 41,
    "household": 28,
    "task": 20,
}
"""Page -> statements at most, transactions counted as one each."""


@pytest.mark.parametrize(("page", "most"), PAGES.items())
def test_a_page_asks_the_database_no_more_often_than_it_did(site: Site, page: str, most: int) -> None:
    walk = site.walk(to="verify_in_town")
    who = "town_officer" if page == "task" else "village_1"
    case = walk.case()
    address = {
        "case": f"/cases/{walk.case_id}",
        "household": f"/households/{case.household}",
        "task": f"/tasks/{walk.task('verify_in_town').id}",
    }.get(page, page)
    person = site.person(who)
    person.get(address)  # what is kept in the process is read once
    told: list[str] = []
    event.listen(site.county.store.engine, "before_cursor_execute", lambda c, cursor, statement, *_: told.append(statement))
    assert person.get(address).status_code == 200
    assert len([one for one in told if not one.startswith("PRAGMA")]) <= most
