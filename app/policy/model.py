"""The values rules are asked about: dated entries, a household's facts, org units. Money is integer fen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

INCOME_KINDS = ("wages", "business", "property", "transfer")
LINE_KINDS = (*INCOME_KINDS, "business_cost", "claims", "self_paid")
GONE = "gone"  # member status: died, married out, moved away, lost; kept in the file, not counted


@dataclass(frozen=True)
class Entry:
    """One row of dated data, valid on `valid_from` <= day < `valid_to`; `value`: JSON object without floats.

    `supersedes` is the `number` of the wrong entry it replaces, for the same name, key and valid_from.
    `default` = the plan is silent and the county may choose; `id` is None until the store has given one.
    """

    id: int | None
    name: str
    key: str
    valid_from: date
    valid_to: date | None
    value: Mapping[str, Any] = field(hash=False)
    source: str
    default: bool = False
    number: int = 1
    supersedes: int | None = None


@dataclass(frozen=True)
class OrgUnit:
    """level: village, town, county, department. The county has no parent."""

    code: str
    name: str
    level: str
    parent: str | None


@dataclass(frozen=True)
class Line:
    """One income or expenditure line of the 12-month window, in fen, never negative.

    kind: one of LINE_KINDS; `item` of an `income_item` entry of that kind; source: how known.
    """

    kind: str
    item: str
    amount_fen: int
    source: str = ""


@dataclass(frozen=True)
class Member:
    """`key` is the member's id within the household; codes as in forms/codes.json; None = not known."""

    key: str
    id_number: str = ""
    status: str = "present"
    labour: str | None = None
    school: str | None = None
    insured: bool | None = None
    born: date | None = None


@dataclass(frozen=True)
class Checks:
    """True = in order (the four checks, food, clothing). `income_fell` is the checkers' own finding."""

    schooling: bool = True
    housing: bool = True
    insurance: bool = True
    water: bool = True
    food: bool = True
    clothing: bool = True
    income_fell: bool = False

    @property
    def all_hold(self) -> bool:
        four = self.schooling and self.housing and self.insurance and self.water
        return four and self.food and self.clothing


@dataclass(frozen=True)
class Household:
    """The facts of one household as of one date.

    low_income_kind: none, dibao, tekun, edge, burdened (what civil affairs already holds);
    previous_net_fen: net income per head of the window a year earlier, if known.
    """

    former_poor: bool
    members: tuple[Member, ...]
    lines: tuple[Line, ...] = ()
    risks: tuple[str, ...] = ()
    low_income_kind: str = "none"
    phone: str = ""
    previous_net_fen: int | None = None

    @property
    def counted(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.status != GONE)

    def total(self, kind: str, item: str | None = None) -> int:
        """Sum of a kind (or one of its items), fen."""
        return sum(line.amount_fen for line in self.lines if line.kind == kind and item in (None, line.item))
