"""Control limits and intervals: published and hand-worked values, and how often they raise a false alarm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from funnelsim.core.arrays import Floats
from funnelsim.metrics.kpi.intervals import count_interval, mean_interval, share_interval, sum_interval
from funnelsim.metrics.kpi.limits import (
    Limits,
    _beta_binomial_quantile,
    count_limits,
    share_limits,
    value_limits,
)

ALPHA = 0.05


def array(*values: float) -> Floats:
    return np.array(values, np.float64)


def test_intervals_of_single_values_are_those_of_the_textbooks() -> None:
    """Wilson: Newcombe (1998), 81 of 263. Garwood: 10 events, Johnson, Kotz and Kemp (2005). t by hand."""
    low, high = share_interval(array(81), array(263), 0.95)
    assert (round(float(low[0]), 4), round(float(high[0]), 4)) == (0.2553, 0.3662)
    low, high = count_interval(array(10, 0), 0.95)
    assert np.round(np.array([low, high]), 3).tolist() == [[4.795, 0.0], [18.39, 3.689]]
    low, high = mean_interval(array(6.0), array(14.0), array(3.0), 0.9)  # 1, 2, 3: sd 1, t 2.920
    assert (low[0], high[0]) == pytest.approx((2 - 2.920 / 3**0.5, 2 + 2.920 / 3**0.5), abs=1e-3)
    low, high = sum_interval(array(7.0), array(25.0), 0.9)  # amounts of 3 and 4
    assert (low[0], high[0]) == pytest.approx((0.0, 7 + 1.6449 * 5), abs=1e-3)


def test_undefined_values_have_no_interval() -> None:
    assert np.isnan(share_interval(array(0), array(0))).all()
    assert np.isnan(mean_interval(array(5.0), array(25.0), array(1.0))).all()


def test_exact_limits_hold_what_is_likely_by_the_conditional_test() -> None:
    """The limits of a share hold the counts that Fisher's exact test does not reject (Thatcher 1964)."""
    x, n = array(20, 20, 20, 20, 20), array(100, 100, 100, 100, 100)
    found = share_limits(x, n, 50, ALPHA)
    assert found is not None
    inside = [k for k in range(51) if not found.beyond(k / 50)]
    both = {k: stats.hypergeom(550, 100 + k, 50) for k in range(51)}
    accepted = [k for k, law in both.items() if min(law.cdf(k), law.sf(k - 1)) > ALPHA / 2]
    assert inside == accepted


def test_the_quantile_of_the_exact_limits_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        n, a, b = (float(number) for number in rng.integers(1, 300, 3))
        for tail in (0.025, 1e-4):
            law = stats.betabinom(n, a, b)
            assert _beta_binomial_quantile(tail, n, a, b) == law.ppf(tail)
            assert _beta_binomial_quantile(1 - tail, n, a, b) == law.isf(tail)


def test_exact_limits_of_counts_are_those_of_the_binomial_test() -> None:
    """Given all events, those of the new period are binomial by its share of the days (Nelson 1982)."""
    found = count_limits(array(12, 12, 12, 12, 12), array(30, 30, 30, 30, 30), 31, ALPHA)
    assert found is not None
    inside = [k for k in range(60) if not found.beyond(k)]
    law = {k: stats.binom(60 + k, 31 / 181) for k in range(60)}
    assert inside == [k for k, one in law.items() if min(one.cdf(k), one.sf(k - 1)) > ALPHA / 2]


def test_limits_of_values_are_the_prediction_interval_of_the_textbook() -> None:
    """11 to 15: mean 13, sd 1.5811, t 2.776 with 4 degrees of freedom; 13 +/- 2.776 x 1.5811 x sqrt(1 + 1/5).
    Of weights 4 and a new one of 2 the sd is that of one case. Mutants: no error of the centre; weights
    left out."""
    y = array(11, 12, 13, 14, 15)
    found = value_limits(y, np.ones(5), 1.0, ALPHA)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((13 - 4.8083, 13 + 4.8083), abs=1e-3)
    found = value_limits(y, np.full(5, 4.0), 2.0, ALPHA)
    assert found is not None
    assert found.high == pytest.approx(13 + 2.7764 * 1.5811 * 2 * (1 / 2 + 1 / 20) ** 0.5, abs=1e-3)


def test_values_that_never_moved_leave_no_room_but_for_rounding() -> None:
    found = value_limits(array(0.1 + 0.2, 0.3, 0.3, 0.3, 0.3), np.ones(5), 1.0, ALPHA)
    assert found is not None
    assert not found.beyond(0.3)
    assert found.beyond(0.31)


def test_few_periods_tell_nothing() -> None:
    assert share_limits(array(1, 2, 3, 4), array(9, 9, 9, 9), 9, ALPHA) is None
    assert value_limits(array(1, 2, 3, np.nan, 4), np.ones(5), 1.0, ALPHA) is None


def stationary(
    rng: np.random.Generator, periods: int
) -> dict[str, Callable[[], tuple[Limits | None, float]]]:
    """Figures that do not change; the last period against the others."""
    n = rng.integers(60, 200, periods).astype(np.float64)
    days = rng.choice(array(28, 30, 31), periods)

    def share(p: Floats) -> tuple[Limits | None, float]:
        x = rng.binomial(n.astype(int), p).astype(np.float64)
        return share_limits(x[:-1], n[:-1], float(n[-1]), ALPHA), float(x[-1] / n[-1])

    def count(rate: Floats) -> tuple[Limits | None, float]:
        x = rng.poisson(rate * days).astype(np.float64)
        return count_limits(x[:-1], days[:-1], float(days[-1]), ALPHA), float(x[-1])

    def mean() -> tuple[Limits | None, float]:
        y = array(*(rng.lognormal(0, 0.8, int(size)).mean() for size in n))
        return value_limits(y[:-1], n[:-1], float(n[-1]), ALPHA), float(y[-1])

    return {
        "share": lambda: share(np.full(periods, 0.25)),
        "share, months differ": lambda: share(rng.beta(10, 30, periods)),
        "count": lambda: count(np.full(periods, 2.0)),
        "count, months differ": lambda: count(2.0 * rng.gamma(10, 0.1, periods)),
        "mean of skewed amounts": mean,
    }


@pytest.mark.parametrize("kind", list(stationary(np.random.default_rng(1), 13)))
def test_false_alarms_are_as_rare_as_stated(kind: str) -> None:
    """At most the stated 5 %, with four standard errors. Mutants: normal quantiles for Student's (8 %);
    no room for months that differ (30 % of the counts)."""
    rng = np.random.default_rng(7)
    tries, alarms = 700, 0
    for _ in range(tries):
        limits, value = stationary(rng, 7)[kind]()
        assert limits is not None
        alarms += limits.beyond(value)
    assert alarms / tries <= ALPHA + 4 * (ALPHA * (1 - ALPHA) / tries) ** 0.5


def test_a_real_change_is_seen() -> None:
    """A win rate that falls from 30 to 15 %, 200 deals a month, is beyond noise in most cases."""
    rng = np.random.default_rng(3)
    n = np.full(12, 200.0)
    seen = 0
    for _ in range(100):
        limits = share_limits(rng.binomial(200, 0.3, 12).astype(np.float64), n, 200.0, ALPHA / 15)
        assert limits is not None
        seen += limits.beyond(rng.binomial(200, 0.15) / 200)
    assert seen > 80
