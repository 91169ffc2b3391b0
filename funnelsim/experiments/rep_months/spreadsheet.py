"""The usual spreadsheet, ramped rep-months times productivity, and why the simulation differs from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.core.errors import FunnelSimError
from funnelsim.experiments.rep_months.teams import Hires, Teams
from funnelsim.fitting.productivity.fit import Productivity


@dataclass(frozen=True, kw_only=True)
class Spreadsheet:
    """The spreadsheet's answer.

    Attributes
    ----------
    per_month : float
        Bookings (or wins) of a ramped rep in a month: those of all reps, over all ramped rep-months.
    rep_months : float
        Ramped rep-months of today's team in the rest of the period, without attrition.
    result : float
        Booked already, and what these rep-months bring.
    hires : Hires or None
        The fewest hires with which the result reaches the quota; None if no number up to `most` does.
    differences : tuple of (str, float)
        Each reason, and what it adds to the spreadsheet's result for today's team: the sum is what the team
        reaches with the confidence asked for.
    """

    per_month: float
    rep_months: float
    result: float
    hires: Hires | None
    differences: tuple[tuple[str, float], ...]


def spreadsheet(teams: Teams, on: dt.date, *, confidence: float, most: int) -> Spreadsheet:
    """The spreadsheet's answer for the period that `teams` simulates.

    Parameters
    ----------
    teams : Teams
    on : date
        First possible start of hires.
    confidence : float
    most : int
        The largest number of hires.
    """
    known = teams.seats.productivity
    per_month = _per_ramped_month(known)
    spans = [(month.start_day, month.end_day) for month in teams.seats.months]
    start, end = spans[0][0], spans[-1][1]
    months = sum(
        seat.share * _ramped_months(known, seat.start_day, max(start, 0.0), min(end, seat.end_day))
        for seat in teams.seats_today
    )
    result = teams.booked + months * per_month
    first = float((on - teams.as_of).days)
    each = _ramped_months(known, first, max(start, first), end) * per_month
    missing = teams.quota - result
    count = 0 if missing <= 0 else int(np.ceil(missing / each)) if each > 0 else most + 1
    hires = None if count > most else Hires(count, on if count else None)
    return Spreadsheet(
        per_month=per_month,
        rep_months=months,
        result=result,
        hires=hires,
        differences=tuple(_differences(teams, months, per_month, confidence)),
    )


def _differences(
    teams: Teams, months: float, per_month: float, confidence: float
) -> Iterator[tuple[str, float]]:
    today = teams.of(Hires())
    with_attrition = float(today.total.ramped_months.mean()) * per_month
    mean = float(today.credit.mean())
    yield "reps who leave, and the ramp of those who follow", with_attrition - months * per_month
    level = with_attrition * (teams.seats.productivity.level - 1)
    if level:
        yield "a latest year that differs from the whole history", level
    yield "a team of other than average reps", mean - teams.booked - with_attrition - level
    reached = float(np.quantile(today.credit, 1 - confidence))
    yield "chance: the average is missed half of the time", reached - mean


def _per_ramped_month(known: Productivity) -> float:
    ramped = float((known.exposure @ known.point.ramp[0]).sum())
    if ramped <= 0:
        raise FunnelSimError("no rep has worked on deals in the history: all shares are 0")
    wins = float(known.wins.sum())
    if known.sizes is None:
        return wins / ramped
    factors = (known.wins.sum(axis=1) * known.sizes.factor).sum() / max(wins, 1.0)
    return wins / ramped * known.sizes.mean * float(factors)


def _ramped_months(known: Productivity, start: float, low: float, high: float) -> float:
    """Ramped months from `low` to `high` of a rep who starts at `start`."""
    if high <= low:
        return 0.0
    if not np.isfinite(start):
        return (high - low) / MONTH_DAYS
    sums = np.concatenate([[0.0], known.point.ramp[0].cumsum()])

    def served(days: float) -> float:
        months = max(0.0, days) / MONTH_DAYS
        last = float(sums.size - 1)
        return float(np.interp(months, np.arange(sums.size), sums)) + max(0.0, months - last)

    return served(high - start) - served(max(low, start) - start)
