"""What holidays take away, found where it was planted, and not where there is nothing."""

import datetime as dt

import numpy as np
import pytest

from funnelsim.fitting.trend.arrivals import fit_arrivals
from funnelsim.fitting.trend.holidays import find_holiday_factor, holidays_around, on_holidays
from funnelsim.fitting.trend.seasonality import _on_holidays, clock_factors, find_seasonality
from funnelsim.model.parts import Clock, Holiday
from tests.oracles.tolerance import check_mean

from .test_arrivals import AS_OF, days_ago
from .test_seasonality import WAYS, simulated

OFF = holidays_around("NL", dt.date(2023, 1, 1), AS_OF.date())
SEEDS = 300


def dates_before(days):
    return [AS_OF.date() - dt.timedelta(days=days - i) for i in range(days)]


def test_dates_are_those_of_the_law():
    """King's Day: 27 April, but 26 April 2025, as the 27th is a Sunday; Easter by the Gregorian computus."""
    kings = [dt.date(year, 4, 27) for year in (2024, 2026, 2027, 2028)] + [dt.date(2025, 4, 26)]
    easter = [dt.date(2024, 4, 1), dt.date(2025, 4, 21), dt.date(2026, 4, 6), dt.date(2027, 3, 29)]
    assert {*kings, *easter, dt.date(2028, 4, 17)} <= set(OFF.dates)
    assert (OFF.dates[0], OFF.dates[-1]) == (dt.date(2023, 1, 1), dt.date(2029, 12, 26))


def test_the_factor_is_gamma_poisson():
    """Six holidays on which 24 were expected and 5 seen, all else as expected: Gamma(1 + 5, 1 + 24).

    Its mean is 6 / 25, its 5 and 95 % points half of chi-square's with 12 degrees of freedom (5.226, 21.026)
    over 25. Mutants: no prior, holidays among the days that tell the level.
    """
    seen = np.full(365, 4.0)
    off = np.zeros(365, dtype=bool)
    off[30:330:50] = True
    seen[off] = [0, 1, 2, 1, 1, 0]
    found = find_holiday_factor(seen, np.full(365, 2.0), off)
    assert found.expected == pytest.approx(24.0)
    assert found.factor == pytest.approx(6 / 25)
    assert (found.low, found.high) == pytest.approx((5.226 / 50, 21.026 / 50), rel=1e-4)
    assert found.used


def test_intervals_hold_the_truth_and_chance_is_left_out():
    """Negative binomial days (variance 2 x mean), a factor of 0.4: 90 % intervals hold it nine times in ten.

    With a factor of 1 it is used once in 200 cases. Mutants: spread left out (81 % held), both sides of the
    interval at 10 %.
    """
    off = np.zeros(730, dtype=bool)
    off[20:720:30] = True
    held = used = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        mean = np.where(off, 0.4, 1.0) * 4
        even = rng.negative_binomial(4.0, 0.5, 730).astype(float)
        less = rng.negative_binomial(mean, 0.5).astype(float)
        told = find_holiday_factor(less, np.ones(730), off)
        held += told.low <= 0.4 <= told.high
        used += find_holiday_factor(even, np.ones(730), off).used
    assert abs(held / 400 - 0.9) < 4 * np.sqrt(0.09 / 400)
    assert used <= 8


def test_closed_days_and_a_handful_say_nothing():
    """Holidays on Sundays, on which nothing comes, do not count; four holidays are too few."""
    weekday = np.tile([1.0, 1, 1, 1, 1, 0, 0], 60)
    off = np.zeros(420, dtype=bool)
    off[6::14] = True
    assert find_holiday_factor(5 * weekday, weekday, off) is None
    off[:] = False
    off[[7, 77, 147, 217]] = True
    assert find_holiday_factor(5 * weekday, weekday, off) is None
    off[287] = True
    assert find_holiday_factor(5 * weekday, weekday, off) is not None


def test_leads_on_holidays_are_told_from_weekdays():
    """Three years, weekends at a half: factor, leads lost and the rate of ordinary days come back.

    Mutants: a rate over all days, weekdays told once as if no Monday were a holiday.
    """
    dates = dates_before(1096)
    weekday = np.array([1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5])[[day.weekday() for day in dates]]
    is_off = on_holidays(dates, OFF.dates)
    come = np.where(is_off, 0.2, 1.0)
    fits = [
        fit_arrivals(
            days_ago(8 * weekday * come, np.random.default_rng(seed)),
            as_of=AS_OF,
            observed_days=1096.0,
            holidays=OFF.dates,
        )
        for seed in range(SEEDS)
    ]
    told = [fit.holiday for fit in fits]
    assert all(one.used for one in told)
    held = np.mean([one.low <= 0.2 <= one.high for one in told])
    assert abs(held - 0.9) < 4 * np.sqrt(0.09 / SEEDS)
    check_mean(np.array([one.expected for one in told]), 8 * weekday[is_off].sum(), resolution=0.007)
    check_mean(np.array([fit.rate for fit in fits]), 8.0, resolution=0.007)


def test_a_holiday_takes_the_leads_of_its_weekday():
    """42 leads on Mondays, 7 on other days, and every fourth Monday is a holiday that leaves 6 of them.

    Counts are as expected to the lead, so that the factor is off by its prior only (one lead in 42 x 26) and
    the rate of ordinary days is 12. Mutant: a holiday takes as many leads from every weekday (rate 10.8).
    """
    dates = dates_before(728)
    monday = np.array([day.weekday() == 0 for day in dates])
    off = [day for day in dates if day.weekday() == 0][1::4]
    counts = np.where(on_holidays(dates, off), 6, np.where(monday, 42, 7))
    ago = len(dates) - np.repeat(np.arange(len(dates)), counts) - 0.5
    found = fit_arrivals(ago, as_of=AS_OF, observed_days=728.0, holidays=off)
    assert found.holiday.factor == pytest.approx(1 / 7, abs=0.002)
    assert found.weekday == pytest.approx([3.5] + [7 / 12] * 6, rel=0.005)
    assert found.rate == pytest.approx(12.0, rel=0.002)


def test_a_week_with_a_holiday_is_not_uneven():
    """100 leads on weekdays, a tenth on holidays: weeks are Poisson beside that, so dispersion is near 1.

    Mutant: a week is expected to lose a seventh of its leads to a holiday, not a fifth (1.8).
    """
    dates = dates_before(1096)
    weekday = np.where([day.weekday() < 5 for day in dates], 140.0, 0.0)
    rates = weekday * np.where(on_holidays(dates, OFF.dates), 0.1, 1.0)
    for horizon in (None, 45.0):
        ago = days_ago(rates, np.random.default_rng(1))
        found = fit_arrivals(ago, as_of=AS_OF, observed_days=1096.0, horizon_days=horizon, holidays=OFF.dates)
        assert found.dispersion < 1.3
        assert found.month is None


def test_without_a_country_nothing_changes():
    ago = days_ago(np.full(500, 5.0), np.random.default_rng(1))
    assert fit_arrivals(ago, as_of=AS_OF, observed_days=500.0).holiday is None


def test_moves_on_holidays_are_found():
    """An exit that hardly moves on holidays, beside weekends: factors within 20 % and the interval.

    Mutant: a factor used although chance explains it.
    """
    dates = dates_before(730)
    weekday = (1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5)
    planted = Clock(over="quarter", weekday=weekday, holiday=Holiday(calendar="public_holidays", factor=0.3))
    exposure = simulated(730, clock_factors(planted, dates, OFF.dates), np.random.default_rng(2), 20.0)
    found = find_seasonality(exposure, WAYS, 0.0, dates, OFF.dates)["won"]
    assert found.clock.weekday == pytest.approx(weekday, rel=0.2)
    assert found.holiday.low <= 0.3 <= found.holiday.high
    assert found.clock.holiday == Holiday(calendar="public_holidays", factor=round(found.holiday.factor, 3))
    even = simulated(730, np.ones(730), np.random.default_rng(3), 20.0)
    assert "won" not in find_seasonality(even, WAYS, 0.0, dates, OFF.dates)


def test_a_factor_known_from_the_round_before_is_told_anew_not_on_top():
    """Moves expected with the factor of the round before in them lead to the same factor as without it.

    Mutant: what is seen compared with what is expected with the factor, so that every second round finds
    nothing left to explain and drops it.
    """
    off = np.zeros(365, dtype=bool)
    off[30:330:50] = True
    even = np.full(365, 4.0)
    seen = np.where(off, 1.0, even)
    first, told = _on_holidays(None, off, seen, even)
    assert first.used
    assert told == pytest.approx(np.where(off, round(first.factor, 3), 1.0) * even)
    second, told_again = _on_holidays(first, off, seen, told)
    assert second.used
    assert second.factor == pytest.approx(first.factor)
    assert told_again == pytest.approx(told)
