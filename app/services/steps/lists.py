"""Kinds of lists for many households at once: dated data. A step says in the diagram on which of them it goes."""

from dataclasses import dataclass
from datetime import date

from app.labels import say
from app.policy.parameters import Entries


@dataclass(frozen=True)
class Kind:
    """Who works lists of this kind, at units of which level."""

    roles: tuple[str, ...]
    level: str
    title: str = ""


SHIPPED: dict[str, Kind] = {
    "meeting": Kind(("village_officer",), "village"),
    "notice": Kind(("village_officer",), "village"),
    "town_report": Kind(("town_leader",), "town"),
    "county_decision": Kind(("county_leader",), "county"),
    "receipts": Kind(("town_officer",), "town"),
}
"""Those of a county that has not published its lists since they were entries."""
KEY = 24
"""Characters of a list's key, as the database holds it."""


def kinds(entries: Entries, on: date) -> dict[str, Kind]:
    """By key, on a day, the shipped ones first."""
    published = {
        e.key: Kind(tuple(e.value["roles"]), str(e.value["level"]), str(e.value["title"])) for e in entries.all("list", on)
    }
    return {**SHIPPED, **published}


def title_of(entries: Entries, on: date, key: str) -> str:
    """What a list is called."""
    kind = kinds(entries, on).get(key)
    return kind.title if kind is not None and kind.title else say(f"lists.{key}")


def known(entries: Entries) -> list[str]:
    """Every key that a step may name, whatever the day."""
    return [*SHIPPED, *(key for key in entries.keys("list") if key not in SHIPPED and len(key) <= KEY)]
