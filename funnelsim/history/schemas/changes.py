"""Changes of single fields as rows with all fields as they stood, as OpportunityHistory has them."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence

import polars as pl

from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.row_names import CHANGED_BY
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.schemas.keys import column_of, plain_keys
from funnelsim.history.values.dates import read_dates

#: A change: the deal, when (read, and as written), which field, its value before and after,
#: who made it, its file and row.
CHANGE = ("key", "at", "when", "field", "old", "value", "by", "of", ROW)


def instants(table: Table, column: str, mapping: Mapping) -> pl.Series:
    """The times of a column, to sort by; the import reads them again by its own rules."""
    rows = table.frame[ROW]
    read = read_dates(
        table.frame[column],
        file=table.name,
        at=lambda position: f"{table.row_word} {rows[position]}",
        given=mapping.date_formats.get(column),
        missing=mapping.missing,
    )
    return read.values


def as_they_stood(stages: pl.DataFrame, changes: pl.DataFrame, fields: MappingOf[str, str]) -> pl.DataFrame:
    """Stage entries, and a row for each change of another field, with all fields as they stood then.

    Parameters
    ----------
    stages : DataFrame
        ``key, at, when, stage, by, of`` and `ROW`, a row per entry; `by` is who made it, `of` its file.
    changes : DataFrame
        `CHANGE`: rows of other fields.
    fields : mapping
        Field -> name of its column in the result.

    Returns
    -------
    DataFrame
        ``key, at, when, stage, by, of``, a column for each of `fields`, and `ROW`; changes before the
        first stage of their deal count from that stage on.
    """
    names = list(fields.values())
    wide = (
        changes.filter(pl.col("field").is_in(list(fields)))
        .drop_nulls(["key", "at"])
        .sort("at", maintain_order=True)
        .group_by("key", "at", maintain_order=True)
        .agg(
            pl.col("when", "by", "of", ROW).first(),
            *(
                pl.col("value").filter(pl.col("field") == field).last().alias(name)
                for field, name in fields.items()
            ),
        )
        .with_columns(pl.col(names).forward_fill().over("key"))
    )
    dated = stages.drop_nulls(["key", "at"]).sort("at", maintain_order=True)
    undated = stages.filter(pl.col("at").is_null() | pl.col("key").is_null())
    entries = latest_before(dated, wide.select("key", "at", *names))
    extra = wide.join(dated.select("key", "at").unique(), on=["key", "at"], how="anti", maintain_order="left")
    extra = latest_before(extra, dated.select("key", "at", "stage")).drop_nulls("stage")
    columns = ["key", "at", "when", "stage", "by", "of", *names, ROW]
    pieces = [entries.select(columns), extra.select(columns), undated]
    return pl.concat(pieces, how="diagonal_relaxed")


def latest_before(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Each row with what was known of its deal then; both frames are sorted by ``at``."""
    return rows.join_asof(known, on="at", by="key", check_sortedness=False)


def first_values(changes: pl.DataFrame, now: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """What each field was when its deal was created: before its first change, else as it is now.

    Parameters
    ----------
    now : DataFrame
        ``key, at, when`` of the creation, and a column with the present value of each field.

    Returns
    -------
    DataFrame
        ``key, at, when, field, value``.
    """
    first = (
        changes.filter(pl.col("at").is_not_null())
        .sort("at", maintain_order=True)
        .group_by("key", "field", maintain_order=True)
        .agg(pl.col("old").first(), changed=pl.lit(True))
    )
    pieces = []
    for field in fields:
        of_field = first.filter(pl.col("field") == field).select("key", "old", "changed")
        both = now.join(of_field, on="key", how="left", maintain_order="left")
        before = pl.when(pl.col("changed")).then("old").otherwise(field)
        pieces.append(both.select("key", "at", "when", field=pl.lit(field), value=before))
    return pl.concat(pieces).drop_nulls(["key", "at", "value"])


def change_rows(
    table: Table, of: int, columns: tuple[str, str, str | None, str], fields: pl.Series, mapping: Mapping
) -> pl.DataFrame:
    """The rows of a table as `CHANGE`; `columns` hold the deal, when, the value before, and the value."""
    deal, at, old, value = columns
    frame = table.frame
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    return pl.DataFrame(
        {
            "key": plain_keys(frame[deal]),
            "at": instants(table, at, mapping),
            "when": as_written(frame[at]),
            "field": fields,
            "old": plain_keys(frame[old]) if old else nothing,
            "value": plain_keys(frame[value]),
            "by": plain_keys(frame[by]) if (by := column_of(table, *CHANGED_BY)) else nothing,
            "of": pl.Series([of], dtype=pl.UInt16).new_from_index(0, frame.height),
            ROW: frame[ROW].cast(pl.UInt32),
        }
    )


def as_written(column: pl.Series) -> pl.Series:
    """Times as text, which the import reads by the same rules as all others."""
    if column.dtype.is_temporal():
        return column.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    return column.cast(pl.String)
