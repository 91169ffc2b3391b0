"""Leads in each stage at the end of each week: the numbers of a cumulative flow diagram."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from funnelsim.core.arrays import Ints
from funnelsim.documents.flow import CumulativeFlow
from funnelsim.history.files.events import History


def cumulative_flow(history: History, *, weeks: int = 26) -> CumulativeFlow:
    """Leads in each stage at the end of the last `weeks` weeks, and leads that ended since.

    Weeks end at the history's as-of time; none begins before the first event.

    Parameters
    ----------
    history : History
    weeks : int, default 26
        The most weeks to count.
    """
    first = history.visits["entered"].min()
    if not isinstance(first, dt.datetime):
        return CumulativeFlow()
    as_of = history.meta.as_of
    most = -((first - as_of) // dt.timedelta(weeks=1))
    ends = [as_of - dt.timedelta(weeks=back) for back in range(min(weeks, most) - 1, -1, -1)]
    begin = ends[0] - dt.timedelta(weeks=1)
    marks = _micros(pl.Series(ends, dtype=pl.Datetime("us")))
    open_ = {
        stage: tuple(_open_at(history.visits.filter(pl.col("stage") == stage), marks).tolist())
        for stage in history.meta.stages
    }
    closed = history.deals.filter(pl.col("closed") >= begin)
    won = _micros(closed.filter(pl.col("outcome") == "won")["closed"])
    other = _micros(closed.filter(pl.col("outcome") != "won")["closed"])
    return CumulativeFlow(
        weeks=tuple(end.date() for end in ends),
        open=open_,
        won=tuple(_before(won, marks).tolist()),
        ended=tuple(_before(other, marks).tolist()),
    )


def _open_at(visits: pl.DataFrame, marks: Ints) -> Ints:
    """Visits that have begun before each mark and not ended before it."""
    left = _micros(visits["left"].drop_nulls())
    return _before(_micros(visits["entered"]), marks) - _before(left, marks)


def _before(times: Ints, marks: Ints) -> Ints:
    return np.searchsorted(np.sort(times), marks, side="left").astype(np.int64)


def _micros(times: pl.Series) -> Ints:
    return times.dt.timestamp("us").to_numpy().astype(np.int64)
