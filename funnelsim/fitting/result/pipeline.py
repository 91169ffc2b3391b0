"""The open pipeline at the start of the model: stage and age of each open deal."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.history.files.events import History

_DAY = dt.timedelta(days=1)


def model_start(as_of: dt.datetime) -> dt.date:
    """The midnight on or right after the as-of time."""
    return as_of.date() if as_of.time() == dt.time(0) else as_of.date() + _DAY


def open_pipeline(history: History, source: pl.Series) -> pl.DataFrame:
    """One row per open deal, ages measured at the model's start.

    Parameters
    ----------
    history : History
        Cut at its as-of time.
    source : Series of str
        The model's source of each deal, in the order of `history.deals`.

    Returns
    -------
    DataFrame
        ``lead, name, owner, source, segment, stage, age_days, lead_age_days, amount, visits, won_before``
        and, where the history has plans with the date from which they held, ``planned_close``.
    """
    start = dt.datetime.combine(model_start(history.meta.as_of), dt.time(0))
    # Recorded to the day: it happened at noon on average.
    noon = dt.timedelta(hours=12) if history.meta.resolution == "day" else dt.timedelta(0)
    seen = history.visits.sort("deal", "entered", maintain_order=True)
    paths = seen.group_by("deal", maintain_order=True).agg(
        pl.col("stage").alias("visits"),
        (pl.col("exit") == "won").fill_null(False).any().alias("won_before"),
        pl.col("entered").min().alias("first"),
    )
    now = seen.filter(pl.col("left").is_null()).group_by("deal", maintain_order=True).last()
    open_deals = (
        history.deals.with_columns(source.alias("source"))
        .join(now.select("deal", "stage", "entered"), on="deal", how="inner", maintain_order="left")
        .join(paths, on="deal", how="left", maintain_order="left")
    )
    listed = pl.coalesce("listed_amount", "amount")
    begun = pl.min_horizontal(pl.coalesce("created", "first"), pl.col("first"))
    result = open_deals.select(
        pl.col("deal").alias("lead"),
        pl.coalesce("name", "deal").alias("name"),
        "owner",
        "source",
        pl.lit(None, dtype=pl.String).alias("segment"),
        "stage",
        _age(start, pl.col("entered") + noon).alias("age_days"),
        _age(start, begun + noon).alias("lead_age_days"),
        pl.when(listed > 0).then(listed).alias("amount"),
        "visits",
        "won_before",
    )
    plans = history.plans.drop_nulls(["at", "planned_close"])
    if plans.is_empty():
        return result
    last = plans.group_by("deal", maintain_order=True).agg(pl.col("planned_close").last().cast(pl.Date))
    return result.join(last, left_on="lead", right_on="deal", how="left", maintain_order="left")


def _age(start: dt.datetime, since: pl.Expr) -> pl.Expr:
    days = days_between(since, pl.lit(start))
    return days.clip(lower_bound=0.0)
