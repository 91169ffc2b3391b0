"""Semi-monthly bins: the 1st to the 15th, and the rest of a month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from funnelsim.core.arrays import Floats, Ints

DAYS = 365.25 / 24
_FIRST_HALF = 15
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Semimonths:
    """Semi-monthly bins of consecutive days; the same object for the same days.

    Attributes
    ----------
    index : int array, shape (days,)
        Bin of each day, from 0.
    ahead : ndarray, shape (n,)
        Middle of each bin, in days from the as-of day; below 0 in the past.
    month : int array, shape (n,)
        Month of the year, 0 to 11.
    of_year : ndarray, shape (n,)
        Middle, as a share of the year.
    days : ndarray, shape (n,)
    """

    index: Ints
    ahead: Floats
    month: Ints
    of_year: Floats
    days: Floats

    def sums(self, daily: Floats) -> Floats:
        """Sums of daily values, shape (n,)."""
        return np.bincount(self.index, daily, minlength=len(self.days)).astype(np.float64)

    def since(self, first: int) -> Semimonths:
        """The bins from one on."""
        return _since(self, first)


@lru_cache(maxsize=8)
def _since(bins: Semimonths, first: int) -> Semimonths:
    kept = slice(first, None)
    return Semimonths(
        index=bins.index[bins.index >= first] - first,
        ahead=bins.ahead[kept],
        month=bins.month[kept],
        of_year=bins.of_year[kept],
        days=bins.days[kept],
    )


def semimonths_of(dates: Sequence[dt.date], as_of_day: dt.date) -> Semimonths:
    """Semi-monthly bins of consecutive days.

    Parameters
    ----------
    as_of_day : date
        Its midnight counts as 0.
    """
    return _semimonths(dates[0], len(dates), as_of_day)


@lru_cache(maxsize=8)
def _semimonths(first: dt.date, number: int, as_of_day: dt.date) -> Semimonths:
    dates = days_from(first, number)
    halves = np.array([24 * d.year + 2 * (d.month - 1) + (d.day > _FIRST_HALF) for d in dates])
    index = halves - halves[0]
    days = np.bincount(index).astype(np.float64)
    ahead = np.array([(d - as_of_day).days + 0.5 for d in dates])
    of_year = np.array([(d.timetuple().tm_yday - 0.5) / 365.25 for d in dates])
    return Semimonths(
        index=index,
        ahead=np.bincount(index, ahead) / days,
        month=(halves[0] + np.arange(len(days))) // 2 % 12,
        of_year=np.bincount(index, of_year) / days,
        days=days,
    )


def days_from(first: dt.date, days: int) -> list[dt.date]:
    return [first + i * _DAY for i in range(days)]
