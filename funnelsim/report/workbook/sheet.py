"""A sheet of a workbook: a table with typed columns, written with XlsxWriter."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from funnelsim.core.harmless import harmless
from funnelsim.report.words.names import plain

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

Kind = Literal["text", "money", "whole", "number", "share", "date"]
Value = str | float | dt.date | None


class Fact(NamedTuple):
    """A cell that is not what its column is."""

    kind: Kind
    value: Value


Cell = Value | Fact
FORMATS: Mapping[Kind, str] = {
    "money": "#,##0;-#,##0;0",
    "whole": "#,##0",
    "number": "#,##0.0##",
    "share": "0.0%",
    "date": "yyyy-mm-dd",
}
#: What a spreadsheet program allows in a cell.
_MOST_CHARACTERS = 32_767
_WIDEST, _NARROWEST = 60, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column, and what its cells are."""

    text: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A name of at most 31 characters, heads, and a row for each thing."""

    name: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]


def heads(**kinds: Kind) -> list[Head]:
    """Heads by their texts; ``_`` is a space."""
    return [Head(text=text.replace("_", " "), kind=kind) for text, kind in kinds.items()]


def write_sheet(workbook: Workbook, sheet: Sheet) -> None:
    """Heads frozen and filtered, numbers as numbers, dates as dates; no text is a formula."""
    page = workbook.add_worksheet(sheet.name)
    head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    looks = {kind: workbook.add_format({"num_format": look}) for kind, look in FORMATS.items()}
    looks["text"] = workbook.add_format({"text_wrap": True, "valign": "top"})
    for place, column in enumerate(sheet.heads):
        page.write_string(0, place, column.text, head)
        cells = [row[place] for row in sheet.rows]
        page.set_column(place, place, _width(column, cells))
        for line, cell in enumerate(cells, start=1):
            kind, value = cell if isinstance(cell, Fact) else (column.kind, cell)
            _write(page, line, place, value, looks[kind])
    page.freeze_panes(1, 1)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.heads) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _write(page: object, line: int, place: int, cell: Value, look: Format) -> None:
    from xlsxwriter.worksheet import Worksheet

    assert isinstance(page, Worksheet)
    match cell:
        case None:
            pass
        case dt.date():
            page.write_datetime(line, place, cell, look)
        case bool():
            page.write_string(line, place, "yes" if cell else "no", look)
        case int() | float():
            if math.isfinite(cell):
                page.write_number(line, place, cell, look)
        case str():
            # A string, whatever it begins with: a spreadsheet program reads no formula in it.
            page.write_string(line, place, harmless(plain(cell))[:_MOST_CHARACTERS], look)


def _width(column: Head, cells: Sequence[Cell]) -> float:
    longest = max((len(_shown(cell)) for cell in cells), default=0)
    word = max(len(word) for word in column.text.split() or [""])
    return min(max(longest, word, _NARROWEST), _WIDEST) + 2


def _shown(cell: Cell) -> str:
    match cell:
        case Fact():
            return _shown(cell.value)
        case None:
            return ""
        case float():
            return f"{cell:,.1f}" if math.isfinite(cell) else ""
        case _:
            return str(cell)
