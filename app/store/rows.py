"""Rows as they leave the store: frozen, each column with its type. Of each noun that several layers speak of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

Row = TypeVar("Row")


def of(kind: type[Row], rows: Iterable[Any]) -> list[Row]:
    """Rows whose columns stand in the order of the class's fields."""
    return [kind(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Household:
    """A household's plain columns: what lists search by. Blanked at erasure."""

    id: int
    org_unit: str
    head_name: str | None
    pinyin: str | None
    household_type: str | None
    category: str | None
    status: str
    data_key: int
    demo: bool
    number: str | None
    listed_on: date | None


@dataclass(frozen=True, slots=True)
class Case:
    """One household from clue to elimination, with the household's plain columns beside it. `door`: at which it was opened,
    empty for the one that decides on monitoring; `details`: sealed."""

    id: int
    household: int
    clue_on: date
    limit_at: datetime
    status: str
    outcome: str | None
    category: str | None
    earlier_case: int | None
    opened_at: datetime
    decided_at: datetime | None
    closed_at: datetime | None
    details: bytes | None
    door: str
    org_unit: str
    head_name: str | None
    data_key: int
    demo: bool
    household_status: str
    household_category: str | None


@dataclass(frozen=True, slots=True)
class Clue:
    """A reported or computed sign of risk; `secret`: what was said, sealed under `data_key`."""

    id: int
    household: int | None
    case_id: int | None
    channel: str
    found_on: date
    sender: int | None
    merged_into: int | None
    recorded_at: datetime
    org_unit: str | None
    sender_unit: str | None
    source: str | None
    sign: str | None
    family: str | None
    risk: str | None
    grade: str | None
    data_on: date | None
    run: str | None
    status: str
    outcome: str | None
    watch_until: date | None
    times: int
    checked_at: datetime | None
    name: str | None
    data_key: int | None
    secret: bytes | None
    demo: bool


@dataclass(frozen=True, slots=True)
class ListedClue(Clue):
    """A clue as lists have it, with the name of the household's head."""

    head_name: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """A user task. `roles`: comma-separated; `assignee`: who claimed it; `closed_by`: who did it."""

    id: int
    instance: int
    address: str
    element: str
    type: str
    list: str
    item: str | None
    case_id: int | None
    roles: str
    org_unit: str
    assignee: int | None
    due: datetime
    status: str
    version: int
    urged: int
    opened_at: datetime
    closed_at: datetime | None
    closed_by: int | None
    answer: Any
