"""The buyers' calendar: days, weeks and months on which deals move more often than usual.

Moves seen are held against those expected day by day (`funnelsim.fitting.daily`). Months of the quarter and
of the year are told from drift by `funnelsim.fitting.course`. A pattern of weekdays or of weeks of the
quarter is believed where it differs between its classes by more than the same class differs between its own
weeks, and where each class was seen twice. Factors are shrunk towards 1.

References
----------
McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., section 6.2 (over-dispersed
Poisson counts). Morris, C. N. (1983). Parametric empirical Bayes inference. JASA 78, 47-55 (shrinkage).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from funnelsim.core import calendars
from funnelsim.fitting.course import Course, course_of_counts
from funnelsim.fitting.daily import Exposure, Way, expected_moves
from funnelsim.fitting.dispersion import weekly_dispersion
from funnelsim.model.parts import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Exits with fewer moves have no pattern of their own.
FEWEST_MOVES = 100
#: A pattern is taken in if chance would show it less often than this.
CHANCE = 0.005
_LEAST_EXPECTED = 3.0  # moves in a block, for its share of the spread to be told
#: Seasons that stay within this of 1 are not worth a clock.
_LEAST_SEASON = 0.03
_ROUNDS = 3
_WEEKS = 13
#: Calendar quarters, whatever the fiscal year of the goal.
_YEAR_STARTS = "01-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The calendar of one exit.

    Attributes
    ----------
    target : str
        Where the exit leads.
    clock : Clock
        As the model has it.
    tempo : ndarray, shape (days,)
        Its factor on each day of the history.
    """

    target: str
    clock: Clock
    tempo: Floats

    @property
    def season(self) -> Floats:
        """Log factor of each month of the year, shape (12,)."""
        return _season_of(self.clock)


@dataclass(frozen=True)
class _Pattern:
    """Classes of days (``class_``), and blocks of days that vary as one."""

    class_: Ints
    block: Ints
    classes: int
    slow: bool = False  # what changes from one quarter to the next is drift


def find_rhythms(
    exposure: Exposure, ways: list[Way], never: float, dates: Sequence[dt.date]
) -> dict[str, Rhythm]:
    """The rhythms of a stage's exits, by target.

    Parameters
    ----------
    dates : sequence of date, length ``exposure.days``
    """
    weekdays, weeks = _weekdays(dates), _weeks(dates)
    month = np.array([day.month - 1 for day in dates])
    factors: dict[str, _Factors] = {}
    clocks: dict[str, Clock] = {}
    for _ in range(_ROUNDS):
        tempos = {target: tempo_of(clock, dates) for target, clock in clocks.items()}
        expected = expected_moves(exposure, ways, never, tempos)
        for target, seen in exposure.seen.items():
            if target not in expected or seen.sum() < FEWEST_MOVES:
                continue
            found, told = factors.get(target, _Factors()), expected[target]
            weekday, told = _refined(found.weekday, weekdays, seen, told)
            season = _season_of(clocks[target]) if target in clocks else np.zeros(12)
            spread = weekly_dispersion(seen, told)
            course = course_of_counts(seen, told, dates, season=season, spread=spread)
            told = told * np.exp(course.season - season)[month]
            week, told = _refined(found.week, weeks, seen, told)
            factors[target] = _Factors(weekday=weekday, week=week, course=course)
        clocks = {target: clock for target, found in factors.items() if (clock := _clock(found))}
        if not clocks:
            break
    return {
        target: Rhythm(target=target, clock=clock, tempo=tempo_of(clock, dates))
        for target, clock in clocks.items()
    }


@dataclass(frozen=True, kw_only=True)
class _Factors:
    """What is known of one exit's calendar by now."""

    weekday: Floats | None = None
    week: Floats | None = None
    course: Course | None = None


def _refined(
    factors: Floats | None, pattern: _Pattern, seen: Floats, expected: Floats
) -> tuple[Floats | None, Floats]:
    """The factors of a pattern, and the expected counts with what they changed."""
    change = _factors(pattern, seen, expected, known=factors is not None)
    if change is None:
        return factors, expected
    return change if factors is None else factors * change, expected * change[pattern.class_]


def tempo_of(clock: Clock, dates: Sequence[dt.date]) -> Floats:
    """Factor of each day, mean 1 over a period; shape (days,)."""
    return calendars.tempo_factors(
        dates,
        over="quarter",
        month=clock.month,
        week=clock.week,
        weekday=clock.weekday,
        year_starts=_YEAR_STARTS,
    )


def _weekdays(dates: Sequence[dt.date]) -> _Pattern:
    weekday = np.array([d.weekday() for d in dates])
    week = np.array([(d.toordinal() - 1) // 7 for d in dates])
    return _Pattern(weekday, 7 * week + weekday, 7)


def _weeks(dates: Sequence[dt.date]) -> _Pattern:
    quarter = np.array([4 * d.year + (d.month - 1) // 3 for d in dates])
    starts = [dt.date(d.year, 3 * ((d.month - 1) // 3) + 1, 1).toordinal() for d in dates]
    ordinals = np.array([d.toordinal() for d in dates])
    week = np.minimum((ordinals - np.array(starts)) // 7, _WEEKS - 1)
    return _Pattern(week, _WEEKS * quarter + week, _WEEKS, slow=True)


def _factors(pattern: _Pattern, seen: Floats, expected: Floats, *, known: bool) -> Floats | None:
    """Shrunk factor of each class, or None where the classes do not differ by more than chance."""
    n = pattern.classes
    _, place = np.unique(pattern.block, return_inverse=True)
    block_class = np.zeros(place.max() + 1, dtype=np.int64)
    block_class[place] = pattern.class_
    block_seen = np.bincount(place, seen).astype(np.float64)
    block_expected = np.bincount(place, expected).astype(np.float64)
    if pattern.slow:
        block_expected = block_expected * _drift(block_seen, block_expected, n)
    told = block_expected >= _LEAST_EXPECTED
    if np.bincount(block_class[told], minlength=n).min() < 2:
        return None
    block_class, block_seen, block_expected = block_class[told], block_seen[told], block_expected[told]
    block_expected *= block_seen.sum() / block_expected.sum()
    seen_in = np.bincount(block_class, block_seen, minlength=n)
    expected_in = np.bincount(block_class, block_expected, minlength=n)
    within = block_expected * np.maximum(seen_in / expected_in, 1e-3)[block_class]
    freedom = len(block_seen) - n - pattern.slow
    if freedom < 1:
        return None
    spread = max(float(np.sum((block_seen - within) ** 2 / within)) / freedom, 1.0)
    between = float(np.sum((seen_in - expected_in) ** 2 / expected_in)) / (n - 1)
    if not known and special.fdtrc(n - 1, freedom, between / spread) > CHANCE:
        return None
    logs = np.log(np.maximum(seen_in, 0.5) / expected_in)
    noise = spread / expected_in
    signal = max(float(np.mean(logs**2) - np.mean(noise)), 0.0)
    shrunk = np.exp(logs * signal / (signal + noise)) if signal else np.ones(n)
    return np.asarray(shrunk / np.average(shrunk, weights=expected_in))


def _drift(seen: Floats, expected: Floats, season: int) -> Floats:
    """Seen over expected around each block, over one whole season, so that seasons do not count as drift."""
    blocks = len(seen)
    half = season // 2
    begin = np.clip(np.arange(blocks) - half, 0, max(blocks - season, 0))
    end = np.minimum(begin + season, blocks)
    sums = [np.concatenate([[0.0], np.cumsum(values)]) for values in (seen, expected)]
    around = [total[end] - total[begin] for total in sums]
    return np.asarray((around[0] + 0.5) / (around[1] + 0.5))


def _clock(found: _Factors) -> Clock | None:
    """The clock of an exit, or None where it runs evenly. Weeks of a quarter leave no room for the year."""
    assert found.course is not None
    yearly = found.week is None and _uneven(found.course.year)
    months = np.exp(found.course.season if yearly else found.course.quarter)
    if not (yearly or _uneven(found.course.quarter) or found.week is not None or found.weekday is not None):
        return None
    return Clock(
        over="year" if yearly else "quarter",
        fiscal_year_starts=_YEAR_STARTS,
        month=_rounded(months) if yearly or _uneven(found.course.quarter) else None,
        week=_rounded(found.week),
        weekday=_rounded(found.weekday),
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
