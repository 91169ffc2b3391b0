"""Closing dates and creation dates that contradict the stage entries."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.core.nouns import counted
from funnelsim.history.cleaning.openings import EARLY_AT_MOST
from funnelsim.history.history_error import history_error
from funnelsim.history.ledger import (
    CLOSED_BETWEEN,
    CLOSED_EARLY,
)
from funnelsim.history.readers.table import ROW


def drop_late_creation(transitions: pl.DataFrame, enters: str | None) -> tuple[pl.DataFrame, int]:
    """Drop entries at creation that come after the first recorded transition."""
    if enters is None:
        return transitions, 0
    first = (
        transitions.filter(pl.col(ROW).is_not_null()).group_by("deal").agg(pl.col("at").min().alias("first"))
    )
    implied = pl.col(ROW).is_null() & ~pl.col("is_outcome") & (pl.col("key") == enters)
    joined = transitions.join(first, on="deal", how="left", maintain_order="left")
    late = joined.select((implied & (pl.col("at") >= pl.col("first"))).fill_null(False).alias("late"))["late"]
    return transitions.filter(~late), int(late.sum())


def align_closings(
    transitions: pl.DataFrame, *, closings_are_days: bool, slack: dt.timedelta = dt.timedelta()
) -> tuple[pl.DataFrame, dict[str, pl.Series], int]:
    """Skip deals with a closing date before they begin, or before a later stage entry.

    A closing known to the day may be before an entry on the same day: it is moved to that
    hour. So is one up to `slack` after that day: the entry is then an instant whose local day is not known.

    Returns
    -------
    DataFrame
        The transitions of all other deals.
    dict
        Reason -> skipped deals.
    int
        Closings that needed the `slack`.
    """
    stages = (
        transitions.filter(~pl.col("is_outcome"))
        .group_by("deal")
        .agg(pl.col("at").min().alias("first"), pl.col("at").max().alias("last"))
    )
    implied = pl.col("is_outcome") & pl.col(ROW).is_null()
    joined = transitions.join(stages, on="deal", how="left", maintain_order="left")
    slackened = 0
    if closings_are_days:
        before = implied & (pl.col("at") < pl.col("last"))
        same_day = before & (pl.col("at") == pl.col("last").dt.truncate("1d"))
        near = same_day | (before & (pl.col("last") < pl.col("at") + dt.timedelta(days=1) + slack))
        slackened = int(joined.select((near & ~same_day).sum()).item())
        joined = joined.with_columns(pl.when(near).then("last").otherwise("at").alias("at"))
    early = joined.filter(implied & (pl.col("at") < pl.col("first")))["deal"].unique()
    between = joined.filter(implied & (pl.col("at") >= pl.col("first")) & (pl.col("at") < pl.col("last")))
    skipped = {CLOSED_EARLY: early, CLOSED_BETWEEN: between["deal"].unique()}
    bad = pl.concat(list(skipped.values()))
    return joined.drop("first", "last").filter(~pl.col("deal").is_in(bad.implode())), skipped, slackened


def refuse_early_closings(
    skipped: dict[str, pl.Series], transitions: pl.DataFrame, file: str, column: str
) -> None:
    """Raise an error if most closings come before the beginning: the columns are swapped.

    Raises
    ------
    HistoryError
        If more than half of the closed deals close before they begin.
    """
    early = len(skipped[CLOSED_EARLY])
    closed = transitions.filter(pl.col("is_outcome"))["deal"].n_unique()
    if early > EARLY_AT_MOST * (early + closed):
        of_all = f"{early:,} of {counted(early + closed, 'closed deal')}"
        close = "closes before it begins" if early == 1 else "close before they begin"
        message = (
            f'{of_all} {close} (such as "{skipped[CLOSED_EARLY].sort()[0]}"): are the start and '
            "end dates swapped?"
        )
        raise history_error(file, message, at=f"column {column}")
