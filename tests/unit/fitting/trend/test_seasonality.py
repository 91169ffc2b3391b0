"""Buyers' calendars found where they were planted, and not where there are none."""

import datetime as dt

import numpy as np
import pytest

from funnelsim.distributions.parse import parse_distribution
from funnelsim.fitting.trend.expected_exits import ExitComponent, Exposure, expected_exits
from funnelsim.fitting.trend.seasonality import _factors, _month_days, clock_factors, find_seasonality
from funnelsim.model.parts import Clock

FIRST = dt.date(2024, 1, 1)
MEAN = 30.0
DISTRIBUTION = parse_distribution(f"exponential(mean={MEAN}d)", "duration")
WAYS = [ExitComponent("won", 1.0, DISTRIBUTION)]


def dates_of(days):
    return [FIRST + dt.timedelta(days=i) for i in range(days)]


def simulated(days, daily_factor, rng, a_day=8.0):
    """Visits that begin evenly and leave with hazard ``tempo / MEAN`` a day."""
    at_risk = np.zeros((days, days))
    seen = np.zeros(days)
    for begun in range(days):
        there = rng.poisson(a_day)
        for day in range(begun, days):
            if not there:
                break
            at_risk[begun, day] = there
            part = 0.5 if day == begun else 1.0
            left = rng.binomial(there, 1 - np.exp(-daily_factor[day] * part / MEAN))
            seen[day] += left
            there -= left
    cohort, day = np.nonzero(at_risk)
    return Exposure(days=days, begun=cohort, day=day, at_risk=at_risk[cohort, day], seen={"won": seen})


def test_expected_moves_of_a_constant_hazard():
    """Each at risk leaves with 1 - exp(-1/mean) a day, half a day on the first.

    Mutant: age counted from the end of the first day.
    """
    exposure = simulated(60, np.ones(60), np.random.default_rng(1))
    found = expected_exits(exposure, WAYS, 0.0, {})["won"]
    part = np.where(exposure.day == exposure.begun, 0.5, 1.0)
    exact = np.bincount(exposure.day, exposure.at_risk * (1 - np.exp(-part / MEAN)), minlength=60)
    assert found == pytest.approx(exact, rel=2e-3)


def test_planted_calendar_is_found():
    """Quarter ends and weekends, factors within 15 and 20 %. Mutant: months counted from February."""
    dates = dates_of(730)
    planted = Clock(over="quarter", month=(0.6, 0.9, 1.5), weekday=(1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5))
    exposure = simulated(730, clock_factors(planted, dates), np.random.default_rng(2))
    found = find_seasonality(exposure, WAYS, 0.0, dates)["won"]
    assert found.clock.month == pytest.approx([0.6, 0.9, 1.5], rel=0.15)
    assert found.clock.weekday == pytest.approx([1.2] * 5 + [0.5] * 2, rel=0.2)
    assert found.daily_factor == pytest.approx(clock_factors(found.clock, dates))


def test_seldom_found_where_there_is_none():
    """40 even histories: what is found is rare, and close to 1. Mutant: chance of 1 for every pattern."""
    rng = np.random.default_rng(3)
    dates = dates_of(400)
    found = [find_seasonality(simulated(400, np.ones(400), rng, 3.0), WAYS, 0.0, dates) for _ in range(40)]
    strayed = [np.abs(np.log(r["won"].daily_factor)).max() for r in found if r]
    assert len(strayed) <= 8
    assert all(gap < 0.4 for gap in strayed)


def test_drift_is_no_season():
    """A hazard that falls by two thirds over two years has no quarter. Mutant: drift not taken out."""
    dates = dates_of(730)
    falling = np.exp(np.linspace(0.5, -0.6, 730))
    rng = np.random.default_rng(4)
    for _ in range(5):
        found = find_seasonality(simulated(730, falling, rng), WAYS, 0.0, dates)
        if found:
            assert np.abs(np.log(found["won"].daily_factor)).max() < 0.15


def test_a_season_seen_once_is_believed_in_part():
    """A hundred days of a strong quarter. Mutant: drift left out of what it may be."""
    dates = dates_of(100)
    planted = Clock(over="quarter", month=(0.4, 0.8, 1.8))
    exposure = simulated(100, clock_factors(planted, dates), np.random.default_rng(5), 30.0)
    found = find_seasonality(exposure, WAYS, 0.0, dates)["won"].clock.month
    assert found[0] < found[1] < found[2]
    assert np.ptp(np.log(found)) < 0.9 * np.log(1.8 / 0.4)


def test_a_season_needs_a_whole_quarter():
    dates = dates_of(80)
    planted = Clock(over="quarter", month=(0.4, 0.8, 1.8))
    exposure = simulated(80, clock_factors(planted, dates), np.random.default_rng(5), 30.0)
    found = find_seasonality(exposure, WAYS, 0.0, dates)
    assert not found or found["won"].clock.month is None


def batch_days(first=4.0, middle=3.0, last=4.0):
    """Closings booked on the 1st, the 15th and the last day of every month; mean 1."""
    day = np.ones(31)
    day[[0, 14, 30]] = first, middle, last
    return day / day.mean()


def test_batch_days_are_found():
    """Factors within 20 %, weekdays beside them too, and no weeks of the quarter in their place.

    Mutants: the last day of a short month counted by its number; weeks of the quarter always looked at first.
    """
    dates = dates_of(730)
    weekday = (1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5)
    planted = Clock(over="quarter", day=tuple(batch_days()), weekday=weekday)
    exposure = simulated(730, clock_factors(planted, dates), np.random.default_rng(6))
    found = find_seasonality(exposure, WAYS, 0.0, dates)["won"].clock
    day = np.array(found.day)
    assert day[[0, 14, 30]] == pytest.approx(batch_days()[[0, 14, 30]], rel=0.2)
    assert np.abs(np.log(np.delete(day, [0, 14, 30]) / batch_days()[1])).max() < 0.35
    assert found.weekday == pytest.approx(weekday, rel=0.2)
    assert found.week is None
    assert found.month is None


@pytest.mark.parametrize(("days", "a_day", "share"), [(365, 1.0, 0.65), (730, 1.0, 0.95)])
def test_batch_days_of_few_moves_are_found(days, a_day, share):
    """One move a day and less than enough on each single day: days of several months are joined.

    Mutant: blocks not joined.
    """
    dates = dates_of(days)
    planted = clock_factors(Clock(over="quarter", day=tuple(batch_days())), dates)
    pattern, rng = _month_days(dates), np.random.default_rng(7)
    told = np.full(days, a_day)
    found = [_factors(pattern, rng.poisson(planted * a_day) * 1.0, told, known=False) for _ in range(50)]
    assert np.mean([factors is not None for factors in found]) >= share


@pytest.mark.parametrize(("shock", "most"), [(0.0, 0.02), (0.4, 0.06)])
def test_batch_days_are_seldom_found_where_there_are_none(shock, most):
    """In 200 even histories of two years, 0.5 % by the chance stated; in uneven weeks, a few more.

    Mutant: what differs from the month around it, not from the week, taken for a batch.
    """
    days, a_day = 730, 10.0
    pattern, rng = _month_days(dates_of(days)), np.random.default_rng(8)
    found = 0
    for _ in range(200):
        uneven = np.exp(shock * rng.standard_normal(days // 7 + 1))[np.arange(days) // 7]
        seen = rng.poisson(a_day * uneven) * 1.0
        found += _factors(pattern, seen, np.full(days, a_day), known=False) is not None
    assert found / 200 <= most


def test_batch_days_need_two_months():
    """Seen once, a batch may be any day's doing. Mutant: one block of each class is enough."""
    dates = dates_of(45)
    planted = clock_factors(Clock(over="quarter", day=tuple(batch_days())), dates)
    assert _factors(_month_days(dates), 100 * planted, np.full(45, 100.0), known=False) is None


def test_times_seen():
    """A pattern of a quarter counts by quarters. Mutant: a month taken for the period."""
    dates = dates_of(100)
    planted = Clock(over="quarter", month=(0.4, 0.8, 1.8))
    exposure = simulated(100, clock_factors(planted, dates), np.random.default_rng(5), 30.0)
    found = find_seasonality(exposure, WAYS, 0.0, dates)["won"]
    assert found.times_seen == pytest.approx(100 / 91.31, rel=0.02)
