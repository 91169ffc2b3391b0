"""Cycle times of wins, by closing date."""

from __future__ import annotations

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.flow import CycleTimes, Win
from funnelsim.history.files.events import History
from funnelsim.metrics.flow.percentiles import quantiles

#: A scatter of more points than this is a cloud, and a page with it is slow to open.
MOST_WINS = 1500


def cycle_times(history: History) -> CycleTimes:
    """Days from creation to the win of each won lead; of more than `MOST_WINS`, the latest.

    By closing date, every win is recorded from the day on from which closings are: slow ones and fast ones.
    """
    won = history.deals.filter((pl.col("outcome") == "won") & pl.col("closed").is_not_null())
    if history.meta.observed_from is not None:
        won = won.filter(pl.col("closed") >= history.meta.observed_from)
    timed = won.with_columns(days=days_between("created", "closed")).drop_nulls("days").sort("closed", "deal")
    shown = timed.tail(MOST_WINS)
    p50, p85, p95 = quantiles(shown["days"].to_numpy(), (0.5, 0.85, 0.95))
    rows = shown.select("deal", pl.col("closed").dt.date(), "days", "amount").to_dicts()
    return CycleTimes(wins=tuple(Win(**row) for row in rows), n=timed.height, p50=p50, p85=p85, p95=p95)
