"""Closed deals by week of the calendar quarter: observed, and expected from the fit and its clocks.

This shows quarter-end effects: without clocks the fit expects even weeks. On each day, expected exits are
computed from the deals that really were in the stage, so errors of earlier stages do not count against the
clocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.fitting.trend.current_level import CurrentLevel
from funnelsim.fitting.trend.dispersion import dispersion_of_weeks
from funnelsim.fitting.trend.seasonality import WEEKS, weeks_of_quarter

_NINETY = 1.6449
_WEEK_DAYS = 7
#: A week with fewer observed days is left out of its quarter.
_LEAST_DAYS = 4


@dataclass(frozen=True, kw_only=True)
class Closes:
    """Deals with one outcome, by week of the quarter, scaled to seven days.

    Attributes
    ----------
    seen, expected, low, high : ndarray, shape (13,)
        Observed, expected, and a 90 % band around expected, with the dispersion of weeks. NaN where no day
        was observed.
    quarters : dict of str to ndarray, shape (13,)
        Observed counts of each quarter; NaN for weeks outside the history.
    outside : float
        Share of the weeks with observed counts outside the band.
    """

    seen: Floats
    expected: Floats
    low: Floats
    high: Floats
    quarters: dict[str, Floats]
    outside: float


def closes_of(current_levels: Mapping[str, CurrentLevel], target: str) -> Closes | None:
    """All exits to this target, of any stage; None where none are expected."""
    levels = [one for one in current_levels.values() if target in one.expected]
    if not levels:
        return None
    dates = max((one.dates for one in levels), key=len)
    seen, expected = np.zeros(len(dates)), np.zeros(len(dates))
    for one in levels:
        seen[-len(one.dates) :] += one.seen[target]
        expected[-len(one.dates) :] += one.expected[target]
    watched = int(np.argmax((expected > 0) | (seen > 0)))
    dates, seen, expected = dates[watched:], seen[watched:], expected[watched:]
    quarter, week = weeks_of_quarter(dates)
    days = np.bincount(week, minlength=WEEKS).astype(np.float64)
    seen_in, expected_in = _sums(week, seen), _sums(week, expected)
    half = _NINETY * np.sqrt(dispersion_of_weeks(seen, expected).ratio * expected_in)
    has_days = days > 0
    return Closes(
        seen=_a_week(seen_in, days),
        expected=_a_week(expected_in, days),
        low=_a_week(np.maximum(expected_in - half, 0.0), days),
        high=_a_week(expected_in + half, days),
        quarters={
            f"Q{number % 4 + 1} {number // 4}": _of_quarter(seen, week, quarter == number)
            for number in np.unique(quarter).tolist()
        },
        outside=float(np.mean(np.abs(seen_in - expected_in)[has_days] > half[has_days])),
    )


def _of_quarter(seen: Floats, week: NDArray[np.int64], own: NDArray[np.bool_]) -> Floats:
    days = np.bincount(week[own], minlength=WEEKS).astype(np.float64)
    days[days < _LEAST_DAYS] = 0
    return _a_week(_sums(week[own], seen[own]), days)


def _sums(week: NDArray[np.int64], values: Floats) -> Floats:
    return np.bincount(week, values, minlength=WEEKS).astype(np.float64)


def _a_week(count: Floats, days: Floats) -> Floats:
    return np.asarray(_WEEK_DAYS * np.divide(count, days, where=days > 0, out=np.full(len(days), math.nan)))
