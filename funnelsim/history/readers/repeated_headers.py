"""Rows that repeat the header: files put one below the other, reports with a header on every page."""

from __future__ import annotations

import polars as pl

from funnelsim.history.readers.table import ROW

#: A byte-order mark stands before the header of every file that was put below another.
_MARK = "\ufeff"


def without_repeated_headers(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """The frame without rows in which every filled cell is the name of its column, and their numbers."""
    repeats = frame
    for name in frame.columns:
        if name != ROW and not repeats.is_empty():
            repeats = repeats.filter(_is_blank_or(name, frame.schema[name]))
    filled = [pl.col(name).fill_null("").str.strip_chars() != "" for name in _texts(frame)]
    repeats = repeats.filter(pl.any_horizontal(filled)) if filled else repeats.clear()
    if repeats.is_empty():
        return frame, ()
    numbers = repeats[ROW]
    return frame.filter(~pl.col(ROW).is_in(numbers.implode())), tuple(numbers.to_list())


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
