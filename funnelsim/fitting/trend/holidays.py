"""Holiday factor: leads or exits on public holidays, over those of ordinary days.

Counts on holidays are compared with those expected from the days around them (four weeks). The factor is
Gamma-Poisson with a prior of mean 1 and standard deviation 1 (an exponential distribution, worth one expected
count); counts are as over-dispersed as on ordinary days. The factor is used where it differs significantly
from 1 (at the level `CHANCE`).

References
----------
Gelman, A. et al. (2013). Bayesian Data Analysis, 3rd ed., section 2.6 (Poisson counts with an exposure and a
gamma prior). McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., section 6.2
(over-dispersed counts).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.public_holidays import library_version, public_holidays
from funnelsim.model.roles import WorkCalendar

Bools = NDArray[np.bool_]

#: The calendar of a fitted model that lists them.
PUBLIC = "public_holidays"
_NAME = "Public holidays of"
#: Minimum number of holidays, and of leads expected on them together.
FEWEST_HOLIDAYS, LEAST_EXPECTED = 5, 5.0
#: Significance level of a factor. Strict, because a fit tests one factor for each source and exit.
CHANCE = 0.005
#: Days with less than this share of the usual expected count are closed anyway, and left out.
_CLOSED = 0.25
#: Days on either side from which the level is taken.
_AROUND = 14
_LEAST_FACTOR = 0.01
#: Weight of the prior, in expected counts.
_PRIOR = 1.0
#: Years of holidays in a model, before and after the as-of day.
_YEARS_BACK, _YEARS_AHEAD = 10, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicHolidays:
    """The holidays of a country.

    Attributes
    ----------
    code : str
        ISO 3166, such as ``BR`` or ``DE-BY``.
    source : str
        Where the dates are from, with its version.
    dates : tuple of date
        Whole years: from the first of the history, at most ten before its end, to the third after it.
    """

    code: str
    source: str
    dates: tuple[dt.date, ...]

    @property
    def name(self) -> str:
        return f"{_NAME} {self.code}, {self.source}"

    def as_calendar(self) -> WorkCalendar:
        """Of the model: all day but on these dates."""
        return WorkCalendar(name=self.name, holidays=self.dates)


def holidays_around(code: str, first: dt.date, as_of: dt.date) -> PublicHolidays:
    """The holidays that a fit needs, of a history that begins with `first`."""
    begin = dt.date(max(first.year, as_of.year - _YEARS_BACK), 1, 1)
    last = dt.date(as_of.year + _YEARS_AHEAD, 12, 31)
    return PublicHolidays(
        code=code,
        source=library_version(),
        dates=public_holidays(code, begin, last),
    )


def written_by_fit(calendar: WorkCalendar) -> bool:
    """Whether the holidays of a calendar, if any, are those that a fit gave it."""
    return not calendar.holidays or calendar.name.startswith(_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayFactor:
    """Factor on the leads or exits of a day if it is a holiday.

    Attributes
    ----------
    factor, low, high : float
        Posterior mean and 90 % interval.
    holidays : int
        Holidays in the history, on days that are not closed anyway.
    seen, expected : float
        Leads or exits on all of them together: observed, and expected on ordinary days.
    used : bool
        Whether the model uses it: the difference from 1 is significant.
    """

    factor: float
    low: float
    high: float
    holidays: int
    seen: float
    expected: float
    used: bool


def find_holiday_factor(seen: Floats, expected: Floats, is_holiday: Bools) -> HolidayFactor | None:
    """The holiday factor; None with too few holidays.

    Parameters
    ----------
    seen, expected : ndarray, shape (days,)
        Counts of consecutive days; `expected` up to a slowly changing level, without holidays.
    is_holiday : bool array, shape (days,)
    """
    usual = expected * _level_around(seen, expected, ~is_holiday)
    ordinary = ~is_holiday & (usual > 0)
    if not is_holiday.any() or not ordinary.any():
        return None
    counted = is_holiday & (usual >= _CLOSED * usual[ordinary].mean())
    mass = float(usual[counted].sum())
    if counted.sum() < FEWEST_HOLIDAYS or mass < LEAST_EXPECTED:
        return None
    spread = float(np.sum((seen[ordinary] - usual[ordinary]) ** 2) / usual[ordinary].sum())
    spread = max(spread, 1.0)
    number = float(seen[counted].sum())
    shape, rate = _PRIOR + number / spread, _PRIOR + mass / spread
    low, high = special.gammaincinv(shape, [0.05, 0.95]) / rate
    chance = float(special.chdtrc(1, (number - mass) ** 2 / (spread * mass)))
    return HolidayFactor(
        factor=shape / rate,
        low=float(low),
        high=float(high),
        holidays=int(counted.sum()),
        seen=number,
        expected=mass,
        used=chance <= CHANCE,
    )


def factor_of(holiday: HolidayFactor | None) -> float:
    """The factor in the model; 1 where it is not used."""
    return 1.0 if holiday is None or not holiday.used else max(round(holiday.factor, 3), _LEAST_FACTOR)


def on_holidays(dates: Sequence[dt.date], dates_off: Collection[dt.date]) -> Bools:
    """Which dates are holidays."""
    off = set(dates_off)
    return np.array([date in off for date in dates], dtype=np.bool_)


def _level_around(seen: Floats, expected: Floats, ordinary: Bools) -> Floats:
    """Observed over expected of the ordinary days around each day, plus one count at the overall level."""
    seen, expected = (np.where(ordinary, values, 0.0) for values in (seen, expected))
    if not seen.any() or not expected.any():
        return np.zeros(len(seen))
    return np.asarray((_around(seen) + 1) / (_around(expected) + expected.sum() / seen.sum()))


def _around(values: Floats) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(values)])
    day = np.arange(len(values))
    end = np.minimum(day + _AROUND + 1, len(values))
    return np.asarray(total[end] - total[np.maximum(day - _AROUND, 0)])
