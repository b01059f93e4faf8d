"""What a figure of a series can be, and what stands there already: refused, or asked about, before anything is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..history.signals import decimal
from ..people import County, Refused

Change = tuple[str, str, str, int, int]
"""(month, indicator, place, old, new)."""


class Overwrites(Refused):
    """Other values stand there already, and nobody said why they change."""

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__("scale.overwrites", n=len(changes))
        self.changes = changes


def bounds(county: County, key: str) -> tuple[int, int]:
    """The least and the most that a series can be, in its smallest unit; nothing counted or paid is below zero."""
    entry = county.entries.get("indicator_range", key, county.on)
    return (int(entry.value["least"]), int(entry.value["most"])) if entry else (0, 10**12)


def refuse_impossible(county: County, key: str, value: int) -> None:
    least, most = bounds(county, key)
    if not least <= value <= most:
        entry = county.entries.get("indicator", key, county.on)
        one: Mapping[str, Any] = entry.value if entry else {"title": key, "unit": "", "decimals": 0}
        shown = {name: decimal(n, int(one["decimals"])) for name, n in (("value", value), ("least", least), ("most", most))}
        raise Refused("scale.impossible", title=one["title"], unit=one["unit"], **shown)
