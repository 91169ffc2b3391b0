"""Expected leads of each stream over time, and their shares by segment and stage."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar.workhours import OpenHours
from funnelsim.distributions.table_distribution import table_mean
from funnelsim.engines.plan import NO_CALENDAR, NO_TABLE, Plan

Floats = NDArray[np.float64]


class Arrivals(NamedTuple):
    """Cumulative expected leads of a stream (piecewise linear), and their shares."""

    at: Floats
    upto: Floats
    segments: list[tuple[int, float]]  # shares
    entries: list[tuple[int, float]]
    mean_amounts: Floats  # (segments,)

    @classmethod
    def of(cls, plan: Plan, stream: int) -> Arrivals:
        sources = plan.sources
        at, mass = _spread(plan.roles.hours, int(sources.calendar[stream]), _daily(plan, stream), plan)
        tables = sources.amount_table[0, stream]
        amounts = np.array([0.0 if t == NO_TABLE else table_mean(plan.tables, int(t)) for t in tables])
        return cls(
            at,
            np.concatenate([[0.0], np.cumsum(mass)]),
            _shares(sources.segment_first, sources.segment_upto, sources.segment, stream),
            _shares(sources.entry_first, sources.entry_upto, sources.entry, stream),
            amounts,
        )

    def within(self, begin: Floats, end: Floats) -> Floats:
        return np.interp(end, self.at, self.upto) - np.interp(begin, self.at, self.upto)


def _daily(plan: Plan, stream: int) -> Floats:
    """Expected leads of each day: those of the plan times the mean of the week's factor.

    Gaps between leads are drawn from a table whose mean differs slightly from 1. Shocks of rates have mean 1
    up to the error of the normal table, at most 2e-6 times the standard deviation of the shock.
    """
    sources, tables = plan.sources, plan.tables
    factors = np.ones(sources.shape_table.shape[1])
    for week, table in enumerate(sources.shape_table[stream]):
        if table != NO_TABLE:
            low, high = (table_mean(tables, int(t)) for t in (table, table + 1))
            factors[week] = low + sources.shape_weight[stream, week] * (high - low)
    daily: Floats = sources.mass[stream] * factors[sources.week] / table_mean(tables, plan.unit_exponential)
    return daily


def _spread(hours: OpenHours, calendar: int, daily: Floats, plan: Plan) -> tuple[Floats, Floats]:
    """Instants between which leads of a stream arrive at a constant rate, and the expected number in each
    interval."""
    begin = plan.horizon.begin
    if calendar == NO_CALENDAR:
        return np.asarray(begin + np.arange(daily.size + 1.0)), daily
    own = slice(hours.first[calendar], hours.first[calendar + 1])
    opens, closes = hours.opens[own], hours.closes[own]
    inside = (opens >= begin) & (opens < begin + daily.size)
    opens, closes = opens[inside], closes[inside]
    day = np.floor(opens - begin).astype(np.int64)
    share = (closes - opens) / np.bincount(day, closes - opens, daily.size)[day]
    mass = np.zeros(2 * opens.size)
    mass[1::2] = share * daily[day]
    return np.concatenate([[begin], np.column_stack([opens, closes]).ravel()]), mass


def _shares(
    first: NDArray[np.int64], upto: Floats, members: NDArray[np.int64], stream: int
) -> list[tuple[int, float]]:
    own = slice(first[stream], first[stream + 1])
    bounds = np.concatenate([[0.0], upto[own][:-1], [1.0]])
    return list(zip(members[own].tolist(), np.diff(bounds).tolist(), strict=True))
