"""Seasonality of the exits: weekdays, weeks, days of the month and months with more exits than usual.

Observed exits are compared with expected ones day by day (`funnelsim.fitting.trend.expected_exits`). Months
of the quarter and of the year are separated from drift by `funnelsim.fitting.trend.structural`. A pattern of
weekdays, of weeks of the quarter or of days of the month (batch runs) is used where its classes differ by
more than the same class differs between its own weeks, and where each class was observed twice. Factors are
shrunk towards 1. Public holidays, where a country is named, have one factor
(`funnelsim.fitting.trend.holidays`).

References
----------
McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., section 6.2 (over-dispersed
Poisson counts). Morris, C. N. (1983). Parametric empirical Bayes inference. JASA 78, 47-55 (shrinkage).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.calendar import calendar_factors
from funnelsim.fitting.trend.dispersion import dispersion_of_weeks
from funnelsim.fitting.trend.expected_exits import ExitComponent, Exposure, expected_exits
from funnelsim.fitting.trend.holidays import (
    PUBLIC,
    HolidayFactor,
    factor_of,
    find_holiday_factor,
    on_holidays,
)
from funnelsim.fitting.trend.structural import StructuralTrend, trend_of_counts
from funnelsim.model.parts import Clock, Holiday

#: Exits with fewer events have no seasonality of their own: with 100 events over 7 weekdays, the standard
#: error of a factor is about 25 %.
FEWEST_MOVES = 100
#: Significance level of a pattern; strict, because each exit is tested for several patterns.
CHANCE = 0.005
_LEAST_EXPECTED = 3.0  # exits in a block; smaller blocks are joined, for the normal approximation to hold
#: Seasonality within this distance of 1 gets no clock.
_LEAST_SEASON = 0.03
_ROUNDS = 3
WEEKS, _DAYS = 13, 31
#: Days around a day of the month from which a batch run must stand out; busy weeks as a whole are chance.
_NEIGHBOURS = 7
_YEAR_DAYS = 365.25
#: Seasonality follows calendar quarters, whatever the fiscal year of the goal.
_YEAR_STARTS = "01-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seasonality:
    """The seasonality of one exit.

    Attributes
    ----------
    target : str
        Where the exit leads.
    clock : Clock
        The clock in the model.
    daily_factor : ndarray, shape (days,)
        Its factor on each day of the history.
    seen_days : int
        Days from the first to the last with expected exits.
    holiday : HolidayFactor or None
        Holiday factor of the exit; part of the clock where it is used.
    """

    target: str
    clock: Clock
    daily_factor: Floats
    seen_days: int
    holiday: HolidayFactor | None = None

    @property
    def times_seen(self) -> float:
        """Number of quarters or years observed of the pattern of months; infinite without one."""
        if self.clock.month is None:
            return math.inf
        return self.seen_days / (_YEAR_DAYS * len(self.clock.month) / 12)

    @property
    def season(self) -> Floats:
        """Log factor of each month of the year, shape (12,)."""
        return _season_of(self.clock)


@dataclass(frozen=True)
class _Pattern:
    """Classes of days (``class_``), and blocks of days that vary together.

    Changes over more than `drift` blocks are removed as drift (0: not removed). For the test, a pattern must
    stand out from the `stands_out` blocks around each block.
    """

    class_: Ints
    block: Ints
    classes: int
    drift: int = 0
    stands_out: int = 0


def find_seasonality(
    exposure: Exposure,
    components: list[ExitComponent],
    never: float,
    dates: Sequence[dt.date],
    holidays: Collection[dt.date] = (),
) -> dict[str, Seasonality]:
    """Seasonality of a stage's exits, by target.

    Parameters
    ----------
    dates : sequence of date, length ``exposure.days``
    holidays : collection of date
        Public holidays; none where no country is named.
    """
    is_holiday = on_holidays(dates, holidays)
    weekdays, weeks, month_days = _weekdays(dates), _weeks(dates), _month_days(dates)
    month = np.array([day.month - 1 for day in dates])
    factors: dict[str, _Factors] = {}
    clocks: dict[str, Clock] = {}
    for _ in range(_ROUNDS):
        daily_factors = {target: clock_factors(clock, dates, holidays) for target, clock in clocks.items()}
        expected = expected_exits(exposure, components, never, daily_factors)
        for target, seen in exposure.seen.items():
            if target not in expected or seen.sum() < FEWEST_MOVES:
                continue
            result, adjusted = factors.get(target, _Factors()), expected[target]
            weekday, adjusted = _refined(result.weekday, weekdays, seen, adjusted)
            holiday, adjusted = _on_holidays(result.holiday, is_holiday, seen, adjusted)
            season = _season_of(clocks[target]) if target in clocks else np.zeros(12)
            spread = dispersion_of_weeks(seen, adjusted).ratio
            trend = trend_of_counts(seen, adjusted, dates, season=season, spread=spread)
            adjusted = adjusted * np.exp(trend.season - season)[month]
            week, day = _refined_one_by_one((result.week, result.day), (weeks, month_days), seen, adjusted)
            factors[target] = _Factors(weekday=weekday, week=week, day=day, holiday=holiday, trend=trend)
        clocks = {target: clock for target, result in factors.items() if (clock := _clock(result))}
        if not clocks:
            break
    return {
        target: Seasonality(
            target=target,
            clock=clock,
            daily_factor=clock_factors(clock, dates, holidays),
            seen_days=int(np.ptp(np.flatnonzero(expected[target]))) + 1,
            holiday=factors[target].holiday,
        )
        for target, clock in clocks.items()
    }


@dataclass(frozen=True, kw_only=True)
class _Factors:
    """Estimates for one exit in the current round."""

    weekday: Floats | None = None
    week: Floats | None = None
    day: Floats | None = None
    holiday: HolidayFactor | None = None
    trend: StructuralTrend | None = None


def _refined(
    factors: Floats | None, pattern: _Pattern, seen: Floats, expected: Floats
) -> tuple[Floats | None, Floats]:
    """Updated factors of a pattern, and the expected counts with them."""
    change = _factors(pattern, seen, expected, known=factors is not None)
    if change is None:
        return factors, expected
    return change if factors is None else factors * change, expected * change[pattern.class_]


def _on_holidays(
    before: HolidayFactor | None, is_holiday: NDArray[np.bool_], seen: Floats, expected: Floats
) -> tuple[HolidayFactor | None, Floats]:
    """Updated holiday factor, and the expected counts with it."""
    plain = expected / np.where(is_holiday, factor_of(before), 1.0)
    result = find_holiday_factor(seen, plain, is_holiday)
    return result, plain * np.where(is_holiday, factor_of(result), 1.0)


def _refined_one_by_one(
    factors: tuple[Floats | None, Floats | None],
    patterns: tuple[_Pattern, _Pattern],
    seen: Floats,
    expected: Floats,
) -> tuple[Floats | None, Floats | None]:
    """Factors of two patterns that may explain the same days; the better one is fitted first."""
    result = list(factors)

    def gain(index: int) -> float:
        """Gain in log-likelihood of a pattern, less one for each class."""
        _, adjusted = _refined(factors[index], patterns[index], seen, expected)
        some = (seen > 0) & (expected > 0)
        return float(seen[some] @ np.log(adjusted[some] / expected[some])) - patterns[index].classes

    adjusted = expected
    for index in sorted((0, 1), key=gain, reverse=True):
        result[index], adjusted = _refined(result[index], patterns[index], seen, adjusted)
    return result[0], result[1]


def clock_factors(clock: Clock, dates: Sequence[dt.date], holidays: Collection[dt.date] = ()) -> Floats:
    """Factor of each day, mean 1 over a period; shape (days,)."""
    return calendar_factors.tempo_factors(
        dates,
        over="quarter",
        month=clock.month,
        week=clock.week,
        day=clock.day,
        weekday=clock.weekday,
        year_starts=_YEAR_STARTS,
        holidays=frozenset(holidays),
        on_holidays=1.0 if clock.holiday is None else clock.holiday.factor,
    )


def _weekdays(dates: Sequence[dt.date]) -> _Pattern:
    weekday = np.array([d.weekday() for d in dates])
    week = np.array([(d.toordinal() - 1) // 7 for d in dates])
    return _Pattern(weekday, 7 * week + weekday, 7)


def weeks_of_quarter(dates: Sequence[dt.date]) -> tuple[Ints, Ints]:
    """Calendar quarter of each date, as 4 x year + 0 to 3, and its week in it, 0 to 12."""
    quarter = np.array([4 * d.year + (d.month - 1) // 3 for d in dates], dtype=np.int64)
    starts = np.array([dt.date(d.year, 3 * ((d.month - 1) // 3) + 1, 1).toordinal() for d in dates])
    ordinals = np.array([d.toordinal() for d in dates])
    return quarter, np.minimum((ordinals - starts) // 7, WEEKS - 1).astype(np.int64)


def _weeks(dates: Sequence[dt.date]) -> _Pattern:
    quarter, week = weeks_of_quarter(dates)
    return _Pattern(week, WEEKS * quarter + week, WEEKS, drift=WEEKS, stands_out=WEEKS)


def _month_days(dates: Sequence[dt.date]) -> _Pattern:
    index = calendar_factors.day_places(dates)
    month = np.array([12 * d.year + d.month for d in dates])
    return _Pattern(index, _DAYS * month + index, _DAYS, drift=_DAYS, stands_out=_NEIGHBOURS)


def _factors(pattern: _Pattern, seen: Floats, expected: Floats, *, known: bool) -> Floats | None:
    """Shrunk factor of each class, or None where the classes do not differ significantly."""
    if not known:
        result = _classes(pattern, seen, expected, pattern.stands_out)
        if result is None or result.chance > CHANCE:
            return None
    result = _classes(pattern, seen, expected, pattern.drift)
    return None if result is None else result.factors


@dataclass(frozen=True)
class _Classes:
    """Observed and expected exits in each class, and the over-dispersion of a block's count."""

    seen: Floats
    expected: Floats
    spread: float
    freedom: int

    @property
    def chance(self) -> float:
        """P-value of an F test between classes."""
        between = float(np.sum((self.seen - self.expected) ** 2 / self.expected)) / (len(self.seen) - 1)
        return float(special.fdtrc(len(self.seen) - 1, self.freedom, between / self.spread))

    @property
    def factors(self) -> Floats:
        """Of each class, shrunk towards 1."""
        logs = np.log(np.maximum(self.seen, 0.5) / self.expected)
        noise = self.spread / self.expected
        signal = max(float(np.mean(logs**2) - np.mean(noise)), 0.0)
        shrunk = np.exp(logs * signal / (signal + noise)) if signal else np.ones(len(logs))
        return np.asarray(shrunk / np.average(shrunk, weights=self.expected))


def _classes(pattern: _Pattern, seen: Floats, expected: Floats, drift: int) -> _Classes | None:
    """The classes of a pattern, with drift removed; None unless each was observed twice."""
    n = pattern.classes
    _, index = np.unique(pattern.block, return_inverse=True)
    class_ = np.zeros(index.max() + 1, dtype=np.int64)
    class_[index] = pattern.class_
    seen, expected = _sums(index, seen), _sums(index, expected)
    if drift:
        expected = expected * _drift(seen, expected, drift)
    index = _joined(class_, expected, n)
    class_ = class_[np.unique(index, return_index=True)[1]]
    seen, expected = _sums(index, seen), _sums(index, expected)
    adjusted = expected >= _LEAST_EXPECTED
    if np.bincount(class_[adjusted], minlength=n).min() < 2:
        return None
    class_, seen, expected = class_[adjusted], seen[adjusted], expected[adjusted]
    expected *= seen.sum() / expected.sum()
    seen_in, expected_in = (_sums(class_, values, n) for values in (seen, expected))
    within = expected * np.maximum(seen_in / expected_in, 1e-3)[class_]
    freedom = len(seen) - n - bool(drift)
    if freedom < 1:
        return None
    spread = max(float(np.sum((seen - within) ** 2 / within)) / freedom, 1.0)
    return _Classes(seen_in, expected_in, spread, freedom)


def _sums(index: Ints, values: Floats, least: int = 0) -> Floats:
    return np.bincount(index, values, minlength=least).astype(np.float64)


def _joined(class_: Ints, expected: Floats, classes: int) -> Ints:
    """Number of the joined block of each block: blocks of one class are joined in time order until enough
    exits are expected.
    """
    index, at, filled = np.zeros(len(class_), dtype=np.int64), [0] * classes, [math.inf] * classes
    joined = 0
    for i, (c, more) in enumerate(zip(class_.tolist(), expected.tolist(), strict=True)):
        if filled[c] >= _LEAST_EXPECTED:
            at[c], filled[c], joined = joined, 0.0, joined + 1
        index[i] = at[c]
        filled[c] += more
    return index


def _drift(seen: Floats, expected: Floats, around: int) -> Floats:
    """Observed over expected in a moving window of blocks; a window of whole seasons leaves seasonality in
    place.
    """
    blocks = len(seen)
    half = around // 2
    begin = np.clip(np.arange(blocks) - half, 0, max(blocks - around, 0))
    end = np.minimum(begin + around, blocks)
    sums = [np.concatenate([[0.0], np.cumsum(values)]) for values in (seen, expected)]
    counted, adjusted = (total[end] - total[begin] for total in sums)
    return np.asarray((counted + 0.5) / (adjusted + 0.5))


def _clock(result: _Factors) -> Clock | None:
    """The clock of an exit, or None without seasonality. Weeks of the quarter exclude months of the year."""
    assert result.trend is not None
    yearly = result.week is None and _uneven(result.trend.year)
    months = np.exp(result.trend.season if yearly else result.trend.quarter)
    quarterly = not yearly and _uneven(result.trend.quarter)
    on_holidays = factor_of(result.holiday)
    kinds = (result.week, result.day, result.weekday)
    if not (yearly or quarterly) and on_holidays == 1 and all(kind is None for kind in kinds):
        return None
    return Clock(
        over="year" if yearly else "quarter",
        fiscal_year_starts=_YEAR_STARTS,
        month=_rounded(months) if yearly or quarterly else None,
        week=_rounded(result.week),
        day=_rounded(result.day),
        weekday=_rounded(result.weekday),
        holiday=None if on_holidays == 1 else Holiday(calendar=PUBLIC, factor=on_holidays),
    )


def _uneven(logs: Floats) -> bool:
    return bool(np.abs(logs - logs.mean()).max() > _LEAST_SEASON)


def _rounded(factors: Floats | None) -> tuple[float, ...] | None:
    if factors is None:
        return None
    return tuple(round(float(max(value, 0.01)), 3) for value in factors / factors.mean())


def _season_of(clock: Clock) -> Floats:
    if clock.month is None:
        return np.zeros(12)
    return np.log(np.resize(np.array(clock.month), 12))
