"""The task inbox: whose task is listed where, in which order, and what is counted."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.policy.jurisdiction import Assignment
from app.store import inbox, notifications
from app.store.session import Session
from app.store.tables import acts, incidents, instance_acts, process_instances, tasks
from tests.conftest import OTHER_VILLAGE, TOWN, VILLAGE, County
from tests.store.planting import DAY, HOUR, case, clue, household, run, task, timer

OFFICER = Assignment("village_officer", VILLAGE)
CLERK = Assignment("window_clerk", VILLAGE)
ELSEWHERE = Assignment("village_officer", OTHER_VILLAGE)


def planted(session: Session, name: str = "演示甲", village: str = VILLAGE) -> int:
    """The run of a new household's case."""
    return run(session, case(session, household(session, name, village)))


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


def test_unclaimed_tasks_lie_where_one_holds_one_of_their_roles(county: County) -> None:
    with county.store.transaction() as session:
        instance = planted(session)
        task(session, instance, "a", roles="town_officer,village_officer")
        task(session, instance, "b", roles="window_clerk")
        task(session, instance, "c", roles="village_officer", assignee=county.ids["village_1"])
        task(session, instance, "d", roles="hotline_officer", status="done")
        task(session, instance, "e", org_unit=OTHER_VILLAGE)
        assert inbox.index_pairs(session, [OFFICER]) == [(VILLAGE, "town_officer,village_officer")]
        both = [(VILLAGE, "town_officer,village_officer"), (VILLAGE, "window_clerk")]
        assert sorted(inbox.index_pairs(session, [OFFICER, CLERK])) == both
        assert inbox.index_pairs(session, [ELSEWHERE]) == [(OTHER_VILLAGE, "village_officer")]
        assert inbox.index_pairs(session, [Assignment("officer", VILLAGE)]) == []  # part of a role's name is none
        assert inbox.index_pairs(session, []) == []


def test_what_stands_for_a_person_is_counted(county: County) -> None:
    me, other, now = county.ids["village_1"], county.ids["village_2"], county.now
    with county.store.transaction() as session:
        empty = inbox.standing(session, me, [], now)
        assert (empty.mine, empty.open, empty.done, empty.late, empty.nearest) == (0, 0, 0, 0, None)
        assert (empty.pairs, empty.stuck, empty.waiting) == ([], False, 0)
        instance = planted(session)
        task(session, instance, "a", due=now)  # due this moment is late
        task(session, instance, "b", due=now + HOUR)
        task(session, instance, "c", due=now - DAY, assignee=me)
        task(session, instance, "d", due=now - 2 * DAY, assignee=other)
        task(session, instance, "e", due=now - 2 * DAY, roles="window_clerk")
        task(session, instance, "f", status="done", closed_by=me, closed_at=now, assignee=me, due=now - 3 * DAY)
        task(session, instance, "g", status="void", due=now - 3 * DAY)
        found = inbox.standing(session, me, [OFFICER], now)
        assert (found.mine, found.open, found.done, found.late, found.waiting) == (1, 2, 1, 2, 3)
        assert found.nearest == now - DAY
        assert found.pairs == [(VILLAGE, "village_officer")]
        theirs = inbox.standing(session, other, [], now)
        assert (theirs.mine, theirs.open, theirs.done, theirs.nearest) == (1, 0, 0, now - 2 * DAY)


def test_whoever_looks_sees_that_something_is_stuck_until_it_is_healed(county: County) -> None:
    now = county.now
    with county.store.transaction() as session:
        row = {"instance": planted(session), "address": "a", "element": "a", "code": "c", "details": {}, "opened_at": now}
        session.conn.execute(insert(incidents).values(**row, closed_at=now))
        assert not inbox.standing(session, 1, [OFFICER], now).stuck
        session.conn.execute(insert(incidents).values(**row))
        assert inbox.standing(session, 1, [], now).stuck


def test_counts_stop_at_a_thousand(county: County) -> None:
    me, now = county.ids["village_1"], county.now
    with county.store.transaction() as session:
        task(session, planted(session), "first", due=now)
        row = dict(session.conn.execute(select(tasks)).one()._mapping)
        row.pop("id")
        more = [{**row, "address": f"{who}[{n}]", "assignee": who} for who in (None, me) for n in range(inbox.MANY)]
        session.conn.execute(insert(tasks), more)
        found = inbox.standing(session, me, [OFFICER], now)
        assert (found.mine, found.open, found.late, found.waiting) == (inbox.MANY,) * 4


def test_unclaimed_tasks_of_several_roles_stand_in_one_order_and_are_paged(county: County) -> None:
    me, now = county.ids["village_1"], county.now
    with county.store.transaction() as session:
        instance = planted(session)
        third = task(session, instance, "a", due=now + 3 * HOUR)
        first = task(session, instance, "b", due=now + HOUR, roles="window_clerk")
        second = task(session, instance, "c", due=now + 2 * HOUR)
        fourth = task(session, instance, "d", due=now + 4 * HOUR, roles="window_clerk")
        fifth = task(session, instance, "e", due=now + 4 * HOUR, roles="village_officer")
        task(session, instance, "f", assignee=me)
        task(session, instance, "g", org_unit=OTHER_VILLAGE)
        task(session, instance, "h", roles="town_officer")
        task(session, instance, "i", status="void")
        held = [OFFICER, CLERK]
        assert ids(inbox.open_for_roles(session, me, held)) == [first, second, third, fourth, fifth]
        assert ids(inbox.open_for_roles(session, me, held, limit=2)) == [first, second]
        assert ids(inbox.open_for_roles(session, me, held, limit=2, offset=2)) == [third, fourth]
        assert ids(inbox.open_for_roles(session, me, held, limit=2, offset=4)) == [fifth]
        assert ids(inbox.open_for_roles(session, me, held, pairs=[(VILLAGE, "window_clerk")])) == [first, fourth]
        assert ids(inbox.open_for_roles(session, me, [Assignment("grid_worker", VILLAGE)])) == []
        assert ids(inbox.open_for_roles(session, me, held, pairs=[])) == []


def test_a_claimed_task_is_listed_for_its_official_only(county: County) -> None:
    me, other, now = county.ids["village_1"], county.ids["village_2"], county.now
    with county.store.transaction() as session:
        instance = planted(session)
        late = task(session, instance, "a", due=now + 2 * HOUR, assignee=me, version=3)
        soon = task(session, instance, "b", due=now + HOUR, assignee=me)
        theirs = task(session, instance, "c", assignee=other)
        task(session, instance, "d")
        task(session, instance, "e", assignee=me, status="done", closed_by=me, closed_at=now)
        assert ids(inbox.assigned_to(session, me)) == [soon, late]
        assert ids(inbox.assigned_to(session, other)) == [theirs]
        assert ids(inbox.assigned_to(session, me, limit=1)) == [soon]
        assert ids(inbox.assigned_to(session, me, limit=1, offset=1)) == [late]
        assert ids(inbox.assigned_to(session, county.ids["grid"])) == []
        assert sorted(tuple(row) for row in inbox.unfinished(session, me)) == [(late, 3), (soon, 1)]
        assert inbox.unfinished(session, county.ids["grid"]) == []


def test_lists_are_narrowed_by_step_village_procedure_and_due_moment(county: County) -> None:
    me, now = county.ids["village_1"], county.now
    with county.store.transaction() as session:
        here, there = planted(session), planted(session, "演示乙", OTHER_VILLAGE)
        alone = run(session, subject_kind="clue", process="clue", org_unit=OTHER_VILLAGE)
        one = task(session, here, "check", due=now + HOUR)
        two = task(session, there, "sign", due=now + 2 * HOUR)
        three = task(session, alone, "check", due=now + 3 * HOUR)

        def found(**wanted: Any) -> list[int]:
            listed = ids(inbox.open_for_roles(session, me, [OFFICER], **wanted))
            session.conn.execute(tasks.update().values(assignee=me))
            assert ids(inbox.assigned_to(session, me, **wanted)) == listed
            session.conn.execute(tasks.update().values(assignee=None))
            return listed

        assert found() == [one, two, three]
        assert found(element="check") == [one, three]
        assert found(element="") == [one, two, three]
        assert found(process="clue") == [three]
        assert found(villages=[OTHER_VILLAGE]) == [two, three]
        assert found(villages=[VILLAGE, OTHER_VILLAGE]) == [one, two, three]
        assert found(villages=[]) == []
        assert found(due_before=now + 2 * HOUR) == [one, two]
        assert found(due_after=now + 2 * HOUR) == [three]
        assert found(due_after=now + HOUR, element="check", villages=[OTHER_VILLAGE], process="clue") == [three]


def test_a_listed_task_says_what_it_is_about_who_sent_it_and_when_to_look_again(county: County) -> None:
    me, other, now = county.ids["village_1"], county.ids["village_2"], county.now
    with county.store.transaction() as session:
        ident = household(session)
        case_id = case(session, ident, limit_at=now + 9 * DAY)
        instance = run(session, case_id)
        task(session, instance, "before", status="done", closed_by=other, closed_at=now)
        after = task(session, instance, "after", opened_at=now, due=now + HOUR)
        first = task(session, instance, "first", opened_at=now - DAY, due=now + 2 * HOUR)
        task(session, instance, "void", status="void", closed_by=other, closed_at=now + HOUR)
        back = task(session, instance, "back", opened_at=now + HOUR, due=now + 3 * HOUR)
        timer(session, instance, "t", attached_to="first", provisional=True)
        timer(session, instance, "u", attached_to="after")
        notifications.follow(session, me, after, date(2021, 9, 4))
        notifications.follow(session, other, first, date(2021, 9, 5))
        rows = {row.id: row for row in inbox.open_for_roles(session, me, [OFFICER])}
        assert list(rows) == [after, first, back]
        told = [(row.from_who, row.came, row.follow_on, bool(row.provisional)) for row in rows.values()]
        assert told == [
            ("village_2", inbox.DONE, date(2021, 9, 4), False),
            (None, None, None, True),
            (None, inbox.RETURNED, None, False),
        ]
        row = rows[after]
        assert (row.head_name, row.village, row.household, row.case_id) == ("演示甲", VILLAGE, ident, case_id)
        assert (row.limit_at, row.process, row.subject_kind, row.instance) == (now + 9 * DAY, "identify", "case", instance)
        assert (row.element, row.due, row.version, row.urged) == ("after", now + HOUR, 1, 0)
        assert inbox.provisional(session, instance, "first")
        assert not inbox.provisional(session, instance, "after")
        assert not inbox.provisional(session, planted(session, "演示乙"), "first")


def test_a_task_without_a_case_is_about_the_household_and_place_of_its_run(county: County) -> None:
    with county.store.transaction() as session:
        instance = run(session, household=household(session, "演示丙"), org_unit=OTHER_VILLAGE, subject_kind="clue")
        task(session, instance)
        (row,) = inbox.open_for_roles(session, 1, [OFFICER])
        assert (row.head_name, row.village, row.household, row.case_id, row.limit_at) == (
            "演示丙",
            OTHER_VILLAGE,
            None,
            None,
            None,
        )


def test_what_somebody_did_is_listed_the_latest_first(county: County) -> None:
    me, now = county.ids["village_1"], county.now
    with county.store.transaction() as session:
        instance = planted(session)
        first = task(session, instance, "a", status="done", closed_by=me, closed_at=now)
        last = task(session, instance, "b", status="done", closed_by=me, closed_at=now + HOUR)
        task(session, instance, "c", status="done", closed_by=county.ids["village_2"], closed_at=now)
        task(session, instance, "d", assignee=me)
        assert ids(inbox.done_by(session, me)) == [last, first]
        assert ids(inbox.done_by(session, me, limit=1)) == [last]
        assert ids(inbox.done_by(session, me, offset=1)) == [first]
        assert inbox.done_by(session, county.ids["grid"]) == []
        assert inbox.done_by(session, me)[0].closed_at == now + HOUR


def test_who_acted_is_told_by_case_or_by_run_where_there_is_none(county: County) -> None:
    me, other = county.ids["village_1"], county.ids["village_2"]
    with county.store.transaction() as session:
        case_id, second = case(session, household(session)), case(session, household(session, "演示乙"))
        alone = run(session)
        session.conn.execute(
            insert(acts),
            [
                {"case_id": case_id, "element": "check", "official": me},
                {"case_id": case_id, "element": "sign", "official": me},
                {"case_id": case_id, "element": "check", "official": other},
                {"case_id": second, "element": "check", "official": me},
            ],
        )
        session.conn.execute(insert(instance_acts).values(instance=alone, element="look", official=me))
        assert inbox.acted(session, [case_id], [alone], [me]) == {
            (case_id, None): {("check", me), ("sign", me)},
            (None, alone): {("look", me)},
        }
        assert inbox.acted(session, [case_id], [], [other]) == {(case_id, None): {("check", other)}}
        assert inbox.acted(session, [], [alone], [me, other]) == {(None, alone): {("look", me)}}
        assert inbox.acted(session, [], [], [me]) == inbox.acted(session, [second], [alone], []) == {}


def test_questions_of_one_type_of_step_are_known_by_their_items(county: County) -> None:
    now = county.now
    with county.store.transaction() as session:
        case_id, second = case(session, household(session)), case(session, household(session, "演示乙"))
        one, another = run(session, case_id), run(session, case_id)
        task(session, one, "ask[health]", type="asset", item="health", due=now + HOUR)
        task(session, one, "ask[police]", type="asset", item="police", status="done", due=now + 9 * DAY)
        task(session, one, "ask[water]", type="asset", item="water", status="void", due=now + 9 * DAY)
        task(session, one, "whole", type="asset", due=now - HOUR)
        task(session, one, "other[rural]", type="measure", item="rural", due=now + 9 * DAY)
        assert inbox.asked(session, case_id, "asset") == {"health", "police"}
        assert inbox.asked(session, case_id, "none") == inbox.asked(session, second, "asset") == set()
        assert inbox.latest_due(session, case_id, "asset", now) == now + HOUR
        assert inbox.latest_due(session, case_id, "asset", now + HOUR) is None  # due this moment is overdue
        assert inbox.latest_due(session, second, "asset", now) is None
        assert inbox.open_elsewhere(session, case_id, "asset", another)
        assert not inbox.open_elsewhere(session, case_id, "asset", one)
        assert not inbox.open_elsewhere(session, case_id, "none", another)
        assert not inbox.open_elsewhere(session, second, "asset", another)


def test_urging_counts_open_tasks_of_one_step_and_the_level_above_is_told(county: County) -> None:
    now = county.now
    with county.store.transaction() as session:
        instance, other = planted(session), planted(session, "演示乙")
        late = task(session, instance, "step[a]", item="a", due=now - DAY)
        later = task(session, instance, "step[b]", item="b", due=now - HOUR)
        done = task(session, instance, "step[c]", item="c", status="done")
        apart = task(session, instance, "apart")
        elsewhere = task(session, other, "step", org_unit=OTHER_VILLAGE, due=now - 2 * DAY)
        inbox.mark_urged(session, instance, "step")
        inbox.mark_urged(session, instance, "step")
        inbox.mark_urged(session, other, "step")
        urged = {row.id: row.urged for row in session.conn.execute(select(tasks.c.id, tasks.c.urged))}
        assert urged == {late: 2, later: 2, done: 0, apart: 0, elsewhere: 1}
        task(session, instance, "closed", status="done", urged=1)
        rows, many = inbox.urged_below(session, [VILLAGE])
        assert (ids(rows), many) == ([late, later], 2)
        rows, many = inbox.urged_below(session, [VILLAGE, OTHER_VILLAGE], limit=2)
        assert (ids(rows), many) == ([elsewhere, late], 3)  # what the page has no room for is counted
        assert inbox.urged_below(session, [VILLAGE], limit=2)[1] == 2
        assert inbox.urged_below(session, [TOWN]) == inbox.urged_below(session, []) == ([], 0)
        assert rows[1].head_name == "演示甲"


def test_a_list_holds_unclaimed_tasks_and_ones_own(county: County) -> None:
    me, other, now = county.ids["village_1"], county.ids["village_2"], county.now
    with county.store.transaction() as session:
        ident = household(session)
        case_id = case(session, ident, category="sudden", decided_at=now)
        instance = run(session, case_id, state=b"state")
        loose = task(session, instance, "a", list="review", due=now + 2 * HOUR)
        mine = task(session, instance, "b", list="review", due=now + HOUR, assignee=me)
        theirs = task(session, instance, "c", list="review", due=now + 3 * HOUR, assignee=other)
        task(session, instance, "d", list="notice")
        task(session, instance, "e", list="review", status="done")
        far = task(session, instance, "f", list="review", org_unit=OTHER_VILLAGE, due=now + 4 * HOUR)
        rows = inbox.waiting_at(session, "review", [VILLAGE], me)
        assert ids(rows) == [mine, loose]
        assert ids(inbox.waiting_at(session, "review", [VILLAGE, OTHER_VILLAGE], other)) == [loose, theirs, far]
        assert inbox.waiting_at(session, "review", [], me) == inbox.waiting_at(session, "other", [VILLAGE], me) == []
        row = rows[0]
        assert (row.head_name, row.village, row.household, row.category) == ("演示甲", VILLAGE, ident, "sudden")
        assert (row.decided_at, row.process, bytes(row.state)) == (now, "identify", b"state")
        alone = task(session, run(session), "g")
        assert inbox.cases_of(session, [loose, alone, 10**9]) == {loose: case_id}
        assert inbox.cases_of(session, []) == {}


def test_one_task_is_found_with_its_case_and_household(county: County) -> None:
    now = county.now
    with county.store.transaction() as session:
        ident = household(session)
        case_id = case(session, ident)
        made = task(session, run(session, case_id), "check[a]", item="a", status="done", closed_by=3, closed_at=now)
        alone = task(session, run(session, household=ident), "look")
        row = inbox.task(session, made)
        assert (row.id, row.address, row.element, row.item, row.closed_by) == (made, "check[a]", "check", "a", 3)
        assert (row.case_id, row.household, row.village, row.head_name) == (case_id, ident, VILLAGE, "演示甲")
        assert (row.process, row.clue_on, row.status) == ("identify", date(2021, 9, 1), "done")
        assert row.data_key is not None
        row = inbox.task(session, alone)
        assert (row.case_id, row.household, row.village, row.data_key) == (None, None, None, None)
        assert inbox.task(session, made + 10**6) is None


def test_open_tasks_of_a_case_and_of_a_run_stand_by_their_due_moment(county: County) -> None:
    now = county.now
    with county.store.transaction() as session:
        case_id = case(session, household(session))
        one, another = run(session, case_id), run(session, case_id)
        late = task(session, one, "a", due=now + 2 * HOUR)
        soon = task(session, another, "b", due=now + HOUR)
        last = task(session, one, "c", due=now + 2 * HOUR)
        task(session, one, "d", status="done")
        other = case(session, household(session, "演示乙"))
        task(session, run(session, other), "e", due=now)
        without = case(session, household(session, "演示丙"))
    with county.store.reading() as session:
        assert ids(inbox.open_tasks_of_case(session, case_id)) == [soon, late, last]
        assert ids(inbox.open_of_instance(session, one)) == [late, last]
        assert ids(inbox.open_of_instance(session, another)) == [soon]
        assert inbox.open_tasks_of_case(session, without) == inbox.open_of_instance(session, 10**9) == []
        steps = inbox.open_steps(session, [case_id, other, without])
        assert {ident: row.element for ident, row in steps.items()} == {case_id: "b", other: "e"}
        deployment = session.conn.execute(select(process_instances.c.deployment).where(process_instances.c.id == one))
        assert steps[case_id].deployment == deployment.scalar_one()
        assert inbox.open_steps(session, []) == {}


def test_whoever_has_or_had_a_task_on_a_household_is_known(county: County) -> None:
    me, grid, clerk = (county.ids[name] for name in ("village_1", "grid", "window"))
    with county.store.transaction() as session:
        first, second = household(session), household(session, "演示乙")
        instance = run(session, case(session, first))
        task(session, instance, "a", status="done", closed_by=me)
        task(session, instance, "b", assignee=clerk)
        assert inbox.has_task_on(session, me, first, [])
        assert inbox.has_task_on(session, clerk, first, [])
        assert not inbox.has_task_on(session, grid, first, [])
        assert not inbox.has_task_on(session, grid, first, [OFFICER])  # nothing of the role is unclaimed
        task(session, instance, "c")
        assert inbox.has_task_on(session, grid, first, [OFFICER])
        assert not inbox.has_task_on(session, grid, first, [ELSEWHERE])
        assert not any(inbox.has_task_on(session, who, second, [OFFICER]) for who in (me, grid, clerk))


def test_a_task_on_a_clue_counts_for_its_household(county: County) -> None:
    me, other = county.ids["village_1"], county.ids["village_2"]
    with county.store.transaction() as session:
        ident = household(session)
        about = clue(session, household=ident)
        task(session, run(session, subject_kind="clue", subject_id=about), status="done", closed_by=me)
        task(session, run(session, subject_kind="study", subject_id=about), status="done", closed_by=other)
        assert inbox.has_task_on(session, me, ident, [])
        assert not inbox.has_task_on(session, other, ident, [])


def test_what_a_tab_can_be_narrowed_by_is_counted(county: County) -> None:
    me, now = county.ids["village_1"], county.now
    pairs = [(VILLAGE, "village_officer"), (VILLAGE, "window_clerk")]
    with county.store.transaction() as session:
        here, there = planted(session), planted(session, "演示乙", OTHER_VILLAGE)
        alone = run(session, process="clue", org_unit=OTHER_VILLAGE)
        task(session, here, "check[a]", due=now)
        task(session, here, "check[b]", due=now, roles="window_clerk")
        task(session, here, "check[c]", due=now + HOUR)
        task(session, there, "check", due=now)
        task(session, alone, "check", due=now)
        task(session, here, "mine", due=now, assignee=me)
        task(session, here, "theirs", due=now, assignee=county.ids["grid"])
        task(session, here, "done", due=now, status="done", assignee=me)

        def found(tab: str, given: inbox.Pairs = pairs) -> list[tuple[Any, ...]]:
            rows = inbox.facets(session, me, given, tab)
            assert all(row.deployment for row in rows)
            return sorted((row.process, row.element, row.village, row.due - now, row.n) for row in rows)

        soon = timedelta(0)
        assert found("open") == [
            ("clue", "check", OTHER_VILLAGE, soon, 1),
            ("identify", "check", VILLAGE, soon, 2),
            ("identify", "check", VILLAGE, HOUR, 1),
            ("identify", "check", OTHER_VILLAGE, soon, 1),
        ]
        assert found("open", [(VILLAGE, "window_clerk")]) == [("identify", "check", VILLAGE, soon, 1)]
        assert found("open", []) == []
        assert found("mine") == [("identify", "mine", VILLAGE, soon, 1)]


def test_what_is_counted_of_a_tab_is_what_is_due_first(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MANY", 2)
    me, now = county.ids["village_1"], county.now
    with county.store.transaction() as session:
        instance = planted(session)
        for n in (3, 1, 2):
            task(session, instance, f"open#{n}", due=now + n * HOUR)
            task(session, instance, f"mine#{n}", due=now + n * HOUR, assignee=me)
        for tab in ("open", "mine"):
            rows = inbox.facets(session, me, [(VILLAGE, "village_officer")], tab)
            assert sorted(row.element for row in rows) == [f"{tab}#1", f"{tab}#2"]


def test_one_range_of_the_index_can_be_asked_for(county: County) -> None:
    with county.store.transaction() as session:
        instance = planted(session)
        wanted = task(session, instance, "a")
        task(session, instance, "b", assignee=1)
        task(session, instance, "c", roles="window_clerk")
        task(session, instance, "d", org_unit=OTHER_VILLAGE)
        task(session, instance, "e", status="done")
        query = select(tasks.c.id).where(*inbox.slot("x"))
        given = {"u_x": VILLAGE, "r_x": "village_officer"}
        assert session.conn.execute(query, given).scalars().all() == [wanted]
