"""The map from left to right: lanes are bands, skips run above them and returns below; long maps wrap.

Each column holds one box, so that a line straight up or down from a box meets no other box, and a label on
a line beside its column meets no such line. Only these rules keep lines, boxes and labels apart; nothing is
tried and corrected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from funnelsim.report.map_layout.columns import SMALL, Column, Density, columns_of
from funnelsim.report.map_layout.content import Content
from funnelsim.report.map_layout.letters import text_width
from funnelsim.report.map_layout.rows import break_rows
from funnelsim.report.map_layout.tracks import assign_tracks

GROUP_PAD = 6.0
TRACK, PLAIN_TRACK, MARGIN_TRACK = 9.0, 6.0, 6.5  # with and without numbers on the lines; beside all rows
LANE_LABEL = 21.0  # for two lines
ARRIVES = 12.0  # left of a box, where the line from the row above comes down
_LANE_PAD, GROUP_LABEL, ROW_GAP = 4.0, 10.0, 5.0


@dataclass(slots=True)
class LaneRow:
    """The part of a lane in one row."""

    name: str
    places: list[int] = field(default_factory=list)
    up: float = 0.0  # from the axis of the boxes
    down: float = 0.0
    top: float = 0.0

    @property
    def axis(self) -> float:
        return self.top + self.up


@dataclass(slots=True)
class Row:
    first: int
    end: int
    lanes: list[LaneRow]
    box_height: float
    over: dict[int, int] = field(default_factory=dict)  # edge -> track above the lanes
    under: dict[int, int] = field(default_factory=dict)
    top: float = 0.0  # of the lanes
    bottom: float = 0.0
    right: float = 0.0  # of the last box

    over_heights: list[float] = field(default_factory=list)  # of its tracks
    under_heights: list[float] = field(default_factory=list)

    def over_y(self, edge: int) -> float:
        return self.top - 2.0 - _middle_of(self.over_heights, self.over[edge])

    def under_y(self, edge: int) -> float:
        return self.bottom + 2.0 + _middle_of(self.under_heights, self.under[edge])


def _middle_of(heights: list[float], track: int) -> float:
    return sum(heights[:track]) + heights[track] / 2


@dataclass(slots=True)
class Grid:
    """Columns and rows with their places; what `routes` draws lines on."""

    content: Content
    columns: list[Column]
    gutters: list[float]  # before each column, and after the last
    rows: list[Row]
    row_of: list[int]
    lefts: list[float]
    strip: float = 0.0  # left in each lane, for its name
    left: float = 0.0  # of all lanes
    right: float = 0.0
    right_tracks: dict[int, int] = field(default_factory=dict)
    left_tracks: dict[int, int] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0

    def lane(self, place: int) -> LaneRow:
        row = self.rows[self.row_of[place]]
        return next(lane for lane in row.lanes if place in lane.places)

    def axis(self, place: int) -> float:
        return self.lane(place).axis

    def margin_x(self, edge: int) -> float:
        if edge in self.right_tracks:
            return self.right + MARGIN_TRACK * (self.right_tracks[edge] + 0.5)
        return self.left - 4.0 - MARGIN_TRACK * (self.left_tracks[edge] + 0.5)


class Strip:
    """All columns of a map side by side, to be broken into rows.

    Many widths are tried for a page: what does not depend on them is worked out once.
    """

    def __init__(self, content: Content, density: Density) -> None:
        self._content = content
        self._columns = columns_of(content, density)
        self._gutters = _gutters(content, self._columns, density.gutter)
        self._lanes = list(dict.fromkeys(node.lane for node in content.nodes))
        self._heights: dict[tuple[int, int], float] = {}

    def grid(self, most_width: float = math.inf) -> Grid:
        """Break the columns into rows of at most a width, and place everything."""
        columns, gutters = self._columns, list(self._gutters)
        widths = [column.width + gutter for column, gutter in zip(columns, gutters, strict=False)]
        groups = [column.node.group for column in columns]
        breaks = break_rows(widths, most_width, self._height, groups)
        rows = [_row(columns, self._lanes, first, end) for first, end in breaks]
        row_of = [k for k, row in enumerate(rows) for _ in range(row.first, row.end)]
        grid = Grid(self._content, columns, gutters, rows, row_of, lefts=[0.0] * len(columns))
        _place_columns(grid, with_lanes=self._lanes != [""])
        _channels(grid)
        _place_rows(grid)
        return grid

    def _height(self, first: int, end: int) -> float:
        if (first, end) not in self._heights:
            lanes = _row(self._columns, self._lanes, first, end).lanes
            self._heights[first, end] = sum(lane.up + lane.down for lane in lanes)
        return self._heights[first, end]


def _row(columns: list[Column], lanes: list[str], first: int, end: int) -> Row:
    """The lanes that are used between two columns, in their order, high enough for their boxes."""
    height = max(column.height for column in columns[first:end])
    used: list[LaneRow] = []
    in_lane: dict[str, list[int]] = {}
    for place in range(first, end):
        in_lane.setdefault(columns[place].node.lane, []).append(place)
    for name in (lane for lane in lanes if lane in in_lane):
        places = in_lane[name]
        inside = [columns[place] for place in places]
        grouped = any(column.node.group for column in inside)
        above = max(column.above for column in inside) + (GROUP_LABEL + 2.0 if grouped else 0.0)
        below = max(column.below for column in inside) + (4.0 if grouped else 0.0)
        used.append(
            LaneRow(name, places, up=height / 2 + above + _LANE_PAD, down=height / 2 + below + _LANE_PAD)
        )
    return Row(first, end, used, height)


def _gutters(content: Content, columns: list[Column], least: float) -> list[float]:
    """Wide enough for the number of the straight line, and for labels on the tracks above and below."""
    gutters = [least] * (len(columns) + 1)
    for place in range(1, len(columns)):
        before, after = columns[place - 1].node.group, columns[place].node.group
        if before != after:
            gutters[place] += GROUP_PAD * (bool(before) + bool(after))
    pads = [width - least for width in gutters]
    for edge in content.edges:
        needed = text_width(edge.label, SMALL) + 8.0
        if edge.to == edge.origin + 1:
            gutters[edge.to] = max(gutters[edge.to], needed + pads[edge.to])
        elif edge.to > edge.origin:
            free = columns[edge.origin].top_free[1]
            free += columns[edge.origin + 1].top_free[0]
            gutters[edge.origin + 1] = max(gutters[edge.origin + 1], needed + 8.0 - free)
        elif edge.to < edge.origin:
            free = columns[edge.origin].bottom_free[0] + columns[edge.origin - 1].bottom_free[1]
            gutters[edge.origin] = max(gutters[edge.origin], needed + 8.0 - free)
    return gutters


def _place_columns(grid: Grid, *, with_lanes: bool) -> None:
    """From left to right in each row; one more gutter at its end, for lines that go on in another."""
    strip = grid.strip = LANE_LABEL if with_lanes else 0.0
    _widen_ends(grid)
    for row in grid.rows:
        x = strip
        for place in range(row.first, row.end):
            x += grid.gutters[place] if place else 10.0
            grid.lefts[place] = x
            x += grid.columns[place].width
        row.right = x
    ends = [row.right + (grid.gutters[row.end] if len(grid.rows) > 1 else 10.0) for row in grid.rows]
    grid.right = max(ends)


def _widen_ends(grid: Grid) -> None:
    """Room for the labels of lines that leave a row at its ends, where there is no next column."""
    firsts = {row.first for row in grid.rows if row.first}
    ends = {row.end for row in grid.rows[:-1]}
    for edge in grid.content.edges:
        needed = text_width(edge.label, SMALL) + 16.0
        if edge.origin in firsts and edge.to < edge.origin:
            free = grid.columns[edge.origin].bottom_free[0]
            grid.gutters[edge.origin] = max(grid.gutters[edge.origin], needed - free)
        if edge.origin + 1 in ends and edge.to > edge.origin + 1:
            free = grid.columns[edge.origin].top_free[1]
            grid.gutters[edge.origin + 1] = max(grid.gutters[edge.origin + 1], needed - free)


def _channels(grid: Grid) -> None:
    """Tracks above and below each row, and beside all rows."""
    over: list[dict[int, tuple[float, float]]] = [{} for _ in grid.rows]
    under: list[dict[int, tuple[float, float]]] = [{} for _ in grid.rows]
    right: dict[int, tuple[float, float]] = {}
    left: dict[int, tuple[float, float]] = {}
    far = grid.right + 2 * MARGIN_TRACK
    for key, edge in enumerate(grid.content.edges):
        start, end = grid.row_of[edge.origin], grid.row_of[edge.to]
        if edge.origin == edge.to or (edge.to == edge.origin + 1 and start == end):
            continue
        if edge.to > edge.origin:
            straight = edge.to == edge.origin + 1
            arrives = grid.lefts[edge.to] - ARRIVES if straight else port(grid, edge.to, key)
            if start == end:
                over[start][key] = (port(grid, edge.origin, key), arrives)
            else:
                if not straight:
                    over[start][key] = (port(grid, edge.origin, key), far)
                over[end][key] = (arrives, far)
                right[key] = (start, end)
        elif start == end:
            under[start][key] = (port(grid, edge.to, key), port(grid, edge.origin, key))
        else:
            under[start][key] = (-20.0, port(grid, edge.origin, key))
            under[end][key] = (-20.0, port(grid, edge.to, key))
            left[key] = (end, start)
    for row, above, below in zip(grid.rows, over, under, strict=True):
        row.over, row.under = assign_tracks(above, 6.0), assign_tracks(below, 6.0)
        row.over_heights = _track_heights(grid, row, row.over)
        row.under_heights = _track_heights(grid, row, row.under)
    # Rows are enough to tell which lines run beside each other; a line may begin where another ends.
    grid.right_tracks = assign_tracks({k: (a - 0.5, b + 0.5) for k, (a, b) in right.items()}, 0.0)
    grid.left_tracks = assign_tracks({k: (a - 0.5, b + 0.5) for k, (a, b) in left.items()}, 0.0)


def _track_heights(grid: Grid, row: Row, tracks: dict[int, int]) -> list[float]:
    """A track is high enough for numbers where a line that begins in this row has its number on it."""
    edges = grid.content.edges
    labelled = {
        track
        for key, track in tracks.items()
        if row.first <= edges[key].origin < row.end and edges[key].to != edges[key].origin + 1
    }
    return [
        TRACK if track in labelled else PLAIN_TRACK for track in range(max(tracks.values(), default=-1) + 1)
    ]


def port(grid: Grid, place: int, edge: int) -> float:
    """Where a line leaves or reaches the top or bottom of a box."""
    column = grid.columns[place]
    return grid.lefts[place] + (column.top[edge] if edge in column.top else column.bottom[edge])


def _place_rows(grid: Grid) -> None:
    """From top to bottom; then all is shifted right of the lines on the left."""
    y = 0.0
    for row in grid.rows:
        y += 3.0 + sum(row.over_heights)
        row.top = y
        for lane in row.lanes:
            lane.top = y
            y += lane.up + lane.down
        row.bottom = y
        y += 3.0 + sum(row.under_heights) + ROW_GAP
    grid.height = y - ROW_GAP
    tracks = max(grid.left_tracks.values(), default=-1) + 1
    shift = MARGIN_TRACK * tracks + (8.0 if tracks else 1.0)
    grid.left = shift
    grid.lefts = [left + shift for left in grid.lefts]
    grid.right += shift
    grid.width = grid.right + 1.0 + MARGIN_TRACK * (max(grid.right_tracks.values(), default=-1) + 1)
    for row in grid.rows:
        row.right += shift
