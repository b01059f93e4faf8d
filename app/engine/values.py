"""What goes into the engine and what comes out: commands, the Step, and the world it may ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from app.errors import CodedError

Scope = dict[str, Any]
"""Process variables: ids, codes and decisions only (str, int, bool, list of str, mapping of item to these)."""


class EngineError(CodedError):
    """The command cannot be carried out on this state; `code` with `args` becomes a sentence in `labels`."""


class OperationFailed(CodedError):
    """Raised by `world.operate`: the person's work stands, the step ends before the operation."""


# --- commands -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Complete:
    """A person finished a user task; `values` are its process values (ids, codes, decisions)."""

    address: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TimerFired:
    """The due moment of the timer at `address` has passed."""

    address: str


@dataclass(frozen=True)
class MessageArrived:
    """A message arrived for the waiting event at `address`; `values` join the process variables."""

    address: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Return:
    """Go back to the user task `target` (an element id of the top process); `values` correct variables first."""

    target: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Retry:
    """Try the failed element at `address` again; `values` correct process variables first."""

    address: str
    values: Mapping[str, Any] = field(default_factory=dict)


Command = Complete | TimerFired | MessageArrived | Return | Retry


# --- what the engine may ask -----------------------------------------------------------------------


@dataclass(frozen=True)
class KnownOutcome:
    """Instead of facts: what a table had said, taken over because its figures were lawfully erased."""

    rows: tuple[int, ...]
    outputs: Mapping[str, Any]


class World(Protocol):
    """Everything outside the instance. Each answer is recorded with the step, so that replay can give it again."""

    def operate(self, operator: str, address: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an operation; returns small JSON facts that join the process variables."""

    def facts(self, snapshot: int) -> "Mapping[str, Any] | KnownOutcome":
        """What decision tables may ask, as it stood in the snapshot."""

    def entry(self, key: str, as_of: date) -> tuple[Mapping[str, Any], int | None]:
        """The parameter `key` in force on `as_of`: (value, entry id). Raises EngineError if there is none."""

    def workday(self, day: date) -> bool | None:
        """Is this day worked? None for a year whose holidays are not yet known."""

    def open_items(self, address: str) -> Sequence[str]:
        """Items of the step at `address` ("count_village#1") whose tasks are still open, in the order they were opened."""

    def is_open(self, address: str) -> bool:
        """Is the task of this item ("count_village#1[440229100201]") open? Not recorded: there is an event only if it was."""

    def kept_list(self, digest: str) -> Sequence[Any]:
        """A long list kept beside the state. Not recorded: the digest proves the list."""


# --- what comes out --------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenTask:
    address: str
    element: str
    item: str | None


@dataclass(frozen=True)
class OpenTimer:
    address: str
    element: str
    due: datetime
    provisional: bool
    entry: int | None
    attached_to: str = ""
    """The element whose time it counts; empty for one that stands by itself."""


@dataclass(frozen=True)
class Awaited:
    address: str
    element: str
    message: str


@dataclass(frozen=True)
class Operated:
    address: str
    operator: str
    result: Mapping[str, Any]


@dataclass(frozen=True)
class Decided:
    """One evaluation of a decision table; `inputs` and `changes` are figures and belong to the secret part."""

    address: str
    decision: str
    rows: tuple[int, ...]
    outputs: Mapping[str, Any]
    inputs: Mapping[str, Any]
    changes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Failure:
    """An element that could not go on: what an administrator sees as an incident."""

    address: str
    element: str
    code: str
    details: Mapping[str, object]


@dataclass(frozen=True)
class Step:
    """The whole outcome of one command. `state` is None when the instance has ended.

    `opened`/`closed` are user tasks, `timers`/`stopped` timers; `awaited` are all messages now waited for,
    `failures` all elements now stuck; `answers` is every answer the world gave, in order; `lists` are the long lists newly
    kept beside the state, by digest; `version` is the engine's.
    """

    state: bytes | None
    scope: Scope
    opened: tuple[OpenTask, ...]
    closed: tuple[str, ...]
    timers: tuple[OpenTimer, ...]
    stopped: tuple[str, ...]
    awaited: tuple[Awaited, ...]
    flows: tuple[str, ...]
    operations: tuple[Operated, ...]
    decisions: tuple[Decided, ...]
    failures: tuple[Failure, ...]
    ends: tuple[str, ...]
    answers: tuple[Sequence[Any], ...]
    lists: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    version: int = 1

    @property
    def ended(self) -> bool:
        return self.state is None


def element_of(address: str) -> str:
    """The element of an address: of the innermost process, whichever visit."""
    return address.rpartition("/")[2].partition("#")[0]
