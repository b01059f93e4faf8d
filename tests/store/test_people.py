"""Officials and their posts: who holds what where and when, who is signed in, who looks after a household."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.store import people
from app.store.session import Session
from app.store.tables import assignments, sessions
from tests.conftest import COUNTY, OTHER_VILLAGE, START, TOWN, VILLAGE, County

from . import planted
from .planted import LATER, TODAY

TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def hired(session: Session, name: str, **columns: Any) -> int:
    ident = people.add_official(session, name=name, username=None, password_hash=None, demo=True)
    if columns:
        people.change_official(session, ident, **columns)
    return ident


def test_an_official_is_found_by_id_and_by_username_only(county: County) -> None:
    with county.store.transaction() as session:
        ident = people.add_official(session, name="演示甲", username="jia", password_hash="x", demo=False)
        demo = people.add_official(session, name="演示乙", username=None, password_hash=None, demo=True)
    with county.store.reading() as session:
        found = people.official(session, ident)
        assert (found.id, found.name, found.username, found.password_hash) == (ident, "演示甲", "jia", "x")
        assert (found.must_change, found.demo, found.active, found.failures) == (True, False, True, 0)
        assert people.by_username(session, "jia") == found
        second = people.official(session, demo)
        assert (second.must_change, second.demo, second.username) == (False, True, None)
        assert people.official(session, demo + 1) is None
        assert people.by_username(session, "JIA") is None
        assert people.by_username(session, "") is None


def test_columns_of_one_official_are_changed_and_of_no_other(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        assert people.email(session, ids["village_1"]) == ""
        people.change_official(session, ids["village_1"], email="demo@example.invalid", active=False)
        assert people.email(session, ids["village_1"]) == "demo@example.invalid"
        assert not people.official(session, ids["village_1"]).active
        assert people.email(session, ids["village_2"]) == ""
        assert people.official(session, ids["village_2"]).active
        assert people.email(session, 10**6) == ""


def test_names_are_told_of_whom_was_asked_and_who_is_known(county: County) -> None:
    one, two = county.ids["village_1"], county.ids["auditor"]
    with county.store.reading() as session:
        assert people.names(session, iter([one, two, one, 10**6])) == {one: "village_1", two: "auditor"}
        assert people.names(session, []) == {}


def test_a_post_counts_from_its_first_day_until_before_the_day_it_ends(county: County) -> None:
    with county.store.transaction() as session:
        ident = hired(session, "演示甲")
        people.assign(session, ident, "town_officer", TOWN, TODAY)
        people.assign(session, ident, "auditor", COUNTY, TODAY)
        assert people.assignments_of(session, ident, YESTERDAY) == []
        found = people.assignments_of(session, ident, TODAY)
        assert [(a.role, a.org_unit, a.valid_from, a.valid_to) for a in found] == [
            ("town_officer", TOWN, TODAY, None),
            ("auditor", COUNTY, TODAY, None),
        ]
        people.end_assignments(session, ident, TOMORROW)
        assert len(people.assignments_of(session, ident, TODAY)) == 2
        assert people.assignments_of(session, ident, TOMORROW) == []


def test_ending_ends_once_and_nobody_elses_posts(county: County) -> None:
    one, two = county.ids["village_1"], county.ids["village_2"]
    with county.store.transaction() as session:
        people.end_assignments(session, one, TODAY)
        people.end_assignments(session, one, TOMORROW)  # what is over stays as it ended
        assert people.assignments_of(session, one, TODAY) == []
        assert [a.role for a in people.assignments_of(session, two, TODAY)] == ["village_officer"]


def test_who_holds_a_post_is_asked_by_role_unit_and_day(county: County) -> None:
    ids = county.ids
    village = {ids["village_1"], ids["village_2"], ids["village_3"]}
    with county.store.transaction() as session:
        assert people.who_hold(session, ["village_officer"], [VILLAGE], TODAY) == village
        both = people.holders(session, ["village_officer", "grid_worker"], [VILLAGE, OTHER_VILLAGE], TODAY)
        assert {row.id for row in both} == village | {ids["grid"], ids["outsider_village"]}
        assert [row.id for row in both] == sorted(row.id for row in both)
        (grid,) = people.holders(session, ["grid_worker"], [VILLAGE], TODAY)
        assert tuple(grid) == (ids["grid"], "grid", "grid_worker", VILLAGE, None)
        assert people.who_hold(session, [], [VILLAGE], TODAY) == set()
        assert people.who_hold(session, ["village_officer"], [], TODAY) == set()
        assert people.who_hold(session, ["village_officer"], [VILLAGE], date(2020, 12, 31)) == set()
        people.change_official(session, ids["village_1"], active=False)
        people.end_assignments(session, ids["village_2"], TODAY)
        assert people.who_hold(session, ["village_officer"], [VILLAGE], TODAY) == {ids["village_3"]}


def test_a_substitute_holds_the_post_and_says_for_whom(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        session.conn.execute(
            insert(assignments).values(
                official=ids["village_1"],
                role="grid_worker",
                org_unit=VILLAGE,
                valid_from=TODAY,
                valid_to=TOMORROW,
                substitutes_for=ids["grid"],
            )
        )
        found = people.holders(session, ["grid_worker"], [VILLAGE], TODAY)
        assert [(row.id, row.substitutes_for) for row in found] == [(ids["village_1"], ids["grid"]), (ids["grid"], None)]


def test_everybody_at_a_unit_is_named_once_whatever_the_posts(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        people.assign(session, ids["village_1"], "grid_worker", VILLAGE, TODAY)
        people.change_official(session, ids["village_2"], active=False)
        found = [(row.id, row.name) for row in people.at_unit(session, VILLAGE, TODAY)]
        assert found == [(ids[name], name) for name in ("village_1", "village_3", "grid")]
        assert people.at_unit(session, "440229999999", TODAY) == []
        assert people.at_unit(session, VILLAGE, date(2020, 12, 31)) == []


def test_everybody_lists_those_without_a_post_and_the_inactive_too(county: County) -> None:
    with county.store.transaction() as session:
        ident = hired(session, "演示甲", active=False)
        people.assign(session, county.ids["village_1"], "grid_worker", OTHER_VILLAGE, TODAY)
        found = people.everybody(session, TODAY)
        assert [row.id for row in found] == sorted(row.id for row in found)
        assert tuple(found[-1]) == (ident, "演示甲", None, False, None, None)
        mine = [(row.role, row.org_unit) for row in found if row.id == county.ids["village_1"]]
        assert mine == [("village_officer", VILLAGE), ("grid_worker", OTHER_VILLAGE)]
        before = people.everybody(session, date(2020, 12, 31))
        assert {row.role for row in before} == {None}
        assert len(before) == len(county.ids) + 1


def test_a_session_is_opened_touched_and_closed(county: County) -> None:
    one, two = county.ids["village_1"], county.ids["village_2"]

    def kept(session: Session) -> list[tuple[Any, ...]]:
        return sorted(
            (bytes(s.token_hash), s.official, s.csrf, s.created_at, s.seen_at) for s in session.conn.execute(select(sessions))
        )

    with county.store.transaction() as session:
        for token, official in ((b"a", one), (b"b", one), (b"c", two), (b"d", two)):
            people.open_session(session, token, official, f"csrf-{official}", START)
        people.touch_session(session, b"a", LATER)
        assert kept(session)[:2] == [(b"a", one, f"csrf-{one}", START, LATER), (b"b", one, f"csrf-{one}", START, START)]
        people.close_session(session, b"c")
        people.close_session(session, b"unknown")
        assert [row[0] for row in kept(session)] == [b"a", b"b", b"d"]
        people.close_sessions_of(session, one)
        assert [row[0] for row in kept(session)] == [b"d"]


def test_who_acted_is_asked_by_case_and_step(county: County) -> None:
    with county.store.transaction() as session:
        case, other = (planted.case(session, planted.household(session, name)) for name in ("演示甲", "演示乙"))
        session.write(people.acted_writes(case, "check_household", {3, 1}))
        session.write(people.acted_writes(case, "post_notice", [2]))
        session.write(people.acted_writes(other, "check_household", [4]))
        assert people.acted_writes(case, "check_household", []) == []
        assert people.acted(session, case, ["check_household"]) == {1, 3}
        assert people.acted(session, case, ["check_household", "post_notice", "unknown"]) == {1, 2, 3}
        assert people.acted(session, other, ["check_household"]) == {4}
        assert people.acted(session, case, []) == set()
        assert people.acted(session, case, ["unknown"]) == set()


def test_a_new_contact_follows_the_one_before_of_the_same_level(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        one, two = planted.household(session, "演示甲"), planted.household(session, "演示乙")
        people.add_contact(session, one, ids["village_1"], "village", TODAY)
        people.add_contact(session, one, ids["town_officer"], "town", TODAY)
        people.add_contact(session, two, ids["village_3"], "village", TODAY)
        people.add_contact(session, one, ids["village_2"], "village", TOMORROW)
        assert [tuple(row) for row in people.contacts_of(session, one)] == [
            (ids["town_officer"], "town", "town_officer"),
            (ids["village_2"], "village", "village_2"),
        ]
        assert [row.official for row in people.contacts_of(session, two)] == [ids["village_3"]]
        assert people.contacts_of(session, two + 1) == []
        many = people.contacts_of_many(session, [one, two, two + 1])
        assert many == {one: ["village_2", "town_officer"], two: ["village_3"]}
        assert people.contacts_of_many(session, []) == {}


def test_posts_of_contacts_are_all_that_they_hold_on_the_day(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        one = planted.household(session)
        people.add_contact(session, one, ids["village_1"], "village", YESTERDAY)
        people.add_contact(session, one, ids["village_2"], "village", TODAY)
        people.add_contact(session, one, ids["town_officer"], "town", TODAY)
        people.assign(session, ids["village_2"], "grid_worker", VILLAGE, TOMORROW)
        posts = [(ids["village_2"], "village_officer"), (ids["town_officer"], "town_officer")]
        assert [tuple(row) for row in people.posts_of_contacts(session, one, TODAY)] == posts
        found = people.posts_of_contacts(session, one, TOMORROW)
        assert [tuple(row) for row in found] == [*posts, (ids["village_2"], "grid_worker")]
        assert people.posts_of_contacts(session, one + 1, TODAY) == []


def test_posts_near_are_those_of_colleagues_at_ones_own_units(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        people.assign(session, ids["village_2"], "auditor", COUNTY, TODAY)  # another post of a colleague's, elsewhere
        people.change_official(session, ids["village_3"], active=False)
        found = people.posts_near(session, ids["village_1"], TODAY)
        assert {tuple(row) for row in found} == {
            (ids["village_2"], "village_2", "village_officer"),
            (ids["village_2"], "village_2", "auditor"),
            (ids["grid"], "grid", "grid_worker"),
        }
        assert [row.official for row in found] == sorted(row.official for row in found)
        assert people.posts_near(session, ids["village_1"], date(2020, 12, 31)) == []


@pytest.mark.parametrize("standing_in", [False, True])
def test_whoever_stands_in_elsewhere_has_no_colleagues_there(county: County, standing_in: bool) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        people.assign(session, ids["village_1"], "town_officer", TOWN, TODAY)
        if standing_in:
            at_town = (assignments.c.official == ids["village_1"]) & (assignments.c.org_unit == TOWN)
            session.conn.execute(update(assignments).where(at_town).values(substitutes_for=ids["town_officer"]))
        near = {row.official for row in people.posts_near(session, ids["village_1"], TODAY)}
    assert (ids["town_leader"] in near) is not standing_in
    assert ids["village_2"] in near
