"""Boxes, lanes and groups of an `across` map, from its grid."""

from __future__ import annotations

from funnelsim.report.map_layout.across import GROUP_LABEL, LANE_LABEL, Grid, LaneRow
from funnelsim.report.map_layout.columns import (
    LOOP_STRIP,
    NAME,
    NAME_LINE,
    SMALL,
    SMALL_LINE,
    Column,
)
from funnelsim.report.map_layout.letters import elide, fold, text_width
from funnelsim.report.map_layout.shapes import Box, Frame, Text
from funnelsim.report.map_layout.time_classes import time_class
from funnelsim.report.map_layout.tracks import free_stretch

_AROUND = 5.0  # from a box to the frame of its group


def boxes_of(grid: Grid, limits: tuple[float, ...]) -> tuple[Box, ...]:
    """All boxes of a row are equally high, with their texts from the top; the badge at the bottom right."""
    return tuple(_box(grid, place, column, limits) for place, column in enumerate(grid.columns))


def _box(grid: Grid, place: int, column: Column, limits: tuple[float, ...]) -> Box:
    height = grid.rows[grid.row_of[place]].box_height
    if column.node.kind != "stage":
        height = min(height, column.height + 4.0)
    x, y = grid.lefts[place], grid.axis(place) - height / 2
    ends = column.node.kind != "stage"
    over_badge = SMALL_LINE if column.badge_apart else 0.0
    texts = stacked(column.name, column.facts, x, y, column.width, height - over_badge, centred=ends)
    badge = None
    if column.node.badge:
        badge = Text(
            lines=(column.node.badge,),
            x=x + column.width - 8.0,
            y=y + height - 4.0 - SMALL_LINE,
            width=column.badge_width - 8.0,
            size=SMALL,
            line_height=SMALL_LINE,
            anchor="end",
        )
    return Box(
        key=column.node.key,
        kind=column.node.kind,  # type: ignore[arg-type]
        x=x,
        y=y,
        width=column.width,
        height=height,
        tone=time_class(column.node.days, limits),
        texts=texts,
        badge=badge,
    )


def stacked(
    name: tuple[str, ...],
    facts: tuple[str, ...],
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    centred: bool = False,
    sizes: tuple[float, float, float, float] = (NAME, NAME_LINE, SMALL, SMALL_LINE),
) -> tuple[Text, ...]:
    """The name at the top of a box and the numbers at its bottom; both in the middle where `centred`."""
    size, line, small, small_line = sizes
    left = x + width / 2 if centred else x + 7.0
    anchor = "middle" if centred else "start"
    top = y + 5.0
    bottom = y + height - 4.0 - small_line * len(facts)
    if centred:
        top = y + (height - line * len(name) - small_line * len(facts)) / 2
        bottom = top + line * len(name)
    texts = []
    for lines, at, points, step, bold in (
        (name, top, size, line, True),
        (facts, bottom, small, small_line, False),
    ):
        if lines:
            widest = max(text_width(one, points, bold) for one in lines)
            texts.append(
                Text(
                    lines=lines,
                    x=left,
                    y=at,
                    width=widest,
                    size=points,
                    line_height=step,
                    anchor=anchor,  # type: ignore[arg-type]
                    bold=bold,
                )
            )
    return tuple(texts)


def lanes_of(grid: Grid) -> tuple[Frame, ...]:
    """A band for each lane of each row, with its name from bottom to top at the left."""
    named = any(lane.name for row in grid.rows for lane in row.lanes)
    return tuple(_lane(grid, lane) for row in grid.rows for lane in row.lanes) if named else ()


def _lane(grid: Grid, lane: LaneRow) -> Frame:
    height = lane.up + lane.down
    label = None
    if lane.name:
        lines = fold(lane.name, lane.label_room, SMALL, bold=True, lines=1)
        label = Text(
            lines=lines,
            x=grid.left + LANE_LABEL / 2,
            y=lane.top + height / 2,
            width=text_width(lines[0], SMALL, True),
            size=SMALL,
            line_height=SMALL_LINE,
            anchor="middle",
            bold=True,
            upright=True,
        )
    return Frame(
        name=lane.name, x=grid.left, y=lane.top, width=grid.right - grid.left, height=height, label=label
    )


def groups_of(grid: Grid) -> tuple[Frame, ...]:
    """A frame around each run of boxes of one group in one lane of one row."""
    runs: list[list[int]] = []
    for place, column in enumerate(grid.columns):
        group = column.node.group
        if not group:
            continue
        last = runs[-1][-1] if runs else -2
        same = last == place - 1 and grid.columns[last].node.group == group
        if same and grid.lane(last) is grid.lane(place):
            runs[-1].append(place)
        else:
            runs.append([place])
    return tuple(_group(grid, run) for run in runs)


def _group(grid: Grid, run: list[int]) -> Frame:
    lane, row = grid.lane(run[0]), grid.rows[grid.row_of[run[0]]]
    half = row.box_height / 2
    columns = [grid.columns[place] for place in run]
    loops = LOOP_STRIP if any(grid.columns[place].above for place in lane.places) else 0.0
    left = grid.lefts[run[0]] - _AROUND
    right = grid.lefts[run[-1]] + columns[-1].width + _AROUND
    top = lane.axis - half - loops - GROUP_LABEL - 2.0
    bottom = lane.axis + half + max(grid.columns[place].below for place in lane.places) + 4.0
    blocked = [grid.lefts[place] + x for place in run for x in grid.columns[place].top.values()]
    name = columns[0].node.group
    start, end = free_stretch(left + 4.0, right - 4.0, blocked, 4.0, text_width(name, SMALL, True))
    shown = elide(name, end - start, SMALL, bold=True)
    label = Text(
        lines=(shown,),
        x=start,
        y=top + 1.5,
        width=text_width(shown, SMALL, True),
        size=SMALL,
        line_height=SMALL_LINE,
        bold=True,
    )
    return Frame(name=name, x=left, y=top, width=right - left, height=bottom - top, label=label)
