"""Rows that repeat the header: files put one below the other, groups of a board, pages of a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from funnelsim.history.history_error import history_error
from funnelsim.history.readers.cells import Row
from funnelsim.history.readers.table import ROW

#: A byte-order mark stands before the header of every file that was put below another.
_MARK = "\ufeff"
_BLANKS = f"{_MARK} \t\r\n"
#: With fewer columns a row of one cell may be a deal of which little is known.
_COLUMNS_UNDER_TITLES = 3
#: A row with so many names of columns, and as many as other texts, is a header.
_SHARED = 3


class WithoutHeaders(NamedTuple):
    """The rows of a table, the numbers of its repeated headers, and the titles above those."""

    frame: pl.DataFrame
    headers: tuple[int, ...]
    titles: Sequence[tuple[int, Row]]


def without_repeated_headers(frame: pl.DataFrame, path: Path) -> WithoutHeaders:
    """Leave out rows in which every filled cell is the name of its column, and the titles above them.

    Raises
    ------
    HistoryError
        If a header among the rows has other columns, or the same ones in another order: all rows below it
        would be misread.
    """
    names = [name for name in frame.columns if name != ROW]
    repeats = frame.filter(_begins_like(names[0], frame.schema[names[0]], names))
    _refuse_other_columns(repeats, names, path)
    for name in names:
        if not repeats.is_empty():
            repeats = repeats.filter(_is_blank_or(name, frame.schema[name], names))
    for number, *cells in repeats.select(ROW, *names).iter_rows():
        refuse_other_order(names, cells, number, path)
    for name in names:
        repeats = repeats.filter(_is_blank_or(name, frame.schema[name], [name]))
    filled = [pl.col(name).fill_null("").str.strip_chars() != "" for name in _text_columns(frame)]
    repeats = repeats.filter(pl.any_horizontal(filled)) if filled else repeats.clear()
    if repeats.is_empty():
        return WithoutHeaders(frame, (), [])
    others = [
        pl.col(name).is_not_null() for name in frame.columns if name not in (ROW, *_text_columns(frame))
    ]
    counts = frame.select(pl.sum_horizontal(filled + others).alias("filled"))["filled"].to_list()
    positions = frame[ROW].is_in(repeats[ROW].implode()).arg_true().to_list()
    titles = titles_above(counts, positions, frame.width - 1)
    kept = ~pl.int_range(pl.len()).is_in([*positions, *titles])
    titles_text = (
        [(row[0], row[1:]) for row in frame[titles].select(ROW, pl.exclude(ROW)).rows()] if titles else []
    )
    return WithoutHeaders(frame.filter(kept), tuple(repeats[ROW].to_list()), titles_text)


def titles_above(filled: Sequence[int], headers: Sequence[int], width: int) -> list[int]:
    """Positions of rows of one cell straight above a repeated header, such as the name of a group.

    Parameters
    ----------
    filled : sequence of int
        Filled cells of each row.
    headers : sequence of int
        Positions of the repeated headers.
    width : int
        Columns of the table.
    """
    title_rows: list[int] = []
    for header in headers if width >= _COLUMNS_UNDER_TITLES else ():
        above = header - 1
        while above >= 0 and filled[above] <= 1:
            if filled[above]:
                title_rows.append(above)
            above -= 1
    return sorted(title_rows)


def refuse_other_order(names: Sequence[str], cells: Sequence[object], number: int, path: Path) -> None:
    """Stop at a row that names the columns of the table in another order.

    Raises
    ------
    HistoryError
        With the number of the row.
    """
    filled = [(text, name) for text, name in zip(_texts_of(cells), names, strict=True) if text]
    texts = {text for text, _ in filled}
    moved = [text for text, name in filled if text != name]
    if moved and len(filled) >= _COLUMNS_UNDER_TITLES and len(texts) == len(filled) and texts <= {*names}:
        message = f'is a second header with the columns in another order ("{moved[0]}" is in another place)'
        hint = "split the file at this row and import both parts"
        raise history_error(path, message, at=f"row {number}", hint=hint)


def refuse_other_columns(names: Sequence[str], cells: Sequence[object], number: int, path: Path) -> None:
    """Stop at a row that names at least half of the columns of the table, and others.

    Raises
    ------
    HistoryError
        With the number of the row.
    """
    filled = [text for text in _texts_of(cells) if text]
    others = [text for text in filled if text not in names]
    shared = len(filled) - len(others)
    words = all(any(letter.isalpha() for letter in text) for text in filled)
    if not others or shared < _SHARED or shared < len(others) or not words or len({*filled}) < len(filled):
        return
    message = f'is a second header with other columns ("{others[0]}" is not in the first header)'
    hint = "split the file at this row, give both parts the same columns and units, and import both"
    raise history_error(path, message, at=f"row {number}", hint=hint)


def _refuse_other_columns(rows: pl.DataFrame, names: Sequence[str], path: Path) -> None:
    """Look closely at the rows with the names of several columns."""
    named = [pl.col(name).str.strip_chars(_BLANKS).is_in(names) for name in _text_columns(rows)]
    if named and not rows.is_empty():
        rows = rows.filter(pl.sum_horizontal(named) >= _SHARED)
        for number, *cells in rows.select(ROW, *names).iter_rows():
            refuse_other_columns(names, cells, number, path)


def _texts_of(cells: Sequence[object]) -> list[str]:
    return [" ".join(str(cell or "").strip(_MARK).split()) for cell in cells]


def _text_columns(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype == pl.String]


def _begins_like(column: str, dtype: pl.DataType, names: Sequence[str]) -> pl.Expr:
    """Blank, or with the first letter of a name: a quick look that leaves few rows of a large file."""
    if dtype != pl.String:
        return pl.col(column).is_null()
    start = pl.col(column).str.strip_chars_start(_BLANKS).str.slice(0, 1)
    return start.is_null() | start.is_in(["", *{name[0] for name in names}])


def _is_blank_or(name: str, dtype: pl.DataType, names: Sequence[str]) -> pl.Expr:
    column = pl.col(name)
    if dtype != pl.String:
        return column.is_null()
    text = column.str.strip_chars(_BLANKS)
    if any(" " in one for one in names):
        text = text.str.replace_all(r"\s+", " ")
    return column.is_null() | (text == "") | text.is_in(names)
