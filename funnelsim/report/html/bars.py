"""Bars in a column of a table: a range, its middle and a point, on one scale for all rows.

Drawn by the style sheet, so that they keep their place at any width, in print and in dark mode; the numbers
stand beside them as text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a row shows: a bar from 0 or a range, a dot at its middle, and a cross at what really happened."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    actual: float | None = None
    strong: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A column of bars.

    Attributes
    ----------
    head : str
    marks : sequence of Mark or None
        One for each row, totals included; None leaves the cell empty.
    line : float or None
        A reference across all rows, such as the quota.
    after : int
        The column stands behind so many others.
    """

    head: str
    marks: Sequence[Mark | None]
    line: float | None = None
    after: int = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Something drawn in a cell: its class, where it starts and how wide it is, in per cent of the cell."""

    kind: str
    left: float
    width: float = 0.0


def pieces(chart: Chart) -> list[list[Piece]]:
    """What each row of a chart draws."""
    known = [mark for mark in chart.marks if mark is not None]
    ends = [end for mark in known for end in _ends(mark)] + ([] if chart.line is None else [chart.line])
    finite = [end for end in ends if math.isfinite(end)]
    if not finite:
        return [[] for _ in chart.marks]
    low, high = min(0.0, *finite), max(0.0, *finite)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(2 + 96 * (min(max(value, low), high) - low) / span, 2)

    return [[] if mark is None else list(_pieces(mark, chart.line, place)) for mark in chart.marks]


def _pieces(mark: Mark, line: float | None, place: object) -> Iterator[Piece]:
    assert callable(place)
    zero = place(0.0)
    if mark.low is not None and mark.high is not None:
        yield Piece("zero", zero)
        left, right = place(mark.low), place(mark.high)
        yield Piece("range" if mark.strong else "range weak", left, max(right - left, 0.6))
        if mark.value is not None:
            yield Piece("dot", place(mark.value))
    elif mark.value is not None:
        left, right = sorted((zero, place(mark.value)))
        yield Piece("bar" if mark.strong else "bar weak", left, right - left)
    if mark.actual is not None:
        yield Piece("actual", place(mark.actual))
    if line is not None:
        yield Piece("line", place(line))


def _ends(mark: Mark) -> Iterator[float]:
    yield from (end for end in (mark.value, mark.low, mark.high, mark.actual) if end is not None)
