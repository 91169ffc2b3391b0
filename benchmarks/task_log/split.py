"""A log of tasks cut by time: what is learnt from, and the cases that are to be met."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.files.events import History

LOG = ("case", "activity", "start", "end")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A history cut at a midnight.

    Attributes
    ----------
    known : History
        As it was known then, open cases included.
    log, tested : DataFrame
        `LOG`, a row a finished task: of all cases, and of those that began later.
    at : datetime
    days : int
        From then to the end of the day on which the last case begins.
    """

    known: History
    log: pl.DataFrame
    tested: pl.DataFrame
    at: dt.datetime
    days: int

    @property
    def cases(self) -> int:
        """Cases that are to be met."""
        return self.tested["case"].n_unique()


def split(history: History, share: float) -> Split:
    """Cut a history when this share of the time in which cases begin has passed, at the next midnight.

    Raises
    ------
    HistoryError
        If the history has no tasks, or no case begins after the cut.
    """
    log = history.work.drop_nulls("finished").select(
        case="deal", activity="stage", start="started", end="finished"
    )
    if log.is_empty():
        message = "has no tasks with start and end; map them: [events] started, finished"
        raise HistoryError(history.meta.name, [Problem(path="work", message=message)])
    begun = log.group_by("case").agg(pl.col("start").min())["start"]
    first, last = begun.min(), begun.max()
    assert isinstance(first, dt.datetime)
    assert isinstance(last, dt.datetime)
    at = dt.datetime.combine((first + share * (last - first)).date() + dt.timedelta(days=1), dt.time(0))
    if at > last:
        message = f"no case begins after {share:.0%} of the time; take a smaller share"
        raise HistoryError(history.meta.name, [Problem(path="split", message=message)])
    tested = log.filter(pl.col("start").min().over("case") >= at)
    days = (last.date() - at.date()).days + 1
    return Split(known=cut(history, at), log=log, tested=tested, at=at, days=days)
