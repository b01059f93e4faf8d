"""The whole way of one household through the real services, on both databases."""

from tests.conftest import County
from tests.walking import Walk


def test_a_household_goes_from_clue_to_monitoring(county: County) -> None:
    walk = Walk(county).open()
    walk.to("approve_in_county")
    walk.do("county_leader", "approve_in_county")
    assert {e for e, _ in walk.open_tasks()} == {
        "register_in_province",
        "appoint_town_contact",
        "appoint_village_contact",
        "plan_measures",
    }
    walk.to("acknowledge_measures")
    walk.do("health", "acknowledge_measures", "health")
    assert walk.open_tasks() == []
    assert (walk.case().status, walk.case().household_status, walk.case().category) == ("monitored", "monitored", "sudden")
