"""The stage in which a deal was created, from its first recorded change or the deals table."""

from __future__ import annotations

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.cleaning.transitions import TRANSITION_SCHEMA, implied
from funnelsim.history.values.labels import LabelBook


def entries_at_creation(
    events: pl.DataFrame, rows: pl.DataFrame | None, creations: pl.DataFrame, book: LabelBook
) -> pl.DataFrame:
    """Entries at creation into the stage that the first change of each deal left."""
    nothing = pl.DataFrame(schema=TRANSITION_SCHEMA)
    if "from_label" not in events.columns:
        return nothing
    first = events.sort("at", maintain_order=True).group_by("deal", maintain_order=True).first()
    first = first.filter(pl.col("from_label").is_not_null()).select("deal", "key", "at", "from_label")
    if first.is_empty():
        return nothing
    left = book.read(first["from_label"])
    created = (
        creations if rows is None else pl.concat([rows.select("deal", "created").drop_nulls(), creations])
    )
    known = (
        first.drop("from_label")
        .with_columns(left["label_key"].alias("from_key"), left["label_kind"].alias("from_kind"))
        .join(created.unique("deal", keep="first"), on="deal", maintain_order="left")
        .filter(
            pl.col("from_kind") == "stage",
            pl.col("from_key") != pl.col("key"),
            pl.col("created") <= pl.col("at"),
        )
    )
    return implied(known, pl.col("from_key"), pl.col("created"), is_outcome=False)


def never_changed(
    transitions: pl.DataFrame, rows: pl.DataFrame | None, creations: pl.DataFrame, noun: str
) -> tuple[pl.DataFrame, list[Attention]]:
    """Entries of open deals without any recorded change: they are still in their first stage.

    Without a deals table that stage is unknown; such deals are reported.
    """
    if creations.is_empty():
        return pl.DataFrame(schema=TRANSITION_SCHEMA), []
    unchanged = creations.filter(~pl.col("deal").is_in(transitions["deal"].unique().implode()))
    if unchanged.is_empty():
        return pl.DataFrame(schema=TRANSITION_SCHEMA), []
    if rows is None:
        text = (
            f"{counted(unchanged.height, noun)} {verb(unchanged.height, 'have')} a creation date and no "
            "change of "
            "stage: left out, because their stage is unknown. Import the deals table too"
        )
        return pl.DataFrame(schema=TRANSITION_SCHEMA), [
            Attention(check="never_changed", text=text, count=unchanged.height)
        ]
    open_rows = rows.filter(pl.col("outcome_key").is_null(), pl.col("stage_key").is_not_null())
    known = open_rows.select("deal", "stage_key").join(unchanged, on="deal", maintain_order="left")
    return implied(known, pl.col("stage_key"), pl.col("created"), is_outcome=False), []
