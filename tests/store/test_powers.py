"""What one administrator asks and a second one decides."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from app.store import people, powers
from app.store.session import Session
from app.store.tables import assignments
from tests.conftest import COUNTY, START, TOWN, VILLAGE, County

from .planted import LATER, TODAY


def asked(session: Session, official: int, **columns: Any) -> int:
    usual = {"deed": "assign", "role": "auditor", "org_unit": COUNTY, "asked_by": 1, "asked_at": START}
    return powers.add(session, official=official, **{**usual, **columns})


def test_what_is_asked_waits_until_it_is_decided(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        one, two, three = (asked(session, ids["village_1"]) for _ in range(3))
        found = powers.get(session, one)
        assert (found.deed, found.official, found.role, found.org_unit) == ("assign", ids["village_1"], "auditor", COUNTY)
        assert (found.asked_by, found.asked_at, found.status) == (1, START, powers.ASKED)
        assert (found.decided_by, found.decided_at) == (None, None)
        powers.decide(session, one, powers.DONE, ids["admin"], LATER)
        powers.decide(session, two, powers.REFUSED, ids["admin"], LATER)
        found = [powers.get(session, ident) for ident in (one, two, three)]
        assert [(row.status, row.decided_by, row.decided_at) for row in found] == [
            ("done", ids["admin"], LATER),
            ("refused", ids["admin"], LATER),
            ("asked", None, None),
        ]
        assert powers.get(session, three + 1) is None
        assert powers.waiting(session, START) == 1
        assert powers.waiting(session, LATER) == 0  # nobody decides any more what was asked before then


@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({}, True),
        ({"act": "password"}, False),
        ({"official": 2}, False),
        ({"role": None}, False),
        ({"unit": TOWN}, False),
        ({"unit": None}, False),
        ({"since": LATER}, False),
    ],
)
def test_only_the_same_is_alike(county: County, changed: dict[str, Any], alike: bool) -> None:
    with county.store.transaction() as session:
        ident = asked(session, 1)
        wanted: dict[str, Any] = {
            "act": "assign",
            "official": 1,
            "role": "auditor",
            "unit": COUNTY,
            "since": START,
            **changed,
        }
        assert powers.waiting_alike(session, **wanted) is alike
        powers.decide(session, ident, powers.REFUSED, 2, LATER)
        assert not powers.waiting_alike(session, **wanted)


def test_a_power_without_a_post_is_alike_to_one_without_a_post(county: County) -> None:
    with county.store.transaction() as session:
        asked(session, 1, deed="password", role=None, org_unit=None)
        assert powers.waiting_alike(session, "password", 1, None, None, START)
        assert not powers.waiting_alike(session, "password", 1, "auditor", None, START)


def test_the_newest_are_listed_with_the_name_of_whom_they_are_about(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        assert powers.listed(session, 5) == []
        made = [asked(session, ids[name]) for name in ("village_1", "grid", "town_officer")]
        powers.decide(session, made[2], powers.DONE, 1, LATER)
        found = powers.listed(session, 2)
        assert [(row.id, row.name, row.status) for row in found] == [
            (made[2], "town_officer", "done"),
            (made[1], "grid", "asked"),
        ]


def test_holders_are_the_active_with_a_post_of_their_own_today(county: County) -> None:
    ids = county.ids
    with county.store.transaction() as session:
        people.assign(session, ids["admin"], "system_admin", TOWN, TODAY)  # a second post counts the person once
        with_password = people.add_official(session, name="演示甲", username="jia", password_hash="x", demo=False)
        people.assign(session, with_password, "auditor", COUNTY, TODAY)
        assert [tuple(row) for row in powers.holders(session, ["system_admin", "auditor"], TODAY)] == [
            (ids["auditor"], True),
            (ids["admin"], True),
            (with_password, False),  # it is still to be changed
        ]
        nameless = people.add_official(session, name="演示乙", username=None, password_hash=None, demo=True)
        people.assign(session, nameless, "process_designer", COUNTY, TODAY)
        assert [tuple(row) for row in powers.holders(session, ["process_designer"], TODAY)] == [
            (ids["designer"], True),
            (nameless, False),
        ]
        substitute = {"official": ids["grid"], "role": "auditor", "org_unit": COUNTY, "valid_from": TODAY}
        session.conn.execute(insert(assignments).values(**substitute, substitutes_for=ids["auditor"]))
        people.change_official(session, with_password, active=False)
        assert [row.id for row in powers.holders(session, ["auditor"], TODAY)] == [ids["auditor"]]
        people.end_assignments(session, ids["auditor"], TODAY)
        assert powers.holders(session, ["auditor"], TODAY) == []
        assert len(powers.holders(session, ["auditor"], TODAY - timedelta(days=1))) == 1
        assert powers.holders(session, ["auditor"], date(2020, 12, 31)) == []
        assert powers.holders(session, [], TODAY) == []


def test_a_role_that_somebody_held_was_held_for_ever(county: County) -> None:
    with county.store.transaction() as session:
        people.end_assignments(session, county.ids["auditor"], TODAY)
        assert powers.roles_ever(session, ["auditor", "grid_worker", "nobody"]) == {"auditor", "grid_worker"}
        assert powers.roles_ever(session, []) == set()
        assert powers.roles_ever(session, [VILLAGE]) == set()
