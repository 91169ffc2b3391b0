"""Plans of open deals: planned close, probability, forecast category."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.files.events import PLAN_SCHEMA

#: The fields of a plan, as in mappings and ``--trust``.
PLAN_FIELDS = ("planned_close", "probability", "forecast_category")


def plans_of_events(rows: pl.DataFrame) -> pl.DataFrame:
    """Plans from the rows of events, valid from their date."""
    return _with_content(rows.select("deal", "at", *(_field(rows, name) for name in PLAN_FIELDS)))


def plans_of_deals(rows: pl.DataFrame) -> pl.DataFrame:
    """Plans from the deals table, without a date."""
    undated = pl.lit(None, dtype=PLAN_SCHEMA["at"]).alias("at")
    return _with_content(rows.select("deal", undated, *(_field(rows, name) for name in PLAN_FIELDS)))


def _field(rows: pl.DataFrame, name: str) -> pl.Expr:
    values = pl.col(name) if name in rows.columns else pl.lit(None)
    return values.cast(PLAN_SCHEMA[name]).alias(name)


def _with_content(plans: pl.DataFrame) -> pl.DataFrame:
    return plans.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in PLAN_FIELDS))


def plans_of_both(of_events: pl.DataFrame, of_deals: pl.DataFrame) -> pl.DataFrame:
    """Plans from both tables, without what the deals table only repeats of the last event."""
    last = of_events.group_by("deal").agg(pl.col(name).drop_nulls().last() for name in PLAN_FIELDS)
    both = of_deals.join(last, on="deal", how="left", maintain_order="left", suffix="_dated")
    current = both.with_columns(
        pl.when(pl.col(name).ne_missing(pl.col(f"{name}_dated"))).then(name).alias(name)
        for name in PLAN_FIELDS
    )
    return pl.concat([of_events, _with_content(current.select(of_deals.columns))])


def plans_known(plans: pl.DataFrame, deals: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Plans of these deals made before `as_of`, and those without a date.

    A row equal to the one before is left out.
    """
    known = plans.filter(
        pl.col("deal").is_in(deals["deal"].implode()), (pl.col("at") < as_of) | pl.col("at").is_null()
    ).sort("deal", "at", nulls_last=True, maintain_order=True)
    content = pl.struct("deal", pl.col("at").is_null(), *PLAN_FIELDS)
    return known.filter((content != content.shift()).fill_null(True))


def dated_plans(plans: pl.DataFrame, deals: pl.DataFrame, trust: Collection[str] = ()) -> pl.DataFrame:
    """Plans with the time from which each is valid.

    Fields without one are forgotten, unless they are among `trust`: then they are taken to have stood there
    since the deal was created.
    """
    dated = plans.drop_nulls("at")
    believed = plans.filter(pl.col("at").is_null()).with_columns(
        pl.lit(None, dtype=PLAN_SCHEMA[name]).alias(name) for name in PLAN_FIELDS if name not in trust
    )
    since = deals.select("deal", "created")
    believed = _with_content(believed).join(since, on="deal", how="inner", maintain_order="left")
    believed = believed.with_columns(pl.col("created").alias("at")).select(list(PLAN_SCHEMA))
    return pl.concat([believed, dated]).sort("deal", "at", maintain_order=True)


def refuse_fields_of_open_deals(plans: pl.DataFrame, deals: pl.DataFrame, trust: Collection[str]) -> None:
    """Refuse to trust an undated field that no deal kept when it closed.

    A closing date is of that kind: what was planned until then is overwritten.

    Raises
    ------
    HistoryError
        Knowing the field would tell that the deal is still open today.
    """
    undated = plans.filter(pl.col("at").is_null())
    closed = deals.filter(pl.col("outcome").is_not_null())["deal"]
    kept = undated.filter(pl.col("deal").is_in(closed.implode()))
    problems = [
        Problem(path=name, message="only open deals have one, so knowing it would tell that they are open")
        for name in PLAN_FIELDS
        if name in trust and closed.len() and undated[name].count() and not kept[name].count()
    ]
    if problems:
        raise HistoryError("--trust", problems)


def plan_counts(plans: pl.DataFrame) -> dict[str, Any]:
    """For the audit: deals with a dated plan, with an undated one only, and how often a plan was changed."""
    planned = plans.drop_nulls("planned_close")
    dated = planned.drop_nulls("at")
    of_deal = dated.group_by("deal").agg(pl.col("planned_close").rle_id().max().alias("changes"))
    return {
        "planned_dated": dated["deal"].n_unique(),
        "planned_undated": planned.filter(~pl.col("deal").is_in(dated["deal"].implode()))["deal"].n_unique(),
        "planned_moved": int(of_deal["changes"].sum()),
        "probabilities": plans.drop_nulls("probability")["deal"].n_unique(),
    }
