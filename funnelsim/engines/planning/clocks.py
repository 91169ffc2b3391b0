"""The buyers' clocks of a plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar import calendar_factors
from funnelsim.engines.plan import Clocks
from funnelsim.model.parts import Clock, Goal
from funnelsim.model.roles import WorkCalendar


def clocks_of(
    clocks: Mapping[str, Clock],
    goal: Goal,
    work_calendars: Mapping[str, WorkCalendar],
    dates: Sequence[dt.date],
    first_day: int,
) -> Clocks:
    """The clocks of a funnel over the days of a grid, the first of which is `first_day`."""
    integrals = [_integral(clock, goal, work_calendars, dates) for clock in clocks.values()]
    shape = (len(integrals), len(dates) + 1)
    return Clocks(np.array(integrals, dtype=np.float64).reshape(shape), float(first_day))


def _integral(
    clock: Clock, goal: Goal, work_calendars: Mapping[str, WorkCalendar], dates: Sequence[dt.date]
) -> NDArray[np.float64]:
    holiday = clock.holiday
    factors = calendar_factors.tempo_factors(
        dates,
        over=clock.over or "year",
        month=clock.month,
        week=clock.week,
        day=clock.day,
        weekday=clock.weekday,
        year_starts=clock.fiscal_year_starts or goal.fiscal_year_starts,
        holidays=frozenset(() if holiday is None else work_calendars[holiday.calendar].holidays),
        on_holidays=1.0 if holiday is None else holiday.factor,
    )
    return calendar_factors.integral_of(factors)
