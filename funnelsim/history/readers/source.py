"""Files of an export read as tables, by the format that they have."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from funnelsim.core.files.file_kinds import other_kind
from funnelsim.history.history_error import history_error
from funnelsim.history.readers.bounds import open_zip, read_file, read_member
from funnelsim.history.readers.delimited import read_delimited
from funnelsim.history.readers.parquet import read_parquet
from funnelsim.history.readers.table import Table
from funnelsim.history.readers.workbook import is_workbook, read_workbook
from funnelsim.history.readers.xes import read_xes

_ZIP = b"PK\x03\x04"


def read_source(path: Path, hidden_sheets: Sequence[str] = ()) -> tuple[Table, ...]:
    """Read a CSV, a workbook, a Parquet file, an XES event log, or a zip file of CSVs.

    CSV may have any usual delimiter, be gzipped, and be written in UTF-8, UTF-16 or Windows-1252. A workbook
    gives a table for each sheet that is shown or one of `hidden_sheets`, an event log two: its events and its
    cases.

    Raises
    ------
    HistoryError
        If the file is missing, empty, too large or not a table.
    """
    if other := other_kind(path, "table"):
        raise history_error(path, other[0], hint=other[1])
    data = read_file(path)
    if not data or data.isspace():
        raise history_error(path, "is empty")
    sha256 = hashlib.sha256(data).hexdigest()
    if data[:4] == b"PAR1" or path.suffix.lower() in (".parquet", ".pq"):
        return (read_parquet(path, data, sha256),)
    if is_workbook(data):
        return read_workbook(path, data, sha256, hidden_sheets)
    if data.startswith(_ZIP):
        return _read_zip(path, data, sha256)
    if is_event_log(path) or data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<log")):
        return read_xes(path, data, sha256)
    return (read_delimited(path, data, sha256),)


def _read_zip(path: Path, data: bytes, sha256: str) -> tuple[Table, ...]:
    """The CSV files in a zip file."""
    archive, members = open_zip(path, data)
    texts = [one for one in members if one.filename.lower().endswith((".csv", ".tsv", ".txt"))]
    if not texts:
        names = ", ".join(one.filename for one in members[:5]) or "nothing"
        raise history_error(
            path, f"is a zip file without a CSV file in it (it holds {names}); unpack it first"
        )
    return tuple(
        replace(read_delimited(path, read_member(path, archive, one), sha256), sheet=one.filename)
        for one in texts
        if not one.filename.startswith("__MACOSX/")
    )


def is_event_log(path: Path) -> bool:
    """True for names such as ``log.xes`` and ``log.xes.gz``."""
    return path.name.lower().endswith((".xes", ".xes.gz"))
