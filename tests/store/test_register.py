"""Many household files at once: what is known of them, and how a list adds and changes them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.store import households as household_rows
from app.store import record, register
from app.store.register import Changed, Fresh
from app.store.session import Session
from app.store.tables import cases, data_keys, household_versions, households, imports, person_index
from tests.conftest import OTHER_VILLAGE, START, VILLAGE, County

from . import planted
from .planted import LATER, TODAY

TOMORROW = TODAY + timedelta(days=1)


def fresh(n: int, **columns: Any) -> Fresh:
    blind = b"%032d" % n
    made = Fresh(f"YS{n:04d}", VILLAGE, f"演示{n}", "yanshi", "former_poor", {"n": n}, {blind: 0}, TODAY)
    return replace(made, **columns)


def places(session: Session) -> dict[bytes, tuple[int, int]]:
    return {bytes(row.blind): (row.household, row.member) for row in session.conn.execute(select(person_index))}


def test_new_households_stand_with_keys_files_and_people_of_their_own(county: County) -> None:
    with county.store.transaction() as session:
        before = planted.household(session)
        assert register.add_many(session, [], TODAY, START) == []
        second = fresh(2, people={b"a" * 32: 0, b"b" * 32: 1}, village=OTHER_VILLAGE, household_type=None)
        (one, first_digest), (two, _) = register.add_many(session, [fresh(1), second], TODAY, START)
        row = household_rows.get(session, one)
        assert row is not None
        assert (row.org_unit, row.head_name, row.pinyin, row.household_type) == (VILLAGE, "演示1", "yanshi", "former_poor")
        assert (row.status, row.demo, row.number, row.listed_on) == ("registered", False, "YS0001", TODAY)
        assert places(session) == {b"%032d" % 1: (one, 0), b"a" * 32: (two, 0), b"b" * 32: (two, 1)}
        key = record.data_key(session, row.data_key)
        assert household_rows.document(session, one, key) == ({"n": 1}, 1)
        (version,) = session.conn.execute(select(household_versions).where(household_versions.c.household == one))
        assert (version.number, version.as_of, version.recorded_at) == (1, TODAY, START)
        assert key.suite.digest(bytes(version.secret)) == first_digest
        owners = session.conn.execute(select(data_keys.c.owner).where(data_keys.c.owner.like("household:%"))).scalars().all()
        assert {f"household:{one}", f"household:{two}"} <= set(owners)
        later = planted.household(session)  # ids go on behind those that were taken at once
        assert len({before, one, two, later}) == 4 and later > two > one > before


def test_households_are_found_by_a_person_or_by_the_provinces_number(county: County) -> None:
    with county.store.transaction() as session:
        (one, _), (two, _) = register.add_many(session, [fresh(1), fresh(2)], TODAY, START)
        people, numbers = register.households_with(session, [b"%032d" % 2, b"x" * 32], ["YS0001", "YS0009"])
        assert people == {b"%032d" % 2: two}
        assert numbers == {"YS0001": one}
        assert register.households_with(session, [], []) == ({}, {})
        many = [f"YS{n:04d}" for n in range(1200, 0, -1)]  # more than are asked for at once
        assert register.households_with(session, [b"%032d" % n for n in range(1200)], many) == (
            {b"%032d" % 1: one, b"%032d" % 2: two},
            {"YS0001": one, "YS0002": two},
        )


def test_a_known_household_comes_with_its_newest_file(county: County) -> None:
    with county.store.transaction() as session:
        (one, _), (gone, _) = register.add_many(session, [fresh(1), fresh(2)], TODAY, START)
        bare = planted.household(session, "演示丙", OTHER_VILLAGE)
        known = register.known(session, [one])[one]
        register.change_many(session, [Changed(known, {"n": 5}, {}, {"head_name": "演示1"})], TOMORROW, LATER)
        record.destroy_keys(session, [register.known(session, [gone])[gone].key.id], LATER)
        found = register.known(session, iter([one, gone, bare, 10**6]))
        assert set(found) == {one, gone, bare}
        first = found[one]
        assert (first.id, first.number, first.village, first.head_name) == (one, "YS0001", VILLAGE, "演示1")
        assert (first.pinyin, first.household_type, first.listed_on) == ("yanshi", "former_poor", TODAY)
        assert (first.version, first.document) == (2, {"n": 5})
        assert (found[gone].version, found[gone].document, found[gone].key.bytes) == (1, {}, None)
        assert (found[bare].version, found[bare].document, found[bare].village) == (0, {}, OTHER_VILLAGE)
        assert register.known(session, []) == {}


def test_a_changed_household_gets_its_next_file_and_its_people_anew(county: County) -> None:
    with county.store.transaction() as session:
        made = register.add_many(session, [fresh(1), fresh(2), fresh(3)], TODAY, START)
        one, two, three = (ident for ident, _ in made)
        known = register.known(session, [one, two])
        moving = b"%032d" % 1  # goes from the first household to the second
        told = register.change_many(
            session,
            [
                Changed(known[one], {"n": 10}, {b"new".ljust(32): 0}, {"head_name": "演示新", "org_unit": OTHER_VILLAGE}),
                Changed(known[two], {"n": 20}, {b"%032d" % 2: 0, moving: 1}, {"head_name": "演示2", "org_unit": VILLAGE}),
            ],
            TOMORROW,
            LATER,
        )
        assert [ident for ident, _ in told] == [one, two]
        after = register.known(session, [one, two, three])
        assert [(k.version, k.document, k.head_name, k.village) for k in (after[one], after[two], after[three])] == [
            (2, {"n": 10}, "演示新", OTHER_VILLAGE),
            (2, {"n": 20}, "演示2", VILLAGE),
            (1, {"n": 3}, "演示3", VILLAGE),
        ]
        assert places(session) == {
            b"new".ljust(32): (one, 0),
            b"%032d" % 2: (two, 0),
            moving: (two, 1),
            b"%032d" % 3: (three, 0),
        }
        newest = (household_versions.c.household == one) & (household_versions.c.number == 2)
        (version,) = session.conn.execute(select(household_versions).where(newest))
        assert (version.as_of, version.recorded_at) == (TOMORROW, LATER)
        assert session.keyring.suite.digest(bytes(version.secret)) == told[0][1]
        assert register.change_many(session, [], TOMORROW, LATER) == []
        assert session.conn.execute(select(func.count()).select_from(household_versions)).scalar() == 5


def test_a_later_list_tells_of_a_household_and_an_earlier_one_no_more(county: County) -> None:
    with county.store.transaction() as session:
        one, two, other = (planted.household(session, name) for name in ("演示甲", "演示乙", "演示丙"))
        session.conn.execute(update(households).where(households.c.id == two).values(listed_on=TOMORROW))
        register.listed(session, [], TODAY)
        register.listed(session, [one, two], TODAY)
        found = register.known(session, [one, two, other])
        assert [found[ident].listed_on for ident in (one, two, other)] == [TODAY, TOMORROW, None]
        register.listed(session, list(range(1, 1200)), TOMORROW + timedelta(days=1))
        assert {k.listed_on for k in register.known(session, [one, two, other]).values()} == {TOMORROW + timedelta(days=1)}


def test_households_with_a_case_under_way_are_told_apart(county: County) -> None:
    with county.store.transaction() as session:
        running, closed, other = (planted.household(session, name) for name in ("演示甲", "演示乙", "演示丙"))
        planted.case(session, running)
        over = planted.case(session, closed)
        session.conn.execute(update(cases).where(cases.c.id == over).values(closed_at=LATER))
        assert register.with_open_case(session, [running, closed, other]) == {running}
        assert register.with_open_case(session, range(1, 1200)) == {running}
        assert register.with_open_case(session, [closed, other]) == set()
        assert register.with_open_case(session, []) == set()


@pytest.mark.parametrize("by", [None, 5])
def test_an_import_says_what_came_and_who_brought_it(county: County, by: int | None) -> None:
    with county.store.transaction() as session:
        ident = register.add_import(
            session, kind="register", file_hash=b"h", data_on=TODAY, by=by, counts={"fresh": 3}, now=LATER
        )
        (row,) = session.conn.execute(select(imports))
        assert (row.id, row.kind, bytes(row.file_hash), row.data_on) == (ident, "register", b"h", TODAY)
        assert (row.made_at, row.made_by, row.counts) == (LATER, by, {"fresh": 3})


def test_what_a_column_meant_is_remembered_for_its_kind_until_it_means_nothing(county: County) -> None:
    with county.store.transaction() as session:
        assert register.mapping(session, "register") == {}
        register.save_mapping(session, "register", {"户主": "head_name", "村": "village", "备注": None})
        register.save_mapping(session, "other", {"户主": "name"})
        register.save_mapping(session, "register", {})
        assert register.mapping(session, "register") == {"户主": "head_name", "村": "village"}
        long = "题" * 80
        register.save_mapping(session, "register", {"户主": "member_name", "村": None, long: "number"})
        register.save_mapping(session, "register", {long: "phone"})
        assert register.mapping(session, "register") == {"户主": "member_name", long[:64]: "phone"}
        assert register.mapping(session, "other") == {"户主": "name"}
