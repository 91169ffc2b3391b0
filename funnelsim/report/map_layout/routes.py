"""The lines of an `across` map, with their numbers."""

from __future__ import annotations

from dataclasses import replace

from funnelsim.report.map_layout.across import ARRIVES, Grid, Row, port
from funnelsim.report.map_layout.columns import LOOP, LOOP_STRIP, SMALL, SMALL_LINE
from funnelsim.report.map_layout.content import Content, Edge
from funnelsim.report.map_layout.letters import text_width
from funnelsim.report.map_layout.shapes import Anchor, Arc, Losses, Point, Text
from funnelsim.report.map_layout.time_classes import time_class

THICKEST, THINNEST, _UNKNOWN = 5.0, 0.7, 1.2
LOSS_LINE = 0.9  # quiet: how many leave is written beside it


def thickness(content: Content, weight: float) -> float:
    """In proportion to the leads; the thinnest line still shows."""
    if not any(edge.weight for edge in content.edges):
        return _UNKNOWN
    return max(THINNEST, THICKEST * weight / content.heaviest)


def arcs_of(grid: Grid, limits: tuple[float, ...]) -> tuple[Arc, ...]:
    """All moves between boxes."""
    return tuple(_arc(grid, key, edge, limits) for key, edge in enumerate(grid.content.edges))


def _arc(grid: Grid, key: int, edge: Edge, limits: tuple[float, ...]) -> Arc:
    nodes = grid.content.nodes
    arc = Arc(
        origin=nodes[edge.origin].key,
        to=nodes[edge.to].key,
        route="forward",
        points=(),
        thickness=thickness(grid.content, edge.weight),
        tone=time_class(edge.days, limits),
        label=None,
        meant=edge.meant,
    )
    same_row = grid.row_of[edge.origin] == grid.row_of[edge.to]
    if edge.to == edge.origin:
        route, points, label = "loop", *_loop(grid, edge, arc.thickness)
    elif edge.to < edge.origin:
        route, points, label = "under", *_under(grid, key, edge)
    elif edge.to > edge.origin + 1:
        route, points, label = "over", *_over(grid, key, edge)
    elif same_row:
        route, points, label = "forward", *_straight(grid, edge, arc.thickness)
    else:
        route, points, label = "forward", *_turn(grid, key, edge, arc.thickness)
    return replace(arc, route=route, points=points, label=label if edge.label else None)  # type: ignore[arg-type]


def losses_of(grid: Grid) -> tuple[Losses, ...]:
    """What leaves at each stage, below its box."""
    found = []
    for place in sorted(grid.content.losses):
        column, row = grid.columns[place], grid.rows[grid.row_of[place]]
        x, y = grid.lefts[place] + column.stub, grid.axis(place) + row.box_height / 2
        width = max(text_width(line, SMALL) for line in column.losses)
        label = Text(
            lines=column.losses, x=x + 5.0, y=y + 3.0, width=width, size=SMALL, line_height=SMALL_LINE
        )
        stage = column.node.key
        end = y + 1.0 + SMALL_LINE * min(len(column.losses), 2)
        found.append(Losses(stage=stage, points=((x, y), (x, end)), thickness=LOSS_LINE, label=label))
    return tuple(found)


def _label(text: str, x: float, y: float, anchor: Anchor = "middle") -> Text:
    width = text_width(text, SMALL)
    return Text(lines=(text,), x=x, y=y, width=width, size=SMALL, line_height=SMALL_LINE, anchor=anchor)


def _on_track(text: str, low: float, high: float, y: float) -> Text:
    return _label(text, (low + high) / 2, y - SMALL_LINE / 2)


def _right(grid: Grid, place: int) -> float:
    return grid.lefts[place] + grid.columns[place].width


def _straight(grid: Grid, edge: Edge, thick: float) -> tuple[tuple[Point, ...], Text]:
    """To the next box; where it is in another lane, the number stands in the middle of the step."""
    start, end = _right(grid, edge.origin), grid.lefts[edge.to]
    y0, y1 = grid.axis(edge.origin), grid.axis(edge.to)
    before, after = grid.columns[edge.origin].node.group, grid.columns[edge.to].node.group
    pad_left = 6.0 if before and before != after else 0.0
    pad_right = 6.0 if after and before != after else 0.0
    middle = (start + pad_left + end - pad_right) / 2
    if y0 == y1:
        return ((start, y0), (end, y1)), _label(edge.label, middle, y0 - thick / 2 - 1.0 - SMALL_LINE)
    points = ((start, y0), (middle, y0), (middle, y1), (end, y1))
    return points, _on_track(edge.label, middle, middle, (y0 + y1) / 2)


def _turn(grid: Grid, key: int, edge: Edge, thick: float) -> tuple[tuple[Point, ...], Text]:
    """From the end of one row to the start of the next."""
    start, end = _right(grid, edge.origin), grid.lefts[edge.to]
    y0, y1 = grid.axis(edge.origin), grid.axis(edge.to)
    margin, down = grid.margin_x(key), end - ARRIVES
    y = grid.rows[grid.row_of[edge.to]].over_y(key)
    points = ((start, y0), (margin, y0), (margin, y), (down, y), (down, y1), (end, y1))
    pad = 6.0 if grid.columns[edge.origin].node.group else 0.0
    x = start + pad + 4.0 + text_width(edge.label, SMALL) / 2
    return points, _label(edge.label, x, y0 - thick / 2 - 1.0 - SMALL_LINE)


def _over(grid: Grid, key: int, edge: Edge) -> tuple[tuple[Point, ...], Text]:
    start, end = port(grid, edge.origin, key), port(grid, edge.to, key)
    row, other = _row(grid, edge.origin), _row(grid, edge.to)
    y0, y1 = _box_top(grid, edge.origin), _box_top(grid, edge.to)
    y = row.over_y(key)
    low = _right(grid, edge.origin) - grid.columns[edge.origin].top_free[1] + 4.0
    high = grid.right
    if edge.origin + 1 < row.end:
        high = grid.lefts[edge.origin + 1] + grid.columns[edge.origin + 1].top_free[0] - 4.0
    label = _on_track(edge.label, low, high, y)
    if row is other:
        return ((start, y0), (start, y), (end, y), (end, y1)), label
    margin, there = grid.margin_x(key), other.over_y(key)
    return ((start, y0), (start, y), (margin, y), (margin, there), (end, there), (end, y1)), label


def _under(grid: Grid, key: int, edge: Edge) -> tuple[tuple[Point, ...], Text]:
    start, end = port(grid, edge.origin, key), port(grid, edge.to, key)
    row, other = _row(grid, edge.origin), _row(grid, edge.to)
    y0, y1 = _box_bottom(grid, edge.origin), _box_bottom(grid, edge.to)
    y = row.under_y(key)
    high = grid.lefts[edge.origin] + grid.columns[edge.origin].bottom_free[0] - 4.0
    low = grid.left
    if edge.origin > row.first:
        low = _right(grid, edge.origin - 1) - grid.columns[edge.origin - 1].bottom_free[1] + 4.0
    label = _on_track(edge.label, low, high, y)
    if row is other:
        return ((start, y0), (start, y), (end, y), (end, y1)), label
    margin, there = grid.margin_x(key), other.under_y(key)
    return ((start, y0), (start, y), (margin, y), (margin, there), (end, there), (end, y1)), label


def _loop(grid: Grid, edge: Edge, thick: float) -> tuple[tuple[Point, ...], Text]:
    """A small arc on the left of the box's top."""
    left, y = grid.lefts[edge.origin] + 6.0, _box_top(grid, edge.origin)
    top, right = y - LOOP_STRIP + 3.0, left + LOOP - 9.0
    points = ((left, y), (left, top), (right, top), (right, y))
    return points, _label(edge.label, right + thick / 2 + 3.0, y - SMALL_LINE - 1.0, "start")


def _row(grid: Grid, place: int) -> Row:
    return grid.rows[grid.row_of[place]]


def _box_top(grid: Grid, place: int) -> float:
    return grid.axis(place) - _row(grid, place).box_height / 2


def _box_bottom(grid: Grid, place: int) -> float:
    return grid.axis(place) + _row(grid, place).box_height / 2
