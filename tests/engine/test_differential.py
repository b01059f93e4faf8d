"""Random processes under random commands: three ways to run them must agree after every step.

(a) `advance`: state written and read again at each command, which is what runs in service. (b) One live tree
kept for the whole life, never pruned. (c) `oracle`: tokens counted by BPMN's rules. Plain SpiffWorkflow is a
fourth opinion where it can be trusted: no join passed twice, no events.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import TaskState

from app.engine import instance, runner
from app.engine.definition import parse
from app.engine.replay import Beside
from app.engine.values import (
    Command,
    Complete,
    MessageArrived,
    OperationFailed,
    Retry,
    Return,
    Step,
    TimerFired,
)

from . import generate
from .oracle import Oracle

NOW = datetime(2021, 9, 1, 2, tzinfo=UTC)


class World(Beside):
    """Operations fail while r0 is 'c'; every parameter is three calendar days."""

    def operate(self, operator: str, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
        if scope.get("r0") == "c":
            raise OperationFailed("test.refused", r0="c")
        return {f"op_{address.rpartition('/')[2].partition('#')[0]}": "done"}

    def facts(self, snapshot: int) -> dict[str, Any]:
        raise AssertionError

    def entry(self, key: str, as_of: date) -> tuple[dict[str, Any], int]:
        return {"value": 3, "unit": "calendar_days"}, 1

    def workday(self, day: date) -> bool:
        return day.weekday() < 5


class Live:
    """The unpruned instance: one tree of SpiffWorkflow from start to end."""

    def __init__(self, definition: Any, scope: dict[str, Any]) -> None:
        self.definition, self.world = definition, World()
        run = runner.Run(definition, instance.fresh(definition, scope, self.world), NOW, self.world)
        self.step = run.finish(runner.View.empty())
        self.workflow = run.workflow
        self.world.follow(self.step)

    def do(self, command: Command) -> None:
        run = runner.Run(self.definition, self.workflow, NOW, self.world)
        before = run.view()
        run.apply(command)
        self.step = run.finish(before)
        self.workflow = run.workflow
        self.world.follow(self.step)


class Open:
    """What is open, added up from the Steps as the store does it."""

    def __init__(self) -> None:
        self.tasks: set[str] = set()
        self.timers: set[str] = set()

    def follow(self, step: Step) -> None:
        for held, stopped, begun in (
            (self.tasks, step.closed, step.opened),
            (self.timers, step.stopped, step.timers),
        ):
            assert held.issuperset(stopped)
            held.difference_update(stopped)
            assert held.isdisjoint(item.address for item in begun)
            held.update(item.address for item in begun)


def agree(step: Step, seen: Open, live: Step, oracle: Oracle) -> None:
    """All that shows outward is the same in the three."""
    assert seen.tasks == oracle.tasks()
    assert seen.timers == oracle.events("timer")
    assert {a.address for a in step.awaited} == oracle.events("message")
    assert {f.address for f in step.failures if f.address} == oracle.failures()
    assert step.ended == oracle.ended
    stuck = not (seen.tasks or seen.timers or step.awaited or oracle.failures() or step.ended)
    assert stuck == any(f.code == "engine.stuck" for f in step.failures)
    if not oracle.raced:
        assert step.scope == oracle.top.scope
        assert Counter(step.flows) == oracle.flows
    oracle.flows.clear()
    assert unordered(step) == unordered(live)


def unordered(step: Step) -> dict[str, Any]:
    """A Step as sets, since a kept tree lists simultaneous things in another order."""
    parts = {
        f.name: sorted(map(repr, value)) if isinstance(value := getattr(step, f.name), tuple) else value for f in fields(step)
    }
    return parts | {"state": step.state and _tokens(json.loads(step.state))}


def _tokens(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _tokens(value) for name, value in part.items() if name != "n"}
    if not isinstance(part, list):
        return part
    if part and part[0] == "J":  # [came by, order of arrival]
        return [*part[:3], part[3][0]]
    return sorted(map(_tokens, part), key=repr)


def commands(step: Step, seen: Open, definition: Any, reached: Mapping[str, int]) -> list[Any]:
    """Every command that could be given now, and one way back."""
    ways: list[Any] = [Complete(at) for at in sorted(seen.tasks)]
    ways += [TimerFired(at) for at in sorted(seen.timers)]
    ways += [MessageArrived(a.address) for a in step.awaited]
    ways += [Retry(f.address) for f in step.failures if f.address]
    back = [Return(t) for t in sorted(definition.return_targets()) if reached[t]]
    return ways * 8 + back[-1:] if ways else back[:1]


def carry_out(oracle: Oracle, command: Command) -> None:
    match command:
        case Complete(at, values):
            oracle.complete(at, dict(values))
        case TimerFired(at):
            oracle.happen(at, {})
        case MessageArrived(at, values):
            oracle.happen(at, dict(values))
        case Retry(at, values):
            oracle.retry(at, dict(values))
        case Return(target):
            oracle.go_back(target)


def walk(tree: Any, choices: list[tuple[int, str, str]]) -> int:
    """Run one process by these choices; gives the number of steps."""
    made = generate.build(tree)
    definition = parse(generate.xml(made), "top")
    drawn = {n.id for n in made["top"].nodes.values() if n.kind == "user" and n.alone and not n.items}
    assert definition.return_targets() == drawn or not made["top"].tame
    world = World()
    step = runner.start(definition, generate.SCOPE, NOW, world)
    world.follow(step)
    live, oracle, seen = Live(definition, generate.SCOPE), Oracle(made, generate.SCOPE), Open()
    seen.follow(step)
    agree(step, seen, live.step, oracle)
    for number, (choice, name, code) in enumerate(choices):
        ways = [] if step.ended else commands(step, seen, definition, oracle.top.visits)
        if not ways:
            return number
        command = ways[choice % len(ways)]
        match command:
            case Complete(at) | MessageArrived(at):
                command = type(command)(at, {name: code})
            case Retry(at):
                command = Retry(at, {name: code, "never_set": ["edu"]} if choice % 2 else {name: code})
        before = step.state
        assert before is not None
        step = runner.advance(definition, before, command, NOW, world)
        if number % 5 == 0:
            assert runner.advance(definition, before, command, NOW, world) == step
        world.follow(step)
        live.do(command)
        carry_out(oracle, command)
        seen.follow(step)
        agree(step, seen, live.step, oracle)
    return len(choices)


choice = st.tuples(st.integers(0, 719), st.sampled_from(generate.NAMES), generate.code)
quiet: dict[str, Any] = {
    "phases": (Phase.generate, Phase.shrink),
    "derandomize": True,
    "database": None,
    "deadline": None,
    "report_multiple_bugs": False,
    "suppress_health_check": list(HealthCheck),
}


@pytest.mark.slow
@settings(max_examples=100, **quiet)
@given(generate.trees(), st.lists(choice, min_size=30, max_size=40))
def test_pruned_unpruned_and_counted_tokens_agree_after_every_step(tree: Any, choices: Any) -> None:
    event(f"steps {walk(tree, choices) // 5 * 5}")


@pytest.mark.soak
@settings(max_examples=2000, **quiet)
@given(generate.trees(), st.lists(choice, min_size=30, max_size=60))
def test_two_thousand_processes_agree_after_every_step(tree: Any, choices: Any) -> None:
    walk(tree, choices)


# --- SpiffWorkflow as it comes, where it can be trusted ------------------------------------------------


def plain(files: Mapping[str, bytes], scope: dict[str, Any]) -> Any:
    parser = BpmnParser()
    for name, data in files.items():
        parser.add_bpmn_str(data, filename=name)
    workflow = BpmnWorkflow(parser.get_spec("top"), parser.get_subprocess_specs("top"))
    workflow.task_tree.data.update(scope)
    workflow.do_engine_steps()
    return workflow


def plain_tasks(workflow: Any) -> dict[str, Any]:
    return {t.task_spec.name: t for t in workflow.get_tasks(state=TaskState.READY, manual=True)}


def element(address: str) -> str:
    return address.rpartition("/")[2].partition("#")[0]


@pytest.mark.slow
@settings(max_examples=100, **quiet)
@given(generate.trees(plain=True), st.lists(choice, min_size=20, max_size=30))
def test_plain_spiffworkflow_opens_the_same_tasks_where_no_join_is_passed_twice(tree: Any, choices: Any) -> None:
    made = generate.build(tree)
    files = generate.xml(made)
    definition = parse(files, "top")
    step, reference, seen = (
        runner.start(definition, generate.SCOPE, NOW, World()),
        plain(files, generate.SCOPE),
        Open(),
    )
    seen.follow(step)
    for number, name, code in choices:
        theirs = plain_tasks(reference)
        assert sorted(map(element, seen.tasks)) == sorted(theirs)
        assert step.ended == reference.completed
        if step.state is None:
            return
        at = sorted(seen.tasks)[number % len(seen.tasks)]
        # Its data live on tasks: give them to all, and none where a call would hold a copy of its own.
        values = {} if any(p.called for p in made.values()) else {name: code}
        for task in reference.get_tasks():
            task.data.update(values)
        theirs[element(at)].run()
        reference.do_engine_steps()
        step = runner.advance(definition, step.state, Complete(at, values), NOW, World())
        seen.follow(step)
