"""Where a long map is broken into rows: the breaks that keep all rows together lowest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: What one more row costs beside its boxes: channels, and a gap. Breaking a group costs about half a box.
_ROW, _BROKEN_GROUP, _LONE_END = 34.0, 40.0, 60.0


def break_rows(
    widths: Sequence[float],
    most: float,
    height: Callable[[int, int], float],
    groups: Sequence[str],
) -> list[tuple[int, int]]:
    """The rows as half-open ranges of columns, none wider than `most` where there is a choice.

    Parameters
    ----------
    widths : sequence of float
        Of each column with its gutter.
    most : float
        Width of a row.
    height : callable
        Of a row with the columns from the first number to before the second.
    groups : sequence of str
        The group of each column; a row should not end within one.
    """
    size = len(widths)
    best = [0.0] + [float("inf")] * size
    start = [0] * (size + 1)
    for end in range(1, size + 1):
        width = 0.0
        for first in range(end - 1, -1, -1):
            width += widths[first]
            if width > most and first < end - 1:
                break
            cost = best[first] + height(first, end) + _ROW
            if first and groups[first] and groups[first] == groups[first - 1]:
                cost += _BROKEN_GROUP
            if size > 2 and (end == 1 or (first == size - 1)):
                cost += _LONE_END
            if cost < best[end] - 1e-9:
                best[end], start[end] = cost, first
    rows = []
    end = size
    while end:
        rows.append((start[end], end))
        end = start[end]
    return rows[::-1]
