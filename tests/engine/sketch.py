"""Small diagrams by hand for the trap tests: "start > a > split; split > b > join if r == 'yes'"."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest

from app.engine import runner
from app.engine.definition import Definition, parse
from app.engine.instance import VERSION
from app.engine.replay import Beside
from app.engine.values import Command, Complete, EngineError, Failure, OperationFailed, Step

from .generate import Flow, Node, Process, xml

NOW = datetime(2021, 9, 1, 2, tzinfo=UTC)


def sketch(ways: str, ident: str = "top", called: bool = False, **nodes: Any) -> Process:
    """Elements are user tasks unless `nodes` says a kind, or `Node` fields; "start…" and "end…" are what they
    say. A gateway's flow without a condition is its default."""
    process = Process(ident, called)
    for way in filter(None, (w.strip() for w in ways.split(";"))):
        path, _, condition = way.partition(" if ")
        names = path.split(" > ")
        for source, target in pairwise(names):
            name = f"f_{source}_{target}"
            process.flows[name] = Flow(name, source, target, condition or None)
    for name in {n for f in process.flows.values() for n in (f.source, f.target)} | set(nodes):
        fields = nodes.get(name) or ("start" if name.startswith("start") else "end" if name.startswith("end") else "user")
        process.nodes[name] = Node(name, **({"kind": fields} if isinstance(fields, str) else fields))
    return process


def define(*processes: Process) -> Definition:
    return parse(xml({p.id: p for p in processes}), "top")


def timer(host: str = "", **fields: Any) -> dict[str, Any]:
    return {"kind": "boundary" if host else "catch", "event": "timer", "host": host, **fields}


def message(host: str = "", **fields: Any) -> dict[str, Any]:
    return timer(host, **fields) | {"event": "message"}


def items(collection: str = "departments", rule: str = "all") -> dict[str, Any]:
    return {"kind": "user", "items": collection, "rule": rule}


class World(Beside):
    """Three calendar days for every parameter; operations fail while `broken`."""

    broken = False
    amount: dict[str, Any] = {"value": 3, "unit": "calendar_days"}  # noqa: RUF012

    def operate(self, operator: str, address: str, scope: Any) -> dict[str, Any]:
        if self.broken:
            raise OperationFailed("operation.no_standard", year=2022)
        return {"operated": address}

    def facts(self, snapshot: int) -> dict[str, Any]:
        return {}

    def entry(self, key: str, as_of: date) -> tuple[dict[str, Any], int]:
        return self.amount, 7

    def workday(self, day: date) -> bool:
        return day.weekday() < 5


class Case:
    """One instance, moved by commands; remembers what is open, as the store does."""

    def __init__(self, definition: Definition, world: World | None = None, version: int = VERSION, **scope: Any) -> None:
        self.definition, self.world, self.now, self.version = definition, world or World(), NOW, version
        self.timers: dict[str, datetime] = {}
        self._take(runner.start(definition, scope, self.now, self.world, version))

    def do(self, *commands: Command) -> Step:
        for command in commands:
            assert self.step.state is not None
            self._take(runner.advance(self.definition, self.step.state, command, self.now, self.world, self.version))
        return self.step

    def _take(self, step: Step) -> None:
        self.step = step
        self.world.follow(step)
        self.timers = {at: due for at, due in self.timers.items() if at not in step.stopped}
        self.timers |= {t.address: t.due for t in step.timers}

    @property
    def tasks(self) -> set[str]:
        return set(self.world.opened)

    @property
    def failure(self) -> Failure:
        (failure,) = self.step.failures
        return failure


def done(*names: str, visit: int = 1, **values: Any) -> list[Command]:
    return [Complete(f"{name}#{visit}", values) for name in names]


def refused(case: Case, command: Command) -> str:
    """The code with which a command is refused; the state before it still works."""
    with pytest.raises(EngineError) as error:
        case.do(command)
    return error.value.code
