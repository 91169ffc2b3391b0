"""The map from top to bottom, for a phone: one box below the other, skips on the right, returns on the left.

Lines beside the boxes run in tracks; between the boxes and the tracks is a strip for the numbers, each above
its own line, which only level lines cross. Departments are bands with a heading.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from funnelsim.report.map_layout.content import Content, Edge, Node
from funnelsim.report.map_layout.frames import stacked
from funnelsim.report.map_layout.letters import elide, fold, text_width
from funnelsim.report.map_layout.routes import LOSS_LINE, thickness
from funnelsim.report.map_layout.shapes import Arc, Box, Frame, Losses, MapLayout, Point, Text
from funnelsim.report.map_layout.time_classes import time_class
from funnelsim.report.map_layout.tracks import assign_tracks, port_order

NAME, NAME_LINE, SMALL, SMALL_LINE = 12.5, 15.5, 10.5, 13.0  # CSS pixels
_NUMBER, _NUMBER_LINE = 10.0, 11.0
_PORT, _TRACK, _SPINE, _STUB = 15.0, 6.0, 20.0, 78.0
_LEAST_BOX, _GAP, _LANE_HEAD, _GROUP_HEAD, _AROUND = 156.0, 18.0, 20.0, 17.0, 5.0
_THINNER = 0.7  # lines beside the boxes are closer than in the wide form


@dataclass(slots=True)
class _Stop:
    """One box with the lines on its sides, in order."""

    node: Node
    right: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    loop: int | None = None
    name: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    badge_apart: bool = False
    y: float = 0.0
    height: float = 0.0

    def port(self, key: int) -> float:
        side = self.right if key in self.right else self.left
        slots = len(side) + (self.loop is not None and side is self.left)
        return self.y + self.height / 2 + _PORT * (side.index(key) - (slots - 1) / 2) + 2.0


def down_layout(content: Content, limits: tuple[float, ...], width: float) -> MapLayout:
    """Places for everything; wider than asked only where very many lines run beside the boxes."""
    stops = _stops(content)
    right, left = _tracks(content, stops)
    strip = 12.0 + max(
        (text_width(e.label, _NUMBER) for e in content.edges if e.to != e.origin + 1), default=0.0
    )
    side = [
        (strip if tracks or loops else 10.0) + _TRACK * (max(tracks.values(), default=-1) + 1)
        for tracks, loops in ((left, any(stop.loop is not None for stop in stops)), (right, False))
    ]
    x, box = side[0], max(width - sum(side), _LEAST_BOX)
    for stop in stops:
        _fill(content, stop, box)
    lanes, groups, height = _stack(stops, x, box, x + box + side[1])
    boxes = tuple(_box(stop, x, box, limits) for stop in stops)
    arcs = tuple(
        _arc(content, stops, key, edge, limits, (x, box, strip, right, left))
        for key, edge in enumerate(content.edges)
    )
    return MapLayout(
        orientation="down",
        width=x + box + side[1],
        height=height,
        lanes=lanes,
        groups=groups,
        boxes=boxes,
        arcs=arcs,
        losses=tuple(_losses(stop, x) for stop in stops if stop.losses),
        time_limits=limits,
    )


def _stops(content: Content) -> list[_Stop]:
    over: list[dict[int, int]] = [{} for _ in content.nodes]
    under: list[dict[int, int]] = [{} for _ in content.nodes]
    stops = [_Stop(node) for node in content.nodes]
    for key, edge in enumerate(content.edges):
        if edge.origin == edge.to:
            stops[edge.origin].loop = key
        elif edge.to != edge.origin + 1:
            side = over if edge.to > edge.origin else under
            side[edge.origin][key], side[edge.to][key] = edge.to, edge.origin
    for stop, right, left in zip(stops, over, under, strict=True):
        stop.right = port_order(right, stop.node.place)
        stop.left = port_order(left, stop.node.place)
        if stop.loop is not None:
            stop.left.append(stop.loop)
    return stops


def _tracks(content: Content, stops: list[_Stop]) -> tuple[dict[int, int], dict[int, int]]:
    """Tracks on the right and left; the order of ports is known before their places."""
    right: dict[int, tuple[float, float]] = {}
    left: dict[int, tuple[float, float]] = {}
    for key, edge in enumerate(content.edges):
        if edge.to in (edge.origin, edge.origin + 1):
            continue
        forward = edge.to > edge.origin
        ends = sorted(
            place + (1 + (stops[place].right if forward else stops[place].left).index(key)) / 100
            for place in (edge.origin, edge.to)
        )
        (right if forward else left)[key] = (ends[0], ends[1])
    return assign_tracks(right, 1e-6), assign_tracks(left, 1e-6)


def _fill(content: Content, stop: _Stop, width: float) -> None:
    """Fold the texts of a box and find its height."""
    inside = width - 18.0
    stop.name = fold(stop.node.name, inside, NAME, bold=True, lines=4)
    stop.facts = tuple(line for fact in stop.node.facts for line in fold(fact, inside, SMALL))
    if stop.node.badge:
        last = text_width(stop.facts[-1], SMALL) if stop.facts else inside
        stop.badge_apart = last + text_width(stop.node.badge, SMALL) + 14.0 > inside
    texts = NAME_LINE * len(stop.name) + SMALL_LINE * (len(stop.facts) + stop.badge_apart)
    slots = max(len(stop.right), len(stop.left) + (stop.loop is not None))
    stop.height = max(texts + 12.0, _PORT * slots + 8.0)
    reasons = content.losses.get(stop.node.place, ())
    stop.losses = tuple(line for one in reasons for line in fold(one, width - _STUB - 8.0, SMALL))


def _stack(
    stops: list[_Stop], x: float, box: float, width: float
) -> tuple[tuple[Frame, ...], tuple[Frame, ...], float]:
    """One box below the other; a new band where the department changes, a frame around each group."""
    named = any(stop.node.lane for stop in stops)
    lanes: list[Frame] = []
    groups: list[Frame] = []
    y, lane_top, group_top = 2.0, 0.0, 0.0
    for k, stop in enumerate(stops):
        new_lane = k == 0 or stops[k - 1].node.lane != stop.node.lane
        new_group = bool(stop.node.group) and (new_lane or stops[k - 1].node.group != stop.node.group)
        if new_lane and named:
            lane_top, y = y, y + _LANE_HEAD
        if new_group:
            group_top, y = y, y + _GROUP_HEAD
        stop.y = y
        last = k == len(stops) - 1
        y += stop.height + (max(_GAP, 5.0 + SMALL_LINE * len(stop.losses)) if not last else 6.0)
        ends_lane = last or stops[k + 1].node.lane != stop.node.lane
        ends_group = bool(stop.node.group) and (ends_lane or stops[k + 1].node.group != stop.node.group)
        if ends_group:
            frame = (x - _AROUND, group_top, box + 2 * _AROUND, y + 2.0 - group_top)
            groups.append(_frame(stop.node.group, frame, x + _SPINE + 8.0, box - _SPINE - 10.0, SMALL))
            y += 8.0
        if ends_lane and named:
            frame = (0.0, lane_top, width, y + 2.0 - lane_top)
            lanes.append(_frame(stop.node.lane, frame, x + _SPINE + 8.0, box - _SPINE - 8.0, SMALL))
            y += 6.0
    return tuple(lanes), tuple(groups), y + 2.0


def _frame(name: str, place: tuple[float, float, float, float], x: float, room: float, size: float) -> Frame:
    left, top, width, height = place
    label = None
    if name:
        shown = elide(name, room, size, bold=True)
        label = Text(
            lines=(shown,),
            x=x,
            y=top + 2.5,
            width=text_width(shown, size, True),
            size=size,
            line_height=SMALL_LINE,
            bold=True,
        )
    return Frame(name=name, x=left, y=top, width=width, height=height, label=label)


def _box(stop: _Stop, x: float, width: float, limits: tuple[float, ...]) -> Box:
    node = stop.node
    sizes = (NAME, NAME_LINE, SMALL, SMALL_LINE)
    texts = stacked(stop.name, stop.facts, x + 2.0, stop.y, width, _text_height(stop), sizes=sizes)
    badge = None
    if node.badge:
        badge = Text(
            lines=(node.badge,),
            x=x + width - 9.0,
            y=stop.y + _text_height(stop) - 4.0 - SMALL_LINE + SMALL_LINE * stop.badge_apart,
            width=text_width(node.badge, SMALL),
            size=SMALL,
            line_height=SMALL_LINE,
            anchor="end",
        )
    return Box(
        key=node.key,
        kind=node.kind,  # type: ignore[arg-type]
        x=x,
        y=stop.y,
        width=width,
        height=stop.height,
        tone=time_class(node.days, limits),
        texts=texts,
        badge=badge,
    )


def _text_height(stop: _Stop) -> float:
    """Of the texts without the badge's own line; a box with many lines is higher than its texts."""
    return 12.0 + NAME_LINE * len(stop.name) + SMALL_LINE * len(stop.facts)


def _arc(
    content: Content,
    stops: list[_Stop],
    key: int,
    edge: Edge,
    limits: tuple[float, ...],
    sides: tuple[float, float, float, dict[int, int], dict[int, int]],
) -> Arc:
    x, box, strip, right, left = sides
    thick = thickness(content, edge.weight) * _THINNER
    origin, to = stops[edge.origin], stops[edge.to]
    points: tuple[Point, ...]
    if edge.to == edge.origin + 1:
        route, line = "forward", x + _SPINE
        points = ((line, origin.y + origin.height), (line, to.y))
        label = _number(edge.label, line + 6.0, points[0][1] + 4.0, "start")
    elif edge.to > edge.origin:
        route, track = "over", x + box + strip + _TRACK * (right[key] + 0.5)
        points = _around(x + box, track, origin.port(key), to.port(key))
        label = _number(edge.label, x + box + 8.0, _above(origin.port(key), thick), "start")
    elif edge.to < edge.origin:
        route, track = "under", x - strip - _TRACK * (left[key] + 0.5)
        points = _around(x, track, origin.port(key), to.port(key))
        label = _number(edge.label, x - 8.0, _above(origin.port(key), thick), "end")
    else:
        route, y = "loop", origin.port(key)
        points = _around(x, x - 11.0, y, y + _PORT * 0.8)
        label = _number(edge.label, x - 8.0, _above(y, thick), "end")
    return Arc(
        origin=origin.node.key,
        to=to.node.key,
        route=route,  # type: ignore[arg-type]
        points=points,
        thickness=thick,
        tone=time_class(edge.days, limits),
        label=label if edge.label else None,
        meant=edge.meant,
    )


def _around(side: float, track: float, start: float, end: float) -> tuple[Point, ...]:
    return ((side, start), (track, start), (track, end), (side, end))


def _above(y: float, thick: float) -> float:
    return y - thick / 2 - 0.5 - _NUMBER_LINE


def _number(text: str, x: float, y: float, anchor: str) -> Text:
    width = text_width(text, _NUMBER)
    return Text(
        lines=(text,),
        x=x,
        y=y,
        width=width,
        size=_NUMBER,
        line_height=_NUMBER_LINE,
        anchor=anchor,  # type: ignore[arg-type]
    )


def _losses(stop: _Stop, x: float) -> Losses:
    line, y = x + _STUB, stop.y + stop.height
    label = Text(
        lines=stop.losses,
        x=line + 7.0,
        y=y + 3.0,
        width=max(text_width(one, SMALL) for one in stop.losses),
        size=SMALL,
        line_height=SMALL_LINE,
    )
    return Losses(stage=stop.node.key, points=((line, y), (line, y + 13.0)), thickness=LOSS_LINE, label=label)
