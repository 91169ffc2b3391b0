"""Currencies that a workbook keeps in the number formats of its cells, not in their values."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from funnelsim.history.values.currency_names import currency_of

_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*>")
_FORMATS_OF_CELLS = re.compile(rb"<(?:\w+:)?cellXfs[\s>].*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\s[^>]*>")
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*>")
_ID, _CODE = re.compile(rb'\bnumFmtId="(\d+)"'), re.compile(rb'\bformatCode="([^"]*)"')
_POSITION, _OF_STYLE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"'), re.compile(rb'\bs="(\d+)"')
#: Excel's own formats of money show the sign of the reader's country.
_BUILT_IN = dict.fromkeys((5, 6, 7, 8, 41, 42, 44), "$")
_NAMED = re.compile(r"\[\$([^\]-]+)")
_QUOTED = re.compile(r'"([^"]+)"|\\?([$€£¥₹])')

Cell = tuple[int, int]


def currencies_of_styles(styles: bytes) -> dict[int, str]:
    """Number of a style of cells -> the currency that it shows; empty unless they show several."""
    codes = {
        int(number[1]): html.unescape(code[1].decode("utf-8", errors="replace"))
        for tag in _FORMAT.findall(styles)
        if (number := _ID.search(tag)) and (code := _CODE.search(tag))
    }
    shown = dict(_BUILT_IN) | {number: mark for number, code in codes.items() if (mark := _mark(code))}
    cells = _FORMATS_OF_CELLS.search(styles)
    every = [_ID.search(tag) for tag in _STYLE.findall(cells[0])] if cells else []
    currencies = {
        position: shown[int(number[1])]
        for position, number in enumerate(every)
        if number is not None and int(number[1]) in shown
    }
    return currencies if len(set(currencies.values())) > 1 else {}


def _mark(code: str) -> str | None:
    """``[$€-407] #,##0.00`` shows EUR; a format that shows no currency gives None."""
    plain = re.sub(r"\[.*?\]", "", code)
    words = _NAMED.findall(code) or [one or other for one, other in _QUOTED.findall(plain)]
    return next((mark for word in words if (mark := currency_of(word))), None)


def currencies_of_cells(sheet: bytes, styles: Mapping[int, str]) -> dict[Cell, str]:
    """Row and column of a cell, from 0 -> its currency."""
    currencies: dict[Cell, str] = {}
    for tag in _CELL.findall(sheet) if styles else ():
        position, style = _POSITION.search(tag), _OF_STYLE.search(tag)
        if position is None or style is None or int(style[1]) not in styles:
            continue
        column = 0
        for letter in position[1]:
            column = column * 26 + letter - 64
        currencies[int(position[2]) - 1, column - 1] = styles[int(style[1])]
    return currencies


def write_currencies(rows: list[list[Any]], cells: Mapping[Cell, str]) -> None:
    """Numbers of a column whose cells show several currencies become texts that name them: ``EUR 12.5``."""
    numbers = {
        (row, column): currency
        for (row, column), currency in cells.items()
        if row < len(rows) and column < len(rows[row]) and type(rows[row][column]) in (int, float)
    }
    of_column: dict[int, set[str]] = {}
    for (_, column), currency in numbers.items():
        of_column.setdefault(column, set()).add(currency)
    for (row, column), currency in numbers.items():
        if len(of_column[column]) > 1:  # six decimals are never taken for thousands
            rows[row][column] = f"{currency} {rows[row][column]:.6f}"
