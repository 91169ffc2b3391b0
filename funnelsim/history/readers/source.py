"""Files of an export read as tables, by the format that they have."""

from __future__ import annotations

import hashlib
from pathlib import Path

from funnelsim.history.readers.delimited import read_delimited
from funnelsim.history.readers.parquet import read_parquet
from funnelsim.history.readers.table import Table
from funnelsim.history.readers.xes import read_xes
from funnelsim.history.wrong import wrong


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
