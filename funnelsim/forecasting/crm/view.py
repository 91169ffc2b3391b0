"""The forecast as the CRM has it, by category, beside what the model expects of the same deals."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period
from funnelsim.documents.judgement import CrmCategory, CrmForecast
from funnelsim.forecasting.crm.plans import CATEGORIES, OMITTED, OTHER, category_of
from funnelsim.metrics.revenue import total as total_of_parts
from funnelsim.model.parts import Model
from funnelsim.results.run import Run


def crm_forecast(
    plans: pl.DataFrame,
    pipeline: pl.DataFrame,
    model: Model,
    period: Period,
    *,
    booked: float,
    run: Run,
    w: int,
) -> CrmForecast | None:
    """Commit, best case and pipeline of a period as the CRM has them, and the model's chance of each.

    A deal counts in the period in which it is planned to close; the totals add up what is booked already and
    the categories from the surest on, as teams do. None if no open deal with an amount has a planned close.

    Parameters
    ----------
    plans : DataFrame
        As `funnelsim.forecasting.crm.plans.crm_plans` gives it, in the order of the pipeline.
    pipeline : DataFrame
    booked : float
        Booked in the period before the model's start.
    run : Run
        The futures by the model alone, with the sums of each open deal.
    w : int
        Index of the window of the period.
    """
    assert run.pipeline_sums is not None
    bookings = booked + total_of_parts(run.tallies["bookings"][:, w])
    table = plans.with_columns(
        amount=pipeline["amount"],
        expected=pl.Series(run.pipeline_sums.bookings[w] / run.size),
        key=pl.col("category").map_elements(category_of, return_dtype=pl.String),
        won_before=pipeline["won_before"],
    ).filter(~pl.col("won_before"))
    start = max(period.start, model.start)
    planned = table.filter(pl.col("crm_close").is_not_null())
    if planned.is_empty() or not planned["amount"].sum():
        return None
    inside = planned.filter(pl.col("crm_close").is_between(start, period.last_day))
    overdue = planned.filter(pl.col("crm_close") < model.start)
    rated = inside.drop_nulls("crm_probability")
    weighted = float((rated["amount"] * rated["crm_probability"]).sum()) + booked if rated.height else None
    return CrmForecast(
        booked=booked,
        categories=tuple(_categories(inside, booked, bookings)),
        weighted=weighted,
        unrated=inside.height - rated.height if rated.height else None,
        overdue_deals=overdue.height,
        overdue_amount=float(overdue["amount"].sum()),
        unplanned_deals=table.height - planned.height,
        without_amount=inside["amount"].null_count(),
    )


def _categories(inside: pl.DataFrame, booked: float, bookings: Floats) -> Iterator[CrmCategory]:
    total, has_categories = booked, inside["key"].null_count() < inside.height
    for key in (*CATEGORIES, OMITTED, OTHER, None):
        own = inside.filter(pl.col("key").eq_missing(key))
        if own.is_empty() and key not in ("commit", "best_case", "pipeline"):
            continue
        if own.is_empty() and not has_categories:
            continue
        adds_up = key in CATEGORIES or not has_categories
        total += float(own["amount"].sum()) if adds_up else 0.0
        yield CrmCategory(
            category=key,
            deals=own.height,
            amount=float(own["amount"].sum()),
            expected=float(own["expected"].sum()),
            total=total if adds_up else None,
            # Rounding of the last digit must not decide whether a sum is reached.
            chance=float((bookings >= total - 1e-9 * abs(total)).mean()) if adds_up else None,
        )
