"""A file of the register once it is read: its columns, its households, what is wrong with it, what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST = 200
"""Characters of a text where its column says nothing else."""


@dataclass(frozen=True)
class Column:
    """One thing a file may tell; from the dated `import_column` entries. `words`: as written, folded -> our code;
    `allowed`: the words to be named where another stands; `around`: what may stand beside a word; `also`: the column
    that the same cell may tell, too; `blank`: a column that must be there, with cells that may be empty; `most`: the
    largest figure."""

    key: str
    level: str
    kind: str
    titles: tuple[str, ...]
    required: bool
    words: Mapping[str, str]
    allowed: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    also: str = ""
    longest: int = LONGEST
    blank: bool = False
    most: int | None = None


@dataclass(frozen=True)
class Problem:
    """A row that cannot be: its number in the table, from 1, the column's title, why, what stood there."""

    row: int
    column: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict)
    value: str = ""


@dataclass
class Parsed:
    """One household as the file tells it; members in the order of their rows."""

    number: str
    row: int
    village: str
    values: dict[str, Any]
    members: list[dict[str, Any]]
    measures: list[str]


@dataclass(frozen=True)
class Note:
    """What became of one household of the file beyond being new or changed: its first row, its number, why, and the words."""

    row: int
    number: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Checked:
    households: list[Parsed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0
    owners: dict[str, str] = field(default_factory=dict)
    """Number of a person's paper -> household number under which the file has them, rows with mistakes too."""
    notes: list[Note] = field(default_factory=list)
    together: list[list[int]] = field(default_factory=list)
    """Rows of one household, of every household that has several."""


@dataclass
class Counts:
    new: int = 0
    changed: int = 0
    same: int = 0
    left_out: int = 0
    older: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    """Households that another household's rows changed (somebody went from one to the other)."""
    unchanged: set[int] = field(default_factory=set)
    """Households counted as `same`."""

    def as_dict(self) -> dict[str, int]:
        return {"new": self.new, "changed": self.changed, "same": self.same, "left_out": self.left_out}

    def touch(self, ident: int) -> None:
        """Another household's rows change this one, counted already or still to come."""
        self.touched.add(ident)
        if ident in self.unchanged:
            self.unchanged.remove(ident)
            self.same, self.changed = self.same - 1, self.changed + 1

    def add(self, other: "Counts") -> None:
        self.new, self.changed, self.same = self.new + other.new, self.changed + other.changed, self.same + other.same
        self.left_out, self.older = self.left_out + other.left_out, self.older + other.older
        self.problems += other.problems
        self.notes += other.notes
        self.touched, self.unchanged = other.touched, other.unchanged
