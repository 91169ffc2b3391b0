"""Dead deals: open deals that have been in their stage longer than any deal that went on from it.

The one rule of forecast, ageing figure and page. Where no deal has ever gone on from a stage, its
open deals are not judged by their age.
"""

from __future__ import annotations

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.history.files.events import History
from funnelsim.model.flows.ways_on import goes_on


def forward_visits(history: History) -> pl.DataFrame:
    """The visits that ended with a move to a later stage or with the win, with their length in ``days``."""
    forward = history.visits.filter(pl.col("left").is_not_null() & goes_on(history.meta.stages))
    return forward.with_columns(days=days_between("entered", "left"))


def longest_forward_visits(history: History) -> dict[str, float]:
    """Longest visit to each stage, in days, that went on; stages that no deal went on from are absent.

    Visits from before a late start of the records count too: that they went on is known.
    """
    longest = forward_visits(history).group_by("stage").agg(pl.col("days").max())
    return dict(longest.sort("stage").iter_rows())


def is_dead(stage: str, days: float, longest: dict[str, float]) -> bool:
    """Whether an open deal with `days` in its stage is older than any that went on from it."""
    return days > longest.get(stage, float("inf"))
