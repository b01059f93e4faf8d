"""Interleaved rounds: each contestant in turn, medians of the rounds' medians."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median, quantiles
from time import perf_counter

Contestant = Callable[[], object]
"""One operation on the next prepared item."""


def interleaved(contestants: Mapping[str, Contestant], rounds: int, each: int) -> dict[str, float]:
    """Seconds per operation, by name. The order turns by one each round, so that nobody always follows the same one."""
    names = list(contestants)
    medians: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            medians[name].append(median(timed(contestants[name]) for _ in range(each)))
    return {name: median(found) for name, found in medians.items()}


def timed(operation: Contestant) -> float:
    begun = perf_counter()
    operation()
    return perf_counter() - begun


def percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """`with stopwatch() as took:` leaves the seconds in `took[0]`."""
    took: list[float] = []
    begun = perf_counter()
    yield took
    took.append(perf_counter() - begun)
