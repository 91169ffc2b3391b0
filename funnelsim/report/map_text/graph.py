"""The nodes and edges of a map for text forms; ids are made up, so that no name is taken for a keyword."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.documents.process_map import START, MapDocument, Move
from funnelsim.report.map_layout.content import drawn_stages, number, stage_facts
from funnelsim.report.map_layout.time_classes import time_class, time_limits
from funnelsim.report.style.map_colours import LIGHT
from funnelsim.report.words.map_words import place_name
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, share


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """A place; `kind` is ``start``, ``stage``, ``won`` or ``outcome``."""

    id: str
    key: str
    kind: str
    name: str
    facts: tuple[str, ...] = ()
    lane: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """A move; `quiet` if it leads to an outcome other than the win."""

    origin: str
    to: str
    label: str
    colour: str
    width: float
    quiet: bool
    unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]

    @property
    def lanes(self) -> dict[str, dict[str, list[GraphNode]]]:
        """Stages by department and by group within it, in funnel order."""
        found: dict[str, dict[str, list[GraphNode]]] = {}
        for node in self.nodes:
            if node.kind == "stage":
                found.setdefault(node.lane, {}).setdefault(node.group, []).append(node)
        return found


def graph_of(document: MapDocument) -> Graph:
    """Stages in funnel order with all their moves; moves between the same two places stay apart."""
    nodes = _nodes(document)
    ids = {node.key: node.id for node in nodes}
    moves = [move for move in document.moves if move.origin in ids and move.to in ids]
    limits = time_limits(move.median_days for move in document.moves)
    heaviest = max((move.n or 0.0 for move in moves), default=0.0)
    return Graph(
        nodes=tuple(nodes),
        edges=tuple(_edge(document, move, ids, limits, heaviest) for move in moves),
    )


def _nodes(document: MapDocument) -> list[GraphNode]:
    start = "" if document.leads is None else count(document.leads)
    nodes = [
        GraphNode(id="start", key=START, kind="start", name="New", facts=(start,) if start else ()),
    ]
    stages = drawn_stages(document)
    parents = {stage.parent for stage in document.stages}
    for place, stage in enumerate(stages, start=1):
        inside = stage.parent or (stage.stage if stage.stage in parents else "")
        facts = list(stage_facts(document, stage))
        if stage.open:
            facts.append(f"{count(stage.open)} open")
        nodes.append(
            GraphNode(
                id=f"stage{place}",
                key=stage.stage,
                kind="stage",
                name=place_name(document, stage.stage),
                facts=tuple(facts),
                lane=plain(stage.department),
                group=plain(document.stage_name(inside)) if inside else "",
            )
        )
    known = {node.key for node in nodes}
    reached = dict.fromkeys(move.to for move in document.moves if move.to not in known)
    wins = {move.to for move in document.moves if move.kind == "won"}
    for place, key in enumerate(reached, start=1):
        kind = "won" if key in wins else "outcome"
        nodes.append(GraphNode(id=f"outcome{place}", key=key, kind=kind, name=place_name(document, key)))
    return nodes


def _edge(
    document: MapDocument, move: Move, ids: dict[str, str], limits: tuple[float, ...], heaviest: float
) -> GraphEdge:
    tone = time_class(move.median_days, limits)
    quiet = move.kind in ("lost", "ended")
    unknown = move.meant is False
    colour = LIGHT.no_time if quiet or tone is None else LIGHT.tones[tone]
    parts: Sequence[str] = (
        plain(move.name),
        "" if move.n is None else number(document, move.n),
        "" if move.share is None else f"({share(move.share)})",
    )
    return GraphEdge(
        origin=ids[move.origin],
        to=ids[move.to],
        label=" ".join(part for part in parts if part),
        colour=LIGHT.unknown if unknown else colour,
        width=1.0 if quiet or not heaviest else max(1.0, 6.0 * (move.n or 0.0) / heaviest),
        quiet=quiet,
        unknown=unknown,
    )
