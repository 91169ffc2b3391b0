"""Where the table is in a report: title rows above the header, totals and small print below."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.readers.cells import Row, filled_cells, is_words
from funnelsim.history.readers.totals import group_totals, is_bare_sum, is_total, usual_row

#: Rows of the start among which the header is looked for.
HEADER_WITHIN = 60
#: A header names at least this share of the columns that the rows below fill.
_HEADER_SHARE = 0.7
_TITLE_SHARE = 0.5
_ROWS_BELOW = 25
_SMALL_PRINT = re.compile(
    r"^(?:confidential\b|copyright\b|©|\(c\)\s|generated\b|report\b|exported\b|printed\b|page \d|records?\b|"
    r"filtered by\b|end of\b|vertraulich\b|erstellt\b|datensätze\b|source:|notes?:|\*)|all rights reserved",
    re.IGNORECASE,
)


def find_header(rows: Sequence[Row]) -> int | None:
    """Position of the first row that names the columns of those below it; None if no row does."""
    counts = [len(filled_cells(row)) for row in rows[: HEADER_WITHIN + _ROWS_BELOW]]
    widest = max(counts, default=0)
    for position, row in enumerate(rows[:HEADER_WITHIN]):
        cells = filled_cells(row)
        words = [cell for cell in cells if is_words(cell)]
        if len(cells) < max(2, _TITLE_SHARE * widest) or len(words) < _HEADER_SHARE * len(cells):
            continue
        below = [count for count in counts[position + 1 : position + 1 + _ROWS_BELOW] if count > 1]
        if not below or len(cells) >= _HEADER_SHARE * statistics.median(below):
            return _fuller_below(rows, position)
    return None


def _fuller_below(rows: Sequence[Row], position: int) -> int:
    """The row below where it has more words: a title of several cells is above it."""
    cells = filled_cells(rows[position])
    below = filled_cells(rows[position + 1]) if position + 1 < len(rows) else []
    if len(below) > len(cells) and all(map(is_words, below)) and len(set(map(str, below))) == len(below):
        return position + 1
    return position


def is_small_print(row: Row, width: int) -> bool:
    """True for a row of one or two cells of text where the table has more columns."""
    cells = filled_cells(row)
    if not cells or len(cells) > 2 or width <= len(cells) or not isinstance(cells[0], str):
        return False
    return _SMALL_PRINT.search(cells[0].strip()) is not None


def rows_outside(rows: Sequence[Row], width: int) -> list[int]:
    """Positions of the totals anywhere, and of what follows the last row of the table.

    Below the table a sentence in the first column counts as small print if a blank row, a total or small
    print stands before it.
    """
    usual_full = usual_row([row for row in rows if len(filled_cells(row)) > 1])
    outside_rows = {position for position, row in enumerate(rows) if is_total(row, width)}
    outside_rows |= {*group_totals(enumerate(rows), usual_row(rows)), *_footer(rows, width)}
    for position in range(len(rows) - 1, -1, -1):
        if not filled_cells(rows[position]) or position in outside_rows:
            continue
        ends = _ends(rows[position], width) or is_bare_sum(rows[position], usual_full)
        if not ends and not _is_sentence_apart(rows, position, width):
            break
        outside_rows.add(position)
    return sorted(outside_rows)


def _footer(rows: Sequence[Row], width: int) -> list[int]:
    """Positions of the rows of one cell that follow a blank row at the end, if small print is among them.

    The last line of a Salesforce report is the name of the company, which may be a single word.
    """
    start = len(rows)
    while start and all(cell is rows[start - 1][0] for cell in filled_cells(rows[start - 1])):
        start -= 1
    blank = next(
        (position for position in range(start, len(rows)) if not filled_cells(rows[position])), len(rows)
    )
    below = [position for position in range(blank, len(rows)) if filled_cells(rows[position])]
    apart = start > 0 and width > 2
    return below if apart and any(is_small_print(rows[position], width) for position in below) else []


def _ends(row: Row, width: int) -> bool:
    return is_total(row, width, last=True) or is_small_print(row, width)


def _is_sentence_apart(rows: Sequence[Row], position: int, width: int) -> bool:
    cells = filled_cells(rows[position])
    if position == 0 or width < 3 or len(cells) > 1 or cells[0] is not rows[position][0]:
        return False
    before = rows[position - 1]
    return (
        is_words(cells[0])
        and " " in str(cells[0]).strip()
        and (not filled_cells(before) or _ends(before, width))
    )


def left_out(
    above: Sequence[tuple[int, Row]], outside_rows: Sequence[tuple[int, Row]], name: str
) -> list[Attention]:
    """Warnings about rows (number, cells) outside the table."""
    noted = []
    for what, rows in (("above the header", above), ("of totals or notes", outside_rows)):
        if rows:
            numbers = ", ".join(str(number) for number, _ in rows[:6]) + (", ..." if len(rows) > 6 else "")
            words = "; ".join(f'"{_text(row)}"' for _, row in rows[:3])
            text = f"{name}: {counted(len(rows), 'row')} {what} left out (row {numbers}): {words}"
            noted.append(Attention(check="rows_outside_table", text=text, count=len(rows)))
    return noted


def _text(row: Row) -> str:
    return " ".join(str(cell).strip() for cell in filled_cells(row))[:60]
