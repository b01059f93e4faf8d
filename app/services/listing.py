"""Kinds of lists for many households at once. A step says in the diagram on which of them it goes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Who works lists of this kind, at units of which level."""

    roles: tuple[str, ...]
    level: str


KINDS: dict[str, Kind] = {
    "meeting": Kind(("village_officer",), "village"),
    "notice": Kind(("village_officer",), "village"),
    "town_report": Kind(("town_leader",), "town"),
    "county_decision": Kind(("county_leader",), "county"),
    "receipts": Kind(("town_officer",), "town"),
}
