"""Excel workbooks and their like: each sheet that holds a table becomes one."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import python_calamine as calamine

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.history_error import history_error
from funnelsim.history.readers.bounds import open_zip
from funnelsim.history.readers.cell_currencies import PLAIN, formats_of_numbers, write_currencies
from funnelsim.history.readers.cells import is_filled
from funnelsim.history.readers.layout import find_header, left_out, rows_outside
from funnelsim.history.readers.names import column_names
from funnelsim.history.readers.repeated_headers import (
    refuse_other_columns,
    refuse_other_order,
    titles_above,
)
from funnelsim.history.readers.sheet_xml import SheetFacts, scan_sheets
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.toml_text import quoted_list

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WHOLE_NUMBERS = 2.0**53
_LONG_NUMBER = 1e15
#: A hidden sheet with this many columns of another one is about the same things.
_SHARED_COLUMNS = 2


def is_workbook(data: bytes) -> bool:
    """True for .xls, .xlsx, .xlsm, .xlsb and .ods, by content."""
    if data.startswith(OLE):
        return True
    start = data[:4096]
    return data.startswith(b"PK\x03\x04") and (
        b"opendocument.spreadsheet" in start
        or any(name in data for name in (b"xl/workbook.xml", b"xl/workbook.bin"))
    )


def read_workbook(
    path: Path, data: bytes, sha256: str, hidden_sheets: Sequence[str] = ()
) -> tuple[Table, ...]:
    """Read the sheets of a workbook held in memory.

    Numbers, dates and truth values keep their types; row numbers are those of the sheet. Rows above the
    header and totals below the table are left out and named. Hidden sheets are often old copies:
    only those of `hidden_sheets` are read, the others are named.

    Raises
    ------
    HistoryError
        If it is damaged, protected, too large, or no sheet holds a table.
    """
    if data.startswith(OLE) and _ENCRYPTED in data:
        raise history_error(path, "is protected with a password; open it and save it without")
    facts = scan_sheets(path, *open_zip(path, data)) if data.startswith(b"PK") else {}
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [one for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet]
        tables, hidden, empty = [], [], []
        for sheet in sheets:
            table = _read_sheet(path, book, sheet.name, sha256, facts.get(sheet.name, SheetFacts()))
            if table is None:
                empty.append(sheet.name)
            elif sheet.visible == calamine.SheetVisibleEnum.Visible or sheet.name in hidden_sheets:
                tables.append(table)
            else:
                hidden.append(table)
    except calamine.PasswordError:
        raise history_error(path, "is protected with a password; open it and save it without") from None
    except HistoryError:
        raise
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise history_error(path, f"is a damaged workbook, or none ({error})") from None
    if not tables and hidden:
        message = f"has a table in hidden sheets only: {', '.join(table.sheet for table in hidden)}"
        hint = f"unhide them, or read them: {_hidden_line([*hidden_sheets], hidden)} in a mapping"
        raise history_error(path, message, hint=hint)
    if not tables:
        names = ", ".join(sheet.name for sheet in sheets[:8])
        raise history_error(path, f"has no sheet with a header and rows below it (sheets: {names or 'none'})")
    return tuple(_with_notes(tables, hidden, empty, hidden_sheets))


def _with_notes(
    tables: list[Table], hidden: list[Table], empty: list[str], hidden_sheets: Sequence[str]
) -> list[Table]:
    """The tables; the first one has notes about the sheets that are not read."""
    first = tables[0]
    notes = [f"sheets without a table left out: {', '.join(empty)}"] if empty else []
    notes += [f"hidden sheets left out: {', '.join(table.sheet for table in hidden)}"] if hidden else []
    attention = list(first.attention)
    if such := [table for table in hidden if _may_hold_deals(table, tables)]:
        names = ", ".join(f'"{table.sheet}" ({counted(table.rows_read, "row")})' for table in such)
        sheets = f"{len(such)} hidden sheets" if len(such) > 1 else "the hidden sheet"
        them = "them" if len(such) > 1 else "it"
        text = f"{first.path.name}: {sheets} {names} {verb(len(such), 'are')} not read. To read {them} too:"
        lines = (_hidden_line([*hidden_sheets], such),)
        attention.append(Attention(check="hidden_sheets", text=text, mapping=lines, count=len(such)))
    tables[0] = replace(first, notes=(*first.notes, *notes), attention=tuple(attention))
    return tables


def _may_hold_deals(table: Table, tables: Sequence[Table]) -> bool:
    """False for a list of choices, such as those of a drop-down menu: no dates, no columns as elsewhere."""
    if any(dtype.is_temporal() for dtype in table.frame.schema.values()):
        return True
    return any(len({*table.columns} & {*other.columns}) >= _SHARED_COLUMNS for other in tables)


def _hidden_line(read: list[str], hidden: Sequence[Table]) -> str:
    return f"hidden_sheets = {quoted_list([*read, *(table.sheet for table in hidden)], always=True)}"


def _read_sheet(
    path: Path, book: calamine.CalamineWorkbook, name: str, sha256: str, facts: SheetFacts
) -> Table | None:
    sheet = book.get_sheet_by_name(name)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    header = find_header(rows)
    if header is None:
        return None
    formats = formats_of_numbers(rows, facts.formats)
    write_currencies(rows, formats)
    merged = _fill_merged(rows, sheet.merged_cell_ranges or [], header)
    body = rows[header + 1 :]
    used = [
        position
        for position in range(len(rows[header]))
        if any(is_filled(row[position]) for row in rows[header:])
    ]
    outside_rows = set(rows_outside(body, len(used)))
    kept = [
        position
        for position, row in enumerate(body)
        if position not in outside_rows and any(map(is_filled, row))
    ]
    titles = [str(rows[header][position]) for position in used]
    for row in kept:
        cells = [body[row][position] for position in used]
        refuse_other_order(titles, cells, header + 2 + row, path)
        refuse_other_columns(titles, cells, header + 2 + row, path)
    repeats = [row for row in kept if _repeats(titles, [body[row][position] for position in used])]
    groups = titles_above([sum(map(is_filled, row)) for row in body], repeats, len(used)) if repeats else []
    kept = [row for row in kept if row not in {*repeats, *groups}]
    if not kept:
        return None
    headers = tuple(header + 2 + row for row in repeats)
    names = column_names(path, titles, header + 1)
    columns = {
        title: _column(title, [body[row][position] for row in kept])
        for title, position in zip(names, used, strict=True)
    }
    shown_in = {
        title: frozenset(of_rows[header + 1 + row] for row in kept if header + 1 + row in of_rows)
        for title, position in zip(names, used, strict=True)
        if (of_rows := formats.get(position))
    }
    numbers = pl.Series(ROW, [header + 2 + position for position in kept], dtype=pl.UInt32)
    table_name = f"{path.name}:{name}"
    above = [
        (position + 1, rows[position]) for position in range(header) if any(map(is_filled, rows[position]))
    ]
    above += [(header + 2 + position, body[position]) for position in groups]
    below = [(header + 2 + position, body[position]) for position in sorted(outside_rows)]
    attention = left_out(above, below, table_name) + _doubts(facts, table_name, merged, columns)
    return Table(
        path=path,
        frame=pl.DataFrame([numbers, *columns.values()]),
        rows_read=len(kept) + len(headers),
        sha256=sha256,
        headers=headers,
        notes=("workbook",),
        sheet=name,
        shown={title: shown for title, shown in shown_in.items() if shown - {PLAIN}},
        attention=tuple(attention),
    )


def _repeats(titles: Sequence[str], cells: Sequence[Any]) -> bool:
    """True for a header on a later page: every filled cell is the name of its column."""
    return all(
        not is_filled(cell) or str(cell).split() == title.split()
        for title, cell in zip(titles, cells, strict=True)
    )


def _fill_merged(rows: list[list[Any]], ranges: Sequence[Any], header: int) -> int:
    """Give each row of a merged cell its value: all of them share it."""
    filled = 0
    for (top, left), (bottom, right) in ranges:
        if top <= header or bottom == top or bottom >= len(rows):
            continue
        value = rows[top][left]
        for row in range(top, bottom + 1):
            for column in range(left, min(right + 1, len(rows[row]))):
                rows[row][column] = value
        filled += 1
    return filled


def _doubts(facts: SheetFacts, name: str, merged: int, columns: dict[str, pl.Series]) -> list[Attention]:
    long_ids = [
        title
        for title, values in columns.items()
        if values.dtype.is_numeric()
        and values.drop_nulls().abs().max() is not None
        and float(values.drop_nulls().abs().max() or 0) >= _LONG_NUMBER  # type: ignore[arg-type]
    ]
    doubts = [
        (
            facts.hidden,
            "hidden_rows",
            f"{counted(facts.hidden, 'hidden row')} (by a filter or by hand) {verb(facts.hidden, 'are')} "
            "read like all others",
        ),
        (
            facts.errors,
            "error_cells",
            f"{counted(facts.errors, 'cell')} {verb(facts.errors, 'hold')} an error such as #N/A: read as "
            "missing",
        ),
        (
            facts.uncalculated,
            "uncalculated_formulas",
            f"{counted(facts.uncalculated, 'formula')} without a stored result (first in "
            f"{facts.first_uncalculated}): read as missing. Open the workbook in Excel, save it, and "
            "import it again",
        ),
        (merged, "merged_cells", f"{counted(merged, 'merged cell')}: each of the rows gets the value"),
        (
            len(long_ids),
            "long_numbers",
            f"{', '.join(long_ids)}: Excel keeps 15 digits of a number, these have more and may be damaged",
        ),
    ]
    return [
        Attention(check=check, text=f"{name}: {text}", count=count) for count, check, text in doubts if count
    ]


def _column(name: str, values: list[Any]) -> pl.Series:
    """A column of one type where all its cells have it, else of text."""
    known = [value for value in values if is_filled(value)]
    cells = [value if is_filled(value) else None for value in values]
    if known and all(isinstance(value, bool) for value in known):
        return pl.Series(name, cells, dtype=pl.Boolean)
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        whole = all(float(value).is_integer() and abs(value) < _WHOLE_NUMBERS for value in known)
        if whole:
            return pl.Series(name, [None if cell is None else int(cell) for cell in cells], dtype=pl.Int64)
        return pl.Series(name, [None if cell is None else float(cell) for cell in cells], dtype=pl.Float64)
    if known and all(isinstance(value, dt.date) for value in known):
        return pl.Series(name, [_instant(cell) for cell in cells], dtype=pl.Datetime("us"))
    return pl.Series(name, [None if cell is None else _text(cell) for cell in cells], dtype=pl.String)


def _instant(cell: Any) -> dt.datetime | None:
    if cell is None or isinstance(cell, dt.datetime):
        return cell
    return dt.datetime(cell.year, cell.month, cell.day)


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _WHOLE_NUMBERS:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return str(cell)
