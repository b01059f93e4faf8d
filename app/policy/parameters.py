"""Look-ups over dated entries handed in, and their seed form, TOML. Knows no place where they are kept."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from .model import Entry

UNITS_OF_TIME = ("calendar_days", "working_days", "months")
_RESERVED = {"key", "valid_from", "valid_to", "source", "default", "number", "supersedes"}


class MissingEntry(LookupError):
    """No entry is valid on that day. Nothing is guessed: the caller says so or stops."""

    def __init__(self, name: str, key: str, on: date) -> None:
        super().__init__(f"no entry {name} {key} on {on}")
        self.name, self.key, self.on = name, key, on


class EntryTwice(ValueError):
    """Two entries of one name, key, first day and number."""

    def __init__(self, name: str, key: str, valid_from: date) -> None:
        super().__init__(f"entry given twice: {name} {key} {valid_from}")
        self.name, self.key, self.valid_from = name, key, valid_from


class Entries:
    """An index over entries, built once and only read."""

    def __init__(self, by_name: dict[str, dict[str, tuple[Entry, ...]]]) -> None:
        self._by_name = by_name

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Entries":
        """Drops what is superseded. EntryTwice if one (name, key, valid_from, number) comes twice."""
        known: dict[tuple[str, str, date, int], Entry] = {}
        replaced: set[tuple[str, str, date, int]] = set()
        for entry in entries:
            place = (entry.name, entry.key, entry.valid_from, entry.number)
            if place in known:
                raise EntryTwice(entry.name, entry.key, entry.valid_from)
            known[place] = entry
            if entry.supersedes is not None:
                replaced.add((entry.name, entry.key, entry.valid_from, entry.supersedes))
        by_name: dict[str, dict[str, tuple[Entry, ...]]] = {}
        for place, entry in known.items():
            if place not in replaced:
                keys = by_name.setdefault(entry.name, {})
                keys[entry.key] = (*keys.get(entry.key, ()), entry)
        for keys in by_name.values():
            for key, versions in keys.items():
                keys[key] = tuple(sorted(versions, key=lambda e: (e.valid_from, e.number), reverse=True))
        return cls(by_name)

    def get(self, name: str, key: str, on: date) -> Entry | None:
        """The entry valid on that day; of several the one that began last (then the highest number)."""
        for entry in self.history(name, key):
            if entry.valid_from <= on and (entry.valid_to is None or on < entry.valid_to):
                return entry
        return None

    def require(self, name: str, key: str, on: date) -> Entry:
        """As `get`; MissingEntry if there is none."""
        entry = self.get(name, key, on)
        if entry is None:
            raise MissingEntry(name, key, on)
        return entry

    def all(self, name: str, on: date) -> list[Entry]:
        """One entry per key valid on that day, in the order the keys were first given."""
        found = (self.get(name, key, on) for key in self._by_name.get(name, {}))
        return [entry for entry in found if entry is not None]

    def history(self, name: str, key: str) -> tuple[Entry, ...]:
        """Every version that still stands, newest first."""
        return self._by_name.get(name, {}).get(key, ())

    def names(self) -> list[str]:
        return list(self._by_name)

    def keys(self, name: str) -> list[str]:
        return list(self._by_name.get(name, {}))


@dataclass(frozen=True)
class Days:
    """A span: n of `unit` (calendar_days, working_days, months), and the entry that says so."""

    n: int
    unit: str
    entry: Entry


@dataclass(frozen=True)
class Share:
    """A part of a whole; `strict` means more than it, else at least it."""

    numerator: int
    denominator: int
    strict: bool
    entry: Entry

    def reached(self, part: int, whole: int) -> bool:
        """Whether `part` of `whole` is enough. Nobody of nobody never is."""
        left, right = part * self.denominator, whole * self.numerator
        return whole > 0 and (left > right if self.strict else left >= right)


@dataclass(frozen=True)
class MonitoringLine:
    """Fen per person per year. Provisional: the year has no line yet, the last known one is used."""

    value_fen: int
    provisional: bool
    year: int
    entry: Entry


def days(entries: Entries, key: str, on: date) -> Days:
    """A parameter whose unit is a span of time. MissingEntry; ValueError if it is no such span."""
    entry = entries.require("parameter", key, on)
    unit = entry.value.get("unit")
    if unit not in UNITS_OF_TIME:
        raise ValueError(f"parameter {key} is not a span of time: {unit}")
    return Days(_whole(entry), unit, entry)


def number(entries: Entries, key: str, on: date) -> int:
    """A parameter that is a count or an amount in fen."""
    return _whole(entries.require("parameter", key, on))


def number_since(entries: Entries, key: str, on: date, before: int) -> int:
    """A parameter that counties which published earlier may not have; `before`: what held then."""
    entry = entries.get("parameter", key, on)
    return _whole(entry) if entry is not None else before


def adult_age(entries: Entries, on: date) -> int:
    """Years from which a person signs alone."""
    return number_since(entries, "adult_age", on, 18)


def flag(entries: Entries, key: str, on: date) -> bool:
    value = entries.require("parameter", key, on).value.get("value")
    if not isinstance(value, bool):
        raise ValueError(f"parameter {key} is not a flag: {value!r}")
    return value


def share(entries: Entries, key: str, on: date) -> Share:
    entry = entries.require("parameter", key, on)
    value = entry.value.get("value")
    if not isinstance(value, dict) or value.get("denominator", 0) <= 0:
        raise ValueError(f"parameter {key} is not a share: {value!r}")
    return Share(value["numerator"], value["denominator"], bool(value.get("strict", False)), entry)


def monitoring_line(entries: Entries, on: date) -> MonitoringLine:
    """The line of the year of `on` (application at entry, assessment at exit).

    A year without a line is never guessed: the last known one is handed out as provisional.
    MissingEntry before the first year that has one. Source: wx2021-25#2.2.1, #2.2.2.
    """
    newest: Entry | None = None
    for key in entries.keys("monitoring_line"):
        for entry in entries.history("monitoring_line", key)[:1]:
            year = entry.value["year"]
            if year <= on.year and (newest is None or year > newest.value["year"]):
                newest = entry
    if newest is None:
        raise MissingEntry("monitoring_line", str(on.year), on)
    year = newest.value["year"]
    provisional = year != on.year or bool(newest.value.get("provisional", False))
    return MonitoringLine(_whole(newest), provisional, year, newest)


def read_toml(text: str) -> list[Entry]:
    """Entries of one file of `bpmn/entries`: arrays of tables named like the entry. ValueError if bad.

    Dates inside a value become ISO strings; floats are refused (event bodies hold none).
    """
    entries = []
    for name, rows in tomllib.loads(text).items():
        if not isinstance(rows, list):
            raise ValueError(f"{name} is not an array of tables")
        entries += [_entry(name, row) for row in rows]
    return entries


def _entry(name: str, row: dict[str, Any]) -> Entry:
    key, valid_from, source = row.get("key"), row.get("valid_from"), row.get("source")
    valid_to, supersedes = row.get("valid_to"), row.get("supersedes")
    place = f"{name} {key}"
    if not (isinstance(key, str) and key and isinstance(source, str) and source and type(valid_from) is date):
        raise ValueError(f"{place}: key, valid_from and source are needed")
    if valid_to is not None and (type(valid_to) is not date or valid_to <= valid_from):
        raise ValueError(f"{place}: valid_to is not a later day")
    default, count = row.get("default", False), row.get("number", 1)
    if not isinstance(default, bool) or type(count) is not int or type(supersedes) not in (int, type(None)):
        raise ValueError(f"{place}: default, number or supersedes is of the wrong kind")
    value = {field: _plain(place, item) for field, item in row.items() if field not in _RESERVED}
    return Entry(None, name, key, valid_from, valid_to, value, source, default, count, supersedes)


def _plain(place: str, item: Any) -> Any:
    if isinstance(item, dict):
        return {key: _plain(place, inner) for key, inner in item.items()}
    if isinstance(item, list):
        return [_plain(place, inner) for inner in item]
    if isinstance(item, date):  # a datetime too
        return item.isoformat()
    if not isinstance(item, str | int):  # a bool is an int
        raise ValueError(f"{place}: {item!r} is neither text, whole number, yes or no, nor date")
    return item


def _whole(entry: Entry) -> int:
    value = entry.value.get("value")
    if type(value) is not int:
        raise ValueError(f"{entry.name} {entry.key} is not a whole number: {value!r}")
    return value
