"""The moves and the paths of the leads of a history, as lazy tables."""

from __future__ import annotations

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.process_map import START
from funnelsim.history.files.events import History, HistoryMeta


def in_order(history: History) -> pl.LazyFrame:
    """Visits in order of time; those of one instant as the history has them."""
    return history.visits.lazy().sort("entered", maintain_order=True)


def recorded_days(start: str, end: str, meta: HistoryMeta) -> pl.Expr:
    """Time between two columns of instants, in days.

    Null where it began before exits were recorded: of the visits that began then only the long ones are in
    the data (left truncation). Leads by the day on which they closed need no such care.
    """
    days = days_between(start, end)
    return days if meta.observed_from is None else pl.when(pl.col(start) >= meta.observed_from).then(days)


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
            recorded_days("entered", "left", history.meta).alias("days"),
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
