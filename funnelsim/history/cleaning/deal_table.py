"""The deals table as known at the as-of time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from funnelsim.history.cleaning.visits import CleanVisits
from funnelsim.history.columns.fields import DATE_PREFIX
from funnelsim.history.files.events import DEAL_SCHEMA, MORE_DEAL_COLUMNS
from funnelsim.history.ledger import BEGINS_LATER, NO_STAGE, NO_TIMES, Ledger

ONLY_SOURCE, NO_SOURCE = "all", "unknown"
_TEXTS = ("segment", "owner", "account", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class DealTable:
    """`deals` by `DEAL_SCHEMA`; `findings` for the audit.

    `listed_at_export` is true where the export has one amount only: the amount of an open deal on the day of
    the export is its listed amount, and the listed amounts of closed deals are unknown.
    """

    deals: pl.DataFrame
    listed_at_export: bool
    findings: dict[str, Any]


def make_deal_table(
    cleaned: CleanVisits,
    begun: pl.DataFrame,
    rows: pl.DataFrame | None,
    event_amounts: pl.DataFrame | None,
    event_owners: pl.DataFrame | None = None,
    *,
    up_to_date: bool,
    zero_is_unknown: bool,
) -> DealTable:
    """One row per deal with visits, as known at the as-of time.

    Parameters
    ----------
    begun : DataFrame
        ``deal, begun`` of the deals with visits; see `beginnings`.
    rows : DataFrame or None
        The deals table of the export (`Extract.deals`), a row per deal.
    event_amounts : DataFrame or None
        ``deal, first_amount, last_amount`` from the events before the as-of time.
    event_owners : DataFrame or None
        ``deal, last_owner`` from the events before the as-of time; the deals table has priority.
    up_to_date : bool
        The as-of time is not before the last event, so that the amounts of open deals are today's.
    """
    table = begun.join(cleaned.endings, on="deal", how="left", maintain_order="left")
    table = table.join(_attributes(rows), on="deal", how="left", maintain_order="left")
    if event_amounts is not None:
        table = table.join(event_amounts, on="deal", how="left", maintain_order="left").with_columns(
            pl.coalesce("amount", "last_amount").alias("amount"),
            pl.coalesce("listed_amount", "first_amount").alias("listed_amount"),
        )
    if event_owners is not None:
        table = table.join(event_owners, on="deal", how="left", maintain_order="left").with_columns(
            pl.coalesce("owner", "last_owner").alias("owner")
        )
    if zero_is_unknown:
        table = table.with_columns(
            pl.when(pl.col(name) != 0).then(name).alias(name) for name in ("amount", "listed_amount")
        )
    is_open = pl.col("outcome").is_null()
    at_export = up_to_date and table["listed_amount"].is_null().all()
    if at_export:
        table = table.with_columns(pl.when(is_open).then("amount").alias("listed_amount"))
    created_later = int(table.select((pl.col("created") > pl.col("begun")).sum()).item())
    findings = {
        "created_later": created_later,
        "sources_unknown": _unknown_sources(rows, table),
    }
    table = table.with_columns(
        pl.min_horizontal("created", "begun").alias("created"),
        pl.when(~is_open).then("amount").alias("amount"),
        _source(rows),
    )
    more = {name: dtype for name, dtype in MORE_DEAL_COLUMNS.items() if table[name].is_not_null().any()}
    return DealTable(
        deals=table.select(pl.col(name).cast(dtype) for name, dtype in (DEAL_SCHEMA | more).items()),
        listed_at_export=bool(at_export and table["listed_amount"].is_not_null().any()),
        findings=findings,
    )


def _attributes(rows: pl.DataFrame | None) -> pl.DataFrame:
    names = ("deal", "created", "amount", "listed_amount", "source", *_TEXTS, *MORE_DEAL_COLUMNS)
    if rows is None:
        schema = DEAL_SCHEMA | MORE_DEAL_COLUMNS
        return pl.DataFrame(schema={name: schema[name] for name in names})
    return rows.select(names)


def _source(rows: pl.DataFrame | None) -> pl.Expr:
    if rows is None or rows["source"].null_count() == rows.height:
        return pl.lit(ONLY_SOURCE).alias("source")
    return pl.col("source").fill_null(NO_SOURCE)


def _unknown_sources(rows: pl.DataFrame | None, table: pl.DataFrame) -> int:
    if rows is None or rows["source"].null_count() == rows.height:
        return 0
    return table["source"].null_count()


def settle_deal_rows(
    rows: pl.DataFrame, ledger: Ledger, transitions: pl.DataFrame, cleaned: CleanVisits, as_of: dt.datetime
) -> None:
    """Count each row of the deals table as used or skipped."""
    known = transitions.filter(pl.col("at") < as_of)["deal"].unique().implode()
    rows = ledger.keep(rows, pl.col("deal").is_in(transitions["deal"].unique().implode()), NO_TIMES)
    rows = ledger.keep(rows, pl.col("deal").is_in(known), BEGINS_LATER)
    rows = ledger.keep(rows, ~pl.col("deal").is_in(cleaned.skipped[NO_STAGE].implode()), NO_STAGE)
    ledger.used = rows.height


def labels_ahead(rows: pl.DataFrame, cleaned: CleanVisits, order: list[str]) -> dict[str, int]:
    """Open deals in a stage that no deal has a date of, so that they count in an earlier stage."""
    rank = {key: position for position, key in enumerate(order)}
    last = cleaned.visits.filter(pl.col("left").is_null()).select("deal", "stage")
    both = rows.select("deal", "stage_key").drop_nulls().join(last, on="deal", how="inner")
    ahead = both.filter(
        pl.col("stage_key").replace_strict(rank, default=None, return_dtype=pl.Int32)
        > pl.col("stage").replace_strict(rank, default=None, return_dtype=pl.Int32)
    )
    dated = [name.removeprefix(DATE_PREFIX) for name in rows.columns if name.startswith(DATE_PREFIX)]
    known = {*dated, *cleaned.visits["stage"].unique()}
    counts = ahead.filter(~pl.col("stage_key").is_in(list(known)))["stage_key"].value_counts(sort=True)
    return dict(counts.iter_rows())
