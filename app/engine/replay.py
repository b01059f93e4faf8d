"""Running recorded commands again: the world's recorded answers are fed back, and what comes out is compared.

An event's body holds what was asked of the engine and what came of it (see services.work.commands). Figures that tables
read stand in the encrypted part; where its key was destroyed, the recorded outcome of the table is taken over and not judged
again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from . import runner
from .definition import Definition
from .instance import VERSION
from .values import (
    Command,
    Complete,
    EngineError,
    KnownOutcome,
    MessageArrived,
    OperationFailed,
    Retry,
    Return,
    Step,
    TimerFired,
)

STARTS = ("case_opened", "clue_received", "instance_started", "elimination_begun")
MOVES = (*STARTS, "task_completed", "timer_fired", "message_delivered", "case_returned", "incident_retried")
"""Kinds of events that moved an instance; the others only note something."""


class Diverged(Exception):
    """Replay asked something that the record did not answer: the path differs."""


def command_of(body: Mapping[str, Any]) -> Command:
    """The engine command behind an event's body. Raises Diverged for a kind that moved nothing."""
    values = body.get("vals", {})
    match body["kind"]:
        case "task_completed":
            return Complete(body["el"], values)
        case "timer_fired":
            return TimerFired(body["el"])
        case "message_delivered":
            return MessageArrived(body["el"], values)
        case "case_returned":
            return Return(body["to"], values)
        case "incident_retried":
            return Retry(body["el"], values)
    raise Diverged(body["kind"])


@dataclass
class Beside:
    """What stands beside a state in rows, added up from the Steps: open tasks in the order of their opening, what was
    answered for items, long lists."""

    opened: dict[str, None] = field(default_factory=dict)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    lists: dict[str, Sequence[Any]] = field(default_factory=dict)

    def follow(self, step: Step, command: Command | None = None) -> None:
        if isinstance(command, Complete) and step.version > 1 and command.address.endswith("]"):
            self.answers[command.address] = dict(command.values)
        for address in step.closed:
            self.opened.pop(address, None)
        self.opened.update(dict.fromkeys(task.address for task in step.opened))
        self.lists.update(step.lists)

    def open_items(self, address: str) -> list[str]:
        return [at[len(address) + 1 : -1] for at in self.opened if at.startswith(f"{address}[")]

    def is_open(self, address: str) -> bool:
        return address in self.opened

    def kept_list(self, digest: str) -> Sequence[Any]:
        if digest not in self.lists:
            raise Diverged(f"list {digest}")
        return self.lists[digest]


@dataclass
class RecordedWorld:
    """Gives the recorded answers again, in order. `figures` are those of each table, None where erased; `beside` is what the
    record before said of open tasks and lists."""

    answers: list[Sequence[Any]]
    decided: list[Sequence[Any]]
    stuck: Mapping[str, str]
    figures: list[Mapping[str, Any]] | None
    beside: Beside
    used: int = 0
    tables: int = 0

    def _next(self, kind: str) -> Sequence[Any] | None:
        if self.used < len(self.answers) and self.answers[self.used][0] == kind:
            self.used += 1
            return self.answers[self.used - 1]
        return None

    def operate(self, operator: str, address: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self._next("operate")
        if answer is None or list(answer[1:3]) != [operator, address]:
            if answer is not None:
                self.used -= 1
            if address in self.stuck:
                raise OperationFailed(self.stuck[address])
            raise Diverged(f"{operator} at {address}")
        result: Mapping[str, Any] = answer[3]
        return result

    def facts(self, snapshot: int) -> Mapping[str, Any] | KnownOutcome:
        answer = self._next("facts")
        if answer is None or answer[1] != snapshot:
            raise Diverged(f"facts {snapshot}")
        place, self.tables = self.tables, self.tables + 1
        if self.figures is not None and place < len(self.figures):
            return self.figures[place]
        if place < len(self.decided):
            return KnownOutcome(tuple(self.decided[place][2]), self.decided[place][3])
        raise OperationFailed(next(iter(self.stuck.values()), "operations.erased"))

    def entry(self, key: str, as_of: date) -> tuple[Mapping[str, Any], int | None]:
        answer = self._next("entry")
        if answer is None or list(answer[1:3]) != [key, as_of.isoformat()]:
            raise Diverged(f"entry {key}")
        return {"value": answer[3], "unit": answer[4]}, answer[5]

    def open_items(self, address: str) -> Sequence[str]:
        answer = self._next("items")
        if answer is None or list(answer[1:]) != [address, self.beside.open_items(address)]:
            raise Diverged(f"items {address}")
        return list(answer[2])

    def is_open(self, address: str) -> bool:
        return self.beside.is_open(address)

    def kept_list(self, digest: str) -> Sequence[Any]:
        return self.beside.kept_list(digest)

    def workday(self, day: date) -> bool | None:
        answer = self.answers[self.used] if self.used < len(self.answers) else None
        if answer is None or answer[0] != "workdays":
            raise Diverged(f"workday {day}")
        first = date.fromisoformat(answer[1])
        place = (day - first).days
        if not 0 <= place < len(answer[2]):
            raise Diverged(f"workday {day}")
        if day == first + timedelta(days=len(answer[2]) - 1):
            self.used += 1
        return {"1": True, "0": False}.get(answer[2][place])


def rerun(
    definition: Definition,
    state: bytes | None,
    body: Mapping[str, Any],
    now: datetime,
    figures: list[Mapping[str, Any]] | None,
    beside: Beside,
) -> Step:
    """Carry out a recorded event's command again, under the version of the engine that carried it out; `beside` follows.
    Raises Diverged or EngineError when it cannot be."""
    world = RecordedWorld(
        [list(a) for a in body.get("ans", [])], body.get("decided", []), dict(body.get("stuck", [])), figures, beside
    )
    version = int(body.get("eng", 1))
    if version > VERSION:
        raise Diverged(f"engine {version}")
    command = None
    if body["kind"] in STARTS:
        step = runner.start(definition, body.get("scope", {}), now, world, version)
    elif state is None:
        raise EngineError("engine.instance.ended")
    else:
        command = command_of(body)
        step = runner.advance(definition, state, command, now, world, version)
    beside.follow(step, command)
    return step


def differences(step: Step, body: Mapping[str, Any], micros: Any) -> list[str]:
    """Names of what came out differently from what the body says ("opened", "timers", …)."""
    again: dict[str, Any] = {
        "flows": list(step.flows),
        "opened": [task.address for task in step.opened],
        "closed": list(step.closed),
        "timers": [[t.address, micros(t.due), t.provisional, t.entry] for t in step.timers],
        "stopped": list(step.stopped),
        "ends": list(step.ends),
        "stuck": [[f.address, f.code] for f in step.failures],
        "decided": [[d.address, d.decision, list(d.rows), dict(d.outputs)] for d in step.decisions],
    }
    return [name for name, value in again.items() if value != [_listed(v) for v in body.get(name, [])]]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
