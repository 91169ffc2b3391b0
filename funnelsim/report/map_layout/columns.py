"""Boxes of an `across` map before they are placed: their sizes, texts and the ports of their lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from funnelsim.report.map_layout.content import Content, Edge, Node
from funnelsim.report.map_layout.letters import fold, text_width
from funnelsim.report.map_layout.tracks import port_order

NAME, SMALL = 7.5, 7.0  # points
NAME_LINE, SMALL_LINE = 9.0, 8.4
PORT = 7.0  # between two lines on one side of a box
_SUB_STAGE = 0.78  # how wide a sub-stage is beside a stage
#: Widths of boxes that are tried, the best looking first.
BOX_WIDTHS = (108.0, 96.0, 84.0)
_END_WIDTH, _PAD, _NAME_LINES = 54.0, 7.0, 5
LOOP, LOOP_STRIP = 20.0, 11.0  # room for the arc of a repeat, and above the box
_STUB = 5.0  # from the line of the losses to their text
_LEAST_LOSS_TEXT = 54.0


@dataclass(slots=True)
class Column:
    """One box with its lines; offsets are from the left side of the box."""

    node: Node
    width: float = 0.0
    name: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    badge_width: float = 0.0
    badge_apart: bool = False  # the badge needs a line of its own
    top: dict[int, float] = field(default_factory=dict)  # edge -> offset
    bottom: dict[int, float] = field(default_factory=dict)
    loop: Edge | None = None
    stub: float = 0.0
    losses: tuple[str, ...] = ()

    @property
    def height(self) -> float:
        lines = len(self.facts) + self.badge_apart
        return 10.0 + NAME_LINE * len(self.name) + SMALL_LINE * lines

    @property
    def above(self) -> float:
        return LOOP_STRIP if self.loop else 0.0

    @property
    def below(self) -> float:
        return 3.0 + SMALL_LINE * len(self.losses) if self.losses else 0.0

    @property
    def top_free(self) -> tuple[float, float]:
        """From each end of the box's top, how far it is to the first line."""
        return _free(self.top, self.width)

    @property
    def bottom_free(self) -> tuple[float, float]:
        return _free(self.bottom, self.width)


def columns_of(content: Content, box_width: float) -> list[Column]:
    """A column for each node, wide enough for its texts and lines."""
    over: list[dict[int, int]] = [{} for _ in content.nodes]
    under: list[dict[int, int]] = [{} for _ in content.nodes]
    loops: dict[int, Edge] = {}
    for key, edge in enumerate(content.edges):
        if edge.origin == edge.to:
            loops[edge.origin] = edge
        elif edge.to != edge.origin + 1:
            side = over if edge.to > edge.origin else under
            side[edge.origin][key] = edge.to
            side[edge.to][key] = edge.origin
    return [
        _column(
            node,
            port_order(over[node.place], node.place),
            port_order(under[node.place], node.place),
            loops.get(node.place),
            content.losses.get(node.place, ()),
            _END_WIDTH if node.kind != "stage" else box_width * (_SUB_STAGE if node.group else 1.0),
        )
        for node in content.nodes
    ]


def _column(
    node: Node,
    over: list[int],
    under: list[int],
    loop: Edge | None,
    losses: tuple[str, ...],
    width: float,
) -> Column:
    column = Column(node=node, loop=loop)
    loop_width = 0.0 if loop is None else LOOP + text_width(loop.label, SMALL) + 6.0
    before_stub = 8.0 + PORT * len(under) + (3.0 if under else 0.0)
    needed = before_stub + _STUB + _LEAST_LOSS_TEXT if losses else before_stub
    column.width = max(width, loop_width + PORT * len(over) + 8.0, needed)
    inside = column.width - 2 * _PAD
    column.name = fold(node.name, inside, NAME, bold=True, lines=_NAME_LINES)
    column.facts = tuple(line for fact in node.facts for line in fold(fact, inside, SMALL))
    if node.badge:
        column.badge_width = text_width(node.badge, SMALL) + 8.0
        last = text_width(column.facts[-1], SMALL) if column.facts else inside
        column.badge_apart = last + column.badge_width > inside
    middle = (loop_width + column.width) / 2
    column.top = {edge: middle + PORT * (k - (len(over) - 1) / 2) for k, edge in enumerate(over)}
    column.bottom = {edge: 8.0 + PORT * k for k, edge in enumerate(under)}
    column.stub = before_stub
    room = column.width - before_stub - _STUB
    column.losses = tuple(line for reason in losses for line in fold(reason, room, SMALL))
    return column


def _free(ports: dict[int, float], width: float) -> tuple[float, float]:
    if not ports:
        return width / 2, width / 2
    return min(ports.values()), width - max(ports.values())
