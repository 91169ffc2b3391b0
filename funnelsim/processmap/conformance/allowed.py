"""The moves that a model has, and the stages that every way between two of them goes through."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.documents.process_map import START
from funnelsim.model.parts import Model

WON = "won"


@dataclass(frozen=True, kw_only=True)
class MeantMap:
    """A model as a graph.

    Attributes
    ----------
    stages : tuple of str
        In the order of the model.
    moves : frozenset of (str, str)
        From `START` or a stage to a stage or an outcome.
    """

    stages: tuple[str, ...]
    moves: frozenset[tuple[str, str]]

    def place(self, key: str) -> int:
        """Position in the funnel: the start before all stages, the win after them; -1 for other outcomes."""
        if key == START:
            return 0
        if key == WON:
            return len(self.stages) + 1
        return self.stages.index(key) + 1 if key in self.stages else -1

    def mandatory(self, origin: str) -> dict[str, tuple[str, ...]]:
        """For each place that can be reached: the stages that every way from `origin` passes before it.

        These are its dominators (Allen, F. E. and Cocke, J. (1972). Graph theoretic constructs for program
        control flow analysis, section 3): what lies on all ways into each place that leads to it.
        """
        ahead: dict[str, list[str]] = {}
        for left, to in sorted(self.moves):
            ahead.setdefault(left, []).append(to)
        order, reached = [origin], {origin}
        for place in order:  # grows while it is read
            fresh = [to for to in ahead.get(place, ()) if to not in reached]
            order += fresh
            reached |= set(fresh)
        # Sets as bits of a number, which keeps maps of 200 stages fast.
        bit = {place: 1 << k for k, place in enumerate(order)}
        into: dict[str, list[str]] = {place: [] for place in order}
        for place in order:
            for to in ahead.get(place, ()):
                into[to].append(place)
        passed = dict.fromkeys(order, (1 << len(order)) - 1) | {origin: bit[origin]}
        changed = True
        while changed:
            changed = False
            for place in order[1:]:
                on_all = functools.reduce(operator.and_, (passed[left] for left in into[place])) | bit[place]
                if on_all != passed[place]:
                    passed[place], changed = on_all, True
        stages = [stage for stage in self.stages if stage in bit and stage != origin]
        return {
            place: tuple(stage for stage in stages if stage != place and passed[place] & bit[stage])
            for place in order
        }

    def skipped(self, origin: str, to: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """For moves forward from `origin`: the stages passed over although every way goes through them."""
        mandatory = self.mandatory(origin)
        return {
            place: mandatory.get(place, ())
            for place in to
            if (origin, place) not in self.moves and 0 <= self.place(origin) < self.place(place)
        }


def meant_map(model: Model) -> MeantMap:
    """The moves of a model: those of every segment, of planned leads and of leads that gave up waiting."""
    moves = {(START, stage) for source in model.sources.values() for stage in source.enters}
    moves |= {(key, target.to) for key, stage in model.stages.items() for target in stage.every_exit.values()}
    return MeantMap(stages=tuple(model.stages), moves=frozenset(moves))
