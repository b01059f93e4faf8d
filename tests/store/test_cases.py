"""Cases and what hangs on one: holds, notices, messages, measures, papers, instances and tasks."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from app.crypto import Tampered
from app.store import cases, processes, record
from app.store.processes import NotFound
from app.store.rows import Task
from app.store.session import Session, Taken, Unrecorded
from app.store.tables import awaited_messages, batches, data_keys, measures, papers, tasks, timers
from tests.conftest import OTHER_VILLAGE, START, TOWN, VILLAGE, County
from tests.walking import Walk

from . import making
from .making import LATER, writing

TODAY = START.date()
TOMORROW = TODAY + timedelta(days=1)


def test_a_new_case_is_open_and_names_the_earlier_one_of_its_door(county: County) -> None:
    with writing(county) as session:
        home, key = making.household(session, "演示甲")
        first = cases.add_case(session, household=home, clue_on=TODAY, limit_at=LATER, now=START)
        other = making.case(session, home, door="observe")
        cases.change(session, first, closed_at=START)
        making.case(session)  # of another household
        second = making.case(session, home)
        found = cases.get(session, first)
        assert found is not None
        assert (found.id, found.household, found.clue_on, found.limit_at) == (first, home, TODAY, LATER)
        assert (found.status, found.opened_at, found.closed_at, found.earlier_case) == ("open", START, START, None)
        assert (found.outcome, found.category, found.decided_at, found.details, found.door) == (None, None, None, None, "")
        assert (found.head_name, found.org_unit, found.data_key, found.demo) == ("演示甲", VILLAGE, key.id, True)
        assert (found.household_status, found.household_category) == ("registered", None)
        assert cases.known(session, other).earlier_case is None  # the earlier one was opened at another door
        assert cases.known(session, second).earlier_case == first


def test_a_second_case_at_the_same_door_is_taken_while_the_first_is_open(county: County) -> None:
    with writing(county) as session:
        home = making.household(session)[0]
        making.case(session, home)
    with pytest.raises(Taken), county.store.transaction() as session:
        making.case(session, home)
    with county.store.reading() as session:
        assert len(cases.cases_of(session, home)) == 1


def test_a_case_that_does_not_exist_is_none_or_not_found(county: County) -> None:
    with county.store.reading() as session:
        assert cases.get(session, 999) is None
        assert list(cases.row_of(session, 999)) == []
        with pytest.raises(NotFound):
            cases.known(session, 999)


def test_cases_of_a_household_are_listed_by_door_oldest_first(county: County) -> None:
    with writing(county) as session:
        home, other = making.household(session)[0], making.household(session)[0]
        first = making.case(session, home)
        cases.change(session, first, closed_at=START)
        watch = making.case(session, home, door="observe")
        second = making.case(session, home)
        making.case(session, other)
        assert [c.id for c in cases.cases_of(session, home)] == [first, watch, second]
        assert [c.id for c in cases.cases_of(session, home, cases.MONITORING)] == [first, second]
        assert [c.id for c in cases.cases_of(session, home, "observe")] == [watch]
        assert cases.cases_of(session, 999) == []
        assert cases.row_of(session, watch)[0] == cases.cases_of(session, home, "observe")[0]


def test_the_open_case_of_a_household_is_that_of_the_door_or_of_any(county: County) -> None:
    with writing(county) as session:
        home, other = making.household(session)[0], making.household(session)[0]
        making.case(session, other)
        assert cases.open_case_of(session, home) is cases.open_case_of(session, home, None) is None
        watch = making.case(session, home, door="observe")
        assert cases.open_case_of(session, home) is None
        assert cases.open_case_of(session, home, "observe") == cases.open_case_of(session, home, None) == watch
        main = making.case(session, home)
        cases.change(session, watch, closed_at=START)
        assert cases.open_case_of(session, home, "observe") is None
        assert cases.open_case_of(session, home) == cases.open_case_of(session, home, None) == main


def test_a_changed_case_must_be_told_by_an_event_of_its_stream(county: County) -> None:
    with writing(county) as session:
        case_id, untouched = making.case(session), making.case(session)
    with pytest.raises(Unrecorded), county.store.transaction() as session:
        cases.change(session, case_id, status="decided")
    with county.store.transaction() as session:
        assert cases.known(session, case_id).status == "open"
        cases.change(session, case_id, status="decided", outcome="approved", category="sudden", decided_at=LATER)
        stream = f"case:{case_id}"
        assert session.unrecorded == [
            (stream, "sets", ["case", case_id, "status", "decided"]),
            (stream, "sets", ["case", case_id, "outcome", "approved"]),
            (stream, "sets", ["case", case_id, "category", "sudden"]),
        ]
        session.unrecorded.clear()
        found = cases.known(session, case_id)
        assert (found.status, found.outcome, found.category, found.decided_at) == ("decided", "approved", "sudden", LATER)
        assert cases.known(session, untouched).status == "open"
        cases.change(session, case_id, closed_at=LATER)  # no event need say this one
        assert session.unrecorded == []


def test_details_are_sealed_for_their_own_case(county: County) -> None:
    with writing(county) as session:
        home, key = making.household(session)
        case_id = making.case(session, home)
        assert cases.details(session, case_id, cases.known(session, case_id).details, key) == {}
        cases.save_details(session, case_id, key, {"report": "演示〔2021〕1号"})
        sealed = cases.known(session, case_id).details
        assert sealed is not None
        assert "演示".encode() not in sealed
        assert cases.details(session, case_id, sealed, key) == {"report": "演示〔2021〕1号"}
        with pytest.raises(Tampered):
            cases.details(session, case_id + 1, sealed, key)
        record.destroy_keys(session, [key.id], START)
        assert cases.details(session, case_id, sealed, record.data_key(session, key.id)) == {}


def test_open_tasks_move_with_their_household_to_nobody_but_a_contact(county: County) -> None:
    ids = county.ids
    with writing(county) as session:
        home = making.household(session)[0]
        at = making.instance(session, making.case(session, home))
        mine = making.task(session, at, "1", assignee=ids["village_1"])
        contact = making.task(session, at, "2", assignee=ids["village_2"], roles="village_contact")
        done = making.task(session, at, "3", status="done", assignee=ids["village_1"])
        town = making.task(session, at, "4", org_unit=TOWN, assignee=ids["town_officer"])
        other = making.task(session, making.instance(session, making.case(session)), "1", assignee=ids["village_1"])
        cases.move_open_tasks(session, home, {VILLAGE: OTHER_VILLAGE})
        found = {t.id: (t.org_unit, t.assignee, t.version) for t in session.conn.execute(select(tasks))}
        assert found == {
            mine: (OTHER_VILLAGE, None, 2),
            contact: (OTHER_VILLAGE, ids["village_2"], 2),
            done: (VILLAGE, ids["village_1"], 1),
            town: (TOWN, ids["town_officer"], 1),
            other: (VILLAGE, ids["village_1"], 1),
        }
        cases.move_open_tasks(session, home, {})
        assert session.conn.execute(select(func.max(tasks.c.version))).scalar() == 2


# --- holds -----------------------------------------------------------------------------------------


def test_a_hold_stands_until_it_is_lifted_and_both_are_told(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)
        one = cases.open_hold(session, case_id, kind="opinion", lifted_by="town_leader", cause=3, now=START)
        two = cases.open_hold(
            session, case_id, kind="late_objection", lifted_by="town_officer", cause=None, now=START, elements=("a", "b")
        )
        there = cases.open_hold(session, other, kind="opinion", lifted_by="town_leader", cause=3, now=START)
        stream = f"case:{case_id}"
        assert session.unrecorded[:2] == [
            (stream, "holds", ["+", one, "opinion"]),
            (stream, "holds", ["+", two, "late_objection"]),
        ]
        session.unrecorded.clear()
        assert [h.id for h in cases.open_holds(session, case_id)] == [one, two]
        found = cases.hold(session, case_id, one)
        assert found is not None
        assert (found.kind, found.lifted_by_role, found.cause, found.opened_at, found.lifted_at, found.elements) == (
            "opinion",
            "town_leader",
            3,
            START,
            None,
            "",
        )
        assert cases.hold(session, case_id, there) is None  # it belongs to another case
        cases.lift_hold(session, case_id, one, "opinion", LATER)
        assert session.unrecorded == [(stream, "holds", ["-", one, "opinion"])]
        lifted = cases.hold(session, case_id, one)
        assert lifted is not None
        assert lifted.lifted_at == LATER
        assert [h.id for h in cases.open_holds(session, case_id)] == [two]
        cases.lift_hold(session, case_id, one, "opinion", LATER + timedelta(days=1))
        again = cases.hold(session, case_id, one)
        assert again is not None
        assert again.lifted_at == LATER  # the first lifting stays


def test_holds_of_a_kind_are_lifted_together_or_those_of_one_cause(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)

        def opened(case: int, kind: str, cause: int | None) -> int:
            return cases.open_hold(session, case, kind=kind, lifted_by="town_officer", cause=cause, now=START)

        one, two, three = (opened(case_id, "opinion", cause) for cause in (1, 2, None))
        kept, there = opened(case_id, "late_objection", 1), opened(other, "opinion", 1)
        session.unrecorded.clear()
        cases.lift_holds(session, case_id, "opinion", LATER, cause=2)
        assert session.unrecorded == [(f"case:{case_id}", "holds", ["-", two, "opinion"])]
        assert [h.id for h in cases.open_holds(session, case_id)] == [one, three, kept]
        session.unrecorded.clear()
        cases.lift_holds(session, case_id, "opinion", LATER)
        assert [told[2] for told in session.unrecorded] == [["-", one, "opinion"], ["-", three, "opinion"]]
        assert [h.id for h in cases.open_holds(session, case_id)] == [kept]
        assert [h.id for h in cases.open_holds(session, other)] == [there]
        session.unrecorded.clear()
        cases.lift_holds(session, case_id, "opinion", LATER)
        assert session.unrecorded == []  # a second time there is nothing to lift, and nothing to tell


def test_an_opinion_is_awaited_of_one_person_until_their_hold_is_lifted(county: County) -> None:
    with writing(county) as session:
        home = making.household(session)[0]
        case_id, other = making.case(session, home), making.case(session)
        cases.open_hold(session, case_id, kind="opinion", lifted_by="town_officer", cause=7, now=START)
        cases.open_hold(session, case_id, kind="late_objection", lifted_by="town_officer", cause=8, now=START)
        cases.open_hold(session, other, kind="opinion", lifted_by="town_officer", cause=9, now=START)
        assert [cases.awaits_opinion(session, home, person) for person in (7, 8, 9)] == [True, False, False]
        cases.lift_holds(session, case_id, "opinion", LATER)
        assert not cases.awaits_opinion(session, home, 7)


def test_open_holds_of_many_cases_come_as_kinds_with_the_steps_they_name(county: County) -> None:
    with writing(county) as session:
        one, two, free = (making.case(session) for _ in range(3))
        cases.open_hold(session, one, kind="a", lifted_by="r", cause=None, now=START, elements=("x", "y"))
        cases.open_hold(session, one, kind="b", lifted_by="r", cause=None, now=START)
        cases.open_hold(session, two, kind="b", lifted_by="r", cause=None, now=START)
        cases.open_hold(session, two, kind="c", lifted_by="r", cause=None, now=START)
        cases.lift_holds(session, two, "c", LATER)
        assert cases.holds_on(session, [one, two, free]) == {one: [("a", ["x", "y"]), ("b", [""])], two: [("b", [""])]}
        assert cases.holds_on(session, {two}) == {two: [("b", [""])]}
        assert cases.holds_on(session, []) == {}
        assert sorted(cases.held_cases(session, "b")) == [one, two]
        assert cases.held_cases(session, "c") == cases.held_cases(session, "nothing") == []


# --- notices ----------------------------------------------------------------------------------------


def test_a_new_notice_voids_the_one_that_hangs(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)
        assert cases.notice(session, case_id) is None
        there = cases.add_notice(session, other, posted_on=TODAY, ends_on=TOMORROW, web_token=None, now=START)
        old = cases.add_notice(session, case_id, posted_on=TODAY, ends_on=TOMORROW, web_token="t1", now=START)
        new = cases.add_notice(session, case_id, posted_on=TOMORROW, ends_on=TOMORROW, web_token="t2", now=LATER)
        last = LATER + timedelta(days=1)
        rows = cases.notices_of(session, case_id)
        assert [(n.id, n.posted_on, n.ends_on, n.web_token, n.void_at) for n in rows] == [
            (old, TODAY, TOMORROW, "t1", LATER),
            (new, TOMORROW, TOMORROW, "t2", None),
        ]
        assert cases.notice(session, case_id) == rows[-1]
        assert cases.notice(session, other) == cases.notices_of(session, other)[0]
        cases.take_down(session, case_id, TOMORROW)
        assert [n.taken_down_on for n in cases.notices_of(session, case_id)] == [None, TOMORROW]  # the void one stays
        cases.void_notices(session, case_id, LATER)
        assert [n.void_at for n in cases.notices_of(session, case_id)] == [LATER, None]  # what came down was no mistake
        (left,) = cases.notices_of(session, other)
        assert (left.id, left.void_at, left.taken_down_on) == (there, None, None)
        cases.void_notices(session, other, START)
        cases.void_notices(session, other, last)
        assert cases.notices_of(session, other)[0].void_at == START  # once void it stays so
        cases.take_down(session, other, TODAY)
        assert cases.notices_of(session, other)[0].taken_down_on is None
        cases.take_down(session, case_id, TODAY)
        assert cases.notices_of(session, case_id)[1].taken_down_on == TOMORROW  # the day it came down stays


def test_a_notice_is_found_by_its_address_only_while_it_hangs(county: County) -> None:
    with writing(county) as session:
        home = making.household(session, "演示乙")[0]
        case_id = making.case(session, home)
        cases.change(session, case_id, category="sudden")
        cases.add_notice(session, case_id, posted_on=TODAY, ends_on=TOMORROW, web_token="t1", now=START)
        cases.add_notice(session, making.case(session), posted_on=TODAY, ends_on=TOMORROW, web_token=None, now=START)
        found = cases.notice_by_token(session, "t1", TOMORROW)
        assert found is not None
        assert (found.case_id, found.head_name, found.org_unit, found.category) == (case_id, "演示乙", VILLAGE, "sudden")
        assert cases.notice_by_token(session, "t1", TOMORROW + timedelta(days=1)) is None
        assert cases.notice_by_token(session, "t2", TODAY) is None
        cases.take_down(session, case_id, TODAY)
        assert cases.notice_by_token(session, "t1", TODAY) is None
        cases.add_notice(session, case_id, posted_on=TODAY, ends_on=TOMORROW, web_token="t3", now=START)
        assert cases.notice_by_token(session, "t3", TODAY) is not None
        cases.void_notices(session, case_id, START)
        assert cases.notice_by_token(session, "t3", TODAY) is None


# --- messages ----------------------------------------------------------------------------------------


def test_a_message_waits_until_it_is_delivered_where_its_name_is_awaited(county: County) -> None:
    with writing(county) as session:
        key = making.household(session)[1]
        case_id = making.case(session)
        other, here = making.instance(session, making.case(session)), making.instance(session, case_id)

        def sent(to: int, name: str) -> int:
            who = county.ids["village_1"]
            return cases.add_message(
                session, instance=to, name=name, sender=who, key=key, content={"text": "演示"}, now=START
            )

        there, appeal = sent(other, "objection"), sent(here, "appeal")
        first, second = sent(here, "objection"), sent(here, "objection")
        assert cases.message_content(session, first, key) == {"text": "演示"}
        assert cases.undelivered(session, here, "appeal") == [appeal]
        assert sorted(cases.undelivered(session, here, "objection")) == [first, second]
        assert cases.waiting_message(session, here) is None  # nothing is awaited yet
        assert cases.awaited_address(session, here, "objection") is None
        waits = [{"instance": here, "address": "5", "name": "objection"}, {"instance": here, "address": "6", "name": "other"}]
        waits.append({"instance": other, "address": "1", "name": "objection"})
        session.conn.execute(insert(awaited_messages), waits)
        assert cases.awaited_address(session, here, "objection") == "5"
        assert cases.awaited_address(session, here, "other") == "6"
        assert cases.awaited_address(session, other, "objection") == "1"
        assert tuple(cases.waiting_message(session, here) or ()) == (first, "objection", "5")
        cases.mark_delivered(session, first, 4)
        assert tuple(cases.waiting_message(session, here) or ()) == (second, "objection", "5")
        cases.mark_delivered(session, second, 5)
        assert cases.waiting_message(session, here) is None
        assert cases.undelivered(session, here, "objection") == []
        assert cases.undelivered(session, other, "objection") == [there]
        record.destroy_keys(session, [key.id], START)
        assert cases.message_content(session, first, record.data_key(session, key.id)) is None


def test_what_a_cases_instances_wait_for_is_listed_without_that_of_others(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)
        here, there = making.instance(session, case_id), making.instance(session, other)
        assert list(cases.awaited_in(session, case_id)) == list(cases.timers_in(session, case_id)) == []
        waits = [{"instance": at, "address": "5", "name": f"from {at}"} for at in (here, there)]
        session.conn.execute(insert(awaited_messages), waits)
        runs = {"address": "7", "element": "limit", "attached_to": "review", "due": LATER, "opened_at": START}
        session.conn.execute(insert(timers), [{"instance": at, "provisional": at == here, **runs} for at in (here, there)])
        assert [tuple(row) for row in cases.awaited_in(session, case_id)] == [(here, "5", f"from {here}")]
        assert [tuple(row) for row in cases.timers_in(session, case_id)] == [(here, "limit", "review", True)]
        assert [tuple(row) for row in cases.timers_in(session, other)] == [(there, "limit", "review", False)]


# --- instances, measures, events -------------------------------------------------------------------------


def test_instances_and_tasks_of_a_case_are_listed_oldest_first(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)
        first, second = making.instance(session, case_id), making.instance(session, case_id, process="observe")
        there = making.instance(session, other)
        two = making.task(session, second, "1", case_id=case_id)
        one = making.task(session, first, "1", case_id=case_id, status="done", answer={"a": 1})
        making.task(session, there, "1", case_id=other)
        processes.move_instance(session, first, org_unit=VILLAGE)  # what is written last is still the first
        assert processes.change_task(session, two, 1, urged=1)
        assert [(i.id, i.process, i.status) for i in cases.instances_of(session, case_id)] == [
            (first, "identify", "open"),
            (second, "observe", "open"),
        ]
        assert list(cases.instances_of(session, 999)) == []
        found = cases.tasks_of(session, case_id)
        assert [type(t) for t in found] == [Task, Task]
        assert [(t.id, t.status, t.answer) for t in found] == [(two, "open", None), (one, "done", {"a": 1})]
        assert [t.id for t in cases.tasks_of_instance(session, first)] == [one]
        assert list(cases.tasks_of_instance(session, 999)) == list(cases.tasks_of(session, 999)) == []


PLAN = {"risk": "illness", "group": "health", "lead": "health", "planned": "2021-10-01"}


def test_a_second_plan_takes_the_place_of_the_first(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)
        cases.add_measures(session, other, [PLAN], START)
        cases.add_measures(session, case_id, [PLAN, {**PLAN, "risk": "job", "planned": None}], START)
        assert [(m.risk, m.group, m.lead, m.planned_on, m.done_on) for m in cases.measures_of(session, case_id)] == [
            ("illness", "health", "health", date(2021, 10, 1), None),
            ("job", "health", "health", None, None),
        ]
        cases.add_measures(session, case_id, [{**PLAN, "lead": "rural"}], LATER)
        assert [m.lead for m in cases.measures_of(session, case_id)] == ["rural"]
        cases.add_measures(session, case_id, [], LATER + timedelta(days=1))
        assert list(cases.measures_of(session, case_id)) == []
        ended = session.conn.execute(select(measures.c.ended_at).where(measures.c.case_id == case_id).order_by(measures.c.id))
        assert list(ended.scalars()) == [LATER, LATER, LATER + timedelta(days=1)]  # each when its own successor came
        assert len(cases.measures_of(session, other)) == 1


def test_measures_carried_out_get_their_day_and_an_unplanned_one_is_added(county: County) -> None:
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)
        cases.add_measures(session, case_id, [PLAN, PLAN], START)
        cases.add_measures(session, other, [PLAN], START)
        one, two = (m.id for m in cases.measures_of(session, case_id))
        strange = cases.measures_of(session, other)[0].id
        done = {"group": "health", "carried_out": "yes", "done_on": "2021-09-20"}
        no = {"group": "job", "carried_out": "no", "done_on": "2021-09-20"}
        cases.mark_measures(session, case_id, [{**done, "measure_id": one}, {**no, "measure_id": two}, no])
        assert [(m.id, m.done_on) for m in cases.measures_of(session, case_id)] == [(one, date(2021, 9, 20)), (two, None)]
        cases.mark_measures(session, case_id, [{**done, "measure_id": strange}])  # of another case: not planned here
        assert [(m.risk, m.group, m.lead, m.planned_on, m.done_on) for m in cases.measures_of(session, case_id)[2:]] == [
            ("other", "health", "rural", None, date(2021, 9, 20))
        ]
        assert cases.measures_of(session, other)[0].done_on is None
        cases.mark_measures(session, case_id, [{**no, "measure_id": one}])
        assert cases.measures_of(session, case_id)[0].done_on is None  # it was corrected


def test_events_of_a_case_are_those_of_its_stream_in_order(county: County) -> None:
    walk, other = Walk(county, 1).open(), Walk(county, 2).open()
    with county.store.reading() as session:
        found = cases.events_of(session, walk.case_id)
        assert len(found) >= 2
        assert [e.number for e in found] == list(range(1, len(found) + 1))
        assert {e.case_id for e in found} == {walk.case_id}
        assert {e.case_id for e in cases.events_of(session, other.case_id)} == {other.case_id}
        assert cases.events_in(session, f"case:{walk.case_id}") == found
        assert cases.events_in(session, "case:999") == []


# --- papers ------------------------------------------------------------------------------------------------


def paper(
    session: Session, case_id: int | None, by: int | None = None, content: bytes = b"page", now: datetime = START
) -> tuple[int, bytes]:
    return cases.add_paper(
        session, case_id=case_id, kind="sign", title="签名页", media_type="image/jpeg", content=content, by=by, now=now
    )


def meeting(session: Session, by: int) -> int:
    """A batch that pages can belong to."""
    key = record.new_data_key(session, "batch")
    held = {"kind": "review", "org_unit": VILLAGE, "happened_on": TODAY, "made_at": START, "made_by": by}
    made = insert(batches).values(data_key=key.id, secret=b"", **held).returning(batches.c.id)
    return session.conn.execute(made).scalar_one()


def test_a_paper_is_kept_sealed_under_a_key_of_its_own(county: County) -> None:
    who = county.ids["village_1"]
    with writing(county) as session:
        case_id = making.case(session)
        ident, digest = paper(session, case_id, who, b"a signed page")
        second, same = paper(session, case_id, None, b"a signed page")
        row, again = cases.paper(session, ident), cases.paper(session, second)
        assert row is not None
        assert again is not None
        assert digest == same == bytes(row.hash) == session.keyring.suite.digest(b"a signed page")
        assert row.data_key != again.data_key
        key = record.data_key(session, row.data_key)
        assert b"signed" not in bytes(row.secret)
        assert key.suite.open(key.bytes or b"", bytes(row.secret), digest) == b"a signed page"
        assert (row.case_id, row.batch, row.added_by, row.added_at) == (case_id, None, who, START)
        assert cases.paper(session, 999) is None
        paper(session, making.case(session))
        assert [tuple(p) for p in cases.papers_of(session, case_id)] == [
            (ident, "sign", "签名页", "image/jpeg", START, who),
            (second, "sign", "签名页", "image/jpeg", START, None),
        ]
        assert list(cases.papers_of(session, 999)) == []


def test_a_form_claims_pages_that_no_other_case_or_batch_has(county: County) -> None:
    who = county.ids["village_1"]
    with writing(county) as session:
        case_id, other = making.case(session), making.case(session)
        batch = meeting(session, who)
        fresh, digest = paper(session, None, who)
        taken, shared = paper(session, other, who)[0], paper(session, None, who)[0]
        paper(session, None, county.ids["village_2"])
        assert cases.unbound_papers(session, who) == 2
        assert cases.claim_papers(session, [shared], case_id, batch) == [[shared, digest.hex()]]
        assert [tuple(p) for p in cases.papers_of_batch(session, batch)] == [
            (shared, "sign", "签名页", "image/jpeg", START, who)
        ]
        assert cases.claim_papers(session, [taken, shared, fresh], case_id) == sorted(
            [ident, digest.hex()] for ident in (taken, shared, fresh)
        )
        assert [p.id for p in cases.papers_of(session, case_id)] == [fresh]
        assert [p.id for p in cases.papers_of(session, other)] == [taken]
        assert cases.claim_papers(session, [taken], case_id, batch) == [[taken, digest.hex()]]
        assert [p.id for p in cases.papers_of_batch(session, batch)] == [shared]  # a case's page goes to no batch
        assert cases.claim_papers(session, [fresh], case_id) == [[fresh, digest.hex()]]  # a second time
        assert cases.claim_papers(session, [], case_id) == []
        assert cases.papers_of_batch(session, batch + 1) == []
        assert cases.unbound_papers(session, who) == 0
        assert cases.unbound_papers(session, county.ids["village_2"]) == 1


def test_pages_that_no_form_named_are_dropped_with_their_keys(county: County) -> None:
    with writing(county) as session:
        bound, of_meeting = paper(session, making.case(session))[0], paper(session, None)[0]
        cases.claim_papers(session, [of_meeting], 0, meeting(session, county.ids["village_1"]))
        old = [paper(session, None)[0] for _ in range(3)]
        young = paper(session, None, now=LATER)[0]
        of_old = set(session.conn.execute(select(papers.c.data_key).where(papers.c.id.in_(old))).scalars())
        assert cases.drop_unbound_papers(session, START) == 0  # the border itself stays
        assert cases.drop_unbound_papers(session, LATER, limit=2) == 2
        assert cases.drop_unbound_papers(session, LATER) == 1
        assert cases.drop_unbound_papers(session, LATER) == 0
        assert set(session.conn.execute(select(papers.c.id)).scalars()) == {bound, of_meeting, young}
        assert not of_old & set(session.conn.execute(select(data_keys.c.id)).scalars())
