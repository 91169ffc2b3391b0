"""What a history tells of each visit: bins, days without a time of day, late beginnings, moves at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from funnelsim.fitting.dwell.censoring import Bins, StageSample, _interval, observe
from tests.unit.fitting.made_up_visits import instant, one_stage, recorded_to_the_day
from tests.unit.fitting.stated_families import fit_stated


def by_kind(sample: StageSample) -> dict[str, Bins]:
    return {b.kind: b for b in sample.bins}


def test_every_visit_is_used_once_or_left_out_and_counted() -> None:
    """Began early and ended before observation: out. Began early, still there: counts from then on."""
    history = one_stage(
        [-30, -30, 5, 6, 7],
        [-10, 12, 9, 1e4, 7.00001],
        ["won", "won", "lost", "won", "lost"],
        until=20.0,
        observed_from=instant(0.0),
    )
    sample = observe(history)["demo"]
    assert (sample.visits, sample.open, sample.left_out, sample.left_truncated) == (4, 1, 1, 1)
    assert sample.exits == {"won": 1, "lost": 2}
    assert sample.at_once == {"lost": 1}
    used = np.sort(np.concatenate([b.visit for b in sample.bins if b.kind != "left_truncated"]))
    np.testing.assert_array_equal(used, np.arange(4))
    np.testing.assert_allclose(by_kind(sample)["left_truncated"].days, [[30.0]])
    np.testing.assert_allclose(by_kind(sample)["right_censored"].days, [[14.0]])


def test_since_makes_all_before_it_unobserved() -> None:
    history = one_stage([0, 0, 30], [10, 50, 60], ["won", "won", "lost"], until=100.0)
    sample = observe(history, since=instant(20.0))["demo"]
    assert (sample.left_out, sample.left_truncated, sample.events) == (1, 1, 2)


def test_bins_keep_the_weights_and_the_mean_of_the_logs() -> None:
    """Thousands of distinct times become hundreds; a wrong representative would move every distribution."""
    rng = np.random.default_rng(1)
    days = rng.lognormal(2.0, 1.0, 20_000)
    sample = observe(one_stage(np.zeros(20_000), days, np.full(20_000, "won"), until=1e6))["demo"]
    bins = by_kind(sample)["exact"]
    assert bins.size < 900
    weight = rng.standard_exponential(20_000)
    binned = sample.weights(weight)[0][0]
    assert binned.sum() == pytest.approx(weight.sum())
    exact, rough = np.sum(weight * np.log(days)), np.sum(binned * np.log(bins.days[:, 0]))
    assert rough == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("days", [0, 1, 2, 7])
def test_a_span_is_the_triangle_of_two_unknown_times_of_day(days: int) -> None:
    """Its mass is the chance of being recorded as d days; over all d that is 1."""
    points, log_weights = _interval(days)
    mass = np.exp(log_weights)
    assert mass.sum() == pytest.approx(0.5 if days == 0 else 1.0, rel=1e-9)
    centre = 1 / 3 if days == 0 else days
    assert np.sum(mass * points) / mass.sum() == pytest.approx(centre, rel=1e-9)


@pytest.mark.parametrize(("family", "mean"), [("exponential", 1.2), ("gamma", 4.0), ("lognormal", 15.0)])
def test_means_are_not_biased_where_only_days_are_recorded(family: str, mean: float) -> None:
    """Taking d + 1/2 for the stay, or leaving out the zeros, misses a mean of 1.2 days by ten errors."""
    rng = np.random.default_rng(2)
    n = 6000
    days = {
        "exponential": rng.exponential(mean, n),
        "gamma": rng.gamma(2.0, mean / 2, n),
        "lognormal": rng.lognormal(np.log(mean) - 0.32, 0.8, n),
    }[family]
    entered = rng.uniform(0, 60, n)
    history = recorded_to_the_day(one_stage(entered, entered + days, np.full(n, "won"), until=70.0))
    fit = fit_stated(observe(history)["demo"], {"won": (family,)})
    distribution = fit.distribution(0)
    assert distribution is not None
    error = 4 * days.std() / np.sqrt(n)
    assert abs(distribution.mean() - mean) < error
    if mean < 10:
        recorded = np.floor(entered + days) - np.floor(entered)
        assert abs((recorded + 0.5).mean() - mean) > error


def test_the_order_of_the_visits_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    entered = rng.uniform(0, 50, 200)
    exits = np.where(rng.random(200) < 0.4, "won", "lost")
    history = one_stage(entered, entered + rng.exponential(10, 200), exits, until=60.0)
    shuffled = dataclasses.replace(history, visits=history.visits.sample(fraction=1.0, shuffle=True, seed=1))
    families = {"won": ("gamma",), "lost": ("weibull",)}
    one, other = (fit_stated(observe(h)["demo"], families) for h in (history, shuffled))
    np.testing.assert_allclose(one.parameters, other.parameters, atol=1e-6)
