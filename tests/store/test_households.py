"""Households and their files: what is kept, found, listed and counted."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.services.finding import index
from app.store import households, record
from app.store.households import Narrow
from app.store.session import Session, Unrecorded
from app.store.tables import data_keys, measures, person_index
from app.store.together import together
from tests.conftest import OTHER_VILLAGE, START, VILLAGE, County
from tests.store.planting import DAY, TODAY, case, household, household_and_key
from tests.walking import nobody

EMPTY = {"household": {}, "members": [], "sources": {}}


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


def save(session: Session, ident: int, key: Any, number: int, **more: Any) -> None:
    content = more.pop("content", {"household": {"group": str(number)}, "members": []})
    said = {"plain": {}, "as_of": TODAY, "now": START, **more}
    households.save_document(session, ident, key, content, number=number, **said)


def said(session: Session, stream: str) -> None:
    """The event that says what changed."""
    head = record.lock_stream(session, stream)
    _, writes = record.append(session, head, None, record.NewEvent("told", START, None, {}))
    session.write(writes)


def test_a_new_household_stands_under_a_key_of_its_own(county: County) -> None:
    with county.store.transaction() as session:
        before = households.count(session)
        told = {"village": VILLAGE, "head_name": "演示甲", "pinyin": " jia", "household_type": "former_poor"}
        ident, key = households.add(session, **told, demo=True)
        other, other_key = households.add(session, **{**told, "household_type": None}, demo=False)
        assert households.count(session) == before + 2
    with county.store.reading() as session:
        row = households.get(session, ident)
        assert row is not None
        assert (row.org_unit, row.head_name, row.pinyin, row.household_type) == (VILLAGE, "演示甲", " jia", "former_poor")
        assert (row.status, row.demo, row.data_key, row.category, row.number) == ("registered", True, key.id, None, None)
        assert households.row_of(session, ident) == [row]
        owner = select(data_keys.c.owner).where(data_keys.c.id == key.id)
        assert session.conn.execute(owner).scalar_one() == f"household:{ident}"
        second = households.get(session, other)
        assert second is not None
        assert (second.demo, second.household_type) == (False, None)
        assert other_key.id != key.id
        assert households.get(session, other + 10**6) is None


def test_a_household_changes_only_where_an_event_says_so(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = household(session), household(session, "演示乙")
    with pytest.raises(Unrecorded), county.store.transaction() as session:
        households.change(session, ident, f"household:{ident}", status="monitored")
    with county.store.transaction() as session:
        households.lock(session, ident)
        row = households.get(session, ident)
        assert row is not None
        assert row.status == "registered"
        households.change(session, ident, f"household:{ident}", status="monitored", category="sudden")
        said(session, f"household:{ident}")
    with county.store.transaction() as session:
        households.change(session, ident, "nothing", number="D1")  # a column that no event tells
    with county.store.reading() as session:
        row, second = households.get(session, ident), households.get(session, other)
        assert row is not None
        assert second is not None
        assert (row.status, row.category, row.number) == ("monitored", "sudden", "D1")
        assert (second.status, second.category, second.number) == ("registered", None, None)


def test_locking_a_household_that_is_not_there_is_nothing(county: County) -> None:
    with county.store.transaction() as session:
        households.lock(session, 10**9)
        assert households.get(session, 10**9) is None


def test_a_file_is_read_as_it_stands_or_as_it_stood_on_a_day(county: County) -> None:
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        other, other_key = household_and_key(session, "演示乙")
        assert households.document(session, ident, key) == (EMPTY, 0)
        save(session, ident, key, 2, as_of=TODAY + 2 * DAY, now=START + DAY)
        save(session, ident, key, 1, as_of=TODAY)
        save(session, other, other_key, 1, content={"household": {"group": "other"}})
    with county.store.reading() as session:

        def group(on: date | None) -> tuple[Any, int]:
            content, number = households.document(session, ident, key, on)
            assert content is not None
            return content["household"].get("group"), number

        assert group(None) == ("2", 2)
        assert group(TODAY + 2 * DAY) == ("2", 2)
        assert group(TODAY + DAY) == group(TODAY) == ("1", 1)
        assert group(TODAY - DAY) == (None, 0)
        assert [row.number for row in households.newest_version(session, ident)] == [2]
        assert [row.number for row in households.version_as_of(session, ident, TODAY + DAY)] == [1]
        assert households.version_as_of(session, ident, TODAY - DAY) == []
        assert households.newest_version(session, 10**9) == []
        found = households.versions(session, ident, key)
        assert [(at, on) for at, on, _ in found] == [(START, TODAY), (START + DAY, TODAY + 2 * DAY)]
        assert [content["household"]["group"] for _, _, content in found if content] == ["1", "2"]
        assert households.versions(session, 10**9, key) == []


def test_an_erased_file_says_only_that_it_was(county: County) -> None:
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        save(session, ident, key, 1)
        record.destroy_keys(session, [key.id], START)
        gone = record.data_key(session, key.id)
        assert gone.bytes is None
        assert households.document(session, ident, gone) == (None, 1)
        assert households.versions(session, ident, gone) == [(START, TODAY, None)]


def test_the_next_version_brings_along_what_lists_search(county: County) -> None:
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        other = household(session, "演示乙")
        save(session, ident, key, 1, plain={"head_name": "演示丁", "pinyin": " ding", "household_type": None})
        row, second = households.get(session, ident), households.get(session, other)
        assert row is not None
        assert second is not None
        assert (row.head_name, row.pinyin, row.household_type) == ("演示丁", " ding", None)
        assert second.head_name == "演示乙"


def test_a_person_is_found_in_the_newest_file_only(county: County) -> None:
    here, gone, moved = nobody(1), nobody(2), nobody(3)
    members = [
        {"key": "m1", "name": "演示甲", "id_number": here},
        {"key": "m2", "name": "演示乙", "id_number": gone, "status": "gone"},
        {"key": "m3", "name": "演示丙", "id_number": None},
        {"key": "m4", "name": "演示丁", "id_number": moved, "status": "present"},
    ]
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        save(session, ident, key, 1, content={"household": {}, "members": members})
        found = {number: households.with_person(session, number) for number in (here, gone, moved, nobody(4))}
        assert found == {here: [ident], gone: [], moved: [ident], nobody(4): []}
        place = select(person_index.c.member).where(person_index.c.blind == session.keyring.blind(moved))
        assert session.conn.execute(place).scalar_one() == 3
        save(session, ident, key, 2, content={"household": {}, "members": members[:1]})
        assert households.with_person(session, moved) == []
        other, other_key = household_and_key(session, "演示戊")
        save(session, other, other_key, 1, content={"household": {}, "members": [members[3]]})
        households.forget_people(session, ident)
        assert households.with_person(session, here) == []
        assert households.with_person(session, moved) == [other]


def test_a_household_is_found_by_any_part_of_its_heads_name(county: County) -> None:
    with county.store.transaction() as session:
        exact, longer = household(session, "演示王"), household(session, "演示王芳")
        inside, there = household(session, "大演示王"), household(session, "演示王", OTHER_VILLAGE)
        household(session, "无关")

        def found(text: str, villages: Any = None, **more: Any) -> list[int]:
            return ids(households.search(session, text, villages, **more))

        assert found("演示王") == [exact, there, longer, inside]  # the closest first
        assert found("演示王", {VILLAGE}) == [exact, longer, inside]
        assert found("演示王", {VILLAGE}, limit=2) == [exact, longer]
        assert found("演示王", []) == []
        assert found("wangfang") == found("WF") == found("芳") == [longer]
        assert found("angf") == []  # pinyin from a syllable on
        assert found("") == found("  ") == found("%") == found("_") == []
        (row,) = households.search(session, "芳", None)
        assert tuple(row) == (longer, "演示王芳", VILLAGE, "registered", None)


def test_a_household_is_found_by_its_number(county: County) -> None:
    with county.store.transaction() as session:
        one, other = household(session, number="D12345a"), household(session, "演示乙", number="D9912")
        assert ids(households.search(session, "D12345A", None)) == [one]
        assert ids(households.search(session, "d 123 45a", None)) == [one]
        assert ids(households.search(session, "991", None)) == [other]
        assert ids(households.search(session, "12", None)) == []  # too little of a number
        assert ids(households.search(session, "345", {OTHER_VILLAGE})) == []
        assert households.numbers_of(session, [one, other, household(session, "演示丙")]) == {one: "D12345a", other: "D9912"}
        assert households.numbers_of(session, []) == {}
        assert len(households.numbers_of(session, [*range(10**6, 10**6 + 900), one])) == 1


def test_names_are_read_on_by_id_and_their_words_written_anew(county: County) -> None:
    with county.store.transaction() as session:
        first, erased = household(session), household(session, head_name=None)
        last = household(session, "演示乙")
        before = first - 1
        assert [tuple(row) for row in households.names(session, before)] == [
            (first, "演示甲", index("演示甲")),
            (last, "演示乙", index("演示乙")),
        ]
        assert ids(households.names(session, first)) == [last]
        assert ids(households.names(session, before, limit=1)) == [first]
        assert households.names(session, last) == []
        assert households.write_index(session, {first: " new", last: " words"}) == 2
        assert [row.pinyin for row in households.names(session, before)] == [" new", " words"]
        assert households.write_index(session, {}) == 0
        row = households.get(session, erased)
        assert row is not None
        assert row.pinyin == index("演示甲")


def test_namesakes_are_other_households_of_the_village(county: County) -> None:
    with county.store.transaction() as session:
        one, other = household(session, "买买提·演示"), household(session, "买买提演示")
        there = household(session, "买买提·演示", OTHER_VILLAGE)
        household(session, "买买提·演示甲")
        row = households.get(session, one)
        assert ids(households.namesakes(session, row)) == [other]  # its marks make no other name
        assert ids(households.called(session, "买买提·演示")) == [one, there, other]
        assert ids(households.called(session, "买买提·演示", {OTHER_VILLAGE})) == [there]
        assert ids(households.called(session, "买买提·演示", limit=1)) == [one]
        assert households.called(session, "买买提") == []
        third = household(session, "买买提·演示")
        assert ids(households.namesakes(session, row)) == [third, other]
        assert ids(households.namesakes(session, row, limit=1)) == [third]
        assert households.namesakes(session, households.get(session, household(session, "演示甲"))) == []
        assert households.namesakes(session, households.get(session, household(session, head_name=None))) == []


def test_a_snapshot_keeps_what_was_counted(county: County) -> None:
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        case_id, other = case(session, ident), case(session, household(session, "演示乙"))
        first = households.add_snapshot(session, case_id, key, {"income": 1}, version=1, formula="2021", now=START)
        second = households.add_snapshot(session, case_id, key, {"income": 2}, version=2, formula="2021", now=START + DAY)
        assert households.snapshot(session, first, key) == {"income": 1}
    with county.store.reading() as session:
        rows = households.snapshots_of(session, case_id)
        assert [(row.id, row.household_version, row.formula, row.taken_at) for row in rows] == [
            (first, 1, "2021", START),
            (second, 2, "2021", START + DAY),
        ]
        assert households.taken_figures(session, rows[1], key) == {"income": 2}
        assert households.snapshot(session, second, key) == {"income": 2}
        assert households.snapshots_of(session, other) == []
    with county.store.reading() as session:  # asked together, what is sealed opens as well
        together(session, (households.snapshots_of, (case_id,)), (households.snapshots_of, (other,)))
        figures = [households.taken_figures(session, row, key) for row in households.snapshots_of(session, case_id)]
        assert figures == [{"income": 1}, {"income": 2}]
        assert households.snapshots_of(session, other) == []
    with county.store.transaction() as session:
        record.destroy_keys(session, [key.id], START)
        assert households.snapshot(session, first, record.data_key(session, key.id)) is None


def test_a_page_lists_households_by_village_and_name_with_their_newest_case(county: County) -> None:
    with county.store.transaction() as session:
        there = household(session, "演示B", OTHER_VILLAGE)
        second, first = household(session, "演示B", number="D1"), household(session, "演示A", category="sudden")
        case(session, first, status="closed", closed_at=START)
        newest = case(session, first, clue_on=TODAY - DAY)
        case(session, first, door="help")  # another door's is not the case that decides

        def page(villages: Any = (VILLAGE, OTHER_VILLAGE), **more: Any) -> list[int]:
            return ids(households.households_page(session, villages, **more))

        assert page() == [first, second, there]
        assert page([OTHER_VILLAGE]) == [there]
        assert page([]) == []
        assert page(None) == page(limit=3)
        assert page(limit=1, offset=1) == [second]
        assert page(idents=[there, first]) == [first, there]
        assert page([VILLAGE], idents=[there]) == page(idents=[]) == []
        rows = households.households_page(session, [VILLAGE])
        assert (rows[0].case_id, rows[0].clue_on, rows[0].case_status, rows[0].closed_at) == (
            newest,
            TODAY - DAY,
            "open",
            None,
        )
        assert (rows[0].head_name, rows[0].category, rows[0].status) == ("演示A", "sudden", "registered")
        assert (rows[1].case_id, rows[1].case_status, rows[1].number) == (None, None, "D1")
        assert households.households_count(session, [VILLAGE]) == 2
        assert households.households_count(session, []) == 0
        assert households.households_count(session, None) == households.count(session)


def test_a_list_is_narrowed_by_where_a_household_stands(county: County) -> None:
    with county.store.transaction() as session:
        fresh = household(session, "演示1")
        running = household(session, "演示2")
        case(session, running)
        refused = household(session, "演示3")
        case(session, refused, status="closed", closed_at=START)
        decided = case(session, refused, status="refused", closed_at=START)
        closed = household(session, "演示4")
        case(session, closed, status="refused", closed_at=START)
        case(session, closed, status="closed", closed_at=START)
        monitored = household(session, "演示5", status="monitored", category="sudden")
        held = case(session, monitored, status="monitored")
        helped = household(session, "演示6", OTHER_VILLAGE)
        case(session, helped, door="help")
        planned = {"group": "health", "lead": "health"}
        session.conn.execute(insert(measures).values(case_id=held, risk="illness", **planned))
        session.conn.execute(insert(measures).values(case_id=decided, risk="school", **planned))

        def found(**narrow: Any) -> list[int]:
            rows = ids(households.households_page(session, None, Narrow(**narrow)))
            assert len(rows) == households.households_count(session, None, Narrow(**narrow))
            return rows

        assert found() == [fresh, running, refused, closed, monitored, helped]
        assert found(status="open") == [running]
        assert found(status="refused") == [refused]
        assert found(status="closed") == [closed]
        assert found(status="monitored") == found(category="sudden") == found(risk="illness") == [monitored]
        assert found(status="registered") == [fresh, helped]
        assert found(risk="school") == [refused]
        assert found(risk="school", status="monitored") == found(status="eliminated") == found(risk="none") == []
        assert found(village=OTHER_VILLAGE) == found(among=(OTHER_VILLAGE,)) == [helped]
        assert found(among=()) == []
        assert found(village=VILLAGE, among=(OTHER_VILLAGE,)) == []
        assert ids(households.households_page(session, [OTHER_VILLAGE], Narrow(status="registered"))) == [helped]
        assert households.households_count(session, [OTHER_VILLAGE], Narrow(status="open")) == 0
