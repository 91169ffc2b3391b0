"""Outcomes of deals where events and the deals table both record one."""

from __future__ import annotations

import polars as pl

from funnelsim.history.readers.table import ROW

#: Share of the entries into a stage that close the deal at that instant, from which on it is an outcome.
NEARLY_ALL = 0.99


def outcome_labels(transitions: pl.DataFrame) -> dict[str, str]:
    """Stages that are outcomes: nearly all deals that enter one are closed at that time with one outcome.

    Returns
    -------
    dict
        Stage -> the outcome that the deals table gives to those who enter it.
    """
    closings = transitions.filter("is_outcome", pl.col(ROW).is_null()).select("deal", "at", outcome="key")
    entries = transitions.filter(~pl.col("is_outcome"))
    ends = entries.join(closings, on=["deal", "at"], how="inner").group_by("key", "outcome").len()
    totals = entries.group_by("key").agg(pl.len().alias("entries"))
    ends = ends.join(totals, on="key").filter(pl.col("len") >= NEARLY_ALL * pl.col("entries"))
    return dict(ends.select("key", "outcome").sort("key").iter_rows())


def relabel(transitions: pl.DataFrame, ends: dict[str, str]) -> pl.DataFrame:
    """Transitions with the stages of `ends` turned into outcomes."""
    if not ends:
        return transitions
    is_end = ~pl.col("is_outcome") & pl.col("key").is_in(list(ends))
    return transitions.with_columns(
        pl.when(is_end).then(pl.col("key").replace(ends)).otherwise("key").alias("key"),
        (pl.col("is_outcome") | is_end).alias("is_outcome"),
    )


def settle_outcomes(transitions: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Use the outcomes of events if there are any, and count how many differ from the deals table."""
    implied = pl.col("is_outcome") & pl.col(ROW).is_null()
    recorded = transitions.filter(pl.col("is_outcome"), pl.col(ROW).is_not_null())
    if recorded.is_empty():
        return transitions, {}
    last = (
        recorded.sort("at", maintain_order=True).group_by("deal").agg(pl.col("key").last().alias("recorded"))
    )
    log = transitions.filter(implied).join(last, on="deal", how="inner")
    differing = int((log["key"] != log["recorded"]).sum())
    decided = transitions["deal"].is_in(last["deal"].implode()) & transitions.select(implied.alias("m"))["m"]
    return transitions.filter(~decided), {"outcomes_differ": differing}
