"""One file of an export as a table, whatever its format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from funnelsim.history.wrong import wrong

#: Row number as a spreadsheet shows it (the header is row 1); for Parquet from 1.
ROW = "__row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a file holds, before anybody says what it means.

    Attributes
    ----------
    frame : DataFrame
        The columns as in the file, plus `ROW`. All text for a delimited file, typed for Parquet.
    rows_read : int
        Rows of the file without its header, those that could not be split into columns included.
    malformed : tuple of int
        Row numbers with more fields than the header; they are not in `frame`.
    notes : tuple of str
        What the reader had to assume: encoding, delimiter.
    """

    path: Path
    frame: pl.DataFrame
    rows_read: int
    sha256: str
    malformed: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name != ROW]


def read_table(path: Path) -> Table:
    """Read a CSV (any usual delimiter, gzip, UTF-8 or Windows-1252) or a Parquet file.

    Raises
    ------
    HistoryError
        If the file is missing, empty or not a table.
    """
    from funnelsim.history.readers.delimited import read_delimited
    from funnelsim.history.readers.parquet import read_parquet

    if path.is_dir():
        raise wrong(path, "is a folder; name the files in it")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise wrong(path, "there is no such file") from None
    except OSError as error:
        raise wrong(path, f"cannot be read: {error.strerror}") from None
    if not data.strip():
        raise wrong(path, "is empty")
    sha256 = hashlib.sha256(data).hexdigest()
    if data[:4] == b"PAR1" or path.suffix.lower() in (".parquet", ".pq"):
        return read_parquet(path, data, sha256)
    return read_delimited(path, data, sha256)
