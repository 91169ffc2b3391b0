"""Rows that add up others: the total of a table (``Total (123)``), or of a group (``Summe Nord``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from funnelsim.history.readers.cells import Row, filled_cells, is_filled, is_words

_TOTAL_WORDS = (
    r"(?:grand\s+|sub\s*-?)?totals?|subtotal|gesamt|gesamtsumme|summe|zwischensumme|teilsumme|sum|average|"
    r"durchschnitt|mittelwert|count|anzahl|total général|sous-total|totale|subtotale|suma|ergebnis|"
    r"teilergebnis|gesamtergebnis|totaal|subtotaal|eindtotaal"
)
_TOTAL = re.compile(rf"^(?:{_TOTAL_WORDS})\s*:?$", re.IGNORECASE)
#: Below the table more words may follow: ``Total (123 records)``.
_LAST_TOTAL = re.compile(rf"^(?:{_TOTAL_WORDS})\b", re.IGNORECASE)
#: With the number of records: ``Total (123)``. It says so itself, whatever the other cells hold.
_COUNTED_TOTAL = re.compile(
    rf"^(?:{_TOTAL_WORDS})\s*:?\s*"
    r"(?:\(\s*\d[\d.,' ]*[^\d()]*\)|\d[\d.,' ]*(?:records?|rows?|deals?|opportunities))$",
    re.IGNORECASE,
)
#: Enough for the regular expressions of Python and of polars.
GROUP_TOTAL = rf"(?i)^\s*(?:{_TOTAL_WORDS})\b|\b(?:{_TOTAL_WORDS})\s*:?\s*$"
_GROUP_TOTAL = re.compile(GROUP_TOTAL)
#: With at most a currency around it, and no date.
_NUMBER = re.compile(r"^[^\d\s-]{0,4}\s?-?\d[\d.,'’\s]*[^\d]{0,4}$")
#: Rows that show what those of the table look like.
SAMPLE = 2000
_NEARLY_ALL = 0.9


def is_total(row: Row, width: int, *, last: bool = False) -> bool:
    """True for a row of totals: by its first cell, and most others are empty or it names a number of rows."""
    cells = filled_cells(row)
    if not cells or not isinstance(cells[0], str):
        return False
    if _COUNTED_TOTAL.match(cells[0].strip()):
        return True
    pattern = _LAST_TOTAL if last else _TOTAL
    return pattern.match(cells[0].strip()) is not None and len(cells) <= max(2, width / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRow:
    """Positions that nearly all rows fill, those of them with words, and whether ids have digits."""

    filled: frozenset[int]
    words: frozenset[int]
    numbered: frozenset[int]


def usual_row(rows: Sequence[Row]) -> UsualRow:
    """What the rows of a table have in common, from a sample of them."""
    known = [row for row in rows[:SAMPLE] if any(map(is_filled, row)) and not _is_named_total(row)]
    width = max(map(len, known), default=0)
    enough = _NEARLY_ALL * len(known)
    columns = [[row[position] for row in known if is_filled(row[position])] for position in range(width)]
    return UsualRow(
        filled=frozenset(
            position for position, cells in enumerate(columns) if cells and len(cells) >= enough
        ),
        words=frozenset(
            position for position, cells in enumerate(columns) if sum(map(is_words, cells)) >= enough > 0
        ),
        numbered=frozenset(
            position for position, cells in enumerate(columns) if sum(map(_has_digit, cells)) >= enough > 0
        ),
    )


def group_totals(rows: Iterable[tuple[int, Row]], usual: UsualRow) -> list[int]:
    """Positions, of the (position, row) given, of rows that are named like a total and look like none else.

    Their other cells are numbers or dates, and they leave blank what nearly every row says in words. In a
    table without words they are a name and a sum, or lack the digits of an id.
    """
    return [position for position, row in rows if _is_named_total(row) and _is_apart(row, usual)]


def is_bare_sum(row: Row, usual: UsualRow) -> bool:
    """True for a row with one number and nothing of what nearly all rows have, such as an id and a stage."""
    filled = [position for position, cell in enumerate(row) if is_filled(cell)]
    if len(filled) != 1 or filled == [0] or len(usual.filled - {*filled}) < 2:
        return False
    return _NUMBER.match(str(row[filled[0]]).strip()) is not None


def _is_named_total(row: Row) -> bool:
    first = next((cell for cell in row if is_filled(cell)), None)
    return isinstance(first, str) and _GROUP_TOTAL.search(first) is not None


def _is_apart(row: Row, usual: UsualRow) -> bool:
    filled = [position for position, cell in enumerate(row) if is_filled(cell)]
    first, others = filled[0], filled[1:]
    if not others or not all(_has_digit(row[position]) for position in others):
        return False
    if words := usual.words - {first}:
        return words.isdisjoint(others)
    unnumbered = first in usual.numbered and not _has_digit(row[first])
    return unnumbered or (len(others) == 1 and len(usual.filled - {first}) > 1)


def _has_digit(cell: object) -> bool:
    return any(one.isdigit() for one in str(cell))
