"""Ages of open leads, beside the time in stage of visits that went on."""

from __future__ import annotations

import numpy as np
import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.flow import OpenDeal, StageAges
from funnelsim.history.files.events import History
from funnelsim.metrics.flow.percentiles import quantiles
from funnelsim.model.flows.ways_on import goes_on

#: Open leads of a stage that are listed; more dots than this are a cloud, and slow to open in a page.
MOST_OPEN = 400


def stage_ages(history: History) -> tuple[StageAges, ...]:
    """For each stage its open leads, oldest first, and how long the visits took that went on to a later stage
    or the win; stages in which neither occurs are left out."""
    visits = history.visits.with_columns(
        until=pl.col("left").fill_null(pl.lit(history.meta.as_of, pl.Datetime("us"))),
    ).with_columns(days=days_between("entered", "until"))
    went_on = visits.filter(goes_on(history.meta.stages))
    if history.meta.observed_from is not None:
        went_on = went_on.filter(pl.col("entered") >= history.meta.observed_from)
    deals = history.deals.select(
        "deal", "name", "account", pl.coalesce("amount", "listed_amount").alias("amount")
    )
    open_ = visits.filter(pl.col("left").is_null()).join(deals, on="deal", how="left")
    found = (
        _ages(
            stage,
            open_.filter(pl.col("stage") == stage).sort("days", "deal", descending=[True, False]),
            went_on.filter(pl.col("stage") == stage)["days"],
        )
        for stage in history.meta.stages
    )
    return tuple(ages for ages in found if ages.open or ages.went_on)


def _ages(stage: str, open_: pl.DataFrame, went_on: pl.Series) -> StageAges:
    p50, p80, p95, longest = quantiles(went_on.to_numpy(), (0.5, 0.8, 0.95, 1.0))
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
        longest=longest,
        older=0 if longest is None else int((open_["days"] > longest).sum()),
    )


def _evenly(size: int) -> list[int]:
    """Places of at most `MOST_OPEN` rows, evenly spaced, the first and the last among them."""
    places: list[int] = np.linspace(0, max(size - 1, 0), min(size, MOST_OPEN)).round().astype(int).tolist()
    return places
