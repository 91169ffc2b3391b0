"""Parquet files."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from funnelsim.history.history_error import history_error
from funnelsim.history.readers.layout import left_out
from funnelsim.history.readers.names import column_names
from funnelsim.history.readers.plain_values import plain
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
        values = plain(column)
        if values is None:
            kind = "nested column" if column.dtype.is_nested() else f"column of type {column.dtype}"
            notes.append(f'{kind} "{column.name}" left out')
        else:
            columns.append(values)
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
