"""How leads come: level, patterns beyond chance, growth beyond doubt, dispersion."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from funnelsim.fitting.trend.arrivals import Arrivals, fit_arrivals

AS_OF = dt.datetime(2026, 1, 5)  # a Monday


def days_ago(rates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Arrivals of one day after the other, the last day the one before the as-of time."""
    counts = rng.poisson(rates)
    ago = np.repeat(np.arange(len(rates))[::-1].astype(float), counts)
    return ago + rng.uniform(0, 1, ago.size)


def learn(rates: np.ndarray, seed: int) -> Arrivals:
    return fit_arrivals(
        days_ago(rates, np.random.default_rng(seed)), as_of=AS_OF, observed_days=float(len(rates))
    )


@pytest.mark.parametrize("seed", range(5))
def test_an_even_rate_comes_back_and_nothing_is_made_of_chance(seed: int) -> None:
    found = learn(np.full(800, 3.0), seed)
    assert found.rate == pytest.approx(3.0, abs=4 * np.sqrt(3.0 / 182))
    assert (found.growth, found.weekday, found.month) == (0.0, None, None)
    assert found.dispersion < 1.6
    assert found.level_from == "26 weeks"


def test_weekdays_come_back() -> None:
    """The as-of time is a Monday, so yesterday was a Sunday: catches a pattern that is off by a day."""
    weekday = np.array([1.4, 1.3, 1.2, 1.1, 1.0, 0.6, 0.4])
    dates = [(AS_OF - dt.timedelta(days=400 - i)).weekday() for i in range(400)]
    found = learn(6.0 * weekday[dates], 1)
    assert found.weekday is not None
    np.testing.assert_allclose(found.weekday, weekday, atol=4 * np.sqrt(1 / (6 * 52)))
    assert sum(found.weekday) == pytest.approx(7.0, abs=0.01)


def test_months_need_two_years() -> None:
    factors = np.array([0.6, 0.8, 1.2, 1.3, 1.2, 1.0, 0.7, 0.5, 1.2, 1.3, 1.2, 1.0])
    for years, expected in ((1.9, False), (3.1, True)):
        length = int(365.25 * years)
        dates = [AS_OF - dt.timedelta(days=length - i) for i in range(length)]
        found = learn(np.array([5.0 * factors[day.month - 1] for day in dates]), 2)
        assert (found.month is not None) is expected
    assert found.month is not None
    np.testing.assert_allclose(found.month, factors / factors.mean(), atol=0.16)
    # The last half year lies in other months than the average: without its pattern the rate would be off.
    assert found.rate == pytest.approx(5.0 * factors.mean(), rel=0.06)


def weekdays_only(rate: float, days: int, month: np.ndarray | None = None) -> np.ndarray:
    dates = [AS_OF - dt.timedelta(days=days - i) for i in range(days)]
    of_month = np.ones(12) if month is None else month
    return np.array([rate * 1.4 * (day.weekday() < 5) * of_month[day.month - 1] for day in dates])


@pytest.mark.parametrize("horizon_days", [None, 45.0])
def test_empty_weekends_are_no_season_and_no_trend(horizon_days: float | None) -> None:
    """Many leads on five days a week: months differ in their weekends, and weeks begin busy and end empty.

    Mutants: months, or the trend, told from days that are all expected to bring as much (months of up to 2 %
    where the past is one process, and a decline of 0.3 % a month).
    """
    rates = weekdays_only(1_000.0, 1096)
    for seed in range(3):
        ago = days_ago(rates, np.random.default_rng(seed))
        found = fit_arrivals(ago, as_of=AS_OF, observed_days=1096.0, horizon_days=horizon_days)
        assert (found.month, found.growth, found.level_from) == (None, 0.0, "26 weeks")
        assert found.rate == pytest.approx(1_000.0, rel=4 / np.sqrt(182_000))


def test_growth_within_years_is_no_season() -> None:
    """2 % a month for three years, and no month differs. Mutant: each year taken as level."""
    rates = 20.0 * 1.02 ** (np.arange(1096) / 30.4375)
    assert [learn(rates, seed).month for seed in range(3)] == [None] * 3


def test_a_season_is_told_from_working_days() -> None:
    """100 leads a day on weekdays, with a season: months within 2 %, root mean square.

    Mutant: weekdays left out of what each half month was to bring (3 %).
    """
    month = np.array([1.2, 1.1, 1, 0.9, 0.8, 0.8, 0.7, 0.9, 1.1, 1.2, 1.2, 1.1])
    month /= month.mean()
    errors = []
    for seed in range(6):
        ago = days_ago(weekdays_only(100.0, 1096, month), np.random.default_rng(seed))
        found = fit_arrivals(ago, as_of=AS_OF, observed_days=1096.0, horizon_days=45.0)
        assert found.month is not None
        errors.append(np.sqrt(np.mean((np.array(found.month) - month) ** 2)))
    assert np.mean(errors) < 0.02


def test_a_step_is_followed_within_a_quarter() -> None:
    found = learn(np.concatenate([np.full(300, 2.0), np.full(91, 6.0)]), 3)
    assert found.level_from == "13 weeks"
    assert found.rate == pytest.approx(6.0, rel=0.15)
    assert found.growth == 0.0


def test_growth_that_is_beyond_doubt_goes_on() -> None:
    months = (np.arange(730) - 730) / 30.4375
    found = learn(12.0 * 1.04**months, 4)
    assert found.level_from == "trend"
    assert found.growth == pytest.approx(0.04, abs=0.01)
    assert found.rate == pytest.approx(12.0, rel=0.08)


@pytest.mark.parametrize("seed", range(3))
def test_uneven_weeks_are_seen(seed: int) -> None:
    """Weekly counts with a variance three times their mean."""
    rng = np.random.default_rng(seed)
    mass = rng.gamma(21 / 2.0, 2.0, 104)
    found = learn(np.repeat(mass / 7, 7), seed + 10)
    assert found.dispersion == pytest.approx(3.0, abs=4 * 3 * np.sqrt(2 / 96))


def test_draws_are_as_wide_as_the_counts_are_uncertain() -> None:
    """A Poisson count of 100 has a relative error of 10 %; with dispersion 4 it is 20 %."""
    one = Arrivals(
        rate=2.0,
        weekday=None,
        month=None,
        growth=0.0,
        dispersion=1.0,
        leads=100,
        window_days=50.0,
        trend=0.0,
        level_from="all",
    )
    for dispersion, expected in ((1.0, 0.1), (4.0, 0.2)):
        arrivals = dataclasses.replace(one, dispersion=dispersion)
        drawn = arrivals.drawn_rates(20_000, np.random.default_rng(1))
        assert drawn.mean() == pytest.approx(2.0, rel=0.01)
        assert drawn.std() / drawn.mean() == pytest.approx(expected, rel=0.03)


def test_a_source_that_began_late_is_not_diluted() -> None:
    found = learn(np.concatenate([np.zeros(150), np.full(60, 4.0)]), 6)
    assert found.rate == pytest.approx(4.0, rel=0.2)
    assert found.window_days <= 60.0


def test_a_source_that_dried_up_brings_nobody() -> None:
    found = learn(np.concatenate([np.full(200, 4.0), np.zeros(200)]), 7)
    assert found.rate == 0.0
    assert found.drawn_rates(3, np.random.default_rng(1)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("second", [1e-5, 1.0 / 24])
def test_leads_of_one_moment_are_those_of_a_day(second: float) -> None:
    found = fit_arrivals(np.full(21, second / 2), as_of=AS_OF, observed_days=second, horizon_days=45.0)
    assert found.rate == 21.0


def test_a_source_never_seen() -> None:
    found = fit_arrivals(np.array([]), as_of=AS_OF, observed_days=100.0)
    assert (found.rate, found.leads) == (0.0, 0)
