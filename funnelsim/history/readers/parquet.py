"""Parquet files."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.wrong import wrong


def read_parquet(path: Path, data: bytes, sha256: str) -> Table:
    """Read a Parquet file held in memory; nested columns are left out with a note."""
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as error:
        message = "is not a Parquet file, or a damaged one"
        raise wrong(path, message) from error
    if frame.is_empty():
        raise wrong(path, "holds no rows")
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    notes = ("Parquet", *(f'nested column "{name}" left out' for name in nested))
    frame = frame.drop(nested).with_row_index(ROW, offset=1)
    return Table(path=path, frame=frame, rows_read=frame.height, sha256=sha256, notes=notes)
