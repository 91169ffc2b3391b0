"""The moves that a model has, and the stages that every way between two of them goes through."""

from __future__ import annotations

from dataclasses import dataclass

from funnelsim.model.parts import Model
from funnelsim.processmap.journeys import ENTRY

WON = "won"


@dataclass(frozen=True, kw_only=True)
class MeantMap:
    """A model as a graph.

    Attributes
    ----------
    stages : tuple of str
        In the order of the model.
    moves : frozenset of (str, str)
        From `ENTRY` or a stage to a stage or an outcome.
    """

    stages: tuple[str, ...]
    moves: frozenset[tuple[str, str]]

    def place(self, key: str) -> int:
        """Position in the funnel: the start before all stages, the win after them; -1 for other outcomes."""
        if key == ENTRY:
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
        into: dict[str, list[str]] = {place: [] for place in order}
        for place in order:
            for to in ahead.get(place, ()):
                into[to].append(place)
        passed: dict[str, set[str]] = {place: set(order) for place in order}
        passed[origin] = {origin}
        changed = True
        while changed:
            changed = False
            for place in order[1:]:
                on_all = set.intersection(*(passed[left] for left in into[place])) | {place}
                if on_all != passed[place]:
                    passed[place], changed = on_all, True
        return {
            place: tuple(stage for stage in self.stages if stage in passed[place] - {place, origin})
            for place in order
        }

    def skipped(self, origin: str, to: str) -> tuple[str, ...]:
        """The stages that a move forward passes over although every way of the model goes through them."""
        if (origin, to) in self.moves or not 0 <= self.place(origin) < self.place(to):
            return ()
        return self.mandatory(origin).get(to, ())


def meant_map(model: Model) -> MeantMap:
    """The moves of a model: those of every segment, of planned leads and of leads that gave up waiting."""
    moves = {(ENTRY, stage) for source in model.sources.values() for stage in source.enters}
    moves |= {(key, target.to) for key, stage in model.stages.items() for target in stage.every_exit.values()}
    return MeantMap(stages=tuple(model.stages), moves=frozenset(moves))
