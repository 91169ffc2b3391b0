"""Attrition, deal sizes and trends, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from funnelsim.core.calendar.time import YEAR_DAYS
from funnelsim.fitting.productivity.attrition import Attrition, observed_attrition
from funnelsim.fitting.productivity.deal_sizes import deal_sizes
from funnelsim.fitting.productivity.lead_limit import trend
from funnelsim.fitting.productivity.roster import Rep


def test_attrition_is_departures_over_rep_years_known() -> None:
    """Catches a count of exposure up to today: who fell silent lately may have left."""
    reps = [
        Rep(name="stays", known_until=-40.0),
        Rep(name="left", start_day=-300.0, end_day=-100.0, known_until=-30.0),
        Rep(name="left before", end_day=-900.0, known_until=-30.0),
        Rep(name="just gone", end_day=-20.0, known_until=-30.0),
        Rep(name="will go", end_day=50.0),
    ]
    found = observed_attrition(reps, first_day=-730.0)
    assert found.departures == 1
    assert found.rep_years * YEAR_DAYS == pytest.approx(690 + 200 + 0 + 700 + 730)


def test_rates_of_attrition_have_the_posterior_of_jeffreys() -> None:
    """Gamma(departures + 1/2) over the rep-years: quantiles within four standard errors."""
    draws = Attrition(departures=2, rep_years=10.0).draws(np.random.default_rng(3), 20_000)
    for level in (0.05, 0.5, 0.95):
        below = float((draws <= stats.gamma.ppf(level, 2.5, scale=0.1)).mean())
        assert abs(below - level) < 4 * math.sqrt(level * (1 - level) / 20_000)


def test_intervals_of_attrition_hold() -> None:
    """Of 90 % intervals, 90 % hold for 3 departures expected, within 4 standard errors and the steps of a
    count."""
    rng = np.random.default_rng(1)
    truth, years, hits = 0.15, 20.0, 0
    for _ in range(500):
        draws = Attrition(departures=int(rng.poisson(truth * years)), rep_years=years).draws(rng, 400)
        low, high = np.quantile(draws, [0.05, 0.95])
        hits += low <= truth <= high
    assert 0.84 <= hits / 500 <= 0.96


def test_credibility_of_deal_sizes_follows_buehlmann_and_straub() -> None:
    """A worked example: within = 0.04 and between as the one-way layout gives it."""
    amounts = [np.array([80.0, 120.0, 100.0, 100.0]), np.array([180.0, 220.0, 200.0, 200.0])]
    sizes = deal_sizes(amounts, np.ones((1, 2)))
    assert sizes is not None
    within = (2 * 20**2 * 2) / 150**2 / 6
    between = (8 * (50 / 150) ** 2 - within) / (8 - 32 / 8)
    credibility = 4 * between / (4 * between + within)
    assert sizes.between_sd == pytest.approx(math.sqrt(between))
    assert sizes.factor == pytest.approx([1 - credibility / 3, 1 + credibility / 3])
    assert sizes.scale == pytest.approx([1.0])
    # What a rep sells is the factor times one distribution of all: the mean is kept.
    assert sizes.mean * 4 * sizes.factor.sum() == pytest.approx(1200, rel=2e-3)


def test_without_amounts_there_are_no_deal_sizes() -> None:
    assert deal_sizes([np.array([]), np.array([])], np.ones((1, 2))) is None


def test_a_trend_is_that_of_a_poisson_regression() -> None:
    """Against scipy's optimiser on the likelihood; the exact course e^(-0.3 t) comes back."""
    days = -30.0 * np.arange(24)[::-1] - 15
    offset = np.linspace(5, 12, 24)
    counts = np.random.default_rng(4).poisson(8 * offset * np.exp(-0.3 * days / YEAR_DAYS)).astype(float)
    found = trend(counts, offset, days)
    assert found is not None
    years = days / YEAR_DAYS

    def loss(at: np.ndarray) -> float:
        return -float(stats.poisson.logpmf(counts, offset * np.exp(at[0] + at[1] * years)).sum())

    slope = optimize.minimize(loss, [2.0, 0.0], method="Nelder-Mead", tol=1e-10).x[1]
    assert math.log1p(found.per_year) == pytest.approx(slope, abs=1e-5)
    assert found.falls
    exact = trend(1000 * offset * np.exp(-0.3 * years), offset, days)
    assert exact is not None
    assert exact.per_year == pytest.approx(math.expm1(-0.3))


def test_a_trend_is_rarely_seen_where_there_is_none() -> None:
    """One in twenty, also where months vary twice as much as chance. Catches errors without dispersion."""
    rng = np.random.default_rng(8)
    days, clear = -30.0 * np.arange(24), 0
    for _ in range(400):
        monthly = rng.poisson(rng.gamma(30.0, 1.0, 24)).astype(float)
        found = trend(monthly, np.ones(24), days)
        assert found is not None
        clear += found.clear
    assert 6 <= clear <= 36  # 20 expected, 4 standard errors


def test_few_months_have_no_trend() -> None:
    assert trend(np.ones(5), np.ones(5), np.arange(5.0)) is None
