"""What former poor households earn and spend: kept by month, sealed under each household's key."""

from app.store import incomes, record
from tests.conftest import OTHER_VILLAGE, START, TOWN, VILLAGE, County
from tests.store.planting import household, household_and_key

POOR = {"household_type": "former_poor"}


def test_only_former_poor_households_of_the_village_are_asked(county: County) -> None:
    with county.store.transaction() as session:
        first = household(session, "演示甲", **POOR)
        second = household(session, "演示乙", **POOR, demo=False)
        household(session, "演示丙")
        household(session, "演示丁", **POOR, status="erased")
        household(session, "演示戊", **POOR, head_name=None)
        there = household(session, "演示己", OTHER_VILLAGE, **POOR)
        household(session, "演示庚", TOWN, **POOR, status="erased")
        rows = [tuple(row) for row in incomes.former_poor(session, VILLAGE)]
        assert rows == [(first, "演示甲", True), (second, "演示乙", False)]
        assert [row.id for row in incomes.former_poor(session, OTHER_VILLAGE)] == [there]
        assert incomes.former_poor(session, TOWN) == []
        assert incomes.villages(session) == [VILLAGE, OTHER_VILLAGE]


def test_where_nobody_is_former_poor_no_village_is_named(county: County) -> None:
    with county.store.transaction() as session:
        household(session)
        assert incomes.villages(session) == []


def test_figures_of_a_month_are_replaced_and_read_by_whoever_has_the_key(county: County) -> None:
    with county.store.transaction() as session:
        (one, key), (two, second) = household_and_key(session), household_and_key(session, "演示乙")
        there, third = household_and_key(session, "演示丙", OTHER_VILLAGE)
        keys = {one: key, two: second, there: third}
        incomes.put(session, VILLAGE, "2021-07", {one: {"wages": 100}}, keys, 3, START)
        incomes.put(session, VILLAGE, "2021-08", {one: {"wages": 200}, two: {"wages": 300}}, keys, 3, START)
        incomes.put(session, OTHER_VILLAGE, "2021-08", {there: {"wages": 400}}, keys, 3, START)
        incomes.put(session, VILLAGE, "2021-08", {one: {"spent": 5}}, keys, 4, START)
        incomes.put(session, VILLAGE, "2021-09", {}, keys, 4, START)
        assert incomes.known(session, VILLAGE, "2021-07", keys) == {
            one: {"2021-07": {"wages": 100}, "2021-08": {"spent": 5}},
            two: {"2021-08": {"wages": 300}},
        }
        assert incomes.known(session, VILLAGE, "2021-08", keys) == {
            one: {"2021-08": {"spent": 5}},
            two: {"2021-08": {"wages": 300}},
        }
        assert incomes.known(session, VILLAGE, "2021-08", {two: second}) == {two: {"2021-08": {"wages": 300}}}
        assert incomes.known(session, OTHER_VILLAGE, "2021-01", keys) == {there: {"2021-08": {"wages": 400}}}
        assert incomes.known(session, TOWN, "2021-01", keys) == incomes.known(session, VILLAGE, "2021-09", keys) == {}
        record.destroy_keys(session, [second.id], START)
        keys[two] = record.data_key(session, second.id)
        assert set(incomes.known(session, VILLAGE, "2021-01", keys)) == {one}


def test_households_with_figures_are_counted_by_village_until_they_are_forgotten(county: County) -> None:
    with county.store.transaction() as session:
        (one, key), (two, second) = household_and_key(session), household_and_key(session, "演示乙")
        there, third = household_and_key(session, "演示丙", OTHER_VILLAGE)
        keys = {one: key, two: second, there: third}
        for period in ("2021-07", "2021-08"):
            incomes.put(session, VILLAGE, period, {one: {"wages": 1}, two: {"wages": 1}}, keys, 3, START)
        incomes.put(session, OTHER_VILLAGE, "2021-08", {there: {"wages": 1}}, keys, 3, START)
        assert incomes.entered(session, "2021-08") == {VILLAGE: 2, OTHER_VILLAGE: 1}
        assert incomes.entered(session, "2021-08", [OTHER_VILLAGE, TOWN]) == {OTHER_VILLAGE: 1}
        assert incomes.entered(session, "2021-08", []) == incomes.entered(session, "2021-09") == {}
        incomes.forget(session, one)
        assert incomes.entered(session, "2021-07") == {VILLAGE: 1}
        assert incomes.known(session, VILLAGE, "2021-01", keys) == {two: {p: {"wages": 1} for p in ("2021-07", "2021-08")}}
