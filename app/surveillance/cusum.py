"""Cumulative sums: a series that drifts a little every month is seen before any single month looks odd.

Sources: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954) 100-115; NIST/SEMATECH e-Handbook of Statistical
Methods, 6.3.2.3 (k = 0.5: one false signal in about 168 values at h = 4, 465 at h = 5, when the usual level is known).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True)
class Drift:
    """`sums`: one for each watched value, in standard deviations; `since`: place of the first value of the drift among
    them, None where the last sum is not above `limit`."""

    sums: tuple[float, ...]
    usual: float
    spread: float
    since: int | None


LEAST_SPREAD = 0.01
"""Share of the usual level taken as spread where the reference hardly moved: else any change would signal."""


def drift(usual: Sequence[int], watched: Sequence[int], *, bad: str, slack: float = 0.5, limit: float = 5.0) -> Drift:
    """`usual`: values before the watched ones, that say what is usual (two at least); `bad`: `up` or `down`.

    Whole numbers in, so that equal figures give equal sums.
    """
    if len(usual) < 2:
        raise ValueError("two values at least say what is usual")
    level = fmean(usual)
    spread = max(stdev(usual), abs(level) * LEAST_SPREAD, 0.5)
    sign = 1.0 if bad == "up" else -1.0
    sums: list[float] = []
    last, begun = 0.0, 0
    for at, value in enumerate(watched):
        if last == 0.0:
            begun = at
        last = max(0.0, last + sign * (value - level) / spread - slack)
        sums.append(last)
    return Drift(tuple(sums), level, spread, begun if sums and sums[-1] > limit else None)
