"""What the engine may ask while one command on a case runs, answered from the database as of one moment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import chinese_calendar

from app.engine.values import Command, Complete, EngineError, OperationFailed, element_of
from app.errors import CodedError
from app.policy.household_file import MissingFact
from app.policy.jurisdiction import UnknownUnit
from app.policy.model import Entry
from app.policy.parameters import MissingEntry
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import items
from app.store.processes import Work
from app.store.record import DataKey

from ..context import Context, Within
from ..definitions import Bundle
from ..events import EventData
from ..people import County
from ..subjects import table as subjects


@dataclass(frozen=True)
class Start:
    """An operation's wish: another instance on the same subject, of the procedure behind a door, started in the same
    transaction after the Step; without a case it may lie at another unit."""

    door: str
    scope: Mapping[str, Any]
    org_unit: str | None = None


@dataclass(frozen=True)
class Opening:
    """An operation's wish: the case of another subject begins, whose rows it has made. `typed`: what the first step finds
    filled in."""

    work: Work
    bundle: Bundle
    event: EventData
    typed: Mapping[str, Any]


class Operated(Protocol):
    """What the world knows of an operation."""

    @property
    def run(self) -> Callable[[Any, str, Mapping[str, Any]], dict[str, Any]]: ...
    @property
    def subjects(self) -> tuple[str, ...]: ...


@dataclass
class CaseWorld(Within):
    """Bound to one command: its context and its instance. `values` are the typed answers of the step at hand;
    `operations` what service tasks may ask for."""

    context: Context
    work: Work
    bundle: Bundle
    values: Mapping[str, Any] = field(default_factory=dict)
    operations: Mapping[str, Operated] = field(default_factory=dict)
    starts: list[Start | Opening] = field(default_factory=list)
    """What begins once the Step is saved: instances on the same subject, and the case of another one."""
    secrets: dict[str, Any] = field(default_factory=dict)
    command: Command | None = None

    def operate(self, operator: str, address: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        operation = self.operations.get(operator)
        if operation is None:
            raise OperationFailed("operations.unknown", operator=operator)
        if operation.subjects and self.work.subject_kind not in operation.subjects:
            raise OperationFailed("operations.other_subject", operator=operator, subject=self.work.subject_kind)
        held, starting = len(self.session.unrecorded), len(self.starts)
        try:
            with self.session.conn.begin_nested():
                return self.bundle.given(element_of(address), operation.run(self, address, scope))
        except (CodedError, MissingEntry, MissingFact, UnknownUnit, KeyError, ValueError) as error:
            del self.session.unrecorded[held:], self.starts[starting:]
            raise OperationFailed("operations.failed", operator=operator, cause=_cause(error)) from error

    def facts(self, snapshot: int) -> Mapping[str, Any]:
        found = subjects.of(self.work).facts(self.session, self.work, snapshot)
        if found is None:
            raise OperationFailed("operations.erased")
        return dict(found)

    def entry(self, key: str, as_of: date) -> tuple[Mapping[str, Any], int | None]:
        found = self.parameter(key, as_of)
        return found.value, found.id

    def workday(self, day: date) -> bool | None:
        return workday(self.county, day)

    def open_items(self, address: str) -> Sequence[str]:
        return items.open_items(self.session, self.work.instance, address)

    def is_open(self, address: str) -> bool:
        task = self.work.task
        if task is not None and task["address"] == address:  # locked with the instance
            return bool(task["status"] == "open")
        return items.is_open(self.session, self.work.instance, address)

    def kept_list(self, digest: str) -> Sequence[Any]:
        return items.kept_list(self.session, self.work.instance, digest)

    def answered(self, kind: str, scope: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """What was answered for each item of the steps of a type so far, the command at hand included; the engine's first
        version kept it among the process variables."""
        return {item: said for e in self.bundle.of_type(kind) for item, said in self.answers_of(e, scope).items()}

    def answers_of(self, element: str, scope: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """The same of one step."""
        found = {**scope.get(element, {}), **items.answers(self.session, self.work.instance, element)}
        if isinstance(self.command, Complete):
            place, bracket, item = self.command.address.rpartition("/")[2].partition("[")
            if bracket and place.partition("#")[0] == element:
                found[item.removesuffix("]")] = self.command.values
        return found

    def asked(self, address: str, name: str) -> str:
        """The entry that the element of an operation asks for one of its parameters: what the diagram says, else its name."""
        return self.bundle.said(element_of(address), name) or name

    def parameter(self, key: str, on: date) -> Entry:
        try:
            return self.county.entries.require("parameter", key, on)
        except MissingEntry as error:
            raise EngineError("world.no_parameter", key=key, on=on.isoformat()) from error

    def set_household(self, **columns: Any) -> None:
        """Columns of the household; the event of this command says so."""
        household_rows.change(self.session, self.household, self.work.head.name, **columns)

    @property
    def key(self) -> DataKey:
        if self.work.key is None or self.work.key.bytes is None:
            raise OperationFailed("operations.erased")
        return self.work.key

    @property
    def case_id(self) -> int:
        if self.work.case_id is None:
            raise OperationFailed("operations.no_case")
        return self.work.case_id

    @property
    def household(self) -> int:
        if self.work.household is None:
            raise OperationFailed("operations.no_case")
        return self.work.household

    def document(self) -> dict[str, Any]:
        found, _ = household_rows.document(self.session, self.household, self.key)
        if found is None:
            raise OperationFailed("operations.erased")
        return found

    def details(self) -> dict[str, Any]:
        row = case_rows.get(self.session, self.case_id)
        return case_rows.details(self.session, self.case_id, row.details if row else None, self.key)


def workday(county: County, day: date) -> bool | None:
    """From the published calendar; a year it does not know may be given as a `holiday_year` entry; else None."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        entry = county.entries.get("holiday_year", str(day.year), county.on)
        if entry is None:
            return None
        text = day.isoformat()
        if text in entry.value.get("holidays", []):
            return False
        return text in entry.value.get("workdays", []) or day.weekday() < 5


def _cause(error: Exception) -> str:
    """Which kind of thing was missing or wrong, without any personal data."""
    if isinstance(error, CodedError):
        return error.code
    if isinstance(error, MissingFact):
        return error.key
    if isinstance(error, MissingEntry):
        return f"{error.name} {error.key} {error.on}"
    if isinstance(error, KeyError):
        return f"KeyError {error.args[0]}" if error.args else "KeyError"
    return type(error).__name__
