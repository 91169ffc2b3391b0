"""The diagram of a map in BPMN: the places of its layout, with gateways and end events added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from funnelsim.documents.process_map import MapDocument, Move
from funnelsim.report.map_layout import Arc, Box, MapLayout, Point
from funnelsim.report.map_layout.content import number, won_key
from funnelsim.report.words.quantities import share

_SCALE = 2.0  # from points to the pixels of a BPMN editor, which writes in letters of 12
_LEFT, _TOP, _HEADER = 40.0, 40.0, 30.0
_EVENT, _GATEWAY, _SMALL = 36.0, 26.0, 18.0
_BESIDE, _BELOW = 8.0, 11.0  # from a task to its gateway, and to the end events below it

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A flow node; `key` is the stage or outcome it stands for, empty for a gateway."""

    id: str
    element: str
    key: str
    lane: str
    bounds: Bounds
    label: Bounds | None = None

    @property
    def middle(self) -> Point:
        return (self.bounds[0] + self.bounds[2]) / 2, (self.bounds[1] + self.bounds[3]) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    id: str
    origin: str
    to: str
    points: tuple[Point, ...]
    label: str
    label_at: Bounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    name: str
    bounds: Bounds


@dataclass(slots=True)
class Diagram:
    pool: Bounds
    lanes: list[Area]
    groups: list[Area]
    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def add_flow(
        self, origin: Node, to: Node, points: Iterable[Point], label: str, at: Bounds | None = None
    ) -> None:
        made = Flow(
            id=f"flow{len(self.flows) + 1}",
            origin=origin.id,
            to=to.id,
            points=tuple(points),
            label=label,
            label_at=at,
        )
        self.flows.append(made)


def diagram_of(document: MapDocument, layout: MapLayout) -> Diagram:
    """The nodes and flows of a map of one row."""
    lanes = _lanes(layout)
    pool = _scaled((0.0, -8.0, layout.width, layout.height + 8.0))
    diagram = Diagram(
        pool=(_LEFT, pool[1], pool[2] + 10.0, pool[3]),
        lanes=lanes,
        groups=[Area(name=group.name, bounds=_scaled(group.bounds)) for group in layout.groups],
    )
    won = won_key(document)
    nodes: dict[str, Node] = {}
    sources: dict[str, Node] = {}  # where the flows out of a place begin: its gateway, if it has one
    for place, box in enumerate(layout.boxes):
        node = nodes[box.key] = _node(place, box, lanes)
        diagram.nodes.append(node)
        outs = {(move.to, move.name) for move in document.moves if move.origin == box.key}
        sources[box.key] = node
        if len(outs) > 1:
            gateway = sources[box.key] = _gateway(place, node, box)
            diagram.nodes.append(gateway)
            x, y = node.bounds[2], node.middle[1]
            diagram.add_flow(node, gateway, ((x, y), (gateway.bounds[0], gateway.middle[1])), "")
    boxes = {box.key: box for box in layout.boxes}
    for arc in layout.arcs:
        moves = [move for move in document.moves if (move.origin, move.to) == (arc.origin, arc.to)]
        points = _points(arc, nodes[arc.origin], sources[arc.origin], nodes[arc.to])
        # An editor finds a place for the number of a straight line, which is too short for ours.
        at = None if arc.label is None or arc.route == "forward" else _scaled(arc.label.bounds)
        diagram.add_flow(sources[arc.origin], nodes[arc.to], points, _words(document, moves), at)
    for losses in layout.losses:
        _ends(
            diagram,
            document,
            nodes[losses.stage],
            sources[losses.stage],
            boxes[losses.stage],
            losses.points[0][0],
            won,
        )
    return diagram


def _scaled(bounds: Bounds) -> Bounds:
    left, top = _point((bounds[0], bounds[1]))
    right, bottom = _point((bounds[2], bounds[3]))
    return left, top, right, bottom


def _point(point: Point) -> Point:
    return _LEFT + _HEADER + point[0] * _SCALE, _TOP + point[1] * _SCALE


def _lanes(layout: MapLayout) -> list[Area]:
    """The first and the last lane reach to the borders of the pool, where skips and returns run."""
    found = [_scaled(lane.bounds) for lane in layout.lanes]
    areas = []
    for place, (lane, bounds) in enumerate(zip(layout.lanes, found, strict=True)):
        pool = _scaled((0.0, -8.0, layout.width, layout.height + 8.0))
        top = pool[1] if place == 0 else bounds[1]
        bottom = pool[3] if place == len(found) - 1 else bounds[3]
        areas.append(Area(name=lane.name, bounds=(_LEFT + _HEADER, top, pool[2] + 10.0, bottom)))
    return areas


def _node(place: int, box: Box, lanes: list[Area]) -> Node:
    bounds = _scaled(box.bounds)
    middle = (bounds[1] + bounds[3]) / 2
    lane = next((area.name for area in lanes if area.bounds[1] <= middle <= area.bounds[3]), "")
    if box.kind == "stage":
        return Node(id=f"stage{place}", element="task", key=box.key, lane=lane, bounds=bounds)
    # The start leaves room for a gateway on its right.
    left = bounds[0] + (4.0 if box.kind == "start" else (bounds[2] - bounds[0] - _EVENT) / 2)
    event = (left, middle - _EVENT / 2, left + _EVENT, middle + _EVENT / 2)
    element = "startEvent" if box.kind == "start" else "endEvent"
    return Node(id=box.kind, element=element, key=box.key, lane=lane, bounds=event)


def _gateway(place: int, node: Node, box: Box) -> Node:
    left = node.bounds[2] + _BESIDE
    middle = node.middle[1]
    bounds = (left, middle - _GATEWAY / 2, left + _GATEWAY, middle + _GATEWAY / 2)
    return Node(id=f"choice{place}", element="exclusiveGateway", key="", lane=node.lane, bounds=bounds)


def _points(arc: Arc, origin: Node, source: Node, to: Node) -> list[Point]:
    """The line of the layout, begun at the gateway and ended at the border of an event."""
    points = [_point(point) for point in arc.points]
    if source is not origin or origin.element != "task":
        x, y = source.middle
        if arc.route == "forward" and len(points) == 4:  # down or up to another lane
            level = points[-1][1]
            points[:3] = [(x, source.bounds[3 if level > y else 1]), (x, level)]
        elif arc.route == "forward":
            points[0] = (source.bounds[2], y)
        elif arc.route == "under":
            points[:2] = [(x, source.bounds[3]), (x, points[1][1])]
        else:
            points[:2] = [(x, source.bounds[1]), (x, points[1][1])]
    if to.element == "endEvent":
        if arc.route == "forward":
            points[-1] = (to.bounds[0], to.middle[1])
        else:
            points[-2:] = [(to.middle[0], points[-2][1]), (to.middle[0], to.bounds[1])]
    return points


def _words(document: MapDocument, moves: list[Move]) -> str:
    names = ", ".join(dict.fromkeys(move.name for move in moves if move.name))
    n = None if all(move.n is None for move in moves) else sum(move.n or 0.0 for move in moves)
    part = None if all(m.share is None for m in moves) else sum(m.share or 0.0 for m in moves)
    numbers = ("" if n is None else number(document, n), "" if part is None else f"({share(part)})")
    return " ".join(text for text in (names, *numbers) if text)


def _ends(
    diagram: Diagram, document: MapDocument, node: Node, source: Node, box: Box, stub: float, won: str | None
) -> None:
    """One end event for each other outcome, side by side below the stage."""
    known = {one.key for one in diagram.nodes}
    outcomes = list(
        dict.fromkeys(
            move.to
            for move in document.moves
            if move.origin == node.key
            and move.to != won
            and (move.to not in known or move.kind in ("lost", "ended"))
        )
    )
    left = _point((stub, 0.0))[0]
    step = max((node.bounds[2] - left) / max(len(outcomes), 1), _SMALL + 4.0)
    below = node.bounds[3]
    for k, outcome in enumerate(outcomes):
        x, y = left + step * k, below + _BELOW
        end = Node(
            id=f"{node.id}_end{k + 1}",
            element="endEvent",
            key=outcome,
            lane=node.lane,
            bounds=(x, y, x + _SMALL, y + _SMALL),
            label=(x + _SMALL + 2.0, y + 2.0, x + step - 2.0, y + _SMALL),
        )
        diagram.nodes.append(end)
        moves = [move for move in document.moves if (move.origin, move.to) == (node.key, outcome)]
        down, level = x + _SMALL / 2, below + 5.0
        if source is node:
            points: tuple[Point, ...] = ((down, below), (down, y))
        else:
            start = source.middle[0]
            points = ((start, source.bounds[3]), (start, level), (down, level), (down, y))
        diagram.add_flow(source, end, points, _words(document, moves))

