"""Factors of dates by month, week, weekday, day of the month and holiday, and the tempo made of them.

Arrivals are multiplied by such factors. A tempo, the speed of a buyer's clock, has one factor per calendar
day. ``integral[i]`` is the tempo time elapsed from the first midnight of
the grid to the midnight that starts day ``i``; within a day it grows linearly. Buyers' clocks use it to
stretch dwells. Beyond the grid the tempo is 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import period_containing

#: Mean lengths of the twelve months over a Gregorian cycle, in days.
MONTH_DAYS = (31.0, 28.2425, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0)
_DAY = dt.timedelta(days=1)


def day_grid(start: dt.date, first_day: int, days: int) -> list[dt.date]:
    """Dates of days `first_day`, `first_day` + 1, ... after `start`."""
    return [start + dt.timedelta(days=first_day + i) for i in range(days)]


def weekday_factors(dates: Sequence[dt.date], weekday: Sequence[float] | None) -> Floats:
    """Factor of each date from seven numbers, Monday first, divided by their mean."""
    if weekday is None:
        return np.ones(len(dates))
    pattern = np.asarray(weekday, dtype=np.float64) / np.mean(weekday)
    return pattern[[d.weekday() for d in dates]]


def month_factors(dates: Sequence[dt.date], month: Sequence[float] | None, *, first_month: int = 1) -> Floats:
    """Factor of each date by month of a span of ``len(month)`` months, divided by the day-weighted mean.

    Parameters
    ----------
    dates : sequence of date
    month : 12 numbers for a year, 3 for a quarter, or None
    first_month : int, default 1
        Month of the year (1 to 12) at which the span begins: that of the fiscal year.
    """
    if month is None:
        return np.ones(len(dates))
    span = len(month)
    place = [(m - first_month) % span for m in range(1, 13)]
    weighted = sum(days * month[place[i]] for i, days in enumerate(MONTH_DAYS)) / sum(MONTH_DAYS)
    return np.array([month[place[d.month - 1]] for d in dates]) / weighted


def week_factors(
    dates: Sequence[dt.date], week: Sequence[float] | None, span_starts: Sequence[dt.date]
) -> Floats:
    """Factor of each date by week of its span (the last week includes the remaining days), divided by the
    mean.

    Parameters
    ----------
    span_starts : sequence of date
        First day of the span (month or quarter) of each date.
    """
    if week is None:
        return np.ones(len(dates))
    pattern = np.asarray(week, dtype=np.float64) / np.mean(week)
    index = [min((d - s).days // 7, len(week) - 1) for d, s in zip(dates, span_starts, strict=True)]
    return pattern[index]


def holiday_factors(dates: Sequence[dt.date], holidays: Collection[dt.date], factor: float) -> Floats:
    """`factor` on holidays, 1 on all other dates."""
    return np.where([date in holidays for date in dates], factor, 1.0)


def day_places(dates: Sequence[dt.date]) -> NDArray[np.int64]:
    """Index of each date in its month, 0 to 30; the last day of every month has index 30."""
    return np.array([30 if (d + _DAY).day == 1 else d.day - 1 for d in dates], dtype=np.int64)


def tempo_factors(
    dates: Sequence[dt.date],
    *,
    over: str = "year",
    month: tuple[float, ...] | None = None,
    week: tuple[float, ...] | None = None,
    day: tuple[float, ...] | None = None,
    weekday: tuple[float, ...] | None = None,
    year_starts: str = "01-01",
    holidays: frozenset[dt.date] = frozenset(),
    on_holidays: float = 1.0,
) -> Floats:
    """Factor of each date by month, week, day of the month, weekday and holiday, divided by its mean.

    The mean is over the years; of holidays, over those from the first of them to the last.

    Parameters
    ----------
    over : {"week", "month", "quarter", "year"}
        The span of `month` and `week`; its quarters and years are those of a year that begins on
        `year_starts`, month and day.
    day : 31 numbers, or None
        By day of the month, the last of them for the last day of every month.
    holidays : frozenset of date
        Days on which the factor is multiplied by `on_holidays`.
    """
    patterns = (over, month, week, day, weekday, year_starts)
    factors = _raw_factors(dates, *patterns) / _mean_factor(*patterns)
    if not holidays or on_holidays == 1:
        return factors
    left = _left_by_holidays(holidays, on_holidays, *patterns)
    return factors * holiday_factors(dates, holidays, on_holidays) / left


@lru_cache(maxsize=256)
def _left_by_holidays(holidays: frozenset[dt.date], factor: float, *patterns: object) -> float:
    """Mean tempo over the calendar years of the holidays, relative to the tempo without them."""
    first, last = min(holidays).year, max(holidays).year
    years = day_grid(dt.date(first, 1, 1), 0, (dt.date(last + 1, 1, 1) - dt.date(first, 1, 1)).days)
    without = _raw_factors(years, *patterns)  # type: ignore[arg-type]
    return float(np.sum(without * holiday_factors(years, holidays, factor)) / np.sum(without))


@lru_cache(maxsize=256)
def _mean_factor(*patterns: object) -> float:
    if patterns[2] is None and patterns[3] is None:
        return 1.0
    # 28 years: the cycle of weekdays and leap years.
    cycle = day_grid(dt.date(2001, 1, 1), 0, 28 * 365 + 7)
    return float(np.mean(_raw_factors(cycle, *patterns)))  # type: ignore[arg-type]


def _raw_factors(
    dates: Sequence[dt.date],
    over: str,
    month: tuple[float, ...] | None,
    week: tuple[float, ...] | None,
    day: tuple[float, ...] | None,
    weekday: tuple[float, ...] | None,
    year_starts: str,
) -> Floats:
    factors = month_factors(dates, month, first_month=int(year_starts[:2])) * weekday_factors(dates, weekday)
    if day is not None:
        factors = factors * (np.asarray(day, dtype=np.float64) / np.mean(day))[day_places(dates)]
    if week is None:
        return factors
    starts = [period_containing(date, over, fiscal_year_starts=year_starts).start for date in dates]
    return factors * week_factors(dates, week, starts)


def integral_of(factors: Floats) -> Floats:
    """Tempo time at each midnight, shape ``(days + 1,)``, from factors of shape ``(days,)``."""
    return np.concatenate([[0.0], np.cumsum(factors)])
