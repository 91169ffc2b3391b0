"""What a move means in funnel order: on to the next stage, over stages, back, or out of the funnel."""

from __future__ import annotations

import math
from collections.abc import Iterable

from funnelsim.documents.process_map import START, MoveKind
from funnelsim.model.flows.ways_on import ways_on
from funnelsim.model.parts import Model


class FunnelOrder:
    """The stages of a funnel in order.

    Parameters
    ----------
    stages : iterable of str
        Keys, in funnel order.
    books_at : str, default "won"
        The stage or outcome that books; a move there counts as conversion like one to ``won``.
    credits_at : str or None
        The one that counts towards quota: reaching it is no loss, but by itself no conversion.
    """

    def __init__(self, stages: Iterable[str], books_at: str = "won", credits_at: str | None = None) -> None:
        self.stages = tuple(stages)
        self.books_at = books_at
        self._good = {"won", books_at, credits_at}
        self._place = {key: place for place, key in enumerate(self.stages)}

    def kind(self, origin: str, to: str) -> MoveKind:
        """The kind of a move from a stage, or from the start, to a stage or an outcome."""
        if origin == START:
            return "start"
        if to not in self._place:
            if to in self._good:
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
        return to in ways_on(self.stages, origin, self.books_at)


def expected_conversion(model: Model, key: str) -> float | None:
    """The conversion of a stage as a model has it: of the visits that end; None if none ever does."""
    onward = ways_on(model.stages, key, model.goal.books_at)
    exits = [e for e in model.stages[key].exits.values() if e.to != "never"]
    ends = math.fsum(e.p for e in exits)
    if not ends > 0:
        return None
    return min(math.fsum(e.p for e in exits if e.to in onward) / ends, 1.0)
