"""What verification reads: streams, events, seals, readings, keys, and the columns that must agree with them."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from app.store import audit, cases, clues, households, people, readings, record, scale
from app.store.session import Session
from app.store.tables import data_keys, timers
from app.store.types import micros
from tests.conftest import START, VILLAGE, County

from . import making
from .making import LATER, writing

TODAY = START.date()


def told(session: Session, name: str, kinds: Iterable[str]) -> record.Head:
    """A stream with these events."""
    head = record.lock_stream(session, name)
    for kind in kinds:
        head, writes = record.append(session, head, None, record.NewEvent(kind, START, None, {}))
        session.write(writes)
    return head


def test_streams_are_listed_by_id_or_one_by_name(county: County) -> None:
    with writing(county) as session:
        before = audit.all_streams(session)
        one, two = told(session, "z:1", ["a", "b"]), told(session, "a:1", [])
        found = audit.all_streams(session)
        assert [s.id for s in found] == [*(s.id for s in before), one.stream, two.stream]
        (named,) = audit.all_streams(session, "z:1")
        assert (named.id, named.name, named.number, bytes(named.hash)) == (one.stream, "z:1", 2, one.hash)
        assert audit.all_streams(session, "z:2") == []


def test_heads_are_those_of_streams_with_events_by_name(county: County) -> None:
    with writing(county) as session:
        before = {h.name for h in audit.heads(session)}
        last, first = told(session, "z:1", ["a"]), told(session, "a:1", ["a", "b"])
        told(session, "m:1", [])
        found = [(h.name, h.number, bytes(h.hash)) for h in audit.heads(session)]
        assert [one for one in found if one[0] not in before] == [("a:1", 2, first.hash), ("z:1", 1, last.hash)]
        assert found == sorted(found)


def test_events_of_a_stream_come_in_order_and_each_hash_by_its_number(county: County) -> None:
    with writing(county) as session:
        here, other = told(session, "z:1", ["a", "b", "c"]), told(session, "z:2", ["x"])
        found = list(audit.events_in(session, here.stream))
        assert [(e.number, e.kind) for e in found] == [(1, "a"), (2, "b"), (3, "c")]
        assert [bytes(e.prev_hash) for e in found] == [b"", *(bytes(e.hash) for e in found[:-1])]
        assert list(audit.events_in(session, 999)) == []
        assert audit.event_hash(session, "z:1", 3) == here.hash
        assert audit.event_hash(session, "z:2", 1) == other.hash
        assert audit.event_hash(session, "z:1", 4) is audit.event_hash(session, "z:9", 1) is None


def test_events_whose_stream_is_gone_are_counted(county: County) -> None:
    with writing(county) as session:
        gone, _ = told(session, "z:1", ["a", "b"]), told(session, "z:2", ["x"])
        assert audit.orphan_events(session) == 0
    removed = f"DELETE FROM streams WHERE id = {gone.stream}"
    if county.store.file is not None:
        with closing(sqlite3.connect(county.store.file)) as conn:  # a connection of its own holds no foreign keys
            conn.execute(removed)
            conn.commit()
    else:
        with county.store.engine.begin() as conn:
            conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
            conn.exec_driver_sql(removed)
    with county.store.reading() as session:
        assert audit.orphan_events(session) == 2


def test_keys_come_by_id_and_those_of_another_master_are_wrapped_anew_unless_destroyed(county: County) -> None:
    with writing(county) as session:
        one, two, three = (record.new_data_key(session, f"test:{n}") for n in range(3))
        rows = audit.key_rows(session, [one.id, three.id, 999])
        assert {ident: row.owner for ident, row in rows.items()} == {one.id: "test:0", three.id: "test:2"}
        assert audit.key_rows(session, []) == {}
        record.destroy_keys(session, [three.id], START)
        master = rows[one.id].master
        everything = session.conn.execute(select(data_keys.c.id).where(data_keys.c.wrapped.is_not(None)).order_by("id"))
        ids = list(everything.scalars())
        assert [k.id for k in audit.keys_under(session, "new", 100)] == ids
        assert ids[-2:] == [one.id, two.id]
        assert [k.id for k in audit.keys_under(session, "new", 1)] == ids[:1]
        assert audit.keys_under(session, master, 100) == []
        audit.rewrap(session, one.id, bytes(rows[one.id].wrapped), "new", b"wrapped anew")
        record.name_owner(session, two, "test:1")  # written last, and still before the others
        audit.rewrap(session, two.id, b"as it was not", "new", b"lost")
        audit.rewrap(session, three.id, bytes(rows[three.id].wrapped), "new", b"back from the dead")
        after = audit.key_rows(session, [one.id, two.id, three.id])
        assert (after[one.id].master, bytes(after[one.id].wrapped)) == ("new", b"wrapped anew")
        assert (after[two.id].master, bytes(after[two.id].wrapped) != b"lost") == (master, True)
        assert (after[three.id].master, after[three.id].wrapped) == (master, None)
        assert [k.id for k in audit.keys_under(session, "new", 100)] == [i for i in ids if i != one.id]


def test_open_addresses_and_timers_are_those_of_the_instances_asked_for(county: County) -> None:
    with writing(county) as session:
        case_id = making.case(session)
        here, other = making.instance(session, case_id), making.instance(session, making.case(session))
        making.task(session, here, "1")
        making.task(session, here, "2")
        making.task(session, here, "3", status="done")
        making.task(session, other, "4")
        runs = {"element": "limit", "opened_at": START}
        rows = [(here, "5", 0, LATER), (here, "6", 2, START), (other, "5", 0, START)]
        for at, address, tries, due in rows:
            session.conn.execute(insert(timers).values(instance=at, address=address, tries=tries, due=due, **runs))
        assert audit.open_addresses(session, here) == {"1", "2"}
        assert audit.open_addresses(session, 999) == set()
        assert audit.timers_of(session, [here]) == {(here, "5"): micros(LATER), (here, "6"): None}
        assert audit.timers_of(session, [here, other])[other, "5"] == micros(START)
        assert audit.timers_of(session, []) == {}
        found = audit.instance(session, here)
        assert found is not None
        assert (found.process, found.case_id, found.status) == ("identify", case_id, "open")
        assert audit.instance(session, 999) is None


def test_told_columns_of_a_case_stand_with_its_household_acts_and_open_holds(county: County) -> None:
    with writing(county) as session:
        home = making.household(session)[0]
        case_id, other = making.case(session, home), making.case(session)
        assert audit.case_columns(session, case_id) == {"status": "open", "outcome": None, "category": None}
        cases.change(session, case_id, status="decided", outcome="approved", category="sudden", decided_at=LATER)
        assert audit.case_columns(session, case_id) == {"status": "decided", "outcome": "approved", "category": "sudden"}
        assert audit.case_columns(session, 999) == {}
        assert (audit.household_of_case(session, case_id), audit.household_of_case(session, 999)) == (home, 0)
        assert audit.acts_of(session, case_id) == set()
        session.write(people.acted_writes(case_id, "a", [1, 2]))
        session.write(people.acted_writes(case_id, "b", [1]))
        session.write(people.acted_writes(other, "c", [1]))
        assert audit.acts_of(session, case_id) == {("a", 1), ("a", 2), ("b", 1)}
        one, two, _ = (
            cases.open_hold(session, at, kind="opinion", lifted_by="r", cause=None, now=START)
            for at in (case_id, case_id, other)
        )
        assert audit.open_hold_ids(session, case_id) == {one, two}
        cases.lift_hold(session, case_id, one, "opinion", LATER)
        assert audit.open_hold_ids(session, case_id) == {two}
        assert audit.open_hold_ids(session, 999) == set()


def test_told_columns_of_every_household_come_by_id(county: County) -> None:
    with writing(county) as session:
        assert list(audit.household_columns(session)) == []
        one, two = making.household(session)[0], making.household(session)[0]
        households.change(session, two, f"household:{two}", status="monitored", category="sudden")
        households.change(session, one, f"household:{one}", pinyin="last")  # written last, and still the first
        assert [dict(row._mapping) for row in audit.household_columns(session)] == [
            {"id": one, "status": "registered", "category": None, "org_unit": VILLAGE},
            {"id": two, "status": "monitored", "category": "sudden", "org_unit": VILLAGE},
        ]


def test_told_columns_of_clues_are_those_that_bear_a_sign(county: County) -> None:
    with writing(county) as session:
        home = making.household(session)[0]
        plain: dict[str, Any] = {"channel": "visit", "found_on": TODAY, "recorded_at": START, "org_unit": VILLAGE}
        clues.add(session, None, {}, **plain)
        signed = clues.add(session, None, {}, sign="illness", grade="high", household=home, status="open", **plain)
        assert [dict(row._mapping) for row in audit.clue_columns(session)] == [
            {
                "id": signed,
                "grade": "high",
                "status": "open",
                "outcome": None,
                "household": home,
                "org_unit": VILLAGE,
                "merged_into": None,
            }
        ]


def test_told_columns_of_studies_are_those_of_all(county: County) -> None:
    with writing(county) as session:
        assert audit.study_columns(session) == []
        key = record.new_data_key(session, "scale")
        about = {"why": "scan", "period": "2021-08", "about": "illness", "org_unit": VILLAGE, "opened_at": START}
        one, two = (scale.add_risk(session, key, {}, status="open", **about) for _ in range(2))
        scale.change_risk(session, two, status="closed", outcome="none")
        found = {row.id: (row.status, row.outcome) for row in audit.study_columns(session)}
        assert found == {one: ("open", None), two: ("closed", "none")}


def test_hashes_and_keys_of_papers_are_those_asked_for(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)

        def paper(of: int, content: bytes) -> tuple[int, bytes]:
            about = {"kind": "sign", "title": "演示", "media_type": "image/jpeg", "by": None, "now": START}
            return cases.add_paper(session, case_id=of, content=content, **about)

        (one, hash_one), (two, _), (there, hash_there) = paper(case_id, b"1"), paper(case_id, b"2"), paper(other, b"3")
        assert audit.paper_hashes(session, [one, there, 999]) == {one: hash_one.hex(), there: hash_there.hex()}
        assert audit.paper_hashes(session, []) == {}
        keys = {ident: cases.paper(session, ident).data_key for ident in (one, two, there)}
        assert sorted(audit.paper_keys_of(session, [case_id])) == sorted([keys[one], keys[two]])
        assert sorted(audit.paper_keys_of(session, [case_id, other])) == sorted(keys.values())
        assert audit.paper_keys_of(session, []) == []


def test_seals_are_kept_by_day_one_for_each_and_never_changed(county: County) -> None:
    seal = {"made_at": START, "suite": "intl", "content": b"{}", "digest": b"d"}
    with county.store.transaction() as session:
        assert audit.all_seals(session) == []
        audit.add_seal(session, day=TODAY + timedelta(days=1), **seal)
        audit.add_seal(session, day=TODAY, **seal)
        days = [s.day for s in audit.all_seals(session)]
        assert days == [TODAY, TODAY + timedelta(days=1)]
        first = audit.all_seals(session)[0]
        assert (first.made_at, first.suite, bytes(first.content), bytes(first.digest)) == (START, "intl", b"{}", b"d")
    with pytest.raises(DatabaseError), county.store.transaction() as session:
        audit.add_seal(session, day=TODAY, **{**seal, "digest": b"other"})
    with pytest.raises(DatabaseError), county.store.transaction() as session:
        session.conn.execute(text("DELETE FROM seals"))
    with county.store.reading() as session:
        assert [bytes(s.digest) for s in audit.all_seals(session)] == [b"d", b"d"]


def test_readings_are_read_after_one_up_to_another(county: County) -> None:
    with writing(county) as session:
        assert audit.last_reading(session) == 0
        home = making.household(session)[0]
        for official in (1, 2, 3, 4):
            readings.add_readings(session, official, [home], START, "case")
        last = audit.last_reading(session)
        everyone = audit.readings_between(session, 0, last)
        assert [(r.official, r.household, r.what) for r in everyone] == [(n, home, "case") for n in (1, 2, 3, 4)]
        assert last == everyone[-1].id
        assert audit.readings_between(session, everyone[0].id, everyone[2].id) == everyone[1:3]
        assert audit.readings_between(session, last, last) == []
