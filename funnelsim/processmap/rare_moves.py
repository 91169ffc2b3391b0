"""Which moves are too rare to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from funnelsim.documents.process_map import Move

#: A way that leads on is kept before one that leads back: what is drawn is then reached from the start.
_LAST = {"back": 1, "repeat": 2}


def rare(moves: Sequence[Move], min_share: float) -> list[Move]:
    """Moves of less than a share of the visits of their origin that ended.

    The most frequent way into each stage and outcome, and out of each stage, is never one of them; a way on
    comes before a way back. Nor is a way to win: the wins that are drawn are all wins.
    """
    kept = {id(move) for move in _most_frequent(moves, lambda move: move.origin)}
    kept |= {id(move) for move in _most_frequent(moves, lambda move: move.to)}
    kept |= {id(move) for move in moves if move.kind == "won"}
    return [move for move in moves if (move.share or 0.0) < min_share and id(move) not in kept]


def _most_frequent(moves: Sequence[Move], end: Callable[[Move], str]) -> list[Move]:
    ranked = sorted(moves, key=lambda move: (_LAST.get(move.kind, 0), -(move.n or 0.0)))
    first: dict[str, Move] = {}
    for move in ranked:
        first.setdefault(end(move), move)
    return list(first.values())
