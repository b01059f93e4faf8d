"""The values of this package: a judgement table, its parts, and what may be said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.decisions.cells import Answer, Cell, Type, Value

Severity = Literal["error", "warning"]
HitPolicy = Literal["UNIQUE", "FIRST", "COLLECT"]
Outputs = dict[str, Value | list[str]]


@dataclass(frozen=True)
class Input:
    """A column that is read. `allowed` None = every value of the type.

    whole: a number column in which no number is written with a decimal point counts in whole numbers: the
    check leaves out what lies between them, and evaluation refuses a fraction there.
    """

    name: str
    label: str
    type: Type
    allowed: Cell | None = None
    whole: bool = False


@dataclass(frozen=True)
class Output:
    """A column that is said. many: its rows say lists of codes, each of them one of `allowed`."""

    name: str
    label: str
    type: Type
    allowed: Cell | None = None
    many: bool = False


@dataclass(frozen=True)
class Rule:
    """A row. `cells` and `outputs` stand in the order of the table's columns; `number` counts from 1.

    clause: sentence ids (`wx2021-25#4.1.3`), space separated, from the annotation column named `clause`, else
    those found in the description.
    """

    id: str
    number: int
    cells: tuple[Cell, ...]
    outputs: tuple[Answer, ...]
    description: str = ""
    clause: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True)
class Finding:
    """Something wrong with a table. `args` are the arguments of the sentence `code` in the labels.

    row: number from 1. column: input or output name. line: of the file. example: inputs that show it.
    """

    code: str
    args: dict[str, object] = field(default_factory=dict)
    severity: Severity = "error"
    row: int | None = None
    row_id: str | None = None
    column: str | None = None
    line: int | None = None
    example: dict[str, Value] | None = None


@dataclass(frozen=True)
class Table:
    """problems: what was wrong on reading; a table with problems is shown and checked, never evaluated."""

    id: str
    name: str
    hit_policy: HitPolicy
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Hit:
    """What a table said. rows and row_ids name the rows that spoke; inputs are the facts it read, as given.

    outputs: name -> value; under COLLECT a list of those, one per row, in table order, possibly empty.
    clauses: sentence ids of the rows that spoke.
    """

    outputs: Outputs | list[Outputs]
    rows: tuple[int, ...]
    row_ids: tuple[str, ...]
    inputs: dict[str, Value]
    clauses: tuple[str, ...] = ()

    def one(self) -> Outputs:
        """The outputs of a UNIQUE or FIRST table."""
        if isinstance(self.outputs, list):
            raise TypeError("a COLLECT table says a list")
        return self.outputs

    def all(self) -> list[Outputs]:
        """The outputs as a list, whatever the hit policy."""
        return self.outputs if isinstance(self.outputs, list) else [self.outputs]
