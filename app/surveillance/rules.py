"""Plain rules that an official can check by hand: so many households of one place, so many months of falling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Gathered:
    """`value` households of one kind in one place, at least `threshold`."""

    place: str
    value: int
    threshold: int


@dataclass(frozen=True)
class Run:
    """The last `months` values all went the bad way, together by `percent` of the one before them."""

    months: int
    percent: int
    first: int
    last: int


def gathered(counts: Mapping[str, int], least: int) -> list[Gathered]:
    """Places with at least `least` households, most first, then by code."""
    found = [Gathered(place, n, least) for place, n in counts.items() if n >= least > 0]
    return sorted(found, key=lambda g: (-g.value, g.place))


def steady(values: Sequence[int], months: int, percent: int, *, bad: str) -> Run | None:
    """Whether the last `months` values each went the bad way (`up` or `down`), together by more than `percent`.

    `values`: oldest first, without gaps. A count that rises from zero is measured against one.
    """
    if months < 1 or len(values) <= months:
        return None
    tail = values[-months - 1 :]
    sign = 1 if bad == "up" else -1
    if any((after - before) * sign <= 0 for before, after in pairwise(tail)):
        return None
    change = (tail[-1] - tail[0]) * sign * 100 // max(abs(tail[0]), 1)
    return Run(months, change, tail[0], tail[-1]) if change > percent else None
