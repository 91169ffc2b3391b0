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
    """What a file (or a part of it) holds, before anybody says what it means.

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
    part : str
        The part of an event log that it is, "events" or "cases"; empty for a file that is one table.
    row_word : str
        What a row is called in messages.
    """

    path: Path
    frame: pl.DataFrame
    rows_read: int
    sha256: str
    malformed: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())
    part: str = ""
    row_word: str = "row"

    @property
    def name(self) -> str:
        return f"{self.path.name} ({self.part})" if self.part else self.path.name

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name != ROW]


def read_table(path: Path) -> Table:
    """Read a file that is one table; see `read_source`."""
    return read_source(path)[0]


def read_source(path: Path) -> tuple[Table, ...]:
    """Read a CSV (any usual delimiter, gzip, UTF-8 or Windows-1252), a Parquet file or an XES event log.

    An event log gives two tables, its events and its cases.

    Raises
    ------
    HistoryError
        If the file is missing, empty or not a table.
    """
    from funnelsim.history.readers.delimited import read_delimited
    from funnelsim.history.readers.parquet import read_parquet
    from funnelsim.history.readers.xes import read_xes

    if path.is_dir():
        raise wrong(path, "is a folder; name the files in it")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise wrong(path, "there is no such file") from None
    except OSError as error:
        raise wrong(path, f"cannot be read: {error.strerror}") from None
    if not data or data.isspace():
        raise wrong(path, "is empty")
    sha256 = hashlib.sha256(data).hexdigest()
    if data[:4] == b"PAR1" or path.suffix.lower() in (".parquet", ".pq"):
        return (read_parquet(path, data, sha256),)
    if is_event_log(path) or data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<log")):
        return read_xes(path, data, sha256)
    return (read_delimited(path, data, sha256),)


def is_event_log(path: Path) -> bool:
    """True for names such as ``log.xes`` and ``log.xes.gz``."""
    return path.name.lower().endswith((".xes", ".xes.gz"))
