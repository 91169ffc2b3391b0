"""Boxes of an `across` map before they are placed: their sizes, texts and the ports of their lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from funnelsim.report.map_layout.content import Content, Edge, Node
from funnelsim.report.map_layout.letters import fold, pack, text_width, with_numbers
from funnelsim.report.map_layout.tracks import port_order

NAME, SMALL = 7.5, 7.45  # points
NAME_LINE, SMALL_LINE = 8.8, 8.6
PORT = 7.0  # between two lines on one side of a box
_END_WIDTH, _PAD, _NAME_LINES = 54.0, 7.0, 5
LOOP, LOOP_STRIP = 20.0, 11.0  # room for the arc of a repeat, and above the box
_STUB = 5.0  # from the line of the losses to their text
_LEAST_LOSS_TEXT = 44.0
_WIDENED = 1.2


@dataclass(frozen=True, slots=True)
class Density:
    """How close a map is drawn.

    Attributes
    ----------
    box, sub_stage, gutter : float
        Widths of a stage, of a sub-stage, and between two of them.
    brief : bool
        Without the share that goes on; all outcomes of a stage together, without their names.
    """

    box: float
    sub_stage: float
    gutter: float = 27.0
    brief: bool = False


#: The best looking first.
DENSITIES = (
    Density(108.0, 84.0),
    Density(96.0, 76.0),
    Density(84.0, 68.0),
    Density(88.0, 58.0, gutter=18.0, brief=True),
)


@dataclass(slots=True)
class Column:
    """One box with its lines; offsets are from the left side of the box."""

    node: Node
    width: float = 0.0
    name: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    badge_width: float = 0.0
    badge_line: int = 0  # which line of the facts has room for the badge
    top: dict[int, float] = field(default_factory=dict)  # edge -> offset
    bottom: dict[int, float] = field(default_factory=dict)
    loop: Edge | None = None
    stub: float = 0.0
    losses: tuple[str, ...] = ()

    def height_in(self, row: float) -> float:
        """Stages of a row are equally high; the start and the win are as high as their texts."""
        return row if self.node.kind == "stage" else min(row, self.height + 4.0)

    @property
    def height(self) -> float:
        return 10.0 + NAME_LINE * len(self.name) + SMALL_LINE * len(self.facts)

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


def columns_of(content: Content, density: Density) -> list[Column]:
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
    losses = content.losses_brief if density.brief else content.losses
    return [
        _column(
            replace(node, facts=node.facts[:2]) if density.brief else node,
            port_order(over[node.place], node.place),
            port_order(under[node.place], node.place),
            loops.get(node.place),
            losses.get(node.place, ()),
            _END_WIDTH if node.kind != "stage" else density.sub_stage if node.group else density.box,
        )
        for node in content.nodes
    ]


def _column(
    node: Node,
    over: list[int],
    under: list[int],
    loop: Edge | None,
    losses: tuple[tuple[str, str], ...],
    width: float,
) -> Column:
    column = Column(node=node, loop=loop)
    loop_width = 0.0 if loop is None else LOOP + text_width(loop.label, SMALL) + 6.0
    before_stub = 8.0 + PORT * len(under) + (3.0 if under else 0.0)
    needed = before_stub + _STUB + _LEAST_LOSS_TEXT if losses else before_stub
    longest = max((text_width(word, NAME, True) for word in node.name.split()), default=0.0) + 2 * _PAD
    # A long word widens its box a little rather than break.
    width = min(max(width, longest), _WIDENED * width)
    column.width = max(width, loop_width + PORT * len(over) + 8.0, needed)
    inside = column.width - 2 * _PAD
    column.name = fold(node.name, inside, NAME, bold=True, lines=_NAME_LINES)
    # Where lines are free of the name, the first also has the time; the badge needs the end of one of them.
    column.facts = pack(node.facts[:2], inside, SMALL) + pack(node.facts[2:], inside, SMALL)
    if node.badge:
        column.badge_width = text_width(node.badge, SMALL) + 8.0
        column.facts, column.badge_line = room_for_badge(column.facts, inside - column.badge_width, SMALL)
    middle = (loop_width + column.width) / 2
    column.top = {edge: middle + PORT * (k - (len(over) - 1) / 2) for k, edge in enumerate(over)}
    column.bottom = {edge: 8.0 + PORT * k for k, edge in enumerate(under)}
    column.stub = before_stub
    room = column.width - before_stub - _STUB
    column.losses = with_numbers(losses, room, SMALL)
    return column


def _free(ports: dict[int, float], width: float) -> tuple[float, float]:
    if not ports:
        return width / 2, width / 2
    return min(ports.values()), width - max(ports.values())


def room_for_badge(facts: tuple[str, ...], room: float, size: float) -> tuple[tuple[str, ...], int]:
    """The lowest line that leaves room for a badge at its end; one more line where none does."""
    for line in range(len(facts) - 1, -1, -1):
        if text_width(facts[line], size) <= room:
            return facts, line
    return (*facts, ""), len(facts)
