"""How the square corners of a line are rounded, and where its arrowhead is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from funnelsim.report.map_layout.shapes import Point

RADIUS = 5.0


class Arrow(NamedTuple):
    tip: Point
    left: Point
    right: Point


def arrow_length(thickness: float) -> float:
    return 4.0 + 0.75 * thickness


def arrowhead(points: Sequence[Point], thickness: float) -> Arrow:
    """A triangle at the end of a line."""
    (x0, y0), (x, y) = points[-2], points[-1]
    size = math.hypot(x - x0, y - y0) or 1.0
    across, down = (x - x0) / size, (y - y0) / size
    length, half = arrow_length(thickness), 1.9 + 0.75 * thickness
    back = (x - across * length, y - down * length)
    return Arrow(
        (x, y),
        (back[0] - down * half, back[1] + across * half),
        (back[0] + down * half, back[1] - across * half),
    )


def rounded(points: Sequence[Point], *, shorten: float = 0.0) -> list[tuple[str, tuple[Point, ...]]]:
    """The line as steps ``M``, ``L`` and ``Q`` of an SVG path, shortened at its end for an arrowhead."""
    line = [*points[:-1], _towards(points[-1], points[-2], shorten)]
    steps: list[tuple[str, tuple[Point, ...]]] = [("M", (line[0],))]
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        radius = min(RADIUS, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        steps.append(("L", (_towards(corner, before, radius),)))
        steps.append(("Q", (corner, _towards(corner, after, radius))))
    steps.append(("L", (line[-1],)))
    return steps


def _towards(start: Point, end: Point, distance: float) -> Point:
    size = math.dist(start, end)
    part = min(distance / size, 1.0) if size else 0.0
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
