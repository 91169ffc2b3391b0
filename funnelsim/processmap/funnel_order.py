"""What a move means in funnel order: on to the next stage, over stages, back, or out of the funnel."""

from __future__ import annotations

import math
from collections.abc import Iterable

from funnelsim.documents.process_map import START, MoveKind
from funnelsim.model.parts import Model

#: Kinds of moves that count as conversion.
ONWARD: tuple[MoveKind, ...] = ("forward", "skip", "won")


class FunnelOrder:
    """The stages of a funnel in order.

    Parameters
    ----------
    stages : iterable of str
        Keys, in funnel order.
    books_at : str, default "won"
        The stage or outcome that books; a move there counts as conversion like one to ``won``.
    """

    def __init__(self, stages: Iterable[str], books_at: str = "won") -> None:
        self.stages = tuple(stages)
        self.books_at = books_at
        self._place = {key: place for place, key in enumerate(self.stages)}

    def kind(self, origin: str, to: str) -> MoveKind:
        """The kind of a move from a stage, or from the start, to a stage or an outcome."""
        if origin == START:
            return "start"
        if to not in self._place:
            if to in ("won", self.books_at):
                return "won"
            return "lost" if to == "lost" else "ended"
        if origin == to:
            return "repeat"
        step = self._place[to] - self._place[origin]
        if step < 0:
            return "back"
        return "forward" if step == 1 else "skip"

    def is_conversion(self, origin: str, to: str) -> bool:
        """Whether a move leads to a later stage, to the place that books, or to won."""
        return self.kind(origin, to) in ONWARD or to == self.books_at


def expected_conversion(model: Model, key: str) -> float | None:
    """The conversion of a stage as a model has it: of the visits that end; None if none ever does."""
    order = FunnelOrder(model.stages, books_at=model.goal.books_at)
    exits = [e for e in model.stages[key].exits.values() if e.to != "never"]
    ends = math.fsum(e.p for e in exits)
    return math.fsum(e.p for e in exits if order.is_conversion(key, e.to)) / ends if ends > 0 else None
