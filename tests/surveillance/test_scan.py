"""The space-time scan and the plain rules: known figures, a planted cluster, and how often chance alone signals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.surveillance import cusum, rules, scan

SETTING = scan.Setting(longest=3, least=3, level=10, rounds=999, seed=1)


def county(months: int = 12, villages: int = 40) -> scan.Grid:
    """Four towns of ten villages, 100 households each."""
    zones = [(f"v{n}", [n]) for n in range(villages)]
    zones += [(f"t{t}", list(range(t * 10, t * 10 + 10))) for t in range(villages // 10)]
    zones.append(("county", list(range(villages))))
    return scan.grid([100] * villages, [1.0] * months, zones)


def calm(months: int = 12, villages: int = 40, seed: int = 3, mean: float = 8.0) -> np.ndarray:
    source = np.random.default_rng(seed)
    return np.array([source.multinomial(source.poisson(mean), [1 / villages] * villages) for _ in range(months)])


def test_the_ratio_is_kulldorffs() -> None:
    """Two villages, one month: c = 8 of 10 where 5 are expected: 8 ln(8/5) + 2 ln(2/5)."""
    frame = scan.grid([10, 10], [1.0], [("a", [0]), ("b", [1])])
    found = scan.strongest(frame, np.array([[8, 2]]), SETTING)
    assert found is not None and (found.zone, found.months, found.observed, found.expected) == ("a", 1, 8, 5.0)
    assert found.ratio == pytest.approx(8 * np.log(8 / 5) + 2 * np.log(2 / 5))


def test_a_cluster_is_named_with_its_place_and_its_months() -> None:
    counts = calm()
    counts[-2:, 10:20] += 1
    found = scan.strongest(county(), counts, SETTING)
    assert found is not None and (found.zone, found.months) == ("t1", 2)
    assert found.ratio > scan.threshold(county(), int(counts.sum()), SETTING)


def test_what_ended_earlier_signals_nothing_now() -> None:
    counts = calm()
    counts[4:6, 10:20] += 2
    found = scan.strongest(county(), counts, SETTING)
    assert found is None or found.ratio <= scan.threshold(county(), int(counts.sum()), SETTING)


def test_chance_alone_signals_no_more_often_than_stated() -> None:
    """Independent years without any cluster: at a level of 5 % in 200 of them."""
    frame = county()
    setting = scan.Setting(longest=3, least=3, level=50, rounds=999, seed=1)
    limits: dict[int, float] = {}
    signals = 0
    for seed in range(200):
        counts = calm(seed=1000 + seed)
        total = int(counts.sum())
        limits.setdefault(total, scan.threshold(frame, total, setting))
        found = scan.strongest(frame, counts, setting)
        signals += found is not None and found.ratio > limits[total]
    assert 0 < signals <= 200 * 0.05


def test_the_same_seed_gives_the_same_limit_and_a_month_of_more_is_expected_to_bring_more() -> None:
    frame = county()
    assert scan.threshold(frame, 90, SETTING) == scan.threshold(frame, 90, SETTING)
    winter = scan.grid([100] * 40, [1.0] * 11 + [5.0], [("county", list(range(40)))])
    counts = calm()
    counts[-1] += 1
    usual, seasonal = (scan.strongest(f, counts, SETTING) for f in (county(), winter))
    assert usual is not None and seasonal is not None and usual.zone == "county"
    limit = scan.threshold(winter, int(counts.sum()), scan.Setting(3, 3, 10, 999, 1))
    assert usual.ratio > limit > seasonal.ratio
    assert scan.key(frame, SETTING) != scan.key(winter, SETTING)


def test_few_households_are_no_cluster() -> None:
    counts = np.zeros((12, 40), dtype=np.int64)
    counts[-1, 0] = 2
    assert scan.strongest(county(), counts, SETTING) is None
    assert scan.strongest(county(), np.zeros((12, 40), dtype=np.int64), SETTING) is None


# --- plain rules and drifts -------------------------------------------------------------------------------------------


def test_so_many_households_of_one_place() -> None:
    assert [g.place for g in rules.gathered({"a": 3, "b": 2, "c": 5}, 3)] == ["c", "a"]


@pytest.mark.parametrize(
    ("values", "bad", "percent"),
    [
        ([100, 90, 80, 70], "down", 30),
        ([100, 95, 90, 85], "down", None),
        ([100, 70, 75, 60], "down", None),
        ([10, 11, 12, 14], "up", 40),
        ([0, 1, 2, 3], "up", 300),
        ([90, 80, 70], "down", None),
    ],
)
def test_three_months_the_bad_way(values: list[int], bad: str, percent: int | None) -> None:
    found = rules.steady(values, 3, 20, bad=bad)
    assert (found.percent if found else None) == percent


def test_a_small_drift_is_seen_since_when() -> None:
    usual = [100, 104, 96, 101, 99, 103, 97, 100, 102, 98, 100, 100]
    watched = [101, 99, 96, 95, 94, 94, 93]
    found = cusum.drift(usual, watched, bad="down")
    assert found.since == 2
    assert cusum.drift(usual, watched, bad="up").since is None
    assert cusum.drift(usual, [101, 99, 100, 102, 98], bad="down").since is None


@given(st.lists(st.integers(0, 50), min_size=12, max_size=24), st.lists(st.integers(0, 50), max_size=12))
@settings(max_examples=60)
def test_sums_never_fall_below_nothing(usual: list[int], watched: list[int]) -> None:
    found = cusum.drift(usual, watched, bad="up")
    assert len(found.sums) == len(watched) and all(s >= 0 for s in found.sums)
