"""Where the first recorded change of a deal came from: the stage that it was created in."""

from __future__ import annotations

import polars as pl

from funnelsim.history.labels import LabelBook
from funnelsim.history.moves import MOVE_SCHEMA, implied


def entries_at_creation(
    events: pl.DataFrame, rows: pl.DataFrame | None, born: pl.DataFrame, book: LabelBook
) -> pl.DataFrame:
    """Moves into the stage that the first change of each deal left, at the creation of the deal."""
    nothing = pl.DataFrame(schema=MOVE_SCHEMA)
    if "from_label" not in events.columns:
        return nothing
    first = events.sort("at", maintain_order=True).group_by("deal", maintain_order=True).first()
    first = first.filter(pl.col("from_label").is_not_null()).select("deal", "key", "at", "from_label")
    if first.is_empty():
        return nothing
    left = book.read(first["from_label"], counted=False)
    created = born if rows is None else pl.concat([rows.select("deal", "created").drop_nulls(), born])
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
