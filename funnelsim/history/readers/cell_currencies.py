"""Currencies and units that a workbook keeps in the number formats of its cells, not in their values."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from funnelsim.history.readers.table import CellFormat
from funnelsim.history.values.currency_names import currency_of
from funnelsim.history.values.unit_names import unit_of

_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*>")
_FORMATS_OF_CELLS = re.compile(rb"<(?:\w+:)?cellXfs[\s>].*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\s[^>]*>")
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*>")
_ID, _CODE = re.compile(rb'\bnumFmtId="(\d+)"'), re.compile(rb'\bformatCode="([^"]*)"')
_POSITION, _OF_STYLE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"'), re.compile(rb'\bs="(\d+)"')
#: Excel's own formats of money show the sign of the reader's country.
_BUILT_IN = dict.fromkeys((5, 6, 7, 8, 42, 44), CellFormat(currency="$"))
_NAMED = re.compile(r"\[\$([^\]-]+)")
_QUOTED = re.compile(r'"([^"]+)"|\\?([$€£¥₹])')
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])+')
#: Text that a format shows: in quotes, behind a backslash, a currency in brackets, or a bare sign.
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|(?:\[[^\]]*\]|[_*].)|([$€£¥₹ ])')
_NOT_DIGITS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].')
PLAIN = CellFormat()

Cell = tuple[int, int]


def formats_of_styles(styles: bytes) -> dict[int, CellFormat]:
    """Number of a style of cells -> the currency and the unit that it shows, where it shows any."""
    codes = {
        int(number[1]): html.unescape(code[1].decode("utf-8", errors="replace"))
        for tag in _FORMAT.findall(styles)
        if (number := _ID.search(tag)) and (code := _CODE.search(tag))
    }
    shown = _BUILT_IN | {
        number: form for number, code in codes.items() if (form := read_format(code)) != PLAIN
    }
    cells = _FORMATS_OF_CELLS.search(styles)
    every = [_ID.search(tag) for tag in _STYLE.findall(cells[0])] if cells else []
    return {
        position: shown[int(number[1])]
        for position, number in enumerate(every)
        if number is not None and int(number[1]) in shown
    }


def read_format(code: str) -> CellFormat:
    """``#,##0 "T€"`` shows EUR and thousands; with a comma more, which divides by 1,000, no unit."""
    sections = _SECTION.findall(code)
    units, texts, currencies = [], [], []
    for section in sections if re.search(r"\[[<>=]", code) else sections[:2]:
        text = " ".join("".join(map("".join, _LITERAL.findall(section))).split()).strip(" ()+-/")
        digits = _NOT_DIGITS.sub("", section)
        if not re.search(r"[0#?]|General", digits) or re.search("[ymdhs%]", digits.replace("General", "")):
            continue
        scale = sum(map(len, re.findall(r"[0#?](,+)(?![0#?,])", digits)))
        known = unit_of(text) if any(map(str.isalpha, text)) else (1.0, None)
        unit = known[0] / 1000.0**scale if known else 1.0 if scale else None
        if known and known[0] == 1:
            unit = 1.0
        units.append(unit)
        texts.append(text)
        currencies.append((known and known[1]) or "")
    currency = _mark(code) or next(filter(None, currencies), "")
    if {*units} <= {1.0}:
        return CellFormat(currency=currency)
    return CellFormat(
        currency=currency, text=max(texts, key=len), unit=units[0] if len({*units}) == 1 else None
    )


def _mark(code: str) -> str | None:
    """``[$€-407] #,##0.00`` shows EUR; a format that shows no currency gives None."""
    plain = re.sub(r"\[.*?\]", "", code)
    words = _NAMED.findall(code) or [one or other for one, other in _QUOTED.findall(plain)]
    return next((mark for word in words if (mark := currency_of(word))), None)


def formats_of_cells(sheet: bytes, styles: Mapping[int, CellFormat]) -> dict[Cell, CellFormat]:
    """Row and column of a cell, from 0 -> what its format shows."""
    formats: dict[Cell, CellFormat] = {}
    for tag in _CELL.findall(sheet) if styles else ():
        position, style = _POSITION.search(tag), _OF_STYLE.search(tag)
        if position is None or style is None or int(style[1]) not in styles:
            continue
        column = 0
        for letter in position[1]:
            column = column * 26 + letter - 64
        formats[int(position[2]) - 1, column - 1] = styles[int(style[1])]
    return formats


def formats_of_numbers(
    rows: list[list[Any]], cells: Mapping[Cell, CellFormat]
) -> dict[int, dict[int, CellFormat]]:
    """Column -> row -> what is shown with the number, other than 0; for columns where any shows something."""
    columns = sorted({column for _, column in cells})
    return {
        column: {
            row: cells.get((row, column), PLAIN)
            for row, values in enumerate(rows)
            if column < len(values) and type(values[column]) in (int, float) and values[column] != 0
        }
        for column in columns
    }


def write_currencies(rows: list[list[Any]], numbers: Mapping[int, Mapping[int, CellFormat]]) -> None:
    """Numbers of a column whose cells show several currencies become texts that name them: ``EUR 12.5``."""
    for column, formats in numbers.items():
        if len({form.currency for form in formats.values() if form.currency}) > 1:
            for row, form in formats.items():
                if form.currency:  # six decimals are never taken for thousands
                    rows[row][column] = f"{form.currency} {rows[row][column]:.6f}"
