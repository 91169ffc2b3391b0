"""One file of an export as a table, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from funnelsim.history.attention import Attention

#: Row number as a spreadsheet shows it (the header is row 1); for Parquet from 1.
ROW = "__row"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFormat:
    """What the number format of a cell shows with its number: ``EUR``, ``T€``, and 1,000 for one of them.

    `unit` is None where the text may be a unit, but is not known.
    """

    currency: str = ""
    text: str = ""
    unit: float | None = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The raw content of a file, or of a part of it.

    Attributes
    ----------
    frame : DataFrame
        The columns as in the file, plus `ROW`. All text for a delimited file, typed for Parquet.
    rows_read : int
        Rows of the file without its first header; `malformed` and `headers` are among them.
    malformed : tuple of int
        Row numbers with more fields than the header; they are not in `frame`.
    headers : tuple of int
        Row numbers of repeated headers; they are not in `frame`.
    notes : tuple of str
        What the reader had to assume: encoding, delimiter.
    part : str
        The part of an event log that it is, "events" or "cases"; empty for a file that is one table.
    row_word : str
        What a row is called in messages.
    sheet : str
        The sheet of a workbook that it is; empty for other files.
    title : str
        What a table of a database is called, such as ``crm.deals``; empty for files.
    shown : dict of str to frozenset of CellFormat
        Column -> what the formats of its numbers show, for columns where any shows a currency or a unit.
    attention : tuple of Attention
        What the reader decided and a person should see, such as rows above the header.
    """

    path: Path
    frame: pl.DataFrame
    rows_read: int
    sha256: str
    malformed: tuple[int, ...] = ()
    headers: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())
    part: str = ""
    row_word: str = "row"
    sheet: str = ""
    shown: Mapping[str, frozenset[CellFormat]] = field(default_factory=dict)
    attention: tuple[Attention, ...] = ()
    title: str = ""

    @property
    def name(self) -> str:
        if self.title:
            return self.title
        if self.sheet:
            return f"{self.path.name}:{self.sheet}"
        return f"{self.path.name} ({self.part})" if self.part else self.path.name

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name != ROW]
