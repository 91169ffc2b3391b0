"""Parquet files."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from funnelsim.history.history_error import history_error
from funnelsim.history.readers.layout import left_out
from funnelsim.history.readers.names import column_names
from funnelsim.history.readers.quiet import no_stderr
from funnelsim.history.readers.repeated_headers import without_repeated_headers
from funnelsim.history.readers.table import ROW, Table


def read_parquet(path: Path, data: bytes, sha256: str) -> Table:
    """Read a Parquet file held in memory; columns that hold no plain values are left out with a note.

    Raises
    ------
    HistoryError
        If it is damaged, empty, or of a kind that polars does not read.
    """
    try:
        with no_stderr():
            frame = pl.read_parquet(io.BytesIO(data))
    # A damaged file can make the parser panic, which is no `Exception`.
    except (Exception, pl.exceptions.PanicException) as error:
        raise history_error(path, "is not a Parquet file, or a damaged one") from error
    if frame.is_empty():
        raise history_error(path, "holds no rows")
    frame.columns = column_names(path, frame.columns, 0)
    notes = ["Parquet"]
    columns = []
    for column in frame.iter_columns():
        plain = _plain(column)
        if plain is None:
            kind = "nested column" if column.dtype.is_nested() else f"column of type {column.dtype}"
            notes.append(f'{kind} "{column.name}" left out')
        else:
            columns.append(plain)
    if not columns:
        raise history_error(path, "holds no column of plain values")
    frame = pl.DataFrame(columns).with_row_index(ROW, offset=1)
    frame, headers, titles = without_repeated_headers(frame, path)
    return Table(
        path=path,
        frame=frame,
        rows_read=frame.height + len(headers),
        sha256=sha256,
        headers=headers,
        notes=tuple(notes),
        attention=tuple(left_out(titles, (), path.name)),
    )


def _plain(column: pl.Series) -> pl.Series | None:
    """The column as text, number, date or truth value; None for lengths of time, bytes and nested values."""
    dtype = column.dtype
    if dtype.is_nested() or dtype in (pl.Duration, pl.Object):
        return None
    if dtype == pl.Binary:  # text of writers that do not mark it as such
        try:
            return column.cast(pl.String)
        except pl.exceptions.PolarsError:
            return None
    if dtype in (pl.Time, pl.Categorical, pl.Enum, pl.Null):
        return column.cast(pl.String)
    if dtype.is_decimal():
        return column.cast(pl.Float64)
    return column
