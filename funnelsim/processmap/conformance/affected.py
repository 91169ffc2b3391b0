"""Leads that something holds for: how many, what they are worth, and which to look at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import polars as pl

from funnelsim.documents.map_conformance import Affected
from funnelsim.processmap.journeys import Journeys

#: Ids listed; the counts are of all.
MOST_DEALS = 100

_Kind = TypeVar("_Kind", bound=Affected)


def affected(journeys: Journeys, found: pl.DataFrame, of: int | None = None) -> Affected:
    """The different leads in column ``d``, out of `of` (default: all leads of the history)."""
    total = journeys.deals.height if of is None else of
    leads = affected_by(journeys, found.with_columns(key=pl.lit("")), {"": total})
    return leads.get("", Affected(leads=0, open=0, share=_share(0, total)))


def affected_by(
    journeys: Journeys, found: pl.DataFrame, of: Mapping[Any, int] | None = None
) -> dict[Any, Affected]:
    """The different leads in column ``d`` for each value of column ``key``.

    Parameters
    ----------
    journeys : Journeys
    found : DataFrame
        ``d`` and ``key``; a lead may have several rows.
    of : mapping, optional
        Leads that could have shown it, by key; all leads of the history by default.
    """
    deals = journeys.deals.select("d", "rank", "value", is_open=pl.col("state") == "open")
    rows = (
        found.select("key", "d")
        .unique()
        .join(deals, on="d")
        .group_by("key")
        .agg(
            pl.len().alias("leads"),
            pl.col("is_open").sum().alias("open"),
            _sum("value").alias("money"),
            _sum(pl.col("value").filter("is_open")).alias("open_money"),
            pl.col("rank").bottom_k(MOST_DEALS).alias("first"),
        )
    )
    ids = journeys.deals.select("rank", "deal").sort("rank")["deal"]
    made = {}
    for row in rows.iter_rows(named=True):
        total = (of or {}).get(row["key"])
        share = _share(row["leads"], journeys.deals.height if total is None else total)
        made[row["key"]] = Affected(
            leads=row["leads"],
            open=row["open"],
            share=share,
            money=row["money"],
            open_money=row["open_money"],
            deals=tuple(ids.gather(sorted(row["first"]))),
        )
    return made


def extended(kind: type[_Kind], found: Affected, **more: object) -> _Kind:
    """The same leads as a record with more fields."""
    return kind.model_validate(found.as_json() | more)


def _sum(column: str | pl.Expr) -> pl.Expr:
    """Of no known amount the sum is unknown, not 0."""
    values = pl.col(column) if isinstance(column, str) else column
    return pl.when(values.count() > 0).then(values.sum())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
