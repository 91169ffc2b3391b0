"""What a map shows, before it has a place: stages in order, moves between them, and their texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from funnelsim.documents.process_map import START, MapDocument, MapStage, Move
from funnelsim.report.words.map_words import closed_leads, time_words
from funnelsim.report.words.money import MISSING
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, share

#: How many reasons for leaving are written out at a stage.
_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A stage, the start or the win; `place` is its column."""

    key: str
    kind: str
    place: int
    name: str
    facts: tuple[str, ...] = ()  # short texts, several of which may share a line
    badge: str = ""
    lane: str = ""
    group: str = ""
    days: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """All moves between two nodes, by their places."""

    origin: int
    to: int
    weight: float
    label: str
    days: float | None
    meant: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    losses: dict[int, tuple[tuple[str, str], ...]]  # of a place: outcomes and how many
    losses_brief: dict[int, tuple[tuple[str, str], ...]]  # all outcomes of a place together
    unknown_losses: frozenset[int]  # places with an outcome that the model does not have there
    heaviest: float
    durations: tuple[float, ...] = field(default=())


def content_of(document: MapDocument) -> Content:
    """Stages in funnel order between the start and the win; parallel moves are one edge."""
    stages = drawn_stages(document)
    nodes = [_start(document), *(_node(document, stage) for stage in stages)]
    won = won_key(document)
    if won is not None:
        nodes.append(_won(document, won))
    nodes = _lanes_of_ends([replace(node, place=place) for place, node in enumerate(nodes)])
    places = {node.key: node.place for node in nodes if node.kind == "stage"}
    places |= {START: 0} | ({} if won is None else {won: len(nodes) - 1})
    merged: dict[tuple[int, int], list[Move]] = {}
    leaving: dict[int, dict[str, list[Move]]] = {}
    for move in document.moves:
        if move.origin not in places:
            continue
        if move.to in places and move.to != START:
            merged.setdefault((places[move.origin], places[move.to]), []).append(move)
        else:
            leaving.setdefault(places[move.origin], {}).setdefault(move.to, []).append(move)
    edges = [_edge(document, ends, moves) for ends, moves in merged.items()]
    losses = {place: _reasons(document, found) for place, found in leaving.items()}
    brief: dict[int, tuple[tuple[str, str], ...]] = {
        place: (("", _how_many(document, [move for moves in found.values() for move in moves])),)
        for place, found in leaving.items()
    }
    unknown = {
        place
        for place, found in leaving.items()
        if any(m.meant is False for ms in found.values() for m in ms)
    }
    heaviest = max((edge.weight for edge in edges), default=0.0)
    durations = [stage.median_days for stage in stages] + [move.median_days for move in document.moves]
    return Content(
        nodes=tuple(nodes),
        edges=tuple(edges),
        losses=losses,
        losses_brief=brief,
        unknown_losses=frozenset(unknown),
        heaviest=heaviest or 1.0,
        durations=tuple(one for one in durations if one is not None),
    )


def drawn_stages(document: MapDocument) -> list[MapStage]:
    """All stages but those that are only the name of a group of sub-stages."""
    groups = {stage.parent for stage in document.stages if stage.parent}
    moving = {key for move in document.moves for key in (move.origin, move.to)}
    return [stage for stage in document.stages if stage.stage not in groups or stage.stage in moving]


def won_key(document: MapDocument) -> str | None:
    """The outcome that is the win, if any lead gets there."""
    return next((move.to for move in document.moves if move.kind == "won"), None)


def number(document: MapDocument, value: float | None) -> str:
    """A count of leads; of a model per 100 new leads."""
    if document.of == "model" and value is not None and 1 <= value < 99.95:
        return f"{value:.1f}".removesuffix(".0")
    return count(value)


def _node(document: MapDocument, stage: MapStage) -> Node:
    key = stage.stage
    inside = stage.parent or (key if any(one.parent == key for one in document.stages) else "")
    return Node(
        key=key,
        kind="stage",
        place=0,
        name=plain(document.stage_name(key)) or plain(key) or MISSING,
        facts=stage_facts(document, stage),
        badge=f"{count(stage.open)} open" if stage.open else "",
        lane=plain(stage.department),
        group=plain(document.stage_name(inside)) if inside else "",
        days=stage.median_days,
    )


def stage_facts(document: MapDocument, stage: MapStage) -> tuple[str, ...]:
    """How many come, how long they stay, how many go on; of a model also what is aimed at."""
    lines = [
        "" if stage.entered is None else f"{number(document, stage.entered)} in",
        "" if stage.median_days is None else time_words(stage.median_days),
    ]
    if stage.conversion is not None:
        lines.append(f"{share(stage.conversion)} go on")
    if document.of == "model":
        aims = [
            "" if stage.target_conversion is None else share(stage.target_conversion),
            "" if stage.target_days is None else time_words(stage.target_days),
        ]
        if any(aims):
            lines.append("target " + ", ".join(aim for aim in aims if aim))
    return tuple(line for line in lines if line)


def _start(document: MapDocument) -> Node:
    noun = plain(document.noun) or "deal"
    facts = () if document.leads is None else (count(document.leads),)
    return Node(key=START, kind="start", place=0, name="New leads" if noun == "lead" else "New", facts=facts)


def _won(document: MapDocument, key: str) -> Node:
    # Rare ways to win may be left out of the moves, but not of the wins.
    n = document.won or _weight(move for move in document.moves if move.to == key)
    facts = [number(document, n)] if n else []
    # Open deals are not lost: the share is of those that ended, as the conversion of a stage is.
    closed = closed_leads(document)
    if closed and n and document.ended:
        facts.append(share(min(n / closed, 1.0)))
    return Node(
        key=key, kind="won", place=0, name=plain(document.outcome_name(key)).capitalize(), facts=tuple(facts)
    )


def _lanes_of_ends(nodes: Sequence[Node]) -> list[Node]:
    """The start lies in the lane of the first stage, the win in that of the last."""
    lanes = [node.lane for node in nodes if node.kind == "stage"] or [""]
    of_kind = {"start": lanes[0], "won": lanes[-1]}
    return [replace(node, lane=of_kind.get(node.kind, node.lane)) for node in nodes]


def _edge(document: MapDocument, ends: tuple[int, int], moves: Sequence[Move]) -> Edge:
    known = [move.meant for move in moves if move.meant is not None]
    return Edge(
        origin=ends[0],
        to=ends[1],
        weight=_weight(moves),
        label=_move_number(document, moves),
        days=max((m.median_days for m in moves if m.median_days is not None), default=None),
        meant=any(known) if known else None,
    )


def _weight(moves: Iterable[Move]) -> float:
    return sum(move.n or 0.0 for move in moves)


def _move_number(document: MapDocument, moves: Sequence[Move]) -> str:
    """Counts of a history; of a model the probability, which is what it says."""
    total = None if all(move.n is None for move in moves) else _weight(moves)
    part = sum(move.share or 0.0 for move in moves)
    if document.of == "model" and any(move.share is not None for move in moves):
        return share(part)
    return "" if total is None else number(document, total)


def _reasons(document: MapDocument, leaving: dict[str, list[Move]]) -> tuple[tuple[str, str], ...]:
    """``Lost``, ``46 (46 %)``: the most frequent outcomes first; the rare ones together."""
    ranked = sorted(
        leaving.items(), key=lambda item: -_weight(item[1]) - sum(m.share or 0.0 for m in item[1])
    )
    shown = ranked if len(ranked) <= _REASONS else ranked[: _REASONS - 1]
    rows = [(plain(document.outcome_name(key)).capitalize() or MISSING, moves) for key, moves in shown]
    others = [move for _, moves in ranked[len(shown) :] for move in moves]
    if others:
        rows.append((f"{len(ranked) - len(shown)} others", others))
    return tuple((name, _how_many(document, moves)) for name, moves in rows)


def _how_many(document: MapDocument, moves: Sequence[Move]) -> str:
    part = share(sum(m.share or 0.0 for m in moves)) if any(m.share is not None for m in moves) else ""
    total = "" if all(m.n is None for m in moves) else number(document, _weight(moves))
    if document.of == "model" and part:
        return part
    return f"{total} ({part})" if total and part else total or part
