"""Office hours: the half hours of a week in which people are seen at work.

Evidence of work is the end of a task, and the start of a task that ends on the same day. The start of an
overnight task is not: it may have been assigned after hours. For each half hour of the week the days with
evidence are counted. A half hour is open if it has at least a tenth (*confidence*) of the days of an average
open half hour. If fewer than five days are expected from its weekday and time of day, this expectation is
used instead of its own count, so that a quiet half hour within office hours stays open. The open hours must
contain nine tenths of all evidence (*support*); until they do, the required confidence is halved.

The first and the last half hour of a span are cut in steps of five minutes, if they are empty there and this
has a probability below 0.001 by chance.

Hours in which people are on duty but have no tasks leave no evidence, so they are closed in the model.

References
----------
Lopez-Pintado, O. and Dumas, M. (2022). Business process simulation with differentiated resources: does it
make a difference? BPM 2022, LNCS 13420, 361-378 (granules, confidence, support, falling back to
the calendar of a group).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.workhours import OpenSpan, open_hours

GRANULE_MINUTES = 30
CONFIDENCE, SUPPORT = 0.1, 0.9
#: Fewest observations of work for a calendar.
FEWEST_SEEN = 40
_ENOUGH = 5.0
_FEWEST_HOLIDAYS = 3
#: A role at work in more of the week than this is always on.
_ALWAYS = 0.9
_A_DAY = 1440 // GRANULE_MINUTES
#: Edges move in such steps, if an empty part of this length has at most this probability by chance.
_EDGE_MINUTES, _CHANCE = 5, 0.001


def work_instants(work: pl.DataFrame) -> pl.Series:
    """Instants at which somebody is at work: just before each finish, and starts of tasks of one day."""
    done = work.drop_nulls("finished")
    finishes = done["finished"] - dt.timedelta(microseconds=1)
    same_day = done.filter(pl.col("started").dt.date() == pl.col("finished").dt.date())
    return pl.concat([finishes.alias("at"), same_day["started"].alias("at")])


def find_hours(at: pl.Series) -> tuple[OpenSpan, ...] | None:
    """The open spans of a week.

    Parameters
    ----------
    at : Series of datetime
        Instants of events, such as `work_instants` or the arrivals of leads.

    Returns
    -------
    tuple of OpenSpan or None
        None if too little was seen, or nearly the whole week is open.
    """
    if len(at) < FEWEST_SEEN:
        return None
    halves = at.dt.truncate(f"{GRANULE_MINUTES}m").unique()
    minute = halves.dt.hour().cast(pl.Int64) * 60 + halves.dt.minute().cast(pl.Int64)
    index = (halves.dt.weekday().cast(pl.Int64) - 1) * _A_DAY + minute // GRANULE_MINUTES
    seen = np.bincount(index.to_numpy(), minlength=7 * _A_DAY).astype(np.float64).reshape(7, _A_DAY)
    is_open = _open_granules(seen)
    return None if is_open.mean() > _ALWAYS else _trimmed(_spans(is_open), at)


def _open_granules(seen: Floats) -> NDArray[np.bool_]:
    expected = seen.sum(axis=1, keepdims=True) * seen.sum(axis=0, keepdims=True) / seen.sum()
    smoothed = np.where(expected >= _ENOUGH, seen, expected)
    usual = float(np.average(smoothed, weights=seen))
    confidence = CONFIDENCE
    while seen[smoothed >= confidence * usual].sum() < SUPPORT * seen.sum():
        confidence /= 2
    return np.asarray(smoothed >= confidence * usual)


def _spans(is_open: NDArray[np.bool_]) -> tuple[OpenSpan, ...]:
    result = []
    for weekday, granules in enumerate(is_open):
        steps = np.flatnonzero(np.diff(np.concatenate([[False], granules, [False]]).astype(np.int8)))
        for opens, closes in steps.reshape(-1, 2).tolist():
            result.append(OpenSpan(weekday, opens * GRANULE_MINUTES, closes * GRANULE_MINUTES))
    return tuple(result)


def _trimmed(spans: tuple[OpenSpan, ...], at: pl.Series) -> tuple[OpenSpan, ...]:
    """Spans without their empty edges; weekdays with the same opening or closing time are pooled."""
    weekday = at.dt.weekday().cast(pl.Int64).to_numpy() - 1
    minute = (at - at.dt.truncate("1d")).dt.total_microseconds().to_numpy() / 60e6

    def seen_after(begin: int, weekdays: set[int]) -> Floats:
        """Minutes into a half hour at which somebody was seen."""
        mine = np.isin(weekday, list(weekdays)) & (minute >= begin) & (minute < begin + GRANULE_MINUTES)
        return np.asarray(minute[mine] - begin)

    opening = {o: _empty(seen_after(o, {s.weekday for s in spans if s.opens == o})) for o in _opens(spans)}
    closing = {}
    for closes in {s.closes for s in spans}:
        seen = seen_after(closes - GRANULE_MINUTES, {s.weekday for s in spans if s.closes == closes})
        closing[closes] = _empty(GRANULE_MINUTES - seen)
    result = [OpenSpan(s.weekday, s.opens + opening[s.opens], s.closes - closing[s.closes]) for s in spans]
    return tuple(cut if cut.opens < cut.closes else span for cut, span in zip(result, spans, strict=True))


def _opens(spans: tuple[OpenSpan, ...]) -> set[int]:
    return {span.opens for span in spans}


def _empty(seen: Floats) -> int:
    """Minutes at the beginning of a half hour that are empty, in whole steps; 0 if that may be chance."""
    if not len(seen):
        return 0
    empty = min(float(seen.min()), GRANULE_MINUTES)
    chance = (1 - empty / GRANULE_MINUTES) ** len(seen)
    return int(empty // _EDGE_MINUTES) * _EDGE_MINUTES if chance < _CHANCE else 0


def days_off(
    at: pl.Series, spans: Sequence[OpenSpan] | None, holidays: Collection[dt.date]
) -> tuple[dt.date, ...]:
    """All of the holidays, if almost nobody worked on those in the data; else none.

    Almost nobody: over at least three holidays, less than a tenth (*confidence*) of the work on other days of
    the same weekday.

    Parameters
    ----------
    at : Series of datetime
        Instants at which somebody is at work, such as `work_instants`.
    spans : sequence of OpenSpan or None
        The open hours of a week; None: always open, also on holidays.
    """
    if spans is None or not holidays or at.is_empty():
        return ()
    by_day = dict(at.dt.date().value_counts().iter_rows())
    first, last = min(by_day), max(by_day)
    opens = {span.weekday for span in spans}
    off = {day for day in holidays if first <= day <= last and day.weekday() in opens}
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    ordinary = [day for day in days if day not in off]
    usual = {
        weekday: float(np.mean([by_day.get(day, 0) for day in ordinary if day.weekday() == weekday]))
        for weekday in {day.weekday() for day in off}
    }
    seen = sum(by_day.get(day, 0) for day in off)
    expected = sum(usual[day.weekday()] for day in off)
    few = len(off) < _FEWEST_HOLIDAYS or expected * CONFIDENCE < 1
    return () if few or seen >= CONFIDENCE * expected else tuple(sorted(holidays))


class OpenTime:
    """Open time passed since the first of some days, for a week's spans and days off; None: always open.

    Instants are days since the midnight that starts `first`.
    """

    def __init__(
        self,
        spans: Sequence[OpenSpan] | None,
        first: dt.date,
        days: int,
        days_off: Collection[dt.date] = (),
    ) -> None:
        dates = [first + dt.timedelta(days=n) for n in range(days)]
        grid = open_hours([(spans, days_off)] if spans is not None else [], dates, 0)
        self.opens = grid.opens if spans is not None else np.zeros(1)
        self.closes = grid.closes if spans is not None else np.array([float(days)])
        lasts = self.closes - self.opens
        self._at = np.ravel(np.column_stack([self.opens, self.closes]))
        self._passed = np.ravel(np.column_stack([np.cumsum(lasts) - lasts, np.cumsum(lasts)]))

    def passed(self, at: Floats) -> Floats:
        """Open time up to each instant."""
        return np.interp(at, self._at, self._passed)

    def between(self, begin: Floats, end: Floats) -> Floats:
        """Open time of each span of time; work done while all is closed counts by the clock."""
        time = self.passed(end) - self.passed(begin)
        return np.where(time > 0, time, end - begin)
