"""Ages of open leads, beside the time in stage of visits that went on."""

from __future__ import annotations

import numpy as np
import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.flow import OpenDeal, StageAges
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import first_wins
from funnelsim.metrics.dead_deals import forward_visits, is_dead, longest_forward_visits
from funnelsim.metrics.flow.percentiles import quantiles
from funnelsim.model.parts import Model

#: Open leads of a stage that are listed; more dots than this are a cloud, and slow to open in a page.
MOST_OPEN = 400


def stage_ages(history: History, model: Model | None = None) -> tuple[StageAges, ...]:
    """For each stage its open leads, oldest first, and how long the visits took that went on to a later stage
    or the win; stages in which neither occurs are left out.

    Deals that have booked already by the rules of a `model` are clients, and not in the pipeline.
    """
    went_on, longest = forward_visits(history), longest_forward_visits(history)
    if history.meta.observed_from is not None:
        went_on = went_on.filter(pl.col("entered") >= history.meta.observed_from)
    deals = history.deals.select(
        "deal", "name", "account", pl.coalesce("amount", "listed_amount").alias("amount")
    )
    as_of = pl.lit(history.meta.as_of, pl.Datetime("us"))
    open_ = (
        history.visits.filter(pl.col("left").is_null())
        .with_columns(until=as_of)
        .with_columns(days=days_between("entered", "until"))
        .join(deals, on="deal", how="left")
    )
    if model is not None:
        open_ = open_.join(first_wins(history, model), on="deal", how="anti")
    found = (
        _ages(
            stage,
            open_.filter(pl.col("stage") == stage).sort("days", "deal", descending=[True, False]),
            went_on.filter(pl.col("stage") == stage)["days"],
            longest,
        )
        for stage in history.meta.stages
    )
    return tuple(ages for ages in found if ages.open or ages.went_on)


def _ages(stage: str, open_: pl.DataFrame, went_on: pl.Series, longest: dict[str, float]) -> StageAges:
    p50, p80, p95 = quantiles(went_on.to_numpy(), (0.5, 0.8, 0.95))
    rows = open_[_evenly(open_.height)].select(
        "deal", pl.col("name", "account").fill_null(""), "days", "amount"
    )
    return StageAges(
        stage=stage,
        open=tuple(OpenDeal(**row) for row in rows.to_dicts()),
        open_now=open_.height,
        went_on=len(went_on),
        p50=p50,
        p80=p80,
        p95=p95,
        longest=longest.get(stage),
        older=sum(is_dead(stage, days, longest) for days in open_["days"]),
    )


def _evenly(size: int) -> list[int]:
    """Places of at most `MOST_OPEN` rows, evenly spaced, the first and the last among them."""
    places: list[int] = np.linspace(0, max(size - 1, 0), min(size, MOST_OPEN)).round().astype(int).tolist()
    return places
