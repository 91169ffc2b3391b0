"""Wins and rep-months of each rep, by month of service and by calendar month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.fitting.productivity.roster import Rep

#: A rep of more months than this is ramped.
MOST_RAMP_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class RepMonths:
    """Cells of one rep, one month of service and one calendar month.

    Attributes
    ----------
    rep, service, calendar : int array, shape (C,)
        Place of the rep; month of service, `MOST_RAMP_MONTHS` for all later ones; calendar month from 0.
    exposure : ndarray, shape (C,)
        Rep-months observed, times the rep's share of full time.
    wins : ndarray, shape (C,)
    reps : int
    months : int
        Calendar months.
    """

    rep: Ints
    service: Ints
    calendar: Ints
    exposure: Floats
    wins: Floats
    reps: int
    months: int

    def by_service(self, calendar_factor: Floats | None = None) -> tuple[Floats, Floats]:
        """Wins and rep-months by rep and month of service, shape (K, M + 1) each.

        With a factor for each calendar month, rep-months count that much.
        """
        shape = (self.reps, MOST_RAMP_MONTHS + 1)
        wins, exposure = np.zeros(shape), np.zeros(shape)
        weight = 1.0 if calendar_factor is None else calendar_factor[self.calendar]
        np.add.at(wins, (self.rep, self.service), self.wins)
        np.add.at(exposure, (self.rep, self.service), self.exposure * weight)
        return wins, exposure

    def by_calendar(self, productivity: Floats, ramp: Floats) -> tuple[Floats, Floats]:
        """Wins and expected wins of each calendar month, shape (T,) each.

        Parameters
        ----------
        productivity : ndarray, shape (K,)
        ramp : ndarray, shape (M + 1,)
        """
        expected = productivity[self.rep] * ramp[self.service] * self.exposure
        return self.in_months(self.wins), self.in_months(expected)

    def in_months(self, values: Floats) -> Floats:
        """Sums of a value of each cell by calendar month, shape (T,)."""
        sums = np.bincount(self.calendar, values, minlength=self.months)
        return np.asarray(sums, np.float64)


def rep_months(
    reps: Sequence[Rep], win_days: Mapping[str, Floats], *, first_day: float, edges: Floats
) -> RepMonths:
    """Cut the time of each rep, from `first_day` to the as-of time, into cells.

    Parameters
    ----------
    reps : sequence of Rep
    win_days : dict of str to ndarray
        Days of the wins of each rep.
    first_day : float
        Wins are complete from here on.
    edges : ndarray, shape (T + 1,)
        Days at which the calendar months begin; the first is not after `first_day`, the last is 0.
    """
    columns: list[list[Floats]] = [[], [], [], [], []]
    for place, rep in enumerate(reps):
        begin, end = max(first_day, rep.first_day), rep.last_day
        if end <= begin:
            continue
        service = np.array([]) if rep.start_day is None else _service_edges(rep.start_day)
        cuts = np.unique(np.concatenate([[begin, end], edges, service]))
        cuts = cuts[(cuts >= begin) & (cuts <= end)]
        middle = (cuts[1:] + cuts[:-1]) / 2
        months = np.full(middle.size, MOST_RAMP_MONTHS)
        if rep.start_day is not None:
            months = ((middle - rep.start_day) // MONTH_DAYS).astype(np.int64).clip(0, MOST_RAMP_MONTHS)
        won = np.sort(win_days.get(rep.name, np.array([])))
        counts = np.diff(np.searchsorted(won, cuts))
        for column, values in zip(
            columns,
            (
                np.full(middle.size, place),
                months,
                np.searchsorted(edges, middle, side="right") - 1,
                np.diff(cuts) / MONTH_DAYS * rep.share,
                counts,
            ),
            strict=True,
        ):
            column.append(np.asarray(values, dtype=np.float64))
    rep_, service_, calendar, exposure, wins = (np.concatenate([np.array([]), *c]) for c in columns)
    return RepMonths(
        rep=rep_.astype(np.int64),
        service=service_.astype(np.int64),
        calendar=calendar.astype(np.int64),
        exposure=exposure,
        wins=wins,
        reps=len(reps),
        months=len(edges) - 1,
    )


def _service_edges(start: float) -> Floats:
    return np.asarray(start + MONTH_DAYS * np.arange(MOST_RAMP_MONTHS + 1), np.float64)


def month_edges(as_of: dt.date, first_day: float) -> Floats:
    """Days, counted from `as_of`, at which calendar months begin, from the one that holds `first_day`.

    The last edge is the as-of time itself.
    """
    first = as_of + dt.timedelta(days=int(np.floor(first_day)))
    day, edges = first.replace(day=1), []
    while day < as_of:
        edges.append(float((day - as_of).days))
        day = (day + dt.timedelta(days=32)).replace(day=1)
    return np.array([*edges, 0.0])
