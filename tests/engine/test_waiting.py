"""Traps about waiting: timers, messages, boundary events, multi-instance tasks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.engine import timers
from app.engine.instance import VERSION
from app.engine.values import Complete, MessageArrived, Retry, TimerFired

from .sketch import NOW, Case, World, define, done, items, message, refused, sketch, timer

NOTICE = define(
    sketch(
        "start > post > notice; notice > over > down > end; notice > objection > inquire > notice",
        notice="gate",
        over=timer(timer="on(ends_on)"),
        objection=message(),
    )
)


# --- timers -----------------------------------------------------------------------------------------


def due(text: str, start: datetime, amount: int = 0, unit: str = "calendar_days", **scope: Any) -> datetime:
    world = World()
    world.amount = {"value": amount, "unit": unit}
    return timers.due_moment(timers.parse(text), "key", scope, start, world)[0]


@pytest.mark.parametrize(
    ("start", "months", "last_day"),
    [
        ((2022, 1, 31), 1, (2022, 2, 28)),
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2022, 1, 31), 2, (2022, 3, 31)),
        ((2022, 10, 31), 1, (2022, 11, 30)),
        ((2022, 1, 31), 13, (2023, 2, 28)),
        ((2022, 12, 31), 2, (2023, 2, 28)),
    ],
)
def test_months_are_calendar_months_that_end_within_the_month(start: Any, months: int, last_day: Any) -> None:
    moment = due("months('n')", datetime(*start, 3, tzinfo=UTC), months)
    assert moment == datetime(*last_day, 16, tzinfo=UTC)  # midnight in Shanghai


def test_notice_days_are_whole_days_after_the_day_of_posting() -> None:
    late_evening = datetime(2021, 9, 1, 15, 59, tzinfo=UTC)  # 23:59 on 1 September in Shanghai
    assert due("days('n')", late_evening, 5) == datetime(2021, 9, 6, 16, tzinfo=UTC)
    assert due("days('n')", late_evening + timedelta(minutes=1), 5) == datetime(2021, 9, 7, 16, tzinfo=UTC)
    assert due("on(day)", NOW, day="2021-09-07") == datetime(2021, 9, 6, 16, tzinfo=UTC)


def test_an_unfounded_objection_leaves_the_end_of_the_notice_where_it_was_even_when_passed() -> None:
    case = Case(NOTICE)
    case.do(Complete("post#1", {"ends_on": "2021-09-07"}))
    first = case.timers["over#1"]
    case.do(MessageArrived("objection#1"))
    assert case.timers == {}
    case.now = NOW + timedelta(days=30)
    case.do(*done("inquire"))
    assert case.timers == {"over#2": first}
    assert first < case.now
    case.do(TimerFired("over#2"))
    assert case.tasks == {"down#1"}


def test_two_timers_behind_one_gateway_keep_their_own_moments() -> None:
    definition = define(
        sketch(
            "start > a > g; g > five > b > end; g > ten > c > end",
            g="gate",
            five=timer(timer="on(d5)"),
            ten=timer(timer="on(d10)"),
        )
    )
    case = Case(definition, d5="2021-09-06", d10="2021-09-11")
    case.do(*done("a"))
    assert case.timers["ten#1"] - case.timers["five#1"] == timedelta(days=5)
    case.do(TimerFired("five#1"))
    assert (case.tasks, case.timers) == ({"b#1"}, {})


def test_no_timer_or_message_that_is_not_waited_for_is_taken() -> None:
    case = Case(NOTICE, ends_on="2021-09-07")
    for command in (TimerFired("over#1"), MessageArrived("objection#1"), TimerFired("post#1"), MessageArrived("nowhere#1")):
        assert refused(case, command).endswith("not_waiting")
    case.do(*done("post"), MessageArrived("objection#1"))
    assert refused(case, TimerFired("over#1")) == "engine.timer.not_waiting"
    case.do(*done("inquire"))
    assert refused(case, MessageArrived("objection#1")) == "engine.message.not_waiting"


# --- boundary events --------------------------------------------------------------------------------


def hung(interrupting: bool, kind: Any = timer) -> Case:
    definition = define(sketch("start > a > b > end; late > c > end_c", late=kind("a", interrupting=interrupting)))
    return Case(definition)


def test_a_non_interrupting_timer_fires_once_and_leaves_the_task_open() -> None:
    case = hung(False)
    case.do(TimerFired("late#1"))
    assert (case.tasks, case.timers) == ({"a#1", "c#1"}, {})
    assert refused(case, TimerFired("late#1")) == "engine.timer.not_waiting"
    case.do(*done("a", "b"))
    assert not case.step.ended
    assert case.do(*done("c")).ended


def test_an_interrupting_timer_closes_the_task() -> None:
    case = hung(True)
    case.do(TimerFired("late#1"))
    assert (case.tasks, case.step.closed) == ({"c#1"}, ("a#1",))
    assert refused(case, Complete("a#1")) == "engine.task.not_open"
    assert case.do(*done("c")).ended


def test_a_finished_task_stops_its_timer() -> None:
    case = hung(False)
    assert case.do(*done("a")).stopped == ("late#1",)


def test_a_boundary_message_brings_its_values() -> None:
    case = hung(True, message)
    assert [m.address for m in case.step.awaited] == ["late#1"]
    case.do(MessageArrived("late#1", {"who": "o17"}))
    assert (case.tasks, case.step.scope) == ({"c#1"}, {"who": "o17"})


def test_a_boundary_timer_on_a_subprocess_closes_all_inside() -> None:
    inside = sketch("start_i > split; split > i1 > end_i; split > i2 > end_j", "s", split="and", i2=items("departments"))
    top = sketch("start > s > b > end; late > c > end_c", s={"kind": "sub", "inner": "s"}, late=timer("s"))
    case = Case(define(top, inside), departments=["edu", "civil"])
    assert case.tasks == {"s#1/i1#1", "s#1/i2#1[edu]", "s#1/i2#1[civil]"}
    case.do(Complete("s#1/i2#1[edu]"), TimerFired("late#1"))
    assert case.tasks == {"c#1"}
    assert case.do(*done("c")).ended


# --- multi-instance ---------------------------------------------------------------------------------


def departments(rule: str, **scope: Any) -> Case:
    return Case(
        define(sketch("start > m > after > end; late > silent > end_s", m=items(rule=rule), late=timer("m"))),
        **scope,
    )


@pytest.mark.parametrize(("rule", "needed"), [("all", 3), ("any", 1), ("2", 2), ("5", 3)])
def test_a_multi_instance_task_goes_on_when_enough_have_answered(rule: str, needed: int) -> None:
    case = departments(rule, departments=["edu", "civil", "water"])
    for answered, item in enumerate(["water", "edu", "civil"][:needed], 1):
        assert case.tasks == {f"m#1[{i}]" for i in ("edu", "civil", "water")} - {
            f"m#1[{i}]" for i in ["water", "edu", "civil"][: answered - 1]
        }
        case.do(Complete(f"m#1[{item}]", {"answer": "seen"}))
    assert (case.tasks, case.timers) == ({"after#1"}, {})
    assert case.step.scope == {"departments": ["edu", "civil", "water"]}


def test_silence_closes_the_tasks_of_those_who_did_not_answer() -> None:
    case = departments("all", departments=["edu", "civil"])
    case.do(Complete("m#1[civil]", {"answer": "seen"}), TimerFired("late#1"))
    assert (case.tasks, case.step.closed, case.step.answers) == ({"silent#1"}, ("m#1[edu]",), (["items", "m#1", ["edu"]],))


def test_nobody_to_ask_goes_on_at_once() -> None:
    assert departments("all", departments=[]).tasks == {"after#1"}


def test_who_has_answered_cannot_answer_again_nor_anybody_who_was_not_asked() -> None:
    case = departments("all", departments=["edu", "civil"])
    case.do(Complete("m#1[edu]"))
    for address in ("m#1[edu]", "m#1[water]", "m#1", "m#2[civil]", "m#1[civil"):
        assert refused(case, Complete(address)) == "engine.task.not_open"


def test_every_village_of_a_province_gets_its_task_and_the_state_stays_small() -> None:
    few, many = ([f"v{n:05}" for n in range(n)] for n in (10, 26_842))
    small, large = departments("all", departments=few), departments("all", departments=many)
    assert len(large.tasks) == 26_842
    large.do(Complete("m#1[v00007]"))
    assert len(large.tasks) == 26_841
    assert len(large.step.state or b"") <= 1.3 * len(small.step.state or b"")
    assert large.step.lists == {}
    assert large.step.scope["departments"] == many
    large.do(TimerFired("late#1"))
    assert (large.tasks, len(large.step.closed)) == ({"silent#1"}, 26_841)


def test_a_long_list_is_read_again_by_a_second_round_of_the_same_step() -> None:
    ways = "start > m > g; g > m if again == 'yes'; g > end"
    case = Case(define(sketch(ways, g="xor", m=items("d", "any"))), d=[f"v{n}" for n in range(30)], again="yes")
    case.do(Complete("m#1[v3]"))
    assert case.tasks == {f"m#2[v{n}]" for n in range(30)}


def test_a_call_reads_its_callers_long_list() -> None:
    inner = sketch("start_i > i > end_i", "called", called=True, i=items("d"))
    top = sketch("start > a > c > end", c={"kind": "call", "inner": "called"})
    case = Case(define(top, inner), d=[f"v{n}" for n in range(30)])
    case.do(*done("a"))
    assert len(case.tasks) == 30
    case.do(*[Complete(f"c#1/i#1[v{n}]") for n in range(29)])
    assert case.do(Complete("c#1/i#1[v29]")).ended


BAD = [None, "edu", 7, ["edu", "edu"], [1, 2], [""], ["x" * 41]]


@pytest.mark.parametrize("bad", BAD)
def test_a_list_that_is_none_is_an_incident_that_retry_mends(bad: Any) -> None:
    case = departments("all", departments=bad)
    assert (case.failure.code, case.failure.address) == ("engine.items.bad_collection", "m#1")
    case.do(Retry("m#1", {"departments": ["edu"]}))
    assert (case.tasks, case.step.failures) == ({"m#1[edu]"}, ())


# --- what the first version of the engine recorded ---------------------------------------------------


def test_what_the_first_version_recorded_stuck_is_stuck_again_until_its_recorded_retry() -> None:
    one = define(sketch("start > m > after > end", m=items()))
    case = Case(one, version=1, departments=[f"d{n}" for n in range(21)])
    assert (case.failure.code, case.failure.address) == ("engine.items.bad_collection", "m#1")
    case.version = VERSION
    assert len(case.do(Retry("m#1")).opened) == 21


def test_a_state_of_the_first_version_goes_on_under_this_one() -> None:
    ways = "start > m > after > end; late > silent > end_s"
    case = Case(define(sketch(ways, m=items(), late=timer("m"))), version=1, departments=["edu", "civil", "water"])
    case.do(Complete("m#1[civil]", {"answer": "seen"}))
    assert b'[1,["edu","water"]]' in (case.step.state or b"")
    assert case.step.scope["m"] == {"civil": {"answer": "seen"}}
    case.version = VERSION
    case.do(Complete("m#1[edu]", {"answer": "seen"}))
    assert (case.tasks, case.step.scope["m"]) == ({"m#1[water]"}, {"civil": {"answer": "seen"}})
    assert case.do(Complete("m#1[water]")).closed == ("m#1[water]",)
    assert case.tasks == {"after#1"}


def test_the_first_version_opened_items_after_what_was_opened_beside_them() -> None:
    ways = "start > split; split > m > join; split > b > join; join > end"
    case = Case(define(sketch(ways, split="and", join="and", m=items())), version=1, departments=["edu", "civil"])
    assert [t.address for t in case.step.opened] == ["b#1", "m#1[edu]", "m#1[civil]"]


def test_twenty_items_run_after_an_inclusive_split() -> None:
    """What SpiffWorkflow predicted as a mere possibility takes no items."""
    definition = define(
        sketch(
            "start > a > split; split > b > join if p == 'yes'; split > m > join if p == 'yes';split > c > join; join > end",
            split="or",
            join="or",
            m=items(),
            late=timer("m", interrupting=False),
        )
    )
    case = Case(definition, departments=[f"d{n}" for n in range(20)], p="yes")
    case.do(*done("a"))
    assert len(case.tasks) == 21
