"""The quota of a period, and the probability to reach it."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.calendar.time import Period, parse_period, periods_between
from funnelsim.metrics.summary import mean_error
from funnelsim.model.parts import Goal


def quota_of(goal: Goal, period: Period) -> float | None:
    """The quota of a period; several whole goal periods have the sum of their quotas.

    With quarterly goals, a year has the sum of four quotas and a month has none. None if the goal has no
    quota for the period.
    """
    if goal.quota is None:
        return None
    own = periods_between(
        period.start,
        period.end,
        goal.period,
        fiscal_year_starts=goal.fiscal_year_starts,
        fiscal_year_named_by=goal.fiscal_year_named_by,
    )
    if isinstance(goal.quota, dict):
        by_span = _quota_by_span(goal)
        if (period.start, period.end) in by_span:
            return by_span[period.start, period.end]
        known = [by_span[p.start, p.end] for p in own if (p.start, p.end) in by_span]
    else:
        known = [goal.quota] * len(own)
    fits = bool(own) and own[0].start == period.start and own[-1].end == period.end
    return math.fsum(known) if fits and len(known) == len(own) else None


def _quota_by_span(goal: Goal) -> dict[tuple[dt.date, dt.date], float]:
    """Quotas by date, because a quarter may be written ``2026Q1`` or ``FY2026Q4``."""
    assert isinstance(goal.quota, dict)
    spans = {}
    for label, quota in goal.quota.items():
        p = parse_period(
            label, fiscal_year_starts=goal.fiscal_year_starts, fiscal_year_named_by=goal.fiscal_year_named_by
        )
        spans[p.start, p.end] = float(quota)
    return spans


def attained(quota_credit: Floats, quota: float) -> Floats:
    """1 if a replication reaches the quota, else 0; shape (R,).

    A relative tolerance of 1e-12 keeps rounding from missing a quota that is reached exactly.
    """
    return (quota_credit >= quota - 1e-12 * abs(quota)).astype(np.float64)


def attainment(quota_credit: Floats, quota: float, draws: Ints | None = None) -> tuple[float, float]:
    """Probability to reach the quota, and its simulation error.

    Parameters
    ----------
    quota_credit : ndarray, shape (R,)
    quota : float
    draws : int array, shape (R,), optional
        See `funnelsim.metrics.summary.summarise`.

    Returns
    -------
    probability, error : float
        The error is sqrt(p (1 - p) / R), or that of the draw means.
    """
    hits = attained(quota_credit, quota)
    p = float(hits.mean())
    error = math.sqrt(p * (1 - p) / hits.size) if draws is None else mean_error(hits, draws)
    return p, error
