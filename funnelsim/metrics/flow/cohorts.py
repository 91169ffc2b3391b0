"""Conversion of cohorts: of the leads of a month, the share won within so many days.

References
----------
Aalen, O. O. and Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains based
on censored observations. Scand. J. Statist. 5, 141-150.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.flow import Cohort
from funnelsim.history.files.events import History

#: Fewer leads at risk than this say nothing about the rest of a curve.
FEWEST_AT_RISK = 5
_MOST_STEPS = 80


def cohorts(history: History, *, months: int = 12) -> tuple[Cohort, ...]:
    """The last `months` months with leads, oldest first.

    An open lead is censored at the as-of time; a loss competes with the win. Months that began before the
    history observes closings are left out, because their early outcomes are not recorded.
    """
    as_of = history.meta.as_of
    leads = history.deals.filter(pl.col("created").is_not_null() & (pl.col("created") < as_of)).with_columns(
        until=pl.coalesce("closed", pl.lit(as_of, pl.Datetime("us"))),
        month=pl.col("created").dt.truncate("1mo"),
        won=pl.col("outcome").eq_missing("won"),
        ended=pl.col("outcome").is_not_null(),
    )
    if history.meta.observed_from is not None:
        leads = leads.filter(pl.col("month") >= history.meta.observed_from)
    leads = leads.with_columns(days=days_between("created", "until"))
    shown = leads["month"].unique().sort().tail(months)
    return tuple(_cohort(month, leads.filter(pl.col("month") == month), as_of) for month in shown)


def _cohort(month: dt.datetime, leads: pl.DataFrame, as_of: dt.datetime) -> Cohort:
    days, won, ended = (leads[column].to_numpy() for column in ("days", "won", "ended"))
    times, share = share_won(days, won, ended)
    kept = np.unique(np.linspace(0, len(times) - 1, min(len(times), _MOST_STEPS)).astype(int))
    latest = leads["created"].max()
    assert isinstance(latest, dt.datetime)
    return Cohort(
        month=f"{month:%Y-%m}",
        leads=leads.height,
        won=int(won.sum()),
        days=tuple(times[kept].tolist()),
        share=tuple(share[kept].tolist()),
        complete_to=(as_of - latest) / dt.timedelta(days=1),
    )


def share_won(days: Floats, won: NDArray[np.bool_], ended: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Days at which leads are won, and the cumulative incidence of the win from each on; begins at 0.

    Parameters
    ----------
    days : ndarray, shape (L,)
        Days from creation to the outcome, or to the end of observation.
    won, ended : ndarray, shape (L,)
        Whether the outcome is the win, and whether there is one.

    Returns
    -------
    times, share : ndarray, shape (T,)
        As far as `FEWEST_AT_RISK` leads are at risk; the last time is where the curve ends.
    """
    times, place = np.unique(days, return_inverse=True)
    wins = np.bincount(place, weights=won & ended, minlength=len(times))
    exits = np.bincount(place, weights=ended, minlength=len(times))
    at_risk = len(days) - np.searchsorted(np.sort(days), times, side="left")
    still_open = np.cumprod(1 - exits / at_risk)
    share = np.cumsum(np.concatenate([[1.0], still_open[:-1]]) * wins / at_risk)
    enough = at_risk >= min(FEWEST_AT_RISK, len(days))
    steps = enough & (wins > 0)
    steps[np.flatnonzero(enough)[-1:]] = True
    return np.concatenate([[0.0], times[steps]]), np.concatenate([[0.0], share[steps]])
