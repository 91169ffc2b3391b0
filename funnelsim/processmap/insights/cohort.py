"""Deals that can be compared by how they ended: old enough for a slow end, young enough to be recorded."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.history.files.events import HistoryMeta

#: So many of ten end within the time that a deal must have had.
ENOUGH = 0.9


def old_enough(ended: pl.DataFrame, start: str, days: str, meta: HistoryMeta) -> pl.DataFrame:
    """Of deals that ended, those that had the time in which nine of ten end.

    Among deals that began a week ago, only those that end within a week have ended: whatever ends fast would
    seem frequent. And before ``observed_from`` only deals are recorded that took long enough to reach it.

    Parameters
    ----------
    ended : DataFrame
    start : str
        Column with the time from which a deal is followed.
    days : str
        Column with the days from then to its end.
    meta : HistoryMeta
    """
    slow = ended[days].quantile(ENOUGH, "higher") if ended.height else None
    if slow is None:
        return ended.clear()
    latest = meta.as_of - dt.timedelta(days=float(slow))
    kept = pl.col(start) <= latest
    if meta.observed_from is not None:
        kept &= pl.col(start) >= meta.observed_from
    return ended.filter(kept)
