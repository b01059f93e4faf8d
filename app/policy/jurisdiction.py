"""Whose task is it: from a lane's level and a household's village to the org unit; and who may act there."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .model import OrgUnit
from .parameters import Entries

Units = Mapping[str, OrgUnit]


class UnknownUnit(LookupError):
    """An org unit that does not exist on that date, or a level that has none (system)."""


@dataclass(frozen=True)
class Assignment:
    """An official holds a role at an org unit; `for_whom`: as the substitute of this official, who is on leave."""

    role: str
    unit: str
    for_whom: int | None = None


@dataclass(frozen=True)
class Place:
    """Where a task lies: roles that may do it, the level of its lane, the org unit it belongs to."""

    roles: frozenset[str]
    level: str
    unit: str


class UnitTree(dict[str, OrgUnit]):
    """Code -> unit, with what lies below each and what there is of each level: a province has some 30,000. Only read.
    `memo`: what others made of it, so that it is made once."""

    def __init__(self, units: Iterable[OrgUnit] = ()) -> None:
        super().__init__((unit.code, unit) for unit in units)
        self._below: dict[str, list[OrgUnit]] = {}
        self._level: dict[str, list[OrgUnit]] = {}
        self.memo: dict[str, Any] = {}
        for unit in self.values():
            self._below.setdefault(unit.parent or "", []).append(unit)
            self._level.setdefault(unit.level, []).append(unit)

    def children(self, code: str) -> list[OrgUnit]:
        """Directly below, in their order."""
        return self._below.get(code, [])

    def at_level(self, level: str) -> list[OrgUnit]:
        return self._level.get(level, [])

    @property
    def top(self) -> str | None:
        """The code of the unit above all others; None where there are several."""
        above = self.children("")
        return above[0].code if len(above) == 1 else None

    def within(self, code: str) -> Iterator[OrgUnit]:
        """The unit itself and everything below it; nothing for an unknown one."""
        if code in self:
            yield self[code]
            for unit in self.children(code):
                yield from self.within(unit.code)


def org_units(entries: Entries, on: date) -> UnitTree:
    """The units as of a date."""
    return UnitTree(
        OrgUnit(entry.key, entry.value["name"], entry.value["level"], entry.value.get("parent"))
        for entry in entries.all("org_unit", on)
    )


def changes(entries: Entries) -> list[date]:
    """The days on which an org unit began or ended, the first first: between two of them the tree is the same."""
    versions = (entry for key in entries.keys("org_unit") for entry in entries.history("org_unit", key))
    return sorted({day for entry in versions for day in (entry.valid_from, entry.valid_to) if day is not None})


def superior(unit: str, units: Units) -> OrgUnit | None:
    """The unit above (who decides a re-examination); None for the county."""
    parent = _unit(unit, units).parent
    return None if parent is None else _unit(parent, units)


def covers(unit: str, target: str, units: Units) -> bool:
    """Whether `target` is `unit` or lies below it. A department covers only itself (see `shows`)."""
    at: OrgUnit | None = _unit(target, units)
    while at is not None:
        if at.code == unit:
            return True
        at = superior(at.code, units)
    return False


def unit_of(level: str, village: str, units: Units, department: str | None = None) -> str:
    """The code of the org unit a task of that level belongs to, for a household of that village.

    A department task also needs the department's key (edu, civil …). UnknownUnit if there is no such unit.
    """
    at: OrgUnit | None = _unit(village, units)
    if level == "department":
        while at is not None and at.level != "county":
            at = superior(at.code, units)
        code = f"{at.code[:6] if at else ''}-{department}"
        return _unit(code, units).code
    while at is not None and at.level != level:
        at = superior(at.code, units)
    if at is None:
        raise UnknownUnit(f"{level} of {village}")
    return at.code


def may_act(assignment: Assignment, place: Place, units: Units, acts_for: Collection[str] = ()) -> bool:
    """Whether this assignment may do a task lying there (who acted before is judged elsewhere).

    The role must be held at the task's own unit; roles in `acts_for` (the window) also for units below.
    An assignment at a unit that no longer exists may do nothing.
    """
    held_at = units.get(assignment.unit)
    if assignment.role not in place.roles or held_at is None or place.unit not in units:
        return False
    if assignment.role in acts_for:
        return covers(held_at.code, place.unit, units)
    return held_at.level == place.level and held_at.code == place.unit


def _unit(code: str, units: Units) -> OrgUnit:
    try:
        return units[code]
    except KeyError:
        raise UnknownUnit(code) from None
