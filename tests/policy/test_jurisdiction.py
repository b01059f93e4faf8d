from datetime import date

import pytest

from app.policy.jurisdiction import (
    Assignment,
    Place,
    UnknownUnit,
    covers,
    may_act,
    org_units,
    superior,
    unit_of,
)
from app.policy.model import OrgUnit
from app.policy.parameters import Entries

COUNTY, TOWN, OTHER_TOWN = "440229000000", "440229115000", "440229104000"
VILLAGE, NEIGHBOUR = "440229115201", "440229115202"
CIVIL = "440229-civil"


@pytest.fixture(scope="module")
def units(entries: Entries) -> dict[str, OrgUnit]:
    return org_units(entries, date(2026, 3, 1))


def test_the_county_has_eight_towns_174_villages_and_15_departments(units: dict[str, OrgUnit]) -> None:
    levels = [unit.level for unit in units.values()]
    assert {level: levels.count(level) for level in set(levels)} == {"county": 1, "town": 8, "village": 174, "department": 15}
    for unit in units.values():
        above = superior(unit.code, units)
        assert (above.level if above else None) == {
            "village": "town",
            "town": "county",
            "department": "county",
            "county": None,
        }[unit.level]


@pytest.mark.parametrize(
    ("level", "department", "unit"),
    [
        ("village", None, VILLAGE),
        ("town", None, TOWN),
        ("county", None, COUNTY),
        ("department", "civil", CIVIL),
    ],
)
def test_a_lane_level_and_a_village_give_the_unit(
    units: dict[str, OrgUnit], level: str, department: str | None, unit: str
) -> None:
    assert unit_of(level, VILLAGE, units, department) == unit


@pytest.mark.parametrize(
    ("level", "village", "department"),
    [
        ("system", VILLAGE, None),
        ("department", VILLAGE, None),
        ("department", VILLAGE, "nobody"),
        ("village", "0", None),
        ("village", TOWN, None),
    ],
)
def test_no_unit_is_made_up(units: dict[str, OrgUnit], level: str, village: str, department: str | None) -> None:
    with pytest.raises(UnknownUnit):
        unit_of(level, village, units, department)


@pytest.mark.parametrize(
    ("unit", "target", "answer"),
    [
        (VILLAGE, VILLAGE, True),
        (TOWN, VILLAGE, True),
        (COUNTY, VILLAGE, True),
        (OTHER_TOWN, VILLAGE, False),
        (NEIGHBOUR, VILLAGE, False),
        (VILLAGE, TOWN, False),
        (CIVIL, VILLAGE, False),
        (COUNTY, CIVIL, True),
    ],
)
def test_a_unit_covers_itself_and_what_lies_below(units: dict[str, OrgUnit], unit: str, target: str, answer: bool) -> None:
    assert covers(unit, target, units) is answer


@pytest.mark.parametrize(
    ("role", "held_at", "level", "lies_at", "answer"),
    [
        ("village_officer", VILLAGE, "village", VILLAGE, True),
        ("village_officer", NEIGHBOUR, "village", VILLAGE, False),
        ("town_officer", TOWN, "village", VILLAGE, False),
        ("resident_team", TOWN, "village", VILLAGE, False),
        ("window_clerk", TOWN, "village", VILLAGE, True),
        ("window_clerk", OTHER_TOWN, "village", VILLAGE, False),
        ("window_clerk", NEIGHBOUR, "village", VILLAGE, False),
        ("county_leader", COUNTY, "village", VILLAGE, False),
        ("village_officer", "440229999999", "village", VILLAGE, False),
        ("dept_liaison", CIVIL, "department", CIVIL, True),
        ("dept_liaison", "440229-edu", "department", CIVIL, False),
    ],
)
def test_only_who_holds_the_role_at_the_unit_of_the_task_may_act(
    units: dict[str, OrgUnit], role: str, held_at: str, level: str, lies_at: str, answer: bool
) -> None:
    roles = frozenset({"village_officer", "resident_team", "window_clerk", "dept_liaison"})
    place = Place(roles, level, lies_at)
    assert may_act(Assignment(role, held_at), place, units, acts_for={"window_clerk"}) is answer


def test_a_window_role_acts_only_where_the_task_names_it(units: dict[str, OrgUnit]) -> None:
    place = Place(frozenset({"village_officer"}), "village", VILLAGE)
    assert not may_act(Assignment("window_clerk", TOWN), place, units, acts_for={"window_clerk"})
