"""Grids and rounds of visits: whose household is in which grid, what was found, and what nobody reached."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from app.store import rescreening, visits
from app.store.session import Session
from app.store.tables import cases, visit_items
from tests.conftest import OTHER_VILLAGE, START, VILLAGE, County

from . import planted
from .planted import LATER, TODAY

TOMORROW = TODAY + timedelta(days=1)
NOTHING = dict.fromkeys(visits.COUNTED, 0)


def round_(session: Session, period: str = "2021-09") -> int:
    return rescreening.add_run(
        session, kind="visits", period=period, as_of=TODAY, started_at=START, late=False, status="open", counts={}
    )


def listed(session: Session, run: int, *households: int, **columns: Any) -> None:
    """Households on the list of a round, all alike."""
    usual = {"org_unit": VILLAGE, "status": "open", "helped_outside": False}
    rows = [{"run": run, "household": one, **usual, **columns} for one in households]
    session.conn.execute(insert(visit_items), rows)


def three(session: Session, village: str = VILLAGE) -> list[int]:
    return [planted.household(session, name, village) for name in ("演示甲", "演示乙", "演示丙")]


def paged(session: Session, run: int, **asked: Any) -> list[int]:
    usual = {"units": [VILLAGE], "grid_ids": None, "status": "open", "limit": 10, "offset": 0}
    return [row.household for row in visits.page(session, run, **{**usual, **asked})]


# --- grids ------------------------------------------------------------------------------------------------------------


def test_a_village_has_one_grid_of_a_name(county: County) -> None:
    with county.store.transaction() as session:
        ident = visits.add_grid(session, VILLAGE, "一网格")
        assert ident is not None
        assert visits.add_grid(session, VILLAGE, "一网格") is None
        other = visits.add_grid(session, OTHER_VILLAGE, "一网格")
        assert other not in (None, ident)
        found = visits.grid(session, ident)
        assert found is not None
        assert tuple(found) == (ident, VILLAGE, "一网格")
        assert visits.grid(session, 10**6) is None


def test_grids_are_listed_with_who_is_responsible_now_and_how_many_households(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        two, one = visits.add_grid(session, VILLAGE, "2"), visits.add_grid(session, VILLAGE, "1")
        elsewhere = visits.add_grid(session, OTHER_VILLAGE, "0")
        assert one and two and elsewhere
        visits.put_person(session, one, ids["village_1"], TODAY, None)
        visits.put_person(session, one, ids["grid"], TOMORROW, "调岗")
        visits.put_households(session, one, three(session)[:2])
        assert [tuple(row) for row in visits.grids_of(session, [VILLAGE])] == [
            (one, VILLAGE, "1", ids["grid"], "grid", TOMORROW, 2),
            (two, VILLAGE, "2", None, None, None, 0),
        ]
        assert [row.id for row in visits.grids_of(session, [OTHER_VILLAGE, VILLAGE])] == [one, two, elsewhere]
        assert visits.grids_of(session, []) == []


def test_a_person_follows_the_one_before_and_both_are_remembered(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        grid, other = visits.add_grid(session, VILLAGE, "1"), visits.add_grid(session, VILLAGE, "2")
        assert grid and other
        assert visits.put_person(session, grid, ids["village_1"], TODAY, None) is None
        assert visits.put_person(session, other, ids["village_1"], TODAY, None) is None
        assert sorted(visits.my_grids(session, ids["village_1"])) == [grid, other]
        assert visits.put_person(session, grid, ids["grid"], TOMORROW, "调岗") == ids["village_1"]
        assert visits.my_grids(session, ids["village_1"]) == [other]
        assert visits.my_grids(session, ids["grid"]) == [grid]
        assert visits.my_grids(session, ids["village_2"]) == []
        found = visits.people_of(session, grid)
        assert [(row.name, row.official, row.from_on, row.until_on, row.reason) for row in found] == [
            ("grid", ids["grid"], TOMORROW, None, "调岗"),
            ("village_1", ids["village_1"], TODAY, TOMORROW, None),
        ]
        assert [row.name for row in visits.people_of(session, other)] == ["village_1"]
        assert visits.people_of(session, 10**6) == []


def test_a_household_is_in_one_grid_at_a_time(county: County) -> None:
    with county.store.transaction() as session:
        grid, other = visits.add_grid(session, VILLAGE, "1"), visits.add_grid(session, VILLAGE, "2")
        assert grid and other
        a, b, c = three(session)
        planted.household(session, "演示丁", OTHER_VILLAGE)
        planted.household(session, "演示戊", status="erased")
        visits.put_households(session, grid, [b, a])
        visits.put_households(session, other, {b})
        visits.put_households(session, other, [])
        found = [tuple(row) for row in visits.households_of(session, VILLAGE)]
        assert found == [(a, "演示甲", grid), (b, "演示乙", other), (c, "演示丙", None)]
        assert [row.head_name for row in visits.households_of(session, OTHER_VILLAGE)] == ["演示丁"]
        assert visits.households_of(session, "440229999999") == []


# --- rounds -----------------------------------------------------------------------------------------------------------


def test_every_household_of_the_register_is_listed_with_its_grid(county: County) -> None:
    with county.store.transaction() as session:
        run, other = round_(session), round_(session, "2021-10")
        assert visits.list_all(session, other) == 0
        a, b, _ = three(session)
        away = planted.household(session, "演示丁", OTHER_VILLAGE)
        erased = planted.household(session, "演示戊", status="erased")
        grid = visits.add_grid(session, VILLAGE, "1")
        assert grid
        visits.put_households(session, grid, [a])
        assert visits.list_all(session, run) == 4
        found = visits.item(session, run, a)
        assert (found.org_unit, found.grid, found.groups, found.status) == (VILLAGE, grid, None, "open")
        assert (found.result, found.helped_outside, found.visited_on) == (None, False, None)
        assert visits.item(session, run, b).grid is None
        assert visits.item(session, run, away, lock=True).org_unit == OTHER_VILLAGE
        assert visits.item(session, run, erased) is None
        assert visits.item(session, other, a) is None
        assert visits.villages_of(session, run) == sorted([VILLAGE, OTHER_VILLAGE])
        assert visits.villages_of(session, other) == []


def test_some_households_are_listed_with_their_groups_unless_erased(county: County) -> None:
    with county.store.transaction() as session:
        run, other = round_(session), round_(session, "2021-10")
        a, b, c = three(session)
        erased = planted.household(session, "演示戊", status="erased")
        grid = visits.add_grid(session, VILLAGE, "1")
        assert grid
        visits.put_households(session, grid, [b])
        assert visits.list_some(session, run, {a: "", b: "elderly,students", erased: "elderly", 10**6: ""}) == 2
        assert visits.list_some(session, other, {}) == 0
        found = visits.item(session, run, b)
        assert (found.groups, found.grid, found.org_unit, found.status) == ("elderly,students", grid, VILLAGE, "open")
        assert visits.item(session, run, a).groups == ""
        assert visits.item(session, run, c) is visits.item(session, run, erased) is None


def test_groups_are_put_where_nobody_knows_them_yet(county: County) -> None:
    with county.store.transaction() as session:
        run, other = round_(session), round_(session, "2021-10")
        a, b, c = three(session)
        for one in (run, other):
            listed(session, one, a, b, c)
        assert sorted(visits.without_groups(session, run, 10)) == [a, b, c]
        assert len(visits.without_groups(session, run, 2)) == 2
        visits.put_groups(session, run, {a: "elderly", b: ""})
        visits.put_groups(session, run, {a: "students", 10**6: "elderly"})
        visits.put_groups(session, run, {})
        assert visits.without_groups(session, run, 10) == [c]
        assert [visits.item(session, run, one).groups for one in (a, b, c)] == ["elderly", "", None]
        assert len(visits.without_groups(session, other, 10)) == 3


def test_a_page_shows_those_of_must_visit_groups_first(county: County) -> None:
    with county.store.transaction() as session:
        run, other = round_(session), round_(session, "2021-10")
        grid = visits.add_grid(session, VILLAGE, "一网格")
        a, b, c = three(session)
        listed(session, run, a, groups=None, grid=grid)
        listed(session, run, b, groups="", grid=grid)
        listed(session, run, c, groups="elderly", grid=grid)
        away, outside, done, left = (planted.household(session, f"演示{n}") for n in range(4))
        listed(session, run, away, org_unit=OTHER_VILLAGE, groups="")
        listed(session, run, outside, groups="elderly", grid=10**6)
        listed(session, run, done, status="done", groups="", grid=grid)
        listed(session, run, left, status="left", groups="", grid=grid)
        listed(session, other, a)
        assert paged(session, run) == [c, outside, a, b]
        assert paged(session, run, limit=2) == [c, outside]
        assert paged(session, run, limit=2, offset=3) == [b]
        assert paged(session, run, grid_ids=[grid]) == [c, a, b]
        assert paged(session, run, grid_ids=[]) == []
        assert paged(session, run, status="done") == [done, left]
        assert paged(session, run, units=[OTHER_VILLAGE]) == [away]
        assert paged(session, run, units=[]) == []
        assert paged(session, other) == [a]
        first, second, *_ = visits.page(session, run, [VILLAGE], grid_ids=None, status="open", limit=2, offset=0)
        assert (first.head_name, first.grid_name) == ("演示丙", "一网格")
        assert (second.head_name, second.grid_name) == ("演示1", None)


def test_a_visit_is_counted_by_status_result_and_place(county: County) -> None:
    with county.store.transaction() as session:
        run, other = round_(session), round_(session, "2021-10")
        a, b, c = three(session)
        d, e = (planted.household(session, name, OTHER_VILLAGE) for name in ("演示丁", "演示戊"))
        for one in (run, other):
            listed(session, one, a, b, c)
            listed(session, one, d, e, org_unit=OTHER_VILLAGE)
        visits.visited(session, run, a, "done", result="calm", visited_on=TODAY, done_at=LATER, done_by=7)
        visits.visited(session, run, b, "done", result="signs", signs="illness", helped_outside=True)
        visits.visited(session, run, d, "done", result="absent", helped_outside=True)
        found = visits.item(session, run, a)
        assert (found.status, found.result, found.visited_on, found.done_at, found.done_by) == (
            "done",
            "calm",
            TODAY,
            LATER,
            7,
        )
        assert visits.item(session, other, a).status == "open"

        assert visits.by_status(session, run) == {"open": 2, "done": 3, "left": 0}
        assert visits.by_status(session, run, [VILLAGE]) == {"open": 1, "done": 2, "left": 0}
        assert visits.by_status(session, run, []) == {"open": 0, "done": 0, "left": 0}
        total = {"open": 2, "done": 3, "left": 0, "calm": 1, "signs": 1, "absent": 1, "outside": 2}
        assert visits.totals(session, run) == total
        here = {"open": 1, "done": 2, "left": 0, "calm": 1, "signs": 1, "absent": 0, "outside": 1}
        there = {"open": 1, "done": 1, "left": 0, "calm": 0, "signs": 0, "absent": 1, "outside": 1}
        assert visits.counts(session, run) == {VILLAGE: here, OTHER_VILLAGE: there}
        assert visits.counts(session, run, [OTHER_VILLAGE]) == {OTHER_VILLAGE: there}
        assert visits.counts(session, run, []) == {}
        assert visits.counts(session, run, None, {VILLAGE: "town", OTHER_VILLAGE: "town"}) == {"town": total}
        assert visits.counts(session, run, None, {VILLAGE: "town"}) == {"town": here, "": there}
        assert visits.totals(session, 10**6) == NOTHING
        assert visits.by_status(session, 10**6) == {"open": 0, "done": 0, "left": 0}


def test_what_nobody_reached_is_left_open_once(county: County) -> None:
    with county.store.transaction() as session:
        run, other = round_(session), round_(session, "2021-10")
        a, b, c = three(session)
        listed(session, run, a, b)
        listed(session, run, c, org_unit=OTHER_VILLAGE)
        listed(session, other, a)
        visits.visited(session, run, a, "done", result="calm")
        assert visits.any_open(session, run) and visits.any_open(session, run, VILLAGE)
        visits.visited(session, run, b, "done", result="calm")
        assert visits.any_open(session, run) and not visits.any_open(session, run, VILLAGE)
        assert visits.leave_open(session, run) == 1
        assert visits.leave_open(session, run) == 0
        assert not visits.any_open(session, run)
        assert [visits.item(session, run, one).status for one in (a, b, c)] == ["done", "done", "left"]
        assert visits.any_open(session, other)


def test_what_a_round_brought_to_light_are_its_own_clues_and_what_they_began(county: County) -> None:
    earlier = START - timedelta(days=1)
    with county.store.transaction() as session:
        a, b, c = three(session)
        approved, begun = planted.case(session, a, LATER), planted.case(session, b, START)
        before = planted.case(session, c, earlier)
        session.conn.execute(update(cases).where(cases.c.id.in_([approved, before])).values(category="sudden"))
        for household, case in ((a, approved), (a, approved), (b, begun), (c, before)):
            planted.clue(session, run="2021-09", household=household, case_id=case, status="entered")
        planted.clue(session, run="2021-09", household=b, case_id=begun, status="joined")
        planted.clue(session, run="2021-09", status="excluded")
        planted.clue(session, run="2021-10", household=b, case_id=begun, status="entered")
        assert visits.missed_before(session, "2021-09") == {"clues": 5, "entered": 2, "approved": 1}
        assert visits.missed_before(session, "2021-10") == {"clues": 1, "entered": 1, "approved": 0}
        assert visits.missed_before(session, "2021-11") == {"clues": 0, "entered": 0, "approved": 0}


def test_recent_families_are_those_of_signs_that_were_not_excluded(county: County) -> None:
    with county.store.transaction() as session:
        a, b, _ = three(session)
        for status in ("open", "entered", "joined"):
            planted.clue(session, household=a, family="illness", status=status)
        planted.clue(session, household=a, family="disaster", status="watching")
        planted.clue(session, household=b, family="illness", found_on=TODAY - timedelta(days=1), status="open")
        for status in ("excluded", "duplicate", "forwarded"):
            planted.clue(session, household=b, family="work", status=status)
        planted.clue(session, household=b, family=None)
        planted.clue(session, household=None, family="illness")
        found = list(visits.recent_families(session, TODAY))
        assert sorted(found) == [(a, "disaster"), (a, "illness")]
        assert (b, "illness") in set(visits.recent_families(session, TODAY - timedelta(days=1)))
        assert list(visits.recent_families(session, TOMORROW)) == []


def test_after_an_erasure_no_grid_and_no_round_says_whom_it_was_about(county: County) -> None:
    with county.store.transaction() as session:
        run, other = round_(session), round_(session, "2021-10")
        a, b, _ = three(session)
        grid = visits.add_grid(session, VILLAGE, "1")
        assert grid
        visits.put_households(session, grid, [a, b])
        for one in (run, other):
            listed(session, one, a, b, groups="elderly", signs="illness", status="done", result="signs")
        visits.forget(session, a)
        visits.forget(session, a)
        assert {row.id: row.grid for row in visits.households_of(session, VILLAGE) if row.id in (a, b)} == {a: None, b: grid}
        rows = session.conn.execute(select(visit_items).order_by(visit_items.c.run, visit_items.c.household)).all()
        assert [(row.groups, row.signs) for row in rows] == [("", None), ("elderly", "illness")] * 2
        assert visits.totals(session, run)["signs"] == 2  # figures stay
