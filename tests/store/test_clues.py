"""Clues, debts of procedure and leaflets: what is kept of each and where it is listed."""

from datetime import date
from typing import Any

import pytest

from app.store import clues, record
from app.store.session import Session, Unrecorded
from app.store.tables import debts
from tests.conftest import OTHER_VILLAGE, START, TOWN, VILLAGE, County
from tests.store.planting import DAY, TODAY, case, clue, household, household_and_key

TOLD = {"channel": "visit", "found_on": TODAY, "recorded_at": START}


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


def read(session: Session, ident: int) -> Any:
    row = clues.get(session, ident)
    assert row is not None
    return row


def said(session: Session, stream: str) -> None:
    """The event that says what changed."""
    head = record.lock_stream(session, stream)
    _, writes = record.append(session, head, None, record.NewEvent("told", START, None, {}))
    session.write(writes)


def debt(session: Session, about: int, **columns: Any) -> int:
    row = {"clue": about, "org_unit": VILLAGE, "helped_on": TODAY, "due_on": TODAY, "opened_at": START, **columns}
    return clues.add_debt(session, **row)


def test_what_a_clue_says_is_read_until_its_key_is_destroyed(county: County) -> None:
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        made = clues.add(session, key, {"words": "病重"}, household=ident, sender=3, sign="ill", **TOLD)
        bare = clues.add(session, None, {"words": "unheard"}, **TOLD)
    with county.store.transaction() as session:
        row = read(session, made)
        assert (row.household, row.sender, row.sign, row.channel, row.found_on) == (ident, 3, "ill", "visit", TODAY)
        assert (row.status, row.times, row.data_key, row.demo, row.recorded_at) == ("entered", 1, key.id, False, START)
        assert clues.content(session, row) == {"words": "病重"}
        assert clues.lock(session, made) == row
        assert clues.content(session, read(session, bare)) == {}
        assert clues.get(session, bare + 1) is clues.lock(session, bare + 1) is None
        own = record.new_data_key(session, "clue")
        clues.keep(session, bare, own, {"words": "later"})
        assert clues.content(session, read(session, bare)) == {"words": "later"}
        assert read(session, bare).data_key == own.id
        record.destroy_keys(session, [key.id], START)
        assert clues.content(session, read(session, made)) == {}
        assert clues.content(session, read(session, bare)) == {"words": "later"}


def test_a_clue_changes_only_where_an_event_says_so(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = clue(session), clue(session)
    with pytest.raises(Unrecorded), county.store.transaction() as session:
        clues.change(session, ident, status="excluded")
    with county.store.transaction() as session:
        assert read(session, ident).status == "open"
        clues.change(session, ident, status="excluded", outcome="no_risk", checked_at=START)
        said(session, f"clue:{ident}")
    with county.store.transaction() as session:
        clues.change(session, ident, watch_until=TODAY)  # a column that no event tells
    with county.store.reading() as session:
        row = read(session, ident)
        assert (row.status, row.outcome, row.checked_at, row.watch_until) == ("excluded", "no_risk", START, TODAY)
        assert (read(session, other).status, read(session, other).outcome) == ("open", None)


def test_grade_case_and_repetition_are_noted_of_one_clue(county: County) -> None:
    with county.store.transaction() as session:
        case_id = case(session, household(session))
        ident, other = clue(session), clue(session)
        clues.graded(session, ident, "red")
        clues.attach(session, ident, case_id)
        clues.again(session, ident)
        clues.again(session, ident)
        row, second = read(session, ident), read(session, other)
        assert (row.grade, row.case_id, row.times) == ("red", case_id, 3)
        assert (second.grade, second.case_id, second.times) == (None, None, 1)
        assert ids(clues.of_case(session, case_id)) == [ident]


def test_nothing_of_an_erased_persons_name_stays(county: County) -> None:
    with county.store.transaction() as session:
        _, key = household_and_key(session)
        ident = clues.add(session, key, {"words": "病重"}, name="演示甲", **TOLD)
        other = clues.add(session, key, {"words": "别的"}, name="演示乙", **TOLD)
        clues.blank(session, [])
        assert read(session, ident).name == "演示甲"
        clues.blank(session, [ident])
        row = read(session, ident)
        assert (row.name, row.secret, clues.content(session, row)) == (None, None, {})
        assert (read(session, other).name, clues.content(session, read(session, other))) == ("演示乙", {"words": "别的"})


def test_the_newest_clue_of_a_sign_is_one_that_stands_for_itself(county: County) -> None:
    with county.store.transaction() as session:
        here, there = household(session), household(session, "演示乙")
        old = clue(session, household=here, sign="ill")
        new = clue(session, household=here, sign="ill")
        clue(session, household=here, sign="ill", merged_into=new)
        school = clue(session, household=here, sign="school")
        clue(session, household=here, sign=None)
        other = clue(session, household=there, sign="ill")
        clue(session, sign="ill")
        assert new > old
        assert clues.latest_of_sign(session, here, "ill") == read(session, new)
        assert clues.latest_of_sign(session, here, "none") is clues.latest_of_sign(session, 10**9, "ill") is None
        found = clues.latest_of_signs(session, [here, there, here, *range(10**6, 10**6 + 900)])
        assert {key: row.id for key, row in found.items()} == {
            (here, "ill"): new,
            (here, "school"): school,
            (there, "ill"): other,
        }
        assert found[here, "ill"] == read(session, new)
        assert set(clues.latest_of_signs(session, [there])) == {(there, "ill")}
        assert clues.latest_of_signs(session, []) == {}


def test_clues_of_a_household_and_those_still_open(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = household(session), household(session, "演示乙")
        one = clue(session, household=ident)
        two = clue(session, household=ident, status="watching")
        three = clue(session, household=ident, status="excluded")
        four = clue(session, household=ident, sign=None)
        theirs = clue(session, household=other)
        clue(session)
        assert ids(clues.open_of(session, ident)) == [one, two]
        assert ids(clues.of_household(session, ident)) == [four, three, two, one]
        assert ids(clues.open_of(session, other)) == ids(clues.of_household(session, other)) == [theirs]
        assert clues.open_of(session, 10**9) == clues.of_household(session, 10**9) == clues.of_case(session, 10**9) == []


def test_what_was_joined_with_one_follows_it(county: County) -> None:
    with county.store.transaction() as session:
        root, into = clue(session), clue(session)
        one, two = clue(session, merged_into=root), clue(session, merged_into=root)
        three = clue(session, merged_into=into)
        assert ids(clues.merged_in(session, root)) == [one, two]
        clues.follow(session, root, into)
        assert clues.merged_in(session, root) == []
        assert ids(clues.merged_in(session, into)) == [one, two, three]
        assert read(session, root).merged_into is None
        told = [(stream, said[1], said[3]) for stream, name, said in session.unrecorded if name == "sets"]
        assert told == [(f"clue:{root}", one, into), (f"clue:{root}", two, into)]
        session.unrecorded.clear()  # past the record


def test_clues_near_by_can_be_named_as_the_same(county: County) -> None:
    with county.store.transaction() as session:
        ident = household(session)
        one = clue(session, household=ident, sign="ill")
        two = clue(session, name="演示丙", sign="school")
        mine = clue(session)
        clue(session, merged_into=one)
        clue(session, sign=None)
        clue(session, org_unit=OTHER_VILLAGE)
        rows = clues.near(session, VILLAGE, mine)
        assert [tuple(row) for row in rows] == [
            (two, "school", TODAY, "演示丙", None),
            (one, "ill", TODAY, None, "演示甲"),
        ]
        assert ids(clues.near(session, VILLAGE, two, limit=1)) == [mine]
        assert clues.near(session, TOWN, mine) == []


def test_some_clues_are_listed_with_the_households_head(county: County) -> None:
    with county.store.transaction() as session:
        one, two = clue(session, household=household(session)), clue(session, sign=None)
        clue(session)
        found = clues.some(session, [one, two, 10**9])
        assert {ident: row.head_name for ident, row in found.items()} == {one: "演示甲", two: None}
        assert found[one].id == one
        assert clues.some(session, []) == {}


def test_open_clues_stand_by_grade_and_day_and_others_by_id(county: County) -> None:
    with county.store.transaction() as session:
        yellow, none = clue(session, grade="yellow"), clue(session)
        late, early = clue(session, grade="red"), clue(session, grade="red", found_on=TODAY - DAY)
        same = clue(session, grade="red")
        orange = clue(session, grade="orange", status="watching")
        done = clue(session, status="excluded", channel="hotline")
        clue(session, sign=None)
        there = clue(session, org_unit=OTHER_VILLAGE)

        def page(**wanted: Any) -> list[int]:
            return ids(clues.page(session, **{"units": [VILLAGE], **wanted}))

        assert page(status=["open"]) == [early, late, same, yellow, none]
        assert page(status=["open", "watching"]) == [early, late, same, orange, yellow, none]
        assert page(status=["excluded", "watching"]) == [done, orange]
        assert page() == [done, orange, same, early, late, none, yellow]
        assert page(limit=2) == [done, orange]
        assert page(limit=2, offset=5) == [none, yellow]
        assert page(units=None) == [there, *page()]
        assert page(units=[]) == page(units=[TOWN]) == []
        assert page(grade="red") == [same, early, late]
        assert page(channel="hotline") == [done]
        assert page(channel="hotline", grade="red") == []
        assert clues.counts(session, [VILLAGE]) == {
            ("open", "yellow"): 1,
            ("open", ""): 1,
            ("open", "red"): 3,
            ("watching", "orange"): 1,
            ("excluded", ""): 1,
        }
        assert clues.counts(session, None)["open", ""] == 2
        assert clues.counts(session, []) == {}


def test_who_sent_clues_sees_them_and_those_of_the_same_unit(county: County) -> None:
    with county.store.transaction() as session:
        mine = clue(session, sender=3, sender_unit="440229-health")
        colleague = clue(session, sender=4, sender_unit="440229-health", household=household(session))
        clue(session, sender=5, sender_unit="440229-police")
        clue(session)
        assert ids(clues.page(session, sender=3)) == [mine]
        rows = clues.page(session, sender=3, sender_units=["440229-health"])
        assert [(row.id, row.head_name) for row in rows] == [(colleague, "演示甲"), (mine, None)]
        assert clues.page(session, sender=6) == []
        assert clues.page(session, sender=3, units=[OTHER_VILLAGE]) == []


def test_a_debt_is_owed_until_the_case_is_decided(county: County) -> None:
    with county.store.transaction() as session:
        ident = household(session)
        case_id, other = case(session, ident), case(session, household(session, "演示乙"))
        about, second = clue(session, household=ident), clue(session)
        late = debt(session, about, household=ident, case_id=case_id, due_on=TODAY + 2 * DAY)
        soon = debt(session, about, case_id=case_id, due_on=TODAY + DAY)
        same = debt(session, second, case_id=other, due_on=TODAY + DAY)
        there = debt(session, second, org_unit=OTHER_VILLAGE, due_on=TODAY)
        assert ids(clues.open_debts(session, None)) == [there, soon, same, late]
        rows = clues.open_debts(session, [VILLAGE])
        assert [(row.id, row.head_name) for row in rows] == [(soon, None), (same, None), (late, "演示甲")]
        assert ids(clues.open_debts(session, [VILLAGE], limit=1)) == [soon]
        assert clues.open_debts(session, []) == clues.open_debts(session, [TOWN]) == []
        owed = clues.open_debts_of(session, about)
        assert [(row.id, row.head_name) for row in owed] == [(late, "演示甲"), (soon, None)]
        assert clues.open_debts_of(session, 10**9) == clues.debts_of_case(session, 10**9) == []
        clues.settle_debts(session, case_id, START)
        assert ids(clues.open_debts(session, None)) == [there, same]
        assert clues.open_debts_of(session, about) == []
        clues.settle_debts(session, case_id, START + DAY)  # what is settled keeps its moment
        found = [(row.id, row.settled_at) for row in clues.debts_of_case(session, case_id)]
        assert found == [(late, START), (soon, START)]


def test_who_owes_is_reminded_once_the_day_is_over_and_again_after_a_while(county: County) -> None:
    with county.store.transaction() as session:
        about = clue(session)
        late = debt(session, about, due_on=TODAY - DAY)
        debt(session, about, due_on=TODAY)
        settled = debt(session, about, due_on=TODAY - DAY)
        session.conn.execute(debts.update().where(debts.c.id == settled).values(settled_at=START))
        other = debt(session, about, due_on=TODAY - 9 * DAY)

        def due(today: date, last: date) -> list[int]:
            return ids(clues.debts_to_chase(session, today, last))

        assert due(TODAY, TODAY - 7 * DAY) == [late, other]
        clues.chased(session, late, TODAY)
        assert due(TODAY, TODAY - 7 * DAY) == [other]
        assert late not in due(TODAY + 6 * DAY, TODAY - DAY)
        assert due(TODAY + 7 * DAY, TODAY)[0] == late


def test_a_household_keeps_the_day_it_got_its_leaflet(county: County) -> None:
    later = TODAY + DAY
    with county.store.transaction() as session:
        one, two, three = (household(session, f"演示{n}") for n in range(3))
        there = household(session, "演示4", OTHER_VILLAGE)
        household(session, "演示5", status="erased")
        assert clues.leaflets_in(session, VILLAGE, "policy") == (0, 3)
        assert clues.give_leaflets(session, [one, one, there], "policy", TODAY, 7) == 2
        assert clues.give_leaflets(session, [one, two], "policy", later, 7) == 1
        assert clues.give_leaflets(session, [one], "policy", later, 7) == 0
        assert clues.give_leaflets(session, [], "policy", later, 7) == 0
        assert clues.give_leaflets(session, [one], "rights", later, 7) == 1  # of each kind its own
        assert clues.leaflet_days(session, [one, two, three], "policy") == {one: TODAY, two: later}
        assert clues.leaflet_days(session, [one], "rights") == {one: later}
        assert clues.leaflet_days(session, [], "policy") == {}
        assert clues.leaflets_in(session, VILLAGE, "policy") == (2, 3)
        assert clues.leaflets_in(session, OTHER_VILLAGE, "policy") == (1, 1)
        assert clues.leaflets_in(session, TOWN, "policy") == (0, 0)
        assert {one, two, three} < set(clues.households_in(session, VILLAGE))
        assert clues.households_in(session, OTHER_VILLAGE) == [there]
        assert clues.households_in(session, TOWN) == []


def test_a_months_comparison_opened_what_was_not_joined(county: County) -> None:
    with county.store.transaction() as session:
        one, two = clue(session, run="2021-09"), clue(session, run="2021-09", status="excluded")
        clue(session, run="2021-09", merged_into=one)
        clue(session, run="2021-08")
        clue(session)
        assert ids(clues.of_run(session, "2021-09")) == [one, two]
        assert clues.of_run(session, "2021-10") == []
