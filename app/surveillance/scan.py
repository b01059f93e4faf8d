"""Kulldorff's prospective Poisson space-time scan: is any place, over its last months, beyond what chance explains?

Sources: M. Kulldorff, A spatial scan statistic, Communications in Statistics: Theory and Methods 26 (1997) 1481-1496;
M. Kulldorff, Prospective time periodic geographical disease surveillance using a scan statistic, Journal of the Royal
Statistical Society A 164 (2001) 61-72. Places are villages, towns and the county instead of circles: the plan's own units,
and nobody has to draw a map. Given the total, households fall into cells (month, village) by population times the month's
usual share; the greatest likelihood ratio over all places and all spans that end now is compared with the same maximum in
months simulated without any cluster, so that looking at many places at once is already paid for.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

Counts = NDArray[np.int64]
Weights = NDArray[np.float64]
PIECE = 500
"""Simulated months held in memory at once."""


@dataclass(frozen=True)
class Grid:
    """What does not depend on the counts. `population`: (villages,); `months`: (months,) usual share of each month, oldest
    first; `zones`: (zones, villages) of 0 and 1; `names`: one for each zone."""

    population: Weights
    months: Weights
    zones: NDArray[np.int8]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """`longest`: months a cluster may have lasted; `least`: households it must have; `level`: share of months in which chance
    alone may raise a signal, in thousandths; `rounds`: simulated months."""

    longest: int
    least: int
    level: int
    rounds: int
    seed: int


@dataclass(frozen=True)
class Cluster:
    """The place and span that stand out most. `months`: how many, the newest included; `ratio`: log likelihood ratio."""

    zone: str
    months: int
    observed: int
    expected: float
    ratio: float


def grid(population: Sequence[int], months: Sequence[float], zones: Sequence[tuple[str, Sequence[int]]]) -> Grid:
    """`zones`: (name, places of its villages in `population`). A village without households counts as one."""
    table = np.zeros((len(zones), len(population)), dtype=np.int8)
    for at, (_, members) in enumerate(zones):
        table[at, list(members)] = 1
    people = np.maximum(np.asarray(population, dtype=np.float64), 1.0)
    usual = np.asarray(months, dtype=np.float64)
    if usual.size == 0 or not (usual > 0).all():
        raise ValueError("months need a positive share")
    return Grid(people / people.sum(), usual / usual.sum(), table, tuple(name for name, _ in zones))


def _ratios(observed: Counts, expected: Weights, total: int, least: int) -> Weights:
    """Log likelihood ratio of every zone; zero where no more than expected, or fewer than `least`."""
    seen = observed.astype(np.float64)
    inside = xlogy(seen, seen) - xlogy(seen, expected)
    outside = xlogy(total - seen, total - seen) - xlogy(total - seen, total - expected)
    counts = (seen > expected) & (observed >= least)
    return np.where(counts, inside + outside, 0.0)


def _windows(frame: Grid, longest: int) -> Weights:
    """(longest, zones): the share of all that is expected in each zone over the last 1, 2, … months."""
    recent = np.cumsum(frame.months[::-1][:longest])
    return np.outer(recent, frame.zones @ frame.population)


def strongest(frame: Grid, counts: Counts, setting: Setting) -> Cluster | None:
    """The place and span with the greatest ratio; None where nothing is above what is expected.

    `counts`: (months, villages), oldest month first.
    """
    total = int(counts.sum())
    if total == 0:
        return None
    span = min(setting.longest, counts.shape[0])
    seen = np.cumsum(counts[::-1][:span], axis=0) @ frame.zones.T.astype(np.int64)
    expected = _windows(frame, span) * total
    ratios = _ratios(seen, expected, total, setting.least)
    at = int(ratios.argmax())
    if ratios.flat[at] <= 0:
        return None
    months, zone = divmod(at, ratios.shape[1])
    return Cluster(
        frame.names[zone], months + 1, int(seen[months, zone]), float(expected[months, zone]), float(ratios.flat[at])
    )


def threshold(frame: Grid, total: int, setting: Setting) -> float:
    """The ratio that chance alone passes in at most `level` thousandths of all months: simulated once for these shares and
    this total. A month signals when its ratio is greater. The limit stands at half the level: successive months look at the
    same figures, so false signals come in runs, and what is stated must hold for a run of months too."""
    span = min(setting.longest, frame.months.size)
    recent = frame.months[::-1][:span]
    cells = np.outer(recent, frame.population).ravel()
    shares = np.append(cells, max(0.0, 1.0 - cells.sum()))
    shares /= shares.sum()
    zones = frame.zones.T.astype(np.int64)
    expected = _windows(frame, span) * total
    source = np.random.Generator(np.random.PCG64(setting.seed))
    highest = np.empty(setting.rounds)
    for begin in range(0, setting.rounds, PIECE):
        size = min(PIECE, setting.rounds - begin)
        drawn = source.multinomial(total, shares, size=size)[:, :-1].reshape(size, span, -1)
        seen = np.cumsum(drawn, axis=1) @ zones
        highest[begin : begin + size] = _ratios(seen, expected, total, setting.least).reshape(size, -1).max(axis=1)
    allowed = max(1, (setting.rounds + 1) * setting.level // 2000)  # the observed month counts as one of them
    return float(np.sort(highest)[-allowed])


def key(frame: Grid, setting: Setting) -> str:
    """Under which name a threshold is kept: equal for equal shares and settings."""
    digest = hashlib.sha256(repr((setting, frame.names)).encode())
    for part in (frame.population, frame.months):
        digest.update(part.round(12).tobytes())
    digest.update(frame.zones.tobytes())
    return digest.hexdigest()[:40]
