"""What a cell of a report holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DATE_LIKE = re.compile(r"^\s*\d{1,4}[-/.]\d")

Row = Sequence[object]


def is_filled(cell: object) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, str) and not cell.strip())


def filled_cells(row: Row) -> list[object]:
    return [cell for cell in row if is_filled(cell)]


def is_words(cell: object) -> bool:
    """True for a text with letters that is no date."""
    if not isinstance(cell, str):
        return False
    return any(letter.isalpha() for letter in cell) and not _DATE_LIKE.match(cell)
