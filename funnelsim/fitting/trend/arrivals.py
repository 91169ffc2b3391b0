"""Arrival rate of new leads: level, growth, weekdays, months and dispersion.

* Level: the last 26 weeks; the last 13 where these differ clearly from the 13 before.
* Growth: only with a year of data, a clearly significant trend, and the same sign in both halves of the year.
  The level is then the trend at the as-of time.
* Weekdays from the last year, shrunk towards even by as much as chance explains of their differences, and
  left out where chance explains all. Months of the quarter and of the year are separated from drift by
  `funnelsim.fitting.trend.structural`; with a stationary history months are treated like weekdays, from two
  years.
* Public holidays, where a country is named: one factor (`funnelsim.fitting.trend.holidays`); `rate` is that
  of all other days.
* Level, growth, months and dispersion are estimated relative to the weekday and holiday factors of each day.
* Dispersion: variance over mean of weekly counts, from neighbouring weeks.

References
----------
Efron, B. and Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. JASA 70,
311-319 (drawing towards even). McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed.,
section 6.2 (dispersion).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.calendar_factors import MONTH_DAYS
from funnelsim.fitting.mle import latin_hypercube as latin_hypercube
from funnelsim.fitting.trend.dispersion import dispersion_of_weeks
from funnelsim.fitting.trend.holidays import HolidayFactor, factor_of, find_holiday_factor, on_holidays
from funnelsim.fitting.trend.structural import STEADY, Level, trend_of_counts
from funnelsim.model.files.draw_checks import MOST_LEADS_A_DAY

LEVEL_WEEKS, RECENT_WEEKS = 26, 13
_YEAR_WEEKS = 52
#: A step between two quarters, and a trend over a year, must be so many standard errors. Strict, because both
#: are extrapolated: at 2 standard errors one steady source in twenty would grow or shrink forever.
_CLEAR_STEP, _CLEAR_TREND = 3.0, 4.0
#: Significance level of a weekday or month pattern.
_PATTERN_LEVEL = 0.001
_DAYS_A_MONTH = 30.4375
_ROUNDS = 3
#: Seasonality within this distance of 1 is left out; and the smallest factor of a month.
_LEAST_SEASON, _LEAST_FACTOR = 0.03, 0.001


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Arrivals of one source.

    Attributes
    ----------
    rate : float
        Leads a day on average at the as-of time.
    weekday, month : tuple of float or None
        Factors with mean 1; None where even.
    growth : float
        Per month, 0.02 for 2 %.
    dispersion : float
    leads, window_days : int, float
        Leads and days from which the level was estimated.
    trend : float
        Change per month over the last year as measured, whether or not it counts as growth; NaN if unknown.
    level_from : {"26 weeks", "13 weeks", "all", "trend"}
    holiday : HolidayFactor or None
        Factor of public holidays; None where none are named or too few were seen.
    """

    rate: float
    weekday: tuple[float, ...] | None
    month: tuple[float, ...] | None
    growth: float
    dispersion: float
    leads: int
    window_days: float
    trend: float
    level_from: str
    drift: Level = STEADY
    holiday: HolidayFactor | None = None

    def drawn_rates(self, draws: int, rng: np.random.Generator) -> Floats:
        """Rates of the parameter draws, shape (draws,).

        Gamma with the over-dispersion of the counts, times the drift of the level until then. The spread of
        the drift contains part of the counting noise as well, so ranges of a steady source are rather too
        wide than too narrow.
        """
        if self.leads == 0:
            return np.zeros(draws)
        shape = self.leads / self.dispersion
        drifted = np.exp(self.drift.sd * latin_hypercube.normal(draws, rng) - self.drift.sd**2 / 2)
        rates = special.gammaincinv(shape, latin_hypercube.uniform(draws, rng)) * self.rate / shape * drifted
        # With few leads a wide drift may exceed the largest rate of a model.
        return np.asarray(np.minimum(rates, MOST_LEADS_A_DAY))


def fit_arrivals(
    days: Floats,
    *,
    as_of: dt.datetime,
    observed_days: float,
    horizon_days: float | None = None,
    holidays: Collection[dt.date] = (),
) -> Arrivals:
    """Fit the arrivals of one source.

    Parameters
    ----------
    days : ndarray, shape (n,)
        Arrival of each lead, in days before the as-of time (positive).
    as_of : datetime
    observed_days : float
        Length of the record in days; earlier arrivals are left out.
    horizon_days : float, optional
        Days from the as-of time to the middle of the forecast period; None for a stationary level.
    holidays : collection of date
        Public holidays; none where no country is named.
    """
    observed_days = _own_span(days, observed_days)
    counts, dates = _daily(days, as_of, observed_days)
    if counts.sum() == 0:
        return Arrivals(
            rate=0.0,
            weekday=None,
            month=None,
            growth=0.0,
            dispersion=1.0,
            leads=0,
            window_days=observed_days,
            trend=math.nan,
            level_from="all",
        )
    holiday = _holiday(counts, dates, holidays)
    on_holiday_factor = np.where(on_holidays(dates, holidays), factor_of(holiday), 1.0)
    weekday = _weekday_factors(
        counts, dates, dispersion_of_weeks(counts, on_holiday_factor).ratio, on_holiday_factor
    )
    # Divide by weekday and holiday factors first: a month with five weekends is not a quiet month.
    usual = on_holiday_factor * _weekday_of(dates, weekday)
    month = _month_factors(counts, dates, usual) if horizon_days is None else _season(counts, dates, usual)
    expected = _month_of(dates, month)
    dispersion = dispersion_of_weeks(counts, expected * usual).ratio
    weekday = _weekday_factors(counts, dates, dispersion, on_holiday_factor)
    daily = expected * on_holiday_factor * _weekday_of(dates, weekday)
    result = replace(_with_level(counts, daily, dispersion, weekday, month, observed_days), holiday=holiday)
    return result if horizon_days is None else _drifted(result, counts, daily, dates, horizon_days)


def _holiday(counts: Floats, dates: list[dt.date], holidays: Collection[dt.date]) -> HolidayFactor | None:
    """Estimated alternately with the weekdays: many holidays are Mondays, which would look quieter than they
    are.
    """
    is_holiday = on_holidays(dates, holidays)
    result = None
    for _ in range(_ROUNDS if is_holiday.any() else 0):
        on_holiday_factor = np.where(is_holiday, factor_of(result), 1.0)
        weekday = _weekday_factors(
            counts, dates, dispersion_of_weeks(counts, on_holiday_factor).ratio, on_holiday_factor
        )
        result = find_holiday_factor(counts, _weekday_of(dates, weekday), is_holiday)
    return result


def _own_span(days: Floats, observed_days: float) -> float:
    """Days over which a source was active: from its first lead on, if the gap before it is too long for
    chance.

    At least a day: the leads of one minute say nothing about the rate.
    """
    span = observed_days
    if days.size:
        first = min(float(days.max()), observed_days)
        gap = observed_days - first
        leads = np.sum(days <= observed_days)
        if gap * leads / max(first, 1.0) > 10:
            span = first
    return max(span, 1.0)


def _daily(days: Floats, as_of: dt.datetime, observed_days: float) -> tuple[Floats, list[dt.date]]:
    """Counts of whole days back from the as-of time, oldest first, and the date each of them is."""
    length = max(math.ceil(observed_days - 1e-9), 1)
    back = np.clip(np.ceil(days[days <= observed_days]).astype(np.int64) - 1, 0, length - 1)
    counts = np.bincount(back, minlength=length)[::-1].astype(np.float64)
    last = (as_of - dt.timedelta(microseconds=1)).date()
    return counts, [last - dt.timedelta(days=i) for i in range(length)][::-1]


def _with_level(
    counts: Floats,
    expected: Floats,
    dispersion: float,
    weekday: tuple[float, ...] | None,
    month: tuple[float, ...] | None,
    observed_days: float,
) -> Arrivals:
    trend, clear = _trend(counts, expected, dispersion)
    # Whole weeks only: an extra Sunday would bias the level down.
    window = min(LEVEL_WEEKS, max(len(counts) // 7, 1)) * 7 if len(counts) >= 7 else len(counts)
    level_from = f"{LEVEL_WEEKS} weeks" if window == LEVEL_WEEKS * 7 else "all"
    if clear:
        window, level_from = min(_YEAR_WEEKS * 7, len(counts)), "trend"
    elif _stepped(counts, expected, dispersion):
        window, level_from = RECENT_WEEKS * 7, f"{RECENT_WEEKS} weeks"
    leads = float(counts[-window:].sum())
    span = min(float(window), observed_days)
    # The oldest day of the window may be recorded only in part.
    mass = float(expected[-window:].sum()) * span / window
    monthly = trend if clear else 0.0
    if clear:
        age = np.arange(window)[::-1] + 0.5
        mass = float(np.sum(expected[-window:] * (1 + trend) ** (-age / _DAYS_A_MONTH)))
    return Arrivals(
        rate=leads / mass,
        weekday=weekday,
        month=month,
        growth=monthly,
        dispersion=dispersion,
        leads=round(leads),
        window_days=span,
        trend=trend,
        level_from=level_from,
    )


def _drifted(
    result: Arrivals, counts: Floats, expected: Floats, dates: list[dt.date], horizon_days: float
) -> Arrivals:
    """Add the expected drift of the level until the middle of the forecast period."""
    age = np.arange(len(counts))[::-1] + 0.5
    level = result.rate * expected * (1 + result.growth) ** (-age / _DAYS_A_MONTH)
    drift = trend_of_counts(
        counts,
        level,
        dates,
        horizon_days=horizon_days,
        spread=result.dispersion,
        of_all=False,
        season=None if result.month is None else np.log(np.maximum(result.month, _LEAST_FACTOR)),
    ).level
    return replace(result, rate=result.rate * math.exp(drift.mean + drift.sd**2 / 2), drift=drift)


def _season(counts: Floats, dates: list[dt.date], usual: Floats) -> tuple[float, ...] | None:
    """Factors of the months of a year, separated from drift; None where they hardly differ.

    `usual` is the factor of each day by weekday and holidays.
    """
    even = counts.mean() / usual.mean() * usual
    dispersion = dispersion_of_weeks(counts, usual).ratio
    logs = trend_of_counts(counts, even, dates, spread=dispersion).season
    if np.abs(logs - logs.mean()).max() <= _LEAST_SEASON:
        return None
    factors = np.exp(logs)
    factors /= np.average(factors, weights=MONTH_DAYS)
    return tuple(round(float(f), 3) for f in factors)


def _weekday_of(dates: list[dt.date], weekday: tuple[float, ...] | None) -> Floats:
    """Factor of each day, of mean 1 over whole weeks."""
    if weekday is None:
        return np.ones(len(dates))
    factors = np.array(weekday) / np.mean(weekday)
    return np.asarray(factors[[day.weekday() for day in dates]])


def _stepped(counts: Floats, expected: Floats, dispersion: float) -> bool:
    recent = RECENT_WEEKS * 7
    if len(counts) < 2 * recent:
        return False
    new, old = counts[-recent:].sum(), counts[-2 * recent : -recent].sum()
    new_mass, old_mass = expected[-recent:].sum(), expected[-2 * recent : -recent].sum()
    # Given the sum of both, the new count is binomial with its share of the expected total.
    share = new_mass / (new_mass + old_mass)
    spread = math.sqrt(max(dispersion * (new + old) * share * (1 - share), 1e-12))
    return bool(abs(new - (new + old) * share) > _CLEAR_STEP * spread)


def _trend(counts: Floats, expected: Floats, dispersion: float) -> tuple[float, bool]:
    """Change per month over the last year, and whether it is clearly there."""
    year = _YEAR_WEEKS * 7
    if len(counts) < year:
        return math.nan, False
    slope, error = _log_slope(counts[-year:], expected[-year:], dispersion)
    halves = [_log_slope(counts[-year:][part], expected[-year:][part], dispersion) for part in _halves(year)]
    clear = abs(slope) > _CLEAR_TREND * error and all(
        half * slope > 0 and abs(half) > half_error for half, half_error in halves
    )
    return math.expm1(slope * _DAYS_A_MONTH), clear


def _halves(length: int) -> tuple[slice, slice]:
    return slice(0, length // 2), slice(length // 2, length)


#: Bound of the slope per day (twenty times as many each month), for the stability of Newton's method.
_STEEPEST = 0.1


def _log_slope(counts: Floats, expected: Floats, dispersion: float) -> tuple[float, float]:
    """Slope per day of a log-linear Poisson rate, and its standard error (Newton's method)."""
    t = np.arange(len(counts)) - (len(counts) - 1) / 2
    if counts.sum() < 10:
        return 0.0, math.inf
    slope = 0.0
    information = 1.0
    for _ in range(30):
        weight = expected * np.exp(slope * t)
        weight = weight / weight.sum() * counts.sum()
        centre = np.sum(weight * t) / counts.sum()
        information = float(np.sum(weight * (t - centre) ** 2))
        if information <= 0:  # all that is expected lies on one day
            return 0.0, math.inf
        step = float(np.sum((counts - weight) * t)) / information
        step = min(max(step, -_STEEPEST - slope), _STEEPEST - slope)
        slope += step
        if abs(step) < 1e-12:
            break
    return slope, math.sqrt(dispersion / information)


def _weekday_factors(
    counts: Floats, dates: list[dt.date], dispersion: float, on_holiday_factor: Floats
) -> tuple[float, ...] | None:
    """Weekday factors of the last year; `on_holiday_factor` is the holiday factor of each day."""
    weeks = min(len(counts) // 7, _YEAR_WEEKS)
    if weeks < 4:
        return None
    indices = np.array([day.weekday() for day in dates[-weeks * 7 :]])
    result = np.bincount(indices, counts[-weeks * 7 :], minlength=7).astype(np.float64)
    even = np.bincount(indices, on_holiday_factor[-weeks * 7 :], minlength=7).astype(np.float64)
    return _pattern(result, even * (result.sum() / even.sum()), dispersion, np.ones(7))


def _month_factors(counts: Floats, dates: list[dt.date], usual: Floats) -> tuple[float, ...] | None:
    """Month factors from whole years before the as-of time, along a log-linear trend.

    `usual` is the factor of each day by weekday and holidays.
    """
    years = int(len(counts) // 365.25)
    if years < 2:
        return None
    length = int(years * 365.25)
    counts, dates = counts[-length:], dates[-length:]
    totals = [part.sum() for part in np.array_split(counts, years)]
    if min(totals) <= 0:
        return None
    slope = math.log(totals[-1] / totals[0]) / (years - 1) / 365.25
    level = np.exp(slope * np.arange(length)) * usual[-length:]
    level *= counts.sum() / level.sum()
    indices = np.array([day.month - 1 for day in dates])
    result, even = (np.bincount(indices, w, minlength=12).astype(np.float64) for w in (counts, level))
    return _pattern(
        result, even, dispersion_of_weeks(counts, level / level.mean()).ratio, np.array(MONTH_DAYS)
    )


def _pattern(result: Floats, even: Floats, dispersion: float, mass: Floats) -> tuple[float, ...] | None:
    """Factors shrunk towards 1, with mean 1 over `mass`; None where they are not significant."""
    if result.sum() <= 0:
        return None
    noise = dispersion / even
    raw = result / even
    statistic = float(np.sum((raw - 1) ** 2 / noise))
    if float(special.chdtrc(len(result) - 1, statistic)) > _PATTERN_LEVEL:
        return None
    real = max(float(np.mean((raw - 1) ** 2 - noise)), 0.0)
    factors = 1 + (raw - 1) * real / (real + noise)
    factors = np.maximum(factors / (np.sum(factors * mass) / mass.sum()), 0.0)
    return tuple(round(float(f), 3) for f in factors)


def _month_of(dates: list[dt.date], month: tuple[float, ...] | None) -> Floats:
    return np.ones(len(dates)) if month is None else np.array([month[day.month - 1] for day in dates])
