"""Instances, tasks and timers: what one command reads and locks, and what a step leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from app.engine.values import Awaited, Failure, OpenTimer, Step
from app.store import incidents as incident_rows
from app.store import people, processes, record
from app.store.processes import NewTask, NotFound, Work
from app.store.session import Session
from app.store.tables import (
    awaited_messages,
    entries,
    holds,
    incidents,
    instance_acts,
    kept_lists,
    kinships,
    metadata,
    process_instances,
    task_drafts,
    tasks,
    timers,
)
from tests.conftest import OTHER_VILLAGE, START, VILLAGE, County

from . import planted
from .planted import LATER

DUE = START + timedelta(days=3)


def step(**changed: Any) -> Step:
    """A step after which nothing happened; `changed`: what did."""
    nothing: Any = {name: () for name in Step.__dataclass_fields__ if name not in ("lists", "version")}
    return replace(Step(**nothing), **{"state": b"next", "scope": None, **changed})


def new_task(address: str, **columns: Any) -> NewTask:
    usual: dict[str, Any] = {"element": address, "item": None, "roles": "village_officer", "org_unit": VILLAGE, "due": DUE}
    return NewTask(address, **{**usual, **columns})


def timer(session: Session, instance: int, address: str, **columns: Any) -> None:
    usual = {"element": address, "due": DUE, "opened_at": START}
    session.conn.execute(insert(timers).values(instance=instance, address=address, **{**usual, **columns}))


def awaited(session: Session, instance: int) -> list[tuple[str, str]]:
    mine = select(awaited_messages.c.address, awaited_messages.c.name).where(awaited_messages.c.instance == instance)
    return sorted((address, name) for address, name in session.conn.execute(mine))


def row_of(session: Session, instance: int) -> Any:
    return session.conn.execute(select(process_instances).where(process_instances.c.id == instance)).one()


def tasks_by_address(session: Session, instance: int) -> dict[str, Any]:
    found = session.conn.execute(select(tasks).where(tasks.c.instance == instance).order_by(tasks.c.id))
    return {row.address: row for row in found}


def of_case(session: Session, name: str = "演示甲") -> tuple[int, int, int]:
    """A household, its case, and the instance of the case."""
    household = planted.household(session, name)
    case = planted.case(session, household)
    return household, case, planted.instance(session, ("case", case), case_id=case)


def test_a_task_is_read_with_all_that_a_command_needs(county: County) -> None:
    with county.store.transaction() as session:
        household, case, instance = of_case(session)
        of_case(session, "演示乙")
        task = planted.task(session, instance, "review#2", item="health", assignee=county.ids["village_1"])
        ended = {
            "case_id": case,
            "kind": "gone",
            "elements": "x",
            "lifted_by_role": "r",
            "opened_at": START,
            "lifted_at": START,
        }
        session.conn.execute(insert(holds).values(ended))
        standing = {**ended, "kind": "objection", "elements": "review,approve", "lifted_at": None}
        session.conn.execute(insert(holds).values(standing))
        session.write(people.acted_writes(case, "check_household", [2, 5]))
        session.write(people.acted_writes(case, "post_notice", [2]))
        kin = insert(kinships).values(official=county.ids["village_2"], household=household, declared_at=START)
        session.conn.execute(kin)
        newest = session.conn.execute(select(func.max(entries.c.id))).scalar_one()

        work = processes.lock_task(session, task)
        assert (work.instance, work.process, work.state, work.status) == (instance, "identify", None, "open")
        assert (work.subject_kind, work.subject_id, work.case_id) == ("case", case, case)
        assert (work.household, work.village) == (household, VILLAGE)
        assert work.case is not None and work.case["household"] == household
        assert (work.case["status"], work.case["clue_on"], work.case["opened_at"]) == ("open", START.date(), START)
        assert work.head.name == f"case:{case}" and (work.head.number, work.head.hash) == (0, b"")
        assert work.key is not None and work.key.bytes is not None
        assert work.holds == (("objection", ("review", "approve")),)
        assert work.acts == {"check_household": {2, 5}, "post_notice": {2}}
        assert work.kin == {county.ids["village_2"]}
        assert work.newest_entry == newest
        assert (work.awaiting, work.drafted) == (False, False)
        assert work.task is not None
        told = {name: work.task[name] for name in ("id", "address", "element", "item", "assignee", "status", "version")}
        assert told == {
            "id": task,
            "address": "review#2",
            "element": "review",
            "item": "health",
            "assignee": county.ids["village_1"],
            "status": "open",
            "version": 1,
        }
        assert replace(processes.lock_instance(session, instance), task=work.task) == work
    with county.store.reading() as session:
        assert processes.see_task(session, task) == work


def test_a_draft_and_an_awaited_message_are_seen_beside_the_task(county: County) -> None:
    with county.store.transaction() as session:
        _, _, instance = of_case(session)
        _, _, other = of_case(session, "演示乙")
        task, second = planted.task(session, instance), planted.task(session, instance, "post_notice")
        third = planted.task(session, other)
        draft = {"task": task, "official": county.ids["village_1"], "secret": b"s", "saved_at": START}
        session.conn.execute(insert(task_drafts).values(draft))
        session.conn.execute(insert(awaited_messages).values(instance=instance, address="objection", name="objection"))
        seen = [processes.see_task(session, one) for one in (task, second, third)]
        assert [work.drafted for work in seen] == [True, False, False]
        assert [work.awaiting for work in seen] == [True, True, False]


@pytest.mark.parametrize("read", [processes.lock_instance, processes.lock_task, processes.see_task])
def test_what_is_not_there_is_not_found(county: County, read: Callable[[Session, int], Work]) -> None:
    with county.store.transaction() as session, pytest.raises(NotFound):
        read(session, 10**6)


def test_an_instance_without_a_case_stands_on_what_it_says_itself(county: County) -> None:
    with county.store.transaction() as session:
        household = planted.household(session, village=OTHER_VILLAGE)
        key = record.new_data_key(session, "clue:7")
        bare = planted.instance(session, ("clue", 7))
        placed = planted.instance(session, ("clue", 8), household=household)
        full = planted.instance(session, ("clue", 9), household=household, org_unit=VILLAGE, data_key=key.id)

        work = processes.lock_instance(session, bare)
        assert (work.case, work.household, work.village, work.key, work.task) == (None, None, None, None, None)
        work = processes.lock_instance(session, placed)
        assert (work.household, work.village) == (household, OTHER_VILLAGE)
        assert work.key is not None and work.key.id != key.id  # the household's own
        work = processes.lock_instance(session, full)
        assert (work.household, work.village, work.key) == (household, VILLAGE, key)

        processes.move_instance(session, bare, household=household, org_unit=VILLAGE)
        work = processes.lock_instance(session, bare)
        assert (work.household, work.village) == (household, VILLAGE)
        assert processes.lock_instance(session, placed).village == OTHER_VILLAGE


def test_who_acted_in_an_instance_without_a_case_is_its_own(county: County) -> None:
    one, two = county.ids["village_1"], county.ids["village_2"]
    with county.store.transaction() as session:
        instance, other = planted.instance(session, ("clue", 1)), planted.instance(session, ("clue", 2))
        session.write(processes.acted_writes(instance, "look", {two, one}))
        session.write(processes.acted_writes(instance, "answer", {one}))
        assert processes.acted_writes(instance, "look", []) == []
        assert processes.lock_instance(session, instance).acts == {"look": {one, two}, "answer": {one}}
        assert processes.lock_instance(session, other).acts == {}
        assert session.conn.execute(select(func.count()).select_from(instance_acts)).scalar() == 3


def test_instances_of_a_subject_are_listed_newest_first_without_those_of_cases(county: County) -> None:
    with county.store.transaction() as session:
        household, case, of_it = of_case(session)
        one = planted.instance(session, ("clue", case), name="a")
        two = planted.instance(session, ("clue", case), name="b")
        planted.instance(session, ("clue", case + 1), name="c")
        planted.instance(session, ("run", case), name="d")
        assert [row.id for row in processes.instances_of_subject(session, "clue", case)] == [two, one]
        assert processes.instances_of_subject(session, "case", case) == []
        assert row_of(session, of_it).case_id == case
        assert processes.instances_of_subject(session, "household", household) == []


def test_an_instance_keeps_the_deployment_that_it_began_under(county: County) -> None:
    with county.store.transaction() as session:
        later = session.conn.execute(select(func.max(metadata.tables["deployments"].c.id))).scalar_one()
        one, two = planted.instance(session, ("clue", 1)), planted.instance(session, ("clue", 2), deployment=later)
        assert processes.deployment_of(session, two) == later
        assert processes.deployment_of(session, one) != later


def test_a_step_is_saved_whole(county: County) -> None:
    with county.store.transaction() as session:
        _, case, instance = of_case(session)
        other = planted.instance(session, ("clue", 1))
        for one in (instance, other):
            planted.task(session, one, "first")
            planted.task(session, one, "second")
            timer(session, one, "old")
            session.conn.execute(insert(awaited_messages).values(instance=one, address="before", name="objection"))
        done = step(
            closed=("first", "second"),
            timers=(OpenTimer("late", "late", DUE, True, None, "third"),),
            stopped=("old",),
            awaited=(Awaited("now", "now", "appeal"),),
        )
        opened = [new_task("third", item="health", assignee=7, type="form", list="departments"), new_task("fourth")]
        work = processes.lock_instance(session, instance)
        writes = processes.save(
            work, done, opened, LATER, completed="first", by=5, awaited_before=True, answer={"result": "yes"}
        )
        session.write(writes)

        assert (row_of(session, instance).state, row_of(session, instance).status) == (b"next", "open")
        assert row_of(session, instance).ended_at is None
        found = tasks_by_address(session, instance)
        first, second, third = found["first"], found["second"], found["third"]
        assert (first.status, first.closed_at, first.closed_by, first.version) == ("done", LATER, 5, 2)
        assert (second.status, second.closed_at, second.closed_by, second.version) == ("void", LATER, None, 2)
        assert (first.answer, second.answer) == ({"result": "yes"}, None)
        assert (third.status, third.version, third.urged, third.opened_at, third.due) == ("open", 1, 0, LATER, DUE)
        assert (third.case_id, third.item, third.assignee, third.type, third.list) == (
            case,
            "health",
            7,
            "form",
            "departments",
        )
        assert (found["fourth"].item, found["fourth"].assignee, found["fourth"].type) == (None, None, "")
        (left,) = session.conn.execute(select(timers).where(timers.c.instance == instance))
        assert (left.address, left.due, left.provisional, left.attached_to, left.tries) == ("late", DUE, True, "third", 0)
        assert awaited(session, instance) == [("now", "appeal")]

        untouched = tasks_by_address(session, other)
        assert [(row.status, row.version) for row in untouched.values()] == [("open", 1), ("open", 1)]
        assert awaited(session, other) == [("before", "objection")]
        assert session.conn.execute(select(timers.c.address).where(timers.c.instance == other)).scalar() == "old"


def test_the_last_step_ends_the_instance_and_drops_its_lists(county: County) -> None:
    with county.store.transaction() as session:
        ended, running = planted.instance(session, ("clue", 1)), planted.instance(session, ("clue", 2))
        for one in (ended, running):
            session.conn.execute(insert(kept_lists).values(instance=one, digest="d", content=[1]))
            session.conn.execute(insert(awaited_messages).values(instance=one, address="a", name="objection"))
        for one, said in ((ended, step(state=None)), (running, step())):
            work = processes.lock_instance(session, one)
            session.write(processes.save(work, said, (), LATER, completed=None, by=None, awaited_before=work.awaiting))
        first, second = row_of(session, ended), row_of(session, running)
        assert (first.state, first.status, first.ended_at) == (None, "ended", LATER)
        assert (second.state, second.status, second.ended_at) == (b"next", "open", None)
        assert session.conn.execute(select(kept_lists.c.instance)).scalars().all() == [running]
        assert awaited(session, ended) == awaited(session, running) == []


def test_a_step_in_which_something_failed_leaves_the_instance_stuck(county: County) -> None:
    with county.store.transaction() as session:
        instance = planted.instance(session, ("clue", 1))
        work = processes.lock_instance(session, instance)
        failed = step(failures=(Failure("a", "a", "no_person", {}),))
        session.write(processes.save(work, failed, (), LATER, completed=None, by=None, awaited_before=False))
        assert row_of(session, instance).status == "stuck"
        assert processes.lock_instance(session, instance).status == "stuck"


def test_a_task_changes_only_while_open_and_at_the_version_that_was_seen(county: County) -> None:
    with county.store.transaction() as session:
        instance = planted.instance(session, ("clue", 1))
        task, other = planted.task(session, instance), planted.task(session, instance, "post_notice")
        closed = planted.task(session, instance, "over", status="done")
        assert processes.change_task(session, task, 1, assignee=7)
        assert not processes.change_task(session, task, 1, assignee=8)
        assert processes.change_task(session, task, 2, org_unit=OTHER_VILLAGE)
        assert not processes.change_task(session, closed, 1, assignee=7)
        assert not processes.change_task(session, 10**6, 1, assignee=7)
        found = {row.id: row for row in tasks_by_address(session, instance).values()}
        assert (found[task].assignee, found[task].org_unit, found[task].version) == (7, OTHER_VILLAGE, 3)
        assert (found[other].assignee, found[other].version) == (None, 1)
        assert (found[closed].assignee, found[closed].version) == (None, 1)


def test_incidents_agree_with_what_is_stuck_after_a_step(county: County) -> None:
    with county.store.transaction() as session:
        instance, other = planted.instance(session, ("clue", 1)), planted.instance(session, ("clue", 2))
        a, b = Failure("a#1", "a", "no_person", {"role": "x", "n": 2}), Failure("b", "b", "no_rule", {})

        def after(at: int, *failures: Failure) -> list[tuple[Any, ...]]:
            work = processes.lock_instance(session, instance)
            incident_rows.agree_with(session, work, step(failures=failures), START + timedelta(hours=at))
            rows = session.conn.execute(
                select(incidents).where(incidents.c.instance == instance).order_by(incidents.c.id)
            ).all()
            return [(row.address, row.opened_at, row.closed_at) for row in rows]

        incident_rows.agree_with(session, processes.lock_instance(session, other), step(failures=(a,)), START)
        one, two = START + timedelta(hours=1), START + timedelta(hours=2)
        assert after(0) == []
        assert after(1, a) == [("a#1", one, None)]
        assert after(2, a, b) == [("a#1", one, None), ("b", two, None)]
        assert after(3, b) == [("a#1", one, START + timedelta(hours=3)), ("b", two, None)]
        assert after(4, a, b)[2:] == [("a#1", START + timedelta(hours=4), None)]  # stuck again: an incident of its own
        assert [row[2] for row in after(5)] == [START + timedelta(hours=n) for n in (3, 5, 5)]
        (kept,) = session.conn.execute(select(incidents).where(incidents.c.instance == other)).all()
        assert (kept.element, kept.code, kept.details, kept.closed_at) == ("a", "no_person", {"role": "x", "n": "2"}, None)


def test_timers_that_are_due_come_in_order_and_are_taken_once(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted.instance(session, ("clue", 1)), planted.instance(session, ("clue", 2))
        timer(session, two, "b", due=START)
        timer(session, one, "z", due=START)
        timer(session, one, "c", due=START)
        timer(session, one, "first", due=START - timedelta(hours=1))
        timer(session, one, "later", due=LATER)

        def due(limit: int) -> list[tuple[int, str]]:
            return [(row.instance, row.address) for row in processes.due_timers(session, START, limit)]

        assert due(10) == [(one, "first"), (one, "c"), (one, "z"), (two, "b")]
        assert due(2) == [(one, "first"), (one, "c")]
        assert [row.due for row in processes.due_timers(session, START, 1)] == [START - timedelta(hours=1)]
        assert not processes.claim_timer(session, two, "first")
        assert processes.claim_timer(session, one, "first")
        assert not processes.claim_timer(session, one, "first")
        processes.postpone_timer(session, one, "c", START)
        assert due(10) == [(one, "z"), (two, "b")]
        processes.postpone_timer(session, one, "c", LATER)
        (poisoned,) = session.conn.execute(select(timers).where(timers.c.address == "c"))
        assert (poisoned.due, poisoned.tries) == (LATER + timedelta(hours=1), 2)
        assert session.conn.execute(select(timers.c.tries).where(timers.c.address == "z")).scalar() == 0


def test_an_instance_closed_from_outside_leaves_nothing_open(county: County) -> None:
    with county.store.transaction() as session:
        instance, other = planted.instance(session, ("clue", 1)), planted.instance(session, ("clue", 2))
        for one in (instance, other):
            planted.task(session, one, "open")
            planted.task(session, one, "over", status="done", closed_at=START, closed_by=5)
            timer(session, one, "t")
            session.conn.execute(insert(awaited_messages).values(instance=one, address="a", name="objection"))
            session.conn.execute(insert(kept_lists).values(instance=one, digest="d", content=[]))
            work = processes.lock_instance(session, one)
            incident_rows.agree_with(session, work, step(failures=(Failure("x", "x", "c", {}),)), START)
        processes.end_instance(session, instance, LATER)
        processes.end_instance(session, instance, LATER + timedelta(days=1))  # over already: it stays as it ended

        row = row_of(session, instance)
        assert (row.state, row.status, row.ended_at) == (None, "closed", LATER)
        found = tasks_by_address(session, instance)
        assert (found["open"].status, found["open"].closed_at, found["open"].version) == ("void", LATER, 2)
        assert (found["over"].status, found["over"].closed_at, found["over"].closed_by) == ("done", START, 5)
        left = {
            table.name: session.conn.execute(select(table.c.instance)).scalars().all()
            for table in (timers, awaited_messages, kept_lists)
        }
        assert left == {"timers": [other], "awaited_messages": [other], "kept_lists": [other]}
        closed = {row.instance: row.closed_at for row in session.conn.execute(select(incidents))}
        assert closed == {instance: LATER, other: None}
        assert row_of(session, other).status == "open"
        assert tasks_by_address(session, other)["open"].status == "open"
