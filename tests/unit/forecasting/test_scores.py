"""Scores against closed forms, and intervals against what they claim."""

import math

import numpy as np
import pytest
from scipy import stats

from funnelsim.forecasting.recalibrate import FEWEST, recalibrated, spread_factor
from funnelsim.forecasting.scores import (
    LEVELS,
    block_interval,
    covers,
    crps,
    pinball,
    randomised_pit,
    skill_interval,
)

NORMAL = stats.norm.ppf(LEVELS) * 3 + 10


@pytest.mark.parametrize("actual", [10.0, 12.0, 3.0])
def test_crps_of_a_normal_from_its_quantiles(actual):
    """sigma (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), but for the tails beyond 1 and 99 %.

    Gneiting and Raftery 2007, section 4.2. Mutant: quantiles taken as an ensemble of half the spread.
    """
    z = (actual - 10) / 3
    exact = 3 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    assert crps(actual, NORMAL) == pytest.approx(exact, rel=0.03)


def test_pinball_by_hand():
    assert pinball(12.0, np.full(99, 10.0), 0.9) == pytest.approx(0.9 * 2)
    assert pinball(8.0, np.full(99, 10.0), 0.9) == pytest.approx(0.1 * 2)


def test_coverage_counts_the_ends():
    quantiles = np.arange(1.0, 100.0)
    assert covers(10.0, quantiles, "80")
    assert covers(90.0, quantiles, "80")
    assert not covers(9.9, quantiles, "80")
    assert not covers(90.1, quantiles, "80")


@pytest.mark.parametrize("distribution", [stats.norm(10, 3), stats.poisson(4.2), stats.poisson(0.3)])
def test_pit_is_uniform_where_the_forecast_is_right(distribution):
    """Counts too. Mutant: ties not spread, which leaves spikes."""
    rng = np.random.default_rng(1)
    quantiles = distribution.ppf(LEVELS)
    places = [
        randomised_pit(x, quantiles, u)
        for x, u in zip(distribution.rvs(4000, random_state=rng), rng.random(4000), strict=True)
    ]
    assert stats.kstest(places, "uniform").statistic < 0.035
    assert np.mean(np.array(places) < 0.1) == pytest.approx(0.1, abs=0.02)


def test_a_right_forecast_of_counts_has_eighty_percent_of_its_pits_in_the_central_eighty():
    """Poisson counts of mean 20: a range that takes in both ends holds 85.6 %, the PIT knows better.

    Within 1 %, which is what 99 quantiles tell. Mutants: ties spread over half of their chance, or all at its
    upper end.
    """
    distribution = stats.poisson(20.0)
    quantiles, counts, u = distribution.ppf(LEVELS), np.arange(60), (np.arange(400) + 0.5) / 400
    chance = distribution.pmf(counts)
    closed = chance @ [covers(float(n), quantiles, "80") for n in counts]
    places = np.array([[randomised_pit(float(n), quantiles, v) for v in u] for n in counts])
    assert closed == pytest.approx(distribution.cdf(26) - distribution.cdf(13), abs=1e-9)
    assert closed > 0.85
    assert chance @ ((places >= 0.1) & (places <= 0.9)).mean(axis=1) == pytest.approx(0.8, abs=0.01)


def test_few_blocks_claim_nothing():
    told = block_interval([1.0] * 9, block=1)
    assert told.value == 1.0
    assert math.isnan(told.low)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """90 % intervals of a mean of 40 correlated origins, blocks of 4. Mutant: origins one by one."""
    rng = np.random.default_rng(2)
    held = 0
    for repetition in range(300):
        noise = rng.normal(size=43)
        values = 2.0 + np.convolve(noise, np.ones(4), mode="valid")
        told = block_interval(values.tolist(), block=4, seed=repetition)
        held += told.low <= 2.0 <= told.high
    assert 0.75 <= held / 300 <= 0.95


@pytest.mark.parametrize("block", [1, 2])
@pytest.mark.parametrize("place", [0, -1])
def test_blocks_begin_at_the_first_place_and_at_the_last(place, block):
    """A single 1 among 20 zeros, at an end: how many blocks contain it is binomial.

    One start of n - b + 1 reaches the end, and n / b are drawn. Mutants: starts from the second place on, or
    up to the last but one; the interval is then (0, 0).
    """
    n = 20
    values = np.zeros(n)
    values[place] = 1.0
    hits = stats.binom(n // block, 1 / (n - block + 1))
    found = block_interval(values.tolist(), block=block)
    assert found.low == hits.ppf(0.05) / n == 0.0
    assert found.high == hits.ppf(0.95) / n > 0.0


def test_skill_is_one_minus_the_ratio_of_means():
    ours, theirs = [1.0, 2.0] * 10, [2.0, 4.0] * 10
    told = skill_interval(ours, theirs, block=1)
    assert (told.value, told.low, told.high) == pytest.approx((0.5, 0.5, 0.5))


def test_too_narrow_forecasts_are_widened():
    """Truth spread twice as far as said: a factor between 1 and 2, nearer 2 with many. Mutant: inverted."""
    rng = np.random.default_rng(3)
    past = [(NORMAL, float(10 + 6 * rng.normal())) for _ in range(60)]
    factor = spread_factor(past)
    assert factor is not None
    assert 1.4 < factor < 2.1
    wider = recalibrated(NORMAL, past)
    assert wider is not None
    assert wider[89] - wider[9] == pytest.approx(factor * (NORMAL[89] - NORMAL[9]))
    assert spread_factor(past[: FEWEST - 1]) is None
