"""After a risk is eliminated somebody looks again each quarter, for a year; signs go to the town."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.services import audit
from app.services.rights import erasure as keys
from app.services.work import timers
from app.services.work.tasks import FormErrors
from app.store import cases as case_rows
from app.store.processes import NotFound
from app.store.tables import notifications
from tests.conftest import County
from tests.services.work.test_eliminate import ready, steps
from tests.walking import Walk


def eliminated(county: County) -> Walk:
    walk = ready(county).exit().exit_to("mark_in_province")
    walk.do("town_officer", "mark_in_province")
    assert steps(walk) == set()
    return walk


def quarter(walk: Walk) -> None:
    walk.wait(days=93)


def running(walk: Walk) -> int:
    with walk.county.store.reading() as session:
        return sum(i.process == "observe" and i.ended_at is None for i in case_rows.instances_of(session, walk.case_id))


def verified(county: County) -> None:
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_four_quarters_without_signs_and_then_no_more(county: County) -> None:
    walk = eliminated(county)
    for _ in range(4):
        assert running(walk) == 1 and steps(walk) == set()
        quarter(walk)
        assert steps(walk) == {"observe_household"}
        walk.do("village_1", "observe_household")
    assert running(walk) == 0
    assert walk.case().household_status == "eliminated"
    verified(county)


def test_signs_are_looked_into_by_the_town_and_observation_goes_on_or_ends(sqlite_county: County) -> None:
    walk = eliminated(sqlite_county)
    quarter(walk)
    with pytest.raises(FormErrors):
        walk.do("village_1", "observe_household", new_risk="yes")  # what was seen must be written
    walk.do("village_1", "observe_household", new_risk="yes", signs="户主摔伤住院")
    assert steps(walk) == {"look_into_signs"} and running(walk) == 1
    walk.do("town_officer", "look_into_signs")
    assert steps(walk) == set() and running(walk) == 1
    quarter(walk)
    walk.do("village_1", "observe_household", new_risk="yes", signs="户主摔伤住院")
    walk.do("town_officer", "look_into_signs", signs_result="apply_again")
    assert running(walk) == 0
    with sqlite_county.store.reading() as session:
        told = session.conn.execute(select(notifications.c.official).where(notifications.c.kind == "relapse")).scalars()
        ids = sqlite_county.ids
        assert {ids["village_1"], ids["village_2"], ids["village_3"]} <= set(told)
    again = Walk(sqlite_county, walk.number).open()
    assert again.case().earlier_case == walk.case_id
    verified(sqlite_county)


def test_only_the_contact_observes_and_who_did_does_not_look_into_it(sqlite_county: County) -> None:
    walk = eliminated(sqlite_county)
    quarter(walk)
    task = walk.task("observe_household")
    assert task.roles == "contact"
    with pytest.raises(NotFound):
        walk.do("village_3", "observe_household")
    assert steps(walk) == {"observe_household"}
    walk.wait(days=16)
    assert walk.task("observe_household").urged == 1


def test_a_relapse_in_between_ends_the_observation(sqlite_county: County) -> None:
    walk = eliminated(sqlite_county)
    quarter(walk)
    again = Walk(sqlite_county, walk.number).open()
    assert running(walk) == 0 and steps(walk) == set()  # the new case has its own contact and its own way out
    again.monitored()
    verified(sqlite_county)


def test_an_erased_household_is_observed_no_more(county: County) -> None:
    walk = eliminated(county)
    quarter(walk)
    assert steps(walk) == {"observe_household"}
    with county.store.transaction() as session:
        keys.erase_household(
            session, walk.case().household, basis="依法删除申请", approvers=("甲", "乙"), now=county.now + timedelta(hours=1)
        )
    assert running(walk) == 0 and steps(walk) == set()
    county.now += timedelta(days=200)
    while timers.fire_due(county.store, county.now):
        pass
    assert steps(walk) == set()
    verified(county)
