"""Intervals and comparisons of shares against published numbers and other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, false_discovery_control, fisher_exact, quantile_test

from funnelsim.documents.map_insights import Contrast
from funnelsim.processmap import proportions
from funnelsim.processmap.proportions import contrasted, difference, median, wilson


@pytest.mark.parametrize(("n", "of"), [(0, 1), (1, 1), (0, 30), (30, 30), (7, 31), (120, 4000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_is_that_of_scipy(n: int, of: int, level: float) -> None:
    found, known = wilson(n, of, level), binomtest(n, of).proportion_ci(level, method="wilson")
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-12)
    assert found.value == n / of


def test_no_trials_have_no_share() -> None:
    assert wilson(0, 0).value is None
    assert difference(wilson(0, 0), wilson(1, 2)).value is None


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_differences_are_those_of_newcombe(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe (1998), table II, method 10, at 95 %. Mutant: ends of the second share the wrong way round."""
    found = difference(wilson(*first, 0.95), wilson(*second, 0.95))
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize("size", [1, 4, 5, 6, 12, 37, 500])
def test_the_interval_of_a_median_is_that_of_scipy(size: int) -> None:
    values = np.random.default_rng(size).lognormal(size=size)
    found, known = median(values), quantile_test(values, p=0.5).confidence_interval(0.9)
    assert found.value == np.median(values)
    if np.isfinite(known.low) and np.isfinite(known.high):
        assert found.low == known.low
        assert found.high == known.high
    else:
        assert found.low is None or size >= 5


def test_medians_are_covered() -> None:
    """Exact for any distribution: at least 90 % of 400 intervals, less four standard errors."""
    draw = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        found = median(draw.exponential(size=21))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= np.log(2) <= found.high
    assert held >= 400 * (0.9 - 4 * 0.015)


def row(n: int, of: int, other_n: int, other_of: int) -> Contrast:
    return Contrast(kind="source", key=f"{n} of {of}", n=n, of=of, other_n=other_n, other_of=other_of)


def test_comparisons_are_fishers_with_benjamini_and_hochberg() -> None:
    """Mutants: no adjustment, adjusted with the small groups that are not tested."""
    counts = [(30, 40, 20, 60), (12, 40, 20, 60), (22, 40, 25, 60), (16, 40, 24, 60)]
    found, small = contrasted([row(*one) for one in [*counts, (9, 9, 10, 90), (3, 40, 5, 60)]])
    p = [fisher_exact([[a, b - a], [c, d - c]]).pvalue for a, b, c, d in counts]
    q = dict(zip((f"{a} of {b}" for a, b, *_ in counts), false_discovery_control(p), strict=True))
    assert small == 2
    assert {one.key: one.q_value for one in found} == pytest.approx(q)
    assert [one.clear for one in found] == [True, False, False, False]
    assert found[0].ratio.value == pytest.approx((30 / 40) / (20 / 60))
    assert found[0].difference.value == pytest.approx(30 / 40 - 20 / 60)


def test_large_counts_are_tested_without_the_exact_test(monkeypatch: pytest.MonkeyPatch) -> None:
    large = row(5_200, 20_000, 7_500, 30_000)
    (quick,), _ = contrasted([large])
    monkeypatch.setattr(proportions, "_LARGE", np.inf)
    (exact,), _ = contrasted([large])
    assert quick.p_value == pytest.approx(exact.p_value, rel=0.05)
    assert 0.005 < (exact.p_value or 0) < 0.05


def test_the_clearest_difference_comes_first() -> None:
    """By the end of the interval next to 0: a huge difference in few deals is not the clearest."""
    few, many, less = row(11, 12, 5, 14), row(600, 1000, 200, 1000), row(100, 1000, 300, 1000)
    found, _ = contrasted([few, less, many])
    assert [one.key for one in found] == ["600 of 1000", "11 of 12", "100 of 1000"]
