"""Which of several versions of a row is the newest, and when a row was changed and copied."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import ColumnReader, clean_text, row_locator
from funnelsim.history.ledger import FILE, SUPERSEDED
from funnelsim.history.presets.names import find_column
from funnelsim.history.presets.row_names import CHANGED, COPIED, is_copy_time
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack
from funnelsim.history.values.dates import read_dates

#: Column with the position of a row in its stack.
POSITION = "__position"
#: Of a row of a history, not of its deal.
_ROW_IDS = ("id", "historyid", "eventid", "rowid", "changeid", "recordid", "activityid")
#: A deal is created once: above this share of ids with several creations the column does not identify deals.
_CREATIONS_AT_MOST = 0.1


def keep_newest(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    """`rows`, with their `POSITION` in the stack: of each deal the newest version, if a column shows it."""
    if not rows["deal"].drop_nulls().is_duplicated().any() or _many_creations(rows):
        return rows
    newest, columns = _newest(rows, "deal", _version_columns(stack), stack, reader)
    number = rows.height - newest.height
    if number:
        text = (
            f"{number:,} of {counted(rows.height, 'row')} of {stack.name} {verb(number, 'are')} skipped as "
            f"older versions of a deal; the newest is used, by {columns}. If each row is a step of the deal "
            "instead: --preset events"
        )
        reader.attention.append(Attention(check="superseded_rows", text=text, count=number))
    return newest


def keep_newest_entries(
    rows: pl.DataFrame, stack: Stack, taken: Collection[str], reader: ColumnReader
) -> pl.DataFrame:
    """`rows` of stage entries, with their `POSITION` in the stack: of rows copied again the newest.

    `taken` are the columns that play another part. A column identifies rows if all that share a value of it
    are about one stage of one deal; else it may be the id of a deal.
    """
    free = [name for name in stack.columns if name not in taken]
    column = find_column(free, _ROW_IDS)
    if column is None:
        return rows
    rows = rows.with_columns(clean_text(stack.frame[column]).gather(rows[POSITION]).alias("__id"))
    repeated = rows.filter(pl.col("__id").is_not_null() & pl.col("__id").is_duplicated())
    kinds = repeated.group_by("__id").agg(pl.struct("deal", "label").n_unique().alias("kinds"))
    if repeated.is_empty() or (kinds["kinds"] > 1).any():
        return rows.drop("__id")
    versions = [name for name in _version_columns(stack) if name in free]
    newest, columns = _newest(rows, "__id", versions, stack, reader)
    number = rows.height - newest.height
    if number:
        text = (
            f"{number:,} of {counted(rows.height, 'row')} of {stack.name} {verb(number, 'are')} skipped as "
            f'older versions of a row (column "{column}"); the newest is used, by {columns}'
        )
        reader.attention.append(Attention(check="superseded_rows", text=text, count=number))
    return newest.drop("__id")


def _newest(
    rows: pl.DataFrame, key: str, columns: list[str], stack: Stack, reader: ColumnReader
) -> tuple[pl.DataFrame, str]:
    """Of rows with the same key the newest by these columns, and the columns that could be read, in words."""
    every = ((column, _version(stack, column, reader)) for column in columns)
    versions = [(column, values) for column, values in every if values is not None]
    names = [f"__version{position}" for position in range(len(versions))]
    newest = rows.with_columns(
        values.gather(rows[POSITION]).alias(name) for name, (_, values) in zip(names, versions, strict=True)
    )
    for name in names:  # a row older by the first column is out, however late it was copied
        latest = pl.col(name).max().over(key)
        current = pl.col(key).is_null() | latest.is_null() | (pl.col(name) == latest)
        newest = stack.ledger.keep(newest, current, SUPERSEDED)
    if newest.height < rows.height:
        for column, _ in versions:
            reader.note(stack, column, "version of the row")
    return newest.drop(names), " and ".join(f'"{column}"' for column, _ in versions)


def with_row_times(deals: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    """`deals` with ``changed`` and ``copied``: when the CRM changed the row, and a connector copied it."""
    times = stack.frame.select(FILE, ROW)
    for name, names in (("changed", CHANGED), ("copied", COPIED)):
        column = find_column(stack.columns, names)
        read = None if column is None else row_times(stack, column, reader)
        if column is not None and read is not None:
            reader.note(stack, column, f"time when the row was {name}")
        values = pl.lit(None, dtype=pl.Datetime("us")) if read is None else read
        times = times.with_columns(values.alias(name))
    return deals.join(times, on=[FILE, ROW], how="left", maintain_order="left")


def row_times(stack: Stack, column: str, reader: ColumnReader) -> pl.Series | None:
    """The instants of a column with times of rows; None where it cannot be read."""
    hints = [seen.format.removesuffix(" hh:mm") for seen in reader.dates.values()]
    try:
        read = read_dates(stack.frame[column], file=stack.name, at=row_locator(stack), hints=hints)
    except HistoryError:
        return None
    return read.values


def _many_creations(rows: pl.DataFrame) -> bool:
    """True if rows of one id were created at different times: they are different deals."""
    repeated = rows.filter(pl.col("deal").is_not_null() & pl.col("deal").is_duplicated())
    created = repeated.group_by("deal").agg(pl.col("created").drop_nulls().n_unique().alias("times"))
    several = int((created["times"] > 1).sum())
    return several > _CREATIONS_AT_MOST * rows["deal"].n_unique()


def _version_columns(stack: Stack) -> list[str]:
    """The column that says when the record changed, and the one that says when it was copied."""
    changed, copied = (find_column(stack.columns, names) for names in (CHANGED, COPIED))
    copied = copied or next((name for name in stack.columns if is_copy_time(name)), None)
    return [column for column in (changed, copied) if column is not None]


def _version(stack: Stack, column: str, reader: ColumnReader) -> pl.Series | None:
    """Numbers or instants that grow with the version; None where the column cannot be read."""
    values = stack.frame[column]
    if values.dtype.is_numeric() or values.dtype.is_temporal():
        return values
    number = clean_text(values).cast(pl.Float64, strict=False)
    if number.null_count() == clean_text(values).null_count():
        return number
    return row_times(stack, column, reader)
