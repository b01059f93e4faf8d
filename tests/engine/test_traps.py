"""Traps of SpiffWorkflow (and of engines like it) about running, kept shut. Waiting: `test_waiting`."""

import cProfile
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app.engine import expressions, runner, timers
from app.engine.values import Complete, EngineError, MessageArrived, Retry, Return, TimerFired

from .sketch import NOW, Case, World, define, done, message, refused, sketch, timer

PARALLEL = define(
    sketch(
        "start > a > split; split > b1 > join; split > b2 > join; split > b3 > join; join > z > x;"
        "x > a if r == 'again'; x > end",
        split="and",
        join="and",
        x="xor",
    )
)
INCLUSIVE = define(
    sketch(
        "start > a > split; split > b1 > join if p == 'yes'; split > b2 > join if q == 'yes';"
        "split > b3 > join; join > z > x; x > a if r == 'again'; x > end",
        split="or",
        join="or",
        x="xor",
    )
)


# --- a long life ------------------------------------------------------------------------------------


def test_sixty_months_of_25_tasks_run_through_and_the_state_stays_small() -> None:
    names = [f"t{n}" for n in range(25)]
    case = Case(
        define(sketch(f"start > {' > '.join(names)} > x; x > t0 if r == 'again'; x > end", x="xor")),
        r="again",
    )
    sizes = []
    for month in range(1, 61):
        case.do(*done(*names, visit=month))
        assert case.tasks == {f"t0#{month + 1}"}
        sizes.append(len(case.step.state or b""))
    assert sizes[59] <= 1.25 * sizes[9]


def test_the_two_hundredth_visit_costs_what_the_tenth_did() -> None:
    case = Case(define(sketch("start > a > b > x; x > a if r == 'again'; x > end", x="xor")), r="again")
    states: dict[int, bytes] = {}
    for visit in range(1, 201):
        states[visit] = case.step.state or b""
        case.do(*done("a", "b", visit=visit))

    def calls(visit: int) -> int:
        counted = cProfile.Profile()
        counted.runcall(runner.advance, case.definition, states[visit], Complete(f"a#{visit}"), NOW, case.world)
        return sum(entry.callcount for entry in counted.getstats())

    assert len(states[200]) <= 1.25 * len(states[10])
    assert calls(200) <= 1.05 * calls(10)


def test_a_side_branch_left_open_does_not_make_the_state_grow() -> None:
    definition = define(
        sketch(
            "start > a > b > x; x > a if r == 'again'; x > end; late > chase > end_chase",
            x="xor",
            late=timer("a", interrupting=False),
        )
    )
    case = Case(definition, r="again")
    case.do(TimerFired("late#1"))
    for visit in range(1, 101):
        case.do(*done("a", "b", visit=visit))
    assert case.tasks == {"a#101", "chase#1"}
    assert len(case.step.state or b"") < 300


def test_a_call_in_every_cycle_leaves_nothing_behind() -> None:
    month = sketch("start_m > v1 > v2 > end_m", "month", called=True)
    top = sketch("start > a > c > x; x > a if r == 'again'; x > end", x="xor", c={"kind": "call", "inner": "month"})
    case = Case(define(top, month), r="again")
    for visit in range(1, 121):
        case.do(Complete(f"a#{visit}"), Complete(f"c#{visit}/v1#1"), Complete(f"c#{visit}/v2#1"))
    assert len(case.step.state or b"") < 200


# --- joins ------------------------------------------------------------------------------------------


def test_a_parallel_join_waits_for_all_on_every_pass_in_whatever_order_they_come() -> None:
    case = Case(PARALLEL, r="again")
    for visit, order in enumerate([("b1", "b2", "b3"), ("b3", "b1", "b2"), ("b2", "b3", "b1")], 1):
        case.do(*done("a", *order[:2], visit=visit))
        assert case.tasks == {f"{order[2]}#{visit}"}
        case.do(*done(order[2], visit=visit))
        assert case.tasks == {f"z#{visit}"}
        case.do(*done("z", visit=visit))


def test_an_inclusive_join_waits_for_the_branches_taken_on_every_pass() -> None:
    case = Case(INCLUSIVE, p="yes", q="yes", r="again")
    case.do(*done("a", "b2"))
    assert case.tasks == {"b1#1"}
    case.do(*done("b1"), Complete("z#1", {"q": "no"}), *done("a", visit=2))
    assert case.tasks == {"b1#2"}
    case.do(*done("b1", visit=2))
    assert case.tasks == {"z#2"}
    case.do(Complete("z#2", {"p": "no"}), *done("a", visit=3))
    assert case.tasks == {"b3#1"}


def test_an_inclusive_join_sees_a_branch_behind_several_merges() -> None:
    """SpiffWorkflow's own looks back along one path only and fires while `c2` is open."""
    definition = define(
        sketch(
            "start > split; split > b > join if p == 'yes'; split > x1 if p == 'yes'; split > d > join;"
            "x1 > c1 > x2 if q == 'yes'; x1 > c2 > x2 if p == 'yes'; x1 > x2;"
            "x2 > c3 > x3 if p == 'yes'; x2 > x3; x3 > join; join > z > end",
            split="or",
            join="or",
            x1="xor",
            x2="xor",
            x3="xor",
        )
    )
    case = Case(definition, p="yes")
    assert case.do(*done("b")).opened == ()
    assert case.do(*done("c2", "c3")).opened[0].address == "z#1"


def test_a_cycle_without_a_choice_can_be_started() -> None:
    """SpiffWorkflow predicts such a diagram for ever (RecursionError)."""
    case = Case(define(sketch("start > a > split; split > b > a; split > c > end", split="and")))
    case.do(*done("a", "b"), *done("a", visit=2))
    assert case.tasks == {"b#2", "c#1", "c#2"}


def test_an_open_instance_with_nothing_to_wait_for_is_named_stuck() -> None:
    definition = define(
        sketch(
            "start > split; split > b1 > join; split > b2 > end_early; join > end; dead > join",
            split="and",
            join="and",
            dead=message("b2"),
        )
    )
    case = Case(definition)
    case.do(*done("b1", "b2"))
    assert (case.failure.code, case.step.ended) == ("engine.stuck", False)


def test_a_loop_that_never_rests_is_an_error_and_not_a_hang() -> None:
    definition = define(sketch("start > a > x; x > x2 if r == 'on'; x2 > x; x > end", x="xor", x2="xor"))
    assert refused(Case(definition, r="on"), Complete("a#1")) == "engine.never_rests"


# --- nothing is evaluated ---------------------------------------------------------------------------

WALK = "().__class__.__bases__[0].__subclasses__()"
HOSTILE = [
    WALK,
    f"{WALK} == 'a'",
    "__import__('os').getpid()",
    "a == 'b' and open('x')",
    "r == 'a' if 1 else 2",
    "lambda: 1",
    'r == "a"',
    "r == 'a'; import os",
    "r == 'a'\nimport os",
    "r in 'a'",
    "not r == 'a'",
    "(r == 'a')",
    "r.x == 'a'",
    "_r == 'a'",
    "r == 'a' or",
    "",
    "(" * 5000 + "r == 'a'" + ")" * 5000,
    "r == 'a' and " * 5000,
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_condition_that_is_more_than_equality_is_refused(text: str) -> None:
    with pytest.raises(EngineError):
        expressions.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        WALK,
        "P1M",
        "'P30D'",
        "R3/PT1S",
        "days(30)",
        "days('n') + 1",
        "due('x')",
        "on('day')",
        "on()",
        "days()",
        "__import__('os')",
        "on(__class__)",
        "days('n')\nimport os",
        "on(" * 5000,
    ],
)
def test_a_timer_that_is_not_one_of_the_five_is_refused(text: str) -> None:
    with pytest.raises(EngineError):
        timers.parse(text)


def test_a_hostile_condition_or_timer_in_a_diagram_is_refused_when_reached(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    touch = f"__import__('pathlib').Path('{trace}').touch()"
    choice = define(sketch(f"start > a > x; x > b > end if {touch}; x > end", x="xor"))
    assert refused(Case(choice), Complete("a#1")) == "engine.condition.not_understood"
    wait = define(sketch("start > a > t > end", t=timer(timer=touch)))
    assert refused(Case(wait), Complete("a#1")) == "engine.timer.not_understood"
    assert not trace.exists()


# --- operations -------------------------------------------------------------------------------------


def test_a_failed_operation_keeps_its_own_error_and_the_persons_work_and_retry_goes_on() -> None:
    world = World()
    case = Case(define(sketch("start > a > work > b > end", work="service")), world)
    world.broken = True
    case.do(Complete("a#1", {"r": "kept"}))
    assert (case.failure.code, case.failure.details) == ("operation.no_standard", {"year": 2022})
    assert (case.tasks, case.step.scope) == (set(), {"r": "kept"})
    assert refused(case, Complete("a#1")) == "engine.task.not_open"
    case.do(Retry("work#1"))
    assert case.failure.address == "work#1"
    world.broken = False
    case.do(Retry("work#1", {"r": "mended"}))
    assert (case.tasks, case.step.scope) == ({"b#1"}, {"r": "mended", "operated": "work#1"})
    assert refused(case, Retry("work#1")) == "engine.retry.not_stuck"


def test_a_failed_operation_does_not_hold_the_other_branches() -> None:
    world = World()
    world.broken = True
    definition = define(
        sketch("start > split; split > work > join; split > b > join; join > end", split="and", join="and", work="service")
    )
    case = Case(definition, world)
    case.do(*done("b"))
    assert case.failure.address == "work#1"
    world.broken = False
    assert case.do(Retry("work#1")).ended


def test_an_operation_at_an_end_event_runs() -> None:
    late = timer("a", interrupting=False)
    urged = {"kind": "end", "properties": {"operator": "urge"}}
    case = Case(define(sketch("start > a > end; late > end_urged", late=late, end_urged=urged)))
    assert [o.operator for o in case.do(TimerFired("late#1")).operations] == ["urge"]


# --- ends -------------------------------------------------------------------------------------------


def test_terminate_ends_only_the_process_it_stands_in() -> None:
    inside = sketch("start_i > split; split > i1 > stop; split > i2 > end_i", "s", split="and", stop="terminate")
    top = sketch(
        "start > both; both > s > b > end; both > c > stop_all",
        both="and",
        stop_all="terminate",
        s={"kind": "sub", "inner": "s"},
    )
    case = Case(define(top, inside))
    case.do(Complete("s#1/i1#1"))
    assert case.tasks == {"b#1", "c#1"}
    step = case.do(*done("c"))
    assert (step.ended, step.closed, step.ends) == (True, ("c#1", "b#1"), ("stop_all",))


# --- calls and nesting ------------------------------------------------------------------------------


def nested() -> Case:
    deepest = sketch(
        "start_d > d1 > gate; gate > wait > d2 > end_d; gate > told > d3 > end_e",
        "deep",
        gate="gate",
        wait=timer(),
        told=message(),
    )
    called = sketch(
        "start_c > deep > c1 > end_c; late > c2 > end_c2",
        "called",
        called=True,
        deep={"kind": "sub", "inner": "deep"},
        late=timer("deep", interrupting=False),
    )
    top = sketch(
        "start > split; split > c > join; split > other > join; join > z > end",
        split="and",
        join="and",
        c={"kind": "call", "inner": "called"},
    )
    return Case(define(top, called, deepest), r="outer")


def test_processes_in_processes_live_through_every_reload() -> None:
    case = nested()
    case.do(Complete("c#1/deep#1/d1#1", {"r": "inner"}))
    assert set(case.timers) == {"c#1/late#1", "c#1/deep#1/wait#1"}
    case.do(TimerFired("c#1/late#1"), MessageArrived("c#1/deep#1/told#1"), *done("other"))
    assert case.tasks == {"c#1/deep#1/d3#1", "c#1/c2#1"}
    case.do(Complete("c#1/deep#1/d3#1"), Complete("c#1/c2#1"), Complete("c#1/c1#1"))
    assert (case.tasks, case.step.scope["r"]) == ({"z#1"}, "inner")


def test_a_called_process_keeps_its_variables_to_itself_until_it_ends() -> None:
    case = nested()
    case.do(Complete("c#1/deep#1/d1#1", {"r": "inner"}))
    assert case.step.scope == {"r": "outer"}


def test_a_call_does_not_undo_what_another_branch_wrote_meanwhile() -> None:
    called = sketch("start_c > c1 > c2 > end_c", "called", called=True)
    top = sketch(
        "start > split; split > c > join; split > other > join; join > z > end",
        split="and",
        join="and",
        c={"kind": "call", "inner": "called"},
    )
    case = Case(define(top, called), r="old", q="old")
    case.do(Complete("c#1/c1#1", {"q": "called"}), Complete("other#1", {"r": "new"}), Complete("c#1/c2#1"))
    assert case.step.scope == {"r": "new", "q": "called"}


# --- return -----------------------------------------------------------------------------------------


def test_return_leaves_a_parallel_block_whole_and_stops_its_timers() -> None:
    definition = define(
        sketch(
            "start > a > split; split > b1 > join; split > b2 > join; join > z > end; late > end_late",
            split="and",
            join="and",
            late=timer("b1", interrupting=False),
        )
    )
    case = Case(definition)
    case.do(*done("a", "b2"), Return("a"))
    assert (case.tasks, case.timers, case.step.stopped) == ({"a#2"}, {}, ("late#1",))
    case.do(*done("a", visit=2))
    assert case.tasks == {"b1#2", "b2#2"}
    case.do(*done("b2", "b1", visit=2))
    assert case.tasks == {"z#1"}
    assert refused(case, Return("b1")) == "engine.return.not_a_target"


def test_return_goes_to_reached_user_tasks_outside_every_block_and_nowhere_else() -> None:
    definition = define(
        sketch(
            "start > a > split; split > b1 > join; split > b2 > join; join > z > end;late > chase > end_late",
            split="and",
            join="and",
            late=timer("b1", interrupting=False),
        )
    )
    assert definition.return_targets() == {
        "a",
        "z",
    }  # a due timer inside the block does not hide what follows it
    case = Case(definition)
    assert refused(case, Return("z")) == "engine.return.never_reached"
    for nowhere in ("split", "chase", "b2", "start", "no_such_step", "a.BoundaryEventSplit"):
        assert refused(case, Return(nowhere)) == "engine.return.not_a_target"


def test_return_from_a_called_process_to_a_task_with_a_timer_opens_both_anew() -> None:
    called = sketch("start_c > c1 > end_c", "called", called=True)
    top = sketch(
        "start > a > c > end; late > end_late", c={"kind": "call", "inner": "called"}, late=timer("a", interrupting=False)
    )
    case = Case(define(top, called))
    case.do(*done("a"), Return("a"))
    assert (case.tasks, set(case.timers), case.step.closed) == ({"a#2"}, {"late#2"}, ("c#1/c1#1",))
    case.do(*done("a", visit=2), Complete("c#2/c1#1"))
    assert case.step.ended


# --- same arguments, same Step ----------------------------------------------------------------------


def journey(definition: Any) -> list[Any]:
    case = Case(definition, r="again")
    steps = [case.step]
    for visit in (1, 2, 3):
        for command in done("a", "b3", "b1", "b2", "z", visit=visit):
            steps.append(case.do(command))
    return steps


def specs(definition: Any) -> Any:
    return {
        (process.name, spec.name): (list(spec._inputs), list(spec._outputs), len(vars(spec.completed_event)))
        for process in (definition.spec, *definition.subprocess_specs.values())
        for spec in process.task_specs.values()
    }


def test_instances_share_a_definition_across_threads_and_leave_it_as_it_was() -> None:
    expected, before = journey(PARALLEL), specs(PARALLEL)
    with ThreadPoolExecutor(8) as pool:
        assert all(steps == expected for steps in pool.map(journey, [PARALLEL] * 40))
    assert specs(PARALLEL) == before


def test_no_random_identifier_leaves_the_engine() -> None:
    text = repr(journey(PARALLEL)) + repr(nested().step)
    assert not re.search(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}", text)


def test_the_same_task_cannot_be_completed_twice() -> None:
    case = Case(PARALLEL)
    case.do(*done("a", "b1"))
    assert refused(case, Complete("b1#1")) == "engine.task.not_open"
    assert refused(case, Complete("b2#2")) == "engine.task.not_open"
    assert refused(case, Complete("join#1")) == "engine.task.not_open"
    assert case.tasks == {"b2#1", "b3#1"}
