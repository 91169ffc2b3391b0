"""The periods of a history: which are complete, and which show the usual variation of a figure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from funnelsim.core.arrays import Ints
from funnelsim.core.calendar.time import Period, periods_between
from funnelsim.metrics.kpi.limits import LEAST_PERIODS
from funnelsim.metrics.kpi.records import Records, epoch_micros
from funnelsim.model.parts import Goal
from funnelsim.results.convert import DAY_MICROS

By = Literal["week", "month", "quarter"]

#: Five years by month. A stray date decades ago makes no longer table.
MOST_PERIODS = 60
#: As many earlier periods are compared with at most: what was usual longer ago says little about now.
MOST_COMPARED = 24
#: Until so many of the leads would have ended, a funnel whose records begin empty shows its quick ones only.
_ENDED = 0.9
#: Leads that would have come since the last one, and did not: the export leaves out the newer ones.
_MANY = 20
#: The records may begin so late in a period (a share of it) that still counts as whole: no lead comes on a
#: weekend.
_SLACK = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Periods, oldest first.

    Attributes
    ----------
    complete : tuple of bool
    baseline_from : int
        Periods that start before are not compared; microseconds since 1970.
    current : int or None
        Place of the last complete period.
    """

    by: By
    periods: tuple[Period, ...]
    complete: tuple[bool, ...]
    records_from: int
    baseline_from: int
    current: int | None

    @property
    def edges(self) -> Ints:
        starts = [_micros(period.start) for period in self.periods]
        return np.array([*starts, _micros(self.periods[-1].end)], np.int64)

    @property
    def baseline(self) -> list[int]:
        """Places of the periods that the current one is compared with."""
        if self.current is None or _micros(self.periods[self.current].start) < self.baseline_from:
            return []
        usual = [
            place
            for place in range(self.current)
            if self.complete[place] and _micros(self.periods[place].start) >= self.baseline_from
        ]
        return usual[-MOST_COMPARED:]


def spans_of(records: Records, by: By | None) -> Spans:
    """Weeks, months or quarters: by default the quota's period, else months, or weeks if there are few."""
    goal = records.model.goal
    if by is not None:
        return _spans(records, by)
    if goal.quota is not None and goal.period != "year":
        return _spans(records, goal.period)
    months = _spans(records, "month")
    if len(months.baseline) >= LEAST_PERIODS:
        return months
    weeks = _spans(records, "week")
    return weeks if len(weeks.baseline) >= LEAST_PERIODS else months


def fiscal_periods(goal: Goal, start: dt.date, end: dt.date, by: By) -> list[Period]:
    return periods_between(
        start,
        end,
        by,
        fiscal_year_starts=goal.fiscal_year_starts,
        fiscal_year_named_by=goal.fiscal_year_named_by,
    )


def day_of(micros: int) -> dt.date:
    """The date of an instant."""
    return (dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=micros)).date()


def _spans(records: Records, by: By) -> Spans:
    created = records.leads["created"].to_numpy()
    first = min(int(created.min()), records.until - 1) if created.size else records.until - 1
    last = day_of(records.until - 1) + dt.timedelta(days=1)
    periods = fiscal_periods(records.model.goal, day_of(first), last, by)[-MOST_PERIODS:]
    known_from = max(first, records.observed_from or first)
    until = arrivals_until(records)
    complete = tuple(_complete(period, known_from, until) for period in periods)
    whole = [place for place, is_whole in enumerate(complete) if is_whole]
    return Spans(
        by=by,
        periods=tuple(periods),
        complete=complete,
        records_from=first,
        baseline_from=max(known_from - _slack(periods[0]), first + _usual_life(records)),
        current=whole[-1] if whole else None,
    )


def arrivals_until(records: Records) -> int:
    """Until when new leads are recorded: the as-of time, or the last lead if many more would have come since.

    An export of the leads created up to a day, with all that has happened to them since, ends like this.
    """
    created = records.leads["created"].to_numpy()
    if created.size < _MANY:
        return records.until
    first, last = int(created.min()), int(created.max())
    usual = (last - first) / created.size
    return last if records.until - last > max(_MANY * usual, DAY_MICROS) else records.until


def _complete(period: Period, known_from: int, until: int) -> bool:
    return _micros(period.start) + _slack(period) >= known_from and _micros(period.end) <= until


def _slack(period: Period) -> int:
    return int(_SLACK * (_micros(period.end) - _micros(period.start)))


def _usual_life(records: Records) -> int:
    """How long nine in ten of the leads that ended took, or nine in ten of the wins if these take longer."""
    age = (pl.min_horizontal("won_at", "closed") - pl.col("created")).alias("age")
    ended = records.leads.select(age, won=pl.col("won_at").is_not_null()).drop_nulls("age")
    wins = ended.filter("won")
    lives = [rows["age"].quantile(_ENDED, "higher") for rows in (ended, wins) if rows.height]
    return int(max((life for life in lives if life is not None), default=0))


def _micros(day: dt.date) -> int:
    return epoch_micros(dt.datetime(day.year, day.month, day.day))
