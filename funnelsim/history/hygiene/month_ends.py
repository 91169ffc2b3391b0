"""Wins near the end of a month, where times are in UTC and the time zone of the books is not known."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.cleaning.openings import amount_text
from funnelsim.history.columns.timezones import WEST_OF_UTC


def wins_at_month_ends(deals: pl.DataFrame, table: pl.DataFrame | None) -> Attention | None:
    """The warning about wins that may belong to another month; None where there are none.

    Parameters
    ----------
    deals : DataFrame
        Of the history; closings are times in UTC.
    table : DataFrame or None
        ``deal, closed`` of the deals table. Where it has days, they are those of the books and decide which
        wins are named; else all wins within half a day of the end of a month are.
    """
    won = deals.filter(outcome="won").select("deal", "closed", "amount").drop_nulls("closed")
    timed = won.filter(pl.col("closed") != pl.col("closed").dt.truncate("1d"))
    if timed.is_empty():
        return None
    days = None if table is None else table.select("deal", day="closed").drop_nulls()
    if days is not None and days.height and (days["day"] == days["day"].dt.truncate("1d")).all():
        both = timed.join(days, on="deal")
        near = (pl.col("day").cast(pl.Date) - pl.col("closed").cast(pl.Date)).dt.total_days().abs() == 1
        other = pl.col("day").dt.truncate("1mo") != pl.col("closed").dt.truncate("1mo")
        moved, why = both.filter(near, other), "closed in another month by closing date than by history"
    else:
        into = pl.col("closed") - pl.col("closed").dt.truncate("1mo")
        left = pl.col("closed").dt.offset_by("1mo").dt.truncate("1mo") - pl.col("closed")
        half: dt.timedelta = WEST_OF_UTC
        moved, why = (
            timed.filter((into < half) | (left < half)),
            "closed within 12 hours of the end of a month",
        )
    if moved.is_empty():
        return None
    money = f" ({amount_text(moved['amount'])})" if moved["amount"].sum() else ""
    text = (
        f"{moved.height:,} of {counted(won.height, 'win')}{money} {verb(moved.height, 'are')} {why}. Times "
        "are in UTC: an evening can count in the next month, or in another quarter. Name the time zone of "
        "the books, such as:"
    )
    line = 'time_zone = "America/Los_Angeles"'
    return Attention(check="month_ends_in_utc", text=text, mapping=(line,), count=moved.height)
