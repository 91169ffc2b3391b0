"""The buyer's clock by brute force: a factor per date, added up hour by hour.

A clock's factor is divided by its mean; ``Theta`` is its integral; a dwell that begins at ``t`` ends at
``Theta^-1(Theta(t) + dwell)``.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from functools import cache

import numpy as np

from tests.oracles.cdfs import Floats

HOURS_A_DAY = 24
_CYCLE_YEARS = 400  # after which the Gregorian calendar repeats, weekdays included


def raw_factor(day: dt.date, month_of_quarter: Sequence[float], weekday: Sequence[float]) -> float:
    """Factor of a date before division by the mean; quarters begin in January, weeks on Monday."""
    return month_of_quarter[(day.month - 1) % 3] * weekday[day.weekday()]


@cache
def mean_factor(month_of_quarter: tuple[float, ...], weekday: tuple[float, ...]) -> float:
    """Mean over every date of a whole Gregorian cycle."""
    first = dt.date(2000, 1, 1).toordinal()
    last = dt.date(2000 + _CYCLE_YEARS, 1, 1).toordinal()
    days = (dt.date.fromordinal(n) for n in range(first, last))
    return sum(raw_factor(day, month_of_quarter, weekday) for day in days) / (last - first)


def leave_instant(
    start: dt.date,
    entered: float,
    dwell: float,
    *,
    month_of_quarter: tuple[float, ...],
    weekday: tuple[float, ...] = (1.0,) * 7,
) -> float:
    """Instant (days after `start`) at which a dwell ends.

    Walks hour by hour and takes from the dwell what each hour gives, so that it shares nothing with an
    integral and its inverse.
    """
    mean = mean_factor(month_of_quarter, weekday)
    hour = 1 / HOURS_A_DAY
    now, left = entered, dwell
    while True:
        factor = raw_factor(start + dt.timedelta(days=int(np.floor(now))), month_of_quarter, weekday) / mean
        until_next = min(hour, np.floor(now) + 1 - now)
        if factor * until_next >= left:
            return now + (left / factor if left > 0 else 0.0)
        left -= factor * until_next
        now = np.floor(now) + 1 if until_next < hour else now + hour


def theta(
    start: dt.date,
    instants: Sequence[float],
    *,
    month_of_quarter: tuple[float, ...],
    weekday: tuple[float, ...],
) -> Floats:
    """Clock time passed since `start` at each instant, day by day."""
    mean = mean_factor(month_of_quarter, weekday)
    passed = []
    for instant in instants:
        whole = int(instant)
        days = [start + dt.timedelta(days=i) for i in range(whole + 1)]
        factors = [raw_factor(day, month_of_quarter, weekday) / mean for day in days]
        passed.append(sum(factors[:whole]) + (instant - whole) * factors[whole])
    return np.array(passed)


def leaving_by_day(start: dt.date, days: int, mean: float, by_day: tuple[float, ...]) -> Floats:
    """Share of leads that leave on each day, all open at `start`, exponential on the clock.

    The hazard of date d is ``f_d / (mean F)``, with F the mean of f over the Gregorian cycle; the last of the
    31 factors is that of every month's last day.
    """

    def factor(day: dt.date) -> float:
        is_last = day.day == calendar.monthrange(day.year, day.month)[1]
        return by_day[-1] if is_last else by_day[day.day - 1]

    first = dt.date(2000, 1, 1).toordinal()
    cycle = dt.date(2000 + _CYCLE_YEARS, 1, 1).toordinal() - first
    usual = sum(factor(dt.date.fromordinal(first + n)) for n in range(cycle)) / cycle
    factors = np.array([factor(start + dt.timedelta(days=n)) for n in range(days)]) / usual
    there = np.exp(-np.concatenate([[0.0], np.cumsum(factors)]) / mean)
    return there[:-1] - there[1:]
