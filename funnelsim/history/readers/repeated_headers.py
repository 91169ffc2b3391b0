"""Rows that repeat the header: files put one below the other, groups of a board, pages of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from funnelsim.history.readers.layout import Row
from funnelsim.history.readers.table import ROW

#: A byte-order mark stands before the header of every file that was put below another.
_MARK = "\ufeff"
#: With fewer columns a row of one cell may be a deal of which little is known.
_COLUMNS_UNDER_TITLES = 3


class WithoutHeaders(NamedTuple):
    """The rows of a table, the numbers of its repeated headers, and the titles above those."""

    frame: pl.DataFrame
    headers: tuple[int, ...]
    titles: Sequence[tuple[int, Row]]


def without_repeated_headers(frame: pl.DataFrame) -> WithoutHeaders:
    """Leave out rows in which every filled cell is the name of its column, and the titles above them."""
    repeats = frame
    for name in frame.columns:
        if name != ROW and not repeats.is_empty():
            repeats = repeats.filter(_is_blank_or(name, frame.schema[name]))
    filled = [pl.col(name).fill_null("").str.strip_chars() != "" for name in _texts(frame)]
    repeats = repeats.filter(pl.any_horizontal(filled)) if filled else repeats.clear()
    if repeats.is_empty():
        return WithoutHeaders(frame, (), [])
    others = [pl.col(name).is_not_null() for name in frame.columns if name not in (ROW, *_texts(frame))]
    counts = frame.select(pl.sum_horizontal(filled + others).alias("filled"))["filled"].to_list()
    places = frame[ROW].is_in(repeats[ROW].implode()).arg_true().to_list()
    titles = titles_above(counts, places, frame.width - 1)
    kept = ~pl.int_range(pl.len()).is_in([*places, *titles])
    said = [(row[0], row[1:]) for row in frame[titles].select(ROW, pl.exclude(ROW)).rows()] if titles else []
    return WithoutHeaders(frame.filter(kept), tuple(repeats[ROW].to_list()), said)


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
    found: list[int] = []
    for header in headers if width >= _COLUMNS_UNDER_TITLES else ():
        above = header - 1
        while above >= 0 and filled[above] <= 1:
            if filled[above]:
                found.append(above)
            above -= 1
    return sorted(found)


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype == pl.String]


def _is_blank_or(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype != pl.String:
        return column.is_null()
    text = column.str.strip_chars(f"{_MARK} \t\r\n")
    if " " in name:
        text = text.str.replace_all(r"\s+", " ")
    return column.is_null() | (text == "") | (text == name)
