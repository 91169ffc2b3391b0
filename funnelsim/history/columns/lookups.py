"""Values from other tables, matched by key."""

from __future__ import annotations

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.documents.audit import AuditLookupMiss
from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.history_error import history_error
from funnelsim.history.ledger import NO_KEY
from funnelsim.history.mapping.keys import Column
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack


def look_up(
    stack: Stack, other: Stack, reader: ColumnReader, column: Column, values: pl.Series
) -> tuple[pl.Series, list[AuditLookupMiss], pl.Series]:
    """The values of another table, matched by key; the missing keys; the rows of it that were used."""
    names = [f"key{path}" for path in range(len(column.on))]
    deal_keys = pl.DataFrame(
        {name: reader.text(stack, key, "key") for name, key in zip(names, column.on, strict=True)}
    )
    other_keys = pl.DataFrame(
        {name: reader.text(other, key, "key") for name, key in zip(names, column.on.values(), strict=True)}
    ).with_columns(values.alias("value"), other.frame[ROW].alias("matched_row"))
    clashing = other_keys.group_by(names).agg(
        pl.col("value").n_unique().alias("n"), pl.col("matched_row").min()
    )
    if (clashing["n"] > 1).any():
        first = clashing.filter(pl.col("n") > 1).sort("matched_row").row(0)
        key = ", ".join(str(part) for part in first[: len(names)])
        message = f'"{key}" has several rows with different {column.column}'
        raise history_error(other.name, message, at=f"column {', '.join(column.on.values())}")
    joined = deal_keys.join(
        other_keys.unique(names, keep="first", maintain_order=True),
        on=names,
        how="left",
        maintain_order="left",
    )
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
    missing = joined.filter(pl.col("matched_row").is_null() & known)
    counts = missing.group_by(names[0]).len().sort("len", names[0], descending=[True, False]).head(20)
    keys = other_keys[names[0]].drop_nulls().unique().head(10_000).to_list()
    misses = [
        AuditLookupMiss(value=value, rows=number, hint=did_you_mean(value, keys))
        for value, number in counts.iter_rows()
    ]
    return joined["value"], misses, joined["matched_row"].drop_nulls().unique()


def count_lookup_rows(other: Stack, hit: pl.Series) -> None:
    used = other.frame.filter(pl.col(ROW).is_in(hit.unique().to_list()))
    other.ledger.used = used.height
    other.ledger.skip(other.frame.filter(~pl.col(ROW).is_in(hit.unique().to_list())), NO_KEY)
