"""A page of the inbox with counts at many open tasks, in the database's own time as the program sees it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event, text

from app.services.people import Actor
from app.store import inbox
from tests.conftest import COUNTY, TOWN, VILLAGE

from .county import County
from .rounds import interleaved

WHO = {"village": "village_1", "town": "town_officer", "county": "county_officer"}


def spread(county: County) -> None:
    """A third of the open tasks lies at villages, towns and the county each; some are assigned and some late."""
    with county.store.transaction() as session:
        run = session.conn.execute
        run(
            text(
                "UPDATE tasks SET element = 'verify_in_town', roles = 'town_officer', "
                "org_unit = substr(org_unit, 1, 9) || '000' WHERE status = 'open' AND (id / 1000) % 3 = 1"
            )
        )
        run(
            text(
                "UPDATE tasks SET element = 'review_in_county', roles = 'county_officer', org_unit = :county "
                "WHERE status = 'open' AND (id / 1000) % 3 = 2"
            ),
            {"county": COUNTY},
        )
        run(text("UPDATE tasks SET due = due - 864000000000 * (id % 7) WHERE status = 'open'"))
        for who, unit in (("village_1", VILLAGE), ("town_officer", TOWN), ("county_officer", COUNTY)):
            run(
                text(
                    "UPDATE tasks SET assignee = :who WHERE id IN (SELECT id FROM tasks WHERE status = 'open' "
                    "AND assignee IS NULL AND org_unit = :unit ORDER BY id LIMIT 60)"
                ),
                {"who": county.ids[who], "unit": unit},
            )
    with county.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE"))


TABS = ("mine", "open")


def pages(county: County, rounds: int, each: int) -> tuple[dict[str, float], dict[str, float]]:
    """(in the database, through the store) in seconds for a village, a town and a county official: counts and a full page
    of the slower of the two lists. "In the database" is the driver's execute and fetch of the same statements, read in
    full."""
    whole = {f"{level} {tab}": _page(county, county.actor(who), tab) for level, who in WHO.items() for tab in TABS}
    with county.store.engine.connect() as conn:
        driver: Any = conn.connection.driver_connection
        bare = {name: _bare(driver, _statements(county, page)) for name, page in whole.items()}
        in_database = interleaved(bare, rounds, each)
    return _slower(in_database), _slower(interleaved(whole, rounds, each))


def _slower(took: dict[str, float]) -> dict[str, float]:
    return {level: max(took[f"{level} {tab}"] for tab in TABS) for level in WHO}


def _statements(county: County, page: Callable[[], None]) -> list[tuple[str, Any]]:
    """What a page sends, except BEGIN."""
    seen: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(county.store.engine, "before_cursor_execute", note)
    page()
    event.remove(county.store.engine, "before_cursor_execute", note)
    return [(statement, parameters) for statement, parameters in seen if not statement.startswith("BEGIN")]


def _bare(driver: Any, statements: list[tuple[str, Any]]) -> Callable[[], None]:
    def operation() -> None:
        cursor = driver.cursor()
        for statement, parameters in statements:
            cursor.execute(statement, parameters)
            cursor.fetchall()
        cursor.close()

    return operation


def _page(county: County, actor: Actor, tab: str) -> Callable[[], None]:
    """What the inbox reads for one of its lists."""

    def operation() -> None:
        with county.store.reading() as session:
            stands = inbox.standing(session, actor.id, actor.assignments, county.now)
            if tab == "mine":
                found = inbox.assigned_to(session, actor.id)
            else:
                found = inbox.open_for_roles(session, actor.assignments, pairs=stands.pairs)
            if len(found) < inbox.PAGE:
                raise AssertionError("less than a page")

    return operation
