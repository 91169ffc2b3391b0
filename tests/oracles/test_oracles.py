"""The oracles themselves, against closed forms and against each other."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from tests.oracles import (
    cdfs,
    compound_poisson,
    f6,
    freeflow,
    markov,
    philox,
    poisson_binomial,
    seasons,
    tempo,
    tolerance,
)
from tests.oracles.freeflow import Way


def test_f6_gives_the_published_wins_and_cycle():
    exact = f6.exact()
    assert exact.wins == pytest.approx(119.632, abs=5e-4)
    assert exact.cycle_days == pytest.approx(29.729, abs=5e-4)
    assert exact.bookings == pytest.approx(119.632 * 12_000, rel=1e-5)


def test_f6_does_not_depend_on_the_grid():
    coarse, fine = f6.exact(step=1 / 8), f6.exact(step=1 / 64)
    assert coarse.wins == pytest.approx(fine.wins, rel=1e-7)
    assert coarse.entered == pytest.approx(fine.entered, rel=1e-6)


def test_chain_of_equal_exponentials_gives_the_gamma_distribution():
    ways = {f"s{i}": (Way(f"s{i + 1}", 1.0, cdfs.exponential(3.0)),) for i in range(4)}

    def chance(step):
        masses = freeflow.entry_masses(ways, "s0", step=step, count=int(10 / step) + 2)
        return freeflow.chance_by(10.0, masses["s4"], step=step)

    assert freeflow.extrapolated(chance, 1 / 16) == pytest.approx(stats.gamma(4, scale=3).cdf(10), abs=1e-7)


def test_self_loop_of_exponentials_is_a_poisson_process():
    """Entries by t = 1 + sum of p^k chance(k-th by t); with p = 1 the renewal function is 1 + t / mean."""
    ways = {"client": (Way("client", 1.0, cdfs.exponential(4.0)),)}

    def entries(step):
        masses = freeflow.entry_masses(ways, "client", step=step, count=int(20 / step) + 2)
        return freeflow.chance_by(20.0, masses["client"], step=step)

    assert freeflow.extrapolated(entries, 1 / 16) == pytest.approx(1 + 20 / 4, abs=1e-6)


def test_constant_dwells_that_compound():
    """After 3.5 years of yearly renewal at 90 % and +5 %, a lead of 1 has made 1 + .. + (.9 1.05)^3."""
    ways = {"client": (Way("client", 0.9, cdfs.constant(365.0)),)}
    masses = freeflow.entry_masses(ways, "client", step=1.0, count=1300, factor={"client": 1.05})
    expected = sum(1.05 * (0.9 * 1.05) ** k for k in range(4))
    assert masses["client"][: int(3.5 * 365)].sum() == pytest.approx(expected, abs=1e-8)


def test_entries_for_ever_are_the_visits_of_the_markov_chain():
    steps = {"a": {"b": 0.7, "lost": 0.3}, "b": {"a": 0.2, "won": 0.5, "lost": 0.3}}
    ways = {
        stage: tuple(Way(to, p, cdfs.gamma(2.0, 0.5)) for to, p in exits.items())
        for stage, exits in steps.items()
    }
    masses = freeflow.entry_masses(ways, "a", step=0.25, count=1024)
    chain = markov.absorb(steps, "a")
    for place, expected in {**chain.visits, **chain.ends}.items():
        assert masses[place].sum() == pytest.approx(expected, abs=1e-8)


def test_open_exponential_lead_has_no_memory():
    ways = {"demo": (Way("won", 0.6, cdfs.exponential(5.0)), Way("lost", 0.4, cdfs.exponential(5.0)))}
    chance = poisson_binomial.chance_open_lead_wins(ways, "demo", 40.0, days=7.0)
    assert chance == pytest.approx(0.6 * -math.expm1(-7 / 5), abs=1e-6)


def test_open_lead_of_two_weibulls_by_direct_integration():
    p, age, days = 0.7, 12.0, 9.0
    won, lost = stats.weibull_min(1.5, scale=10), stats.weibull_min(0.8, scale=30)
    ways = {
        "demo": (Way("won", p, cdfs.weibull(1.5, 10.0)), Way("lost", 1 - p, cdfs.weibull(0.8, 30.0))),
    }
    still_open = p * won.sf(age) + (1 - p) * lost.sf(age)
    expected = p * integrate.quad(won.pdf, age, age + days)[0] / still_open
    chance = poisson_binomial.chance_open_lead_wins(ways, "demo", age, days=days)
    assert chance == pytest.approx(expected, abs=1e-6)


def test_symmetric_walk_visits_and_variance():
    """Gambler's ruin on 1..4 from 2: N as in Kemeny and Snell 3.2, absorption linear in the start."""
    steps = {str(i): {str(i - 1): 0.5, str(i + 1): 0.5} for i in range(1, 5)}
    chain = markov.absorb(steps, "2")
    assert chain.visits == pytest.approx({"1": 1.2, "2": 2.4, "3": 1.6, "4": 0.8})
    assert chain.ends == pytest.approx({"0": 0.6, "5": 0.4})
    # Visits to the start are geometric with mean n, variance n^2 - n.
    assert chain.visits_variance["2"] == pytest.approx(2.4**2 - 2.4)


def test_compounding_credit_is_the_geometric_sum():
    steps = {"client": {"renewal": 0.8, "churned": 0.2}, "renewal": {"client": 1.0}}
    value = markov.expected_credit(steps, "client", factor={"renewal": 1.05}, credit={"renewal": 1.0})
    assert value == pytest.approx(0.8 * 1.05 / (1 - 0.8 * 1.05))


def test_credit_without_end_is_refused():
    steps = {"client": {"client": 0.97, "churned": 0.03}}
    with pytest.raises(ValueError, match="infinite"):
        markov.expected_credit(steps, "client", factor={"client": 1.05}, credit={"client": 1.0})


def test_panjer_and_the_transform_agree():
    amounts = compound_poisson.lattice(cdfs.lognormal(12_000, 1.0), step=1_000, count=2_000)
    by_recursion = compound_poisson.by_recursion(30.0, amounts)
    by_transform = compound_poisson.by_transform(30.0, amounts)
    assert np.abs(by_recursion - by_transform).max() < 1e-9


def test_sum_of_exponential_amounts_is_the_bessel_distribution():
    """Density of a Poisson(m) sum of unit exponentials: e^(-m-x) sqrt(m/x) I_1(2 sqrt(m x))."""
    mean_number, step = 4.0, 1 / 64
    masses = compound_poisson.by_transform(
        mean_number, compound_poisson.lattice(cdfs.exponential(1.0), step=step, count=8_192)
    )

    def density(x):
        z = 2 * math.sqrt(mean_number * x)
        return math.exp(z - mean_number - x) * math.sqrt(mean_number / x) * special.ive(1, z)

    for value in (1.0, 4.0, 9.0):
        expected = math.exp(-mean_number) + integrate.quad(density, 0, value)[0]
        assert compound_poisson.distribution(masses, value, step=step) == pytest.approx(expected, abs=1e-5)
        assert compound_poisson.quantiles(masses, expected, step=step) == pytest.approx(value, abs=1e-3)


def test_number_won_by_enumeration():
    chances = (0.1, 0.5, 0.9, 0.35)
    distribution = np.zeros(5)
    for outcome in itertools.product((0, 1), repeat=4):
        distribution[sum(outcome)] += math.prod(
            p if won else 1 - p for p, won in zip(chances, outcome, strict=True)
        )
    assert poisson_binomial.number_won(chances) == pytest.approx(distribution)


def test_equal_chances_are_binomial():
    assert poisson_binomial.number_won([0.3] * 20) == pytest.approx(stats.binom(20, 0.3).pmf(range(21)))


QUARTER, WORK_WEEK = (0.4, 0.8, 1.8), (1.0, 1.0, 1.0, 1.0, 1.0, 0.1, 0.0)


def test_walking_the_clock_inverts_its_integral():
    start = dt.date(2026, 1, 1)
    left = tempo.leave_instant(start, 3.3, 12.0, month_of_quarter=QUARTER, weekday=WORK_WEEK)
    passed = tempo.theta(start, [3.3, left], month_of_quarter=QUARTER, weekday=WORK_WEEK)
    assert passed[1] - passed[0] == pytest.approx(12.0, abs=1e-9)


def test_a_clock_neither_gains_nor_loses_over_a_cycle():
    """146,097 days of a Gregorian cycle are as many days on the clock."""
    whole = tempo.theta(dt.date(2000, 1, 1), [146_097.0], month_of_quarter=QUARTER, weekday=WORK_WEEK)
    assert whole[0] == pytest.approx(146_097.0)


def test_leads_of_a_flat_year_are_the_rate():
    leads = seasons.expected_leads(dt.date(2026, 1, 1), 365, rate=12.0)
    assert leads == pytest.approx(np.full(365, 12.0))


def test_leads_by_hand():
    """Monday 2 March 2026: weekday mean 5.3/7; March doubled, so months have mean 1 + 31/365.2425."""
    leads = seasons.expected_leads(
        dt.date(2026, 3, 2), 6, rate=10.0, weekday=(1, 1, 1, 1, 1, 0.2, 0.1), month=(1, 1, 2, *[1] * 9)
    )
    march = 2 / (1 + 31 / 365.2425)
    assert leads[0] == pytest.approx(10 * 7 / 5.3 * march)
    assert leads[5] == pytest.approx(10 * 7 / 5.3 * 0.2 * march)


def test_growth_doubles_in_a_month_of_thirty_and_a_bit():
    leads = seasons.expected_leads(dt.date(2026, 1, 1), 61, rate=1.0, growth=1.0)
    assert leads[60] / leads[0] == pytest.approx(2 ** (60 / 30.4375))
    assert leads[0] == pytest.approx(1 + math.log(2) / 30.4375 / 2, rel=1e-3)


def test_weekly_counts_have_the_dispersion_asked_for():
    distribution = seasons.weekly_count_distribution(84.0, 1.8)
    assert distribution.mean() == pytest.approx(84.0)
    assert distribution.var() == pytest.approx(1.8 * 84.0)


@pytest.mark.parametrize(("counter", "key", "answer"), philox.known_answers())
def test_philox_gives_the_published_blocks(counter, key, answer):
    assert philox.block(counter, key) == answer


def test_a_check_sees_what_it_claims_to_see():
    """A distribution off by the resolution fails, the right one passes."""
    sample = np.random.default_rng(5).poisson(100, 20_000)
    tolerance.check_mean(sample, 100, resolution=0.003)
    tolerance.check_variance(sample, 100, resolution=0.05)
    tolerance.check_counts(sample, stats.poisson(100))
    with pytest.raises(AssertionError, match="standard errors from"):
        tolerance.check_mean(sample, 100.6, resolution=0.003)
    with pytest.raises(AssertionError, match="too few"):
        tolerance.check_mean(sample[:100], 100, resolution=0.003)
    with pytest.raises(AssertionError, match="chi-square"):
        tolerance.check_counts(sample, stats.poisson(101))
    with pytest.raises(AssertionError, match="chi-square"):
        tolerance.check_counts(np.random.default_rng(6).binomial(1000, 0.1, 20_000), stats.poisson(100))
