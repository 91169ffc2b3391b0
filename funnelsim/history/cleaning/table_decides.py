"""Outcomes and closings of the deals table in place of those of the events, where it decides."""

from __future__ import annotations

import polars as pl

from funnelsim.history.ledger import OVERRULED, Ledger
from funnelsim.history.readers.table import ROW


def table_decides(transitions: pl.DataFrame, rows: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Transitions with the outcome and closing date of the deals table.

    Contradicting events are skipped: another outcome, an outcome of a deal that is open in the table,
    and stage entries after the day of closing. An outcome of the events that agrees keeps its time of
    day; it also dates a closing that the table leaves undated.
    """
    table = rows.select("deal", "outcome_key", "closed", in_table=pl.lit(True))
    joined = transitions.join(table, on="deal", how="left", maintain_order="left")
    recorded, implied = pl.col(ROW).is_not_null(), pl.col(ROW).is_null()
    day = pl.col("closed").dt.truncate("1d")
    agrees = (pl.col("key") == pl.col("outcome_key")) & (
        pl.col("closed").is_null() | (pl.col("at").dt.truncate("1d") == day)
    )
    agreeing = (recorded & pl.col("is_outcome") & agrees).fill_null(False)
    late = (pl.col("at").dt.truncate("1d") > day) & pl.col("outcome_key").is_not_null()
    overruled = (
        pl.when(pl.col("is_outcome")).then(~agreeing & recorded).otherwise(late.fill_null(False) & recorded)
    )
    joined = joined.with_columns(agreeing=agreeing, overruled=overruled & pl.col("in_table").fill_null(False))
    twice = joined.select(
        (pl.col("is_outcome") & implied & pl.col("agreeing").any().over("deal")).alias("t")
    )["t"]
    ledger.skip(joined.filter("overruled"), OVERRULED)
    return joined.filter(~pl.col("overruled") & ~twice).select(transitions.columns)
