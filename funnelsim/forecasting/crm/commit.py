"""Baselines: what the CRM's forecast categories add up to, corrected by how that turned out before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period
from funnelsim.forecasting.crm.plans import CATEGORIES, category_of
from funnelsim.forecasting.past_errors import with_past_errors
from funnelsim.forecasting.snapshot import EPOCH, Snapshot, bounds
from funnelsim.forecasting.stage_and_age import MOST_PAST, StageAndAge
from funnelsim.history.columns.plans import PLAN_FIELDS
from funnelsim.history.files.events import History


def crm_commit(known: Snapshot, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """Open deals in the category commit that are planned to close in the period, with its past errors.

    None where no open deal had a category at the origin, or at fewer than three periods before.
    """
    return _up_to(known, period, "commit")


def crm_best_case(known: Snapshot, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """The same of commit, most likely and best case together."""
    return _up_to(known, period, "best_case")


def _up_to(known: Snapshot, period: Period, category: str) -> Floats | None:
    counted = CATEGORIES[: CATEGORIES.index(category) + 1]
    begin, end = bounds(period)
    length = end - begin
    point = _sum_at(known, begin, length, counted)
    if point is None:
        return None
    points: list[float] = []
    actuals: list[float] = []
    at = begin - length
    while at >= known.begins and len(points) < MOST_PAST:
        past = _sum_at(known, at, length, counted)
        if past is not None:
            points.append(past)
            actuals.append(known.actual(at, at + length))
        at -= length
    return with_past_errors(point, points, actuals, centred=False)


def _sum_at(known: Snapshot, at: float, length: float, counted: tuple[str, ...]) -> float | None:
    """What the categories added up to at an instant; deals of unknown amount count as the mean win before."""
    deals, _, _ = StageAndAge(known).open_at(at)
    ids = known.history.deals["deal"].gather(deals)
    instant = EPOCH + dt.timedelta(days=at)
    plans = known.history.plans.filter(pl.col("deal").is_in(ids.implode()), pl.col("at") < instant)
    last = plans.group_by("deal", maintain_order=True).agg(
        pl.col("forecast_category").drop_nulls().last(), pl.col("planned_close").drop_nulls().last()
    )
    if last["forecast_category"].null_count() == last.height:
        return None
    planned = last.filter(
        pl.col("planned_close").is_between(instant, instant + dt.timedelta(days=length), closed="left"),
        pl.col("forecast_category").map_elements(category_of, return_dtype=pl.String).is_in(counted),
    )
    rows = deals[ids.is_in(planned["deal"].implode()).to_numpy()]
    worth = known.value[rows]
    before = known.value[(known.won_at < at) & ~np.isnan(known.value)]
    usual = float(before.mean()) if before.size else 0.0
    return float(np.where(np.isnan(worth), usual, worth).sum())


def not_scored(history: History, trust: Collection[str]) -> tuple[str, ...]:
    """Why what the CRM says cannot be compared, where the history has only what it says today."""
    words = dict(zip(PLAN_FIELDS, ("close dates", "probabilities", "categories"), strict=True))
    is_dated = pl.col("at").is_not_null()
    counts = history.plans.select(
        *(pl.col(name).filter(is_dated).count().alias(f"{name} dated") for name in PLAN_FIELDS),
        *(pl.col(name).count() for name in PLAN_FIELDS),
    ).row(0, named=True)
    only_now = [
        words[name]
        for name in PLAN_FIELDS
        if name not in trust and counts[name] and not counts[f"{name} dated"]
    ]
    if not only_now:
        return ()
    return (
        f"the CRM's {' and '.join(only_now)} cannot be scored: the history has only today's values, which "
        "would leak the outcome; import the history of these fields",
    )
