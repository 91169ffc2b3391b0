"""The time of visits by what it went on: no free rep, office closed, work, and the buyer's own time."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.workhours import open_hours
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import ABANDONED, Model
from funnelsim.model.roles import WorkCalendar

#: The parts that the days of a visit are split into.
PARTS = ("no_rep", "office_closed", "work_days", "own_days")


def with_times(visits: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Ended visits with their time and its parts, in days; the parts sum to ``days``.

    A lead waits from entering the stage until a rep starts its first task, or until it gives up. While the
    office of the role is open, no rep is free; the rest of the wait the office is closed. Work is from the
    start of the first task to the end of the last, nights and waits between the tasks included. The rest of
    the visit is the buyer's own time.

    Parameters
    ----------
    visits : DataFrame
        Rows of a run that have left, as ``simulate(visits=True)`` keeps them.
    model : Model
        Whose roles and calendars hold.
    """
    entered, left = visits["entered"].to_numpy(), visits["left"].to_numpy()
    started = visits["started"].fill_null(math.nan).to_numpy()
    finished = visits["finished"].fill_null(math.nan).to_numpy()
    gave_up = (visits["exit"] == ABANDONED).fill_null(False).to_numpy()
    # A lead that was open at the start with its task done has no task here: its time is its own.
    waited_until = np.where(np.isnan(started), np.where(gave_up, left, entered), started)
    worked_until = np.where(np.isnan(finished), waited_until, finished)
    no_rep = _open_time(visits, model, entered, waited_until)
    return visits.with_columns(
        days=pl.Series(left - entered),
        no_rep=pl.Series(no_rep),
        office_closed=pl.Series(waited_until - entered - no_rep),
        work_days=pl.Series(worked_until - waited_until),
        own_days=pl.Series(left - worked_until),
    )


def open_time_between(calendar: WorkCalendar, start: dt.date, begin: Floats, end: Floats) -> Floats:
    """Open time of a calendar between pairs of instants, in days.

    Parameters
    ----------
    start : date
        The date of day 0.
    begin, end : ndarray, shape (N,)
        Days since `start`.
    """
    if begin.size == 0:
        return np.zeros(0)
    first, last = math.floor(float(begin.min())), math.ceil(float(end.max())) + 1
    dates = [start + dt.timedelta(days=day) for day in range(first, last)]
    hours = open_hours([(calendar.spans, set(calendar.holidays))], dates, first)
    if hours.opens.size == 0:
        return np.zeros(begin.size)
    edges = np.column_stack([hours.opens, hours.closes]).ravel()
    upto = np.zeros(edges.size)
    upto[1::2] = hours.closes - hours.opens
    upto = np.cumsum(upto)
    return np.asarray(np.interp(end, edges, upto) - np.interp(begin, edges, upto))


def _open_time(visits: pl.DataFrame, model: Model, begin: Floats, end: Floats) -> Floats:
    """Open hours of the role of each visit's first task, in days, shape (N,)."""
    found = end - begin  # around the clock, unless the role has a calendar
    calendars = _first_calendars(model)
    if not any(calendars.values()):
        return found
    stage, segment = visits["stage"].to_numpy(), visits["segment"].to_numpy()
    for (of_stage, of_segment), calendar in calendars.items():
        own = stage == of_stage
        own &= (segment == None) if of_segment is None else (segment == of_segment)  # noqa: E711
        if calendar is not None and own.any():
            hours = model.calendars[calendar]
            found[own] = open_time_between(hours, model.start, begin[own], end[own])
    return found


def _first_calendars(model: Model) -> dict[tuple[str, str | None], str | None]:
    """The calendar of the role that does the first task, by stage and segment."""
    found: dict[tuple[str, str | None], str | None] = {}
    for segment in (None, *model.segments):
        own = resolve(model, segment=segment)
        for key, stage in own.stages.items():
            found[key, segment] = own.roles[stage.work[0].role].calendar if stage.work else None
    return found
