"""Summaries: their errors are those that repeating the simulation would show."""

from __future__ import annotations

import math

import numpy as np
import pytest

from funnelsim.metrics.summary import (
    deviation_between_draws,
    draws_of,
    likely_deviation_between_draws,
    likely_variance,
    mean_error,
    summarise,
)

from ..made_up_runs import run_of


def test_a_small_sample_by_hand() -> None:
    """Catches ddof=0, and quantiles that are not interpolated."""
    told = summarise([1.0, 2.0, 3.0, 4.0])
    assert told.mean == 2.5
    assert told.sd == pytest.approx(math.sqrt(5 / 3))
    assert told.mc_error == pytest.approx(math.sqrt(5 / 3) / 2)
    assert told.n == 4
    assert (told.p50, told.p25, told.p90) == pytest.approx((2.5, 1.75, 3.7))
    assert list(told.as_json())[-7:] == ["p05", "p10", "p25", "p50", "p75", "p90", "p95"]


def test_undefined_replications_are_left_out() -> None:
    """Catches a NaN that spreads, or counts as 0."""
    assert summarise([1.0, math.nan, 3.0]) == summarise([1.0, 3.0])


@pytest.mark.parametrize(("values", "n", "mean"), [([], 0, None), ([math.nan], 0, None), ([7.0], 1, 7.0)])
def test_too_little_to_tell_is_none(values: list[float], n: int, mean: float | None) -> None:
    told = summarise(values)
    assert (told.n, told.mean, told.sd, told.mc_error) == (n, mean, None, None)


def test_replications_cycle_through_the_draws_by_their_own_number() -> None:
    """Catches a row taken from the place in the part instead of from the replication."""
    assert draws_of(run_of(replications=range(5, 9), draw_rows=3)).tolist() == [2, 0, 1, 2]  # type: ignore[union-attr]
    assert draws_of(run_of()) is None


def test_errors_by_draw_by_hand() -> None:
    """Draw means 1, 3, 8: sd / sqrt(3); within each draw the values lie 1 apart from their mean."""
    values = np.array([0.0, 2.0, 2.0, 4.0, 7.0, 9.0])
    draws = np.array([0, 0, 1, 1, 2, 2])
    told = summarise(values, draws)
    assert told.mc_error == pytest.approx(np.std([1, 3, 8], ddof=1) / math.sqrt(3))
    assert told.mc_error_given_draws == pytest.approx(math.sqrt(3 * 2 * 2.0) / 6)


def test_the_deviation_between_draws_holds_no_chance_within_them() -> None:
    """Draw means 1, 3, 8 have variance 13, of which 2 / 2 is chance: pairs 2 apart have variance 2.

    Where draws differ by no more than chance nothing is left. Mutants: chance within draws not taken off
    (sqrt(13) and 0.58), or not divided by the replications of a draw (sqrt(11)).
    """
    draws = np.array([0, 0, 1, 1, 2, 2])
    values = np.array([0.0, 2.0, 2.0, 4.0, 7.0, 9.0])
    assert deviation_between_draws(values, draws) == pytest.approx(math.sqrt(12))
    assert deviation_between_draws(np.array([0.0, 2.0, 2.0, 0.0, 1.0, 3.0]), draws) == 0.0
    # With one replication a draw, chance within draws cannot be seen and all of the spread stays.
    assert deviation_between_draws(np.array([1.0, 3.0, 8.0]), np.arange(3)) == pytest.approx(math.sqrt(13))


def test_one_replication_a_draw_tells_no_error_within() -> None:
    assert summarise(np.arange(3.0), np.arange(3)).mc_error_given_draws is None


def test_the_error_is_the_spread_of_the_mean_when_all_is_repeated() -> None:
    """Repeat a run with new draws 1,500 times: the mean of mc_error^2 is the variance of the mean.

    Catches sd / sqrt(R), which is half of it here, and the error given the draws.
    """
    rng = np.random.default_rng(20260210)
    draws = np.arange(60) % 12
    shared = rng.normal(0, 3, (1500, 12))
    values = shared[:, draws] + rng.normal(0, 4, (1500, 60))
    means = values.mean(axis=1)
    squared = np.array([mean_error(row, draws) ** 2 for row in values])
    variance = 3**2 / 12 + 4**2 / 60
    se = squared.std(ddof=1) / math.sqrt(1500)
    assert se < 0.03 * variance
    assert abs(squared.mean() - variance) < 4 * se
    assert abs(means.var(ddof=1) - variance) < 4 * variance * math.sqrt(2 / 1499)


@pytest.mark.parametrize(("estimate", "error"), [(0.0, 1.0), (-2.0, 0.7), (3.0, 0.1), (0.4, 2.0)])
def test_a_likely_variance_is_the_mean_of_the_positive_part(estimate: float, error: float) -> None:
    """Against numerical integration."""
    x = np.linspace(0.0, max(estimate, 0.0) + 12 * error, 200_001)
    density = np.exp(-0.5 * ((x - estimate) / error) ** 2) / (error * math.sqrt(2 * math.pi))
    assert likely_variance(estimate, error) == pytest.approx(float(np.trapezoid(x * density, x)), rel=1e-6)


def test_a_variance_without_error_is_itself() -> None:
    assert likely_variance(np.array([2.0, 0.0, -1.0]), 0.0).tolist() == [2.0, 0.0, 0.0]


def test_a_likely_deviation_holds_little_of_the_chance_within_draws() -> None:
    """Means of ten equal draws of chance vary by 0.32: of that, no more than their own error stays.

    Mutant: chance within draws not taken off.
    """
    draws = np.repeat(np.arange(100), 10)
    values = np.random.default_rng(3).standard_normal(1000)
    assert 0 < likely_deviation_between_draws(values, draws) < 0.15
    assert likely_deviation_between_draws(np.ones(1000), draws) == 0.0
    far = values + 100.0 * draws
    assert likely_deviation_between_draws(far, draws) == pytest.approx(deviation_between_draws(far, draws))
