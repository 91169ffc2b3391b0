"""The moves and the paths of the leads of a history, as lazy tables."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.process_map import START
from funnelsim.history.files.events import History, HistoryMeta

DAY_MICROSECONDS = 86_400e6


def in_order(history: History) -> pl.LazyFrame:
    """Visits in order of time; those of one instant as the history has them."""
    return history.visits.lazy().sort("entered", maintain_order=True)


def days_between(start: str, end: str, meta: HistoryMeta | None = None) -> pl.Expr:
    """Time between two columns of instants, in days.

    With `meta`, null where it began before exits were recorded: of the visits that began then only the long
    ones are in the data (left truncation). Of all leads that closed on a day the times need no such care.
    """
    days = (pl.col(end) - pl.col(start)).dt.total_microseconds() / DAY_MICROSECONDS
    if meta is None or meta.observed_from is None:
        return days
    return pl.when(pl.col(start) >= meta.observed_from).then(days)


def moves_of(history: History) -> pl.LazyFrame:
    """A row for each move: ``deal``, ``from``, ``to`` and the ``days`` in the stage before it.

    The first visit of each lead is a move from `START`.
    """
    starts = (
        history.visits.lazy()
        .group_by("deal")
        .agg(pl.col("stage").get(pl.col("entered").arg_min()).alias("to"))
        .select("deal", pl.lit(START).alias("from"), "to", pl.lit(None, pl.Float64).alias("days"))
    )
    ended = (
        history.visits.lazy()
        .filter(pl.col("exit").is_not_null())
        .select(
            "deal",
            pl.col("stage").alias("from"),
            pl.col("exit").alias("to"),
            days_between("entered", "left", history.meta).alias("days"),
        )
    )
    return pl.concat([starts, ended])


def stage_order(history: History) -> tuple[str, ...]:
    """Stages in funnel order, as the history gives it; others after them, by their mean place on a path."""
    known = list(history.meta.stages)
    if history.visits["stage"].is_in(known).all():
        return tuple(known)
    place = pl.int_range(pl.len()).over("deal") / pl.len().over("deal")
    others = (
        in_order(history)
        .with_columns(place=place)
        .filter(~pl.col("stage").is_in(known))
        .group_by("stage")
        .agg(pl.col("place").mean())
        .sort("place", "stage")
        .collect()["stage"]
    )
    return (*known, *others)


def stage_names(meta: HistoryMeta) -> dict[str, str]:
    """Names on screen."""
    return {key: name or key for key, name in meta.stages.items()}
