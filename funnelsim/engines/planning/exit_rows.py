"""The exits of a plan, row by row, and behind them those that no draw chooses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.plan import NO_CLOCK, NO_TABLE, Exits
from funnelsim.engines.planning.scope import Scope
from funnelsim.engines.planning.tables import Tables
from funnelsim.model.parts import ABANDONED, Exit, Model, Stage

Ints = NDArray[np.int64]


class ExitRows:
    """Collects the exits of one row after another."""

    def __init__(self, scope: Scope, tables: Tables, clocks: Sequence[str]) -> None:
        self.target_of = scope.target
        self.tables = tables
        self.clock = {key: place for place, key in enumerate(clocks)}
        self.first = [0]
        self.rows: list[_Exit] = []
        self.undrawn: list[_Exit] = []
        self.abandons: list[int] = []  # by row: place among the undrawn, -1 where nobody does
        self.costs: list[tuple[int, int]] = []  # by row: of `lost`, among the drawn and among the undrawn

    def add(self, model: Model, place: int, key: str, stage: Stage, *, removed: bool) -> None:
        kept = {name: e for name, e in stage.exits.items() if e.p > 0 and not (removed and e.to == key)}
        total = math.fsum(e.p for e in kept.values())
        ahead = _Ahead(place, len(model.stages), self.target_of(model.goal.books_at), self.target_of("won"))
        upto, lost, lost_exit = 0.0, -1, stage.lost_exit
        for name, e in kept.items():
            target = self.target_of("lost" if removed and e.to == "never" else e.to)
            upto += e.p / total
            if name == lost_exit:
                lost = len(self.rows)
            self.rows.append(self._exit(stage, e, name, target, e.p / total, upto, ahead.holds(target)))
        self.first.append(len(self.rows))
        self.costs.append((lost, self._lost_at_no_chance(stage, lost_exit) if lost < 0 else -1))
        self.abandons.append(-1 if stage.abandons_to is None else len(self.undrawn))
        if stage.abandons_to is not None:
            target = self.target_of(stage.abandons_to)
            self.undrawn.append(
                _Exit(target, 0.0, 1.0, NO_TABLE, NO_CLOCK, math.inf, ahead.holds(target), ABANDONED)
            )

    def _lost_at_no_chance(self, stage: Stage, name: str | None) -> int:
        if name is None:
            return -1
        self.undrawn.append(
            self._exit(stage, stage.exits[name], name, self.target_of("lost"), 0.0, 1.0, False)
        )
        return len(self.undrawn) - 1

    def _exit(
        self, stage: Stage, e: Exit, name: str, target: int, p: float, upto: float, forward: bool
    ) -> _Exit:
        distribution = e.after or stage.after
        table = NO_TABLE if e.to == "never" or distribution is None else self.tables.add(distribution)
        clock = e.clock or stage.clock
        half_life = math.inf if e.wait_half_life is None else e.wait_half_life
        place = NO_CLOCK if clock is None else self.clock[clock]
        return _Exit(target, p, upto, table, place, half_life, forward, name)

    @property
    def abandon_exit(self) -> Ints:
        return np.array([-1 if i < 0 else len(self.rows) + i for i in self.abandons], dtype=np.int64)

    @property
    def lost_exit(self) -> Ints:
        places = [drawn if drawn >= 0 or i < 0 else len(self.rows) + i for drawn, i in self.costs]
        return np.array(places, dtype=np.int64)

    def exits(self) -> tuple[Exits, tuple[str, ...]]:
        """The exits as columns, and their names."""
        rows = [*self.rows, *self.undrawn]
        *columns, names = zip(*rows, strict=True) if rows else [()] * len(_Exit._fields)
        types = (np.int64, np.float64, np.float64, np.int64, np.int64, np.float64, np.bool_)
        return Exits(*[np.array(c, dtype=t) for c, t in zip(columns, types, strict=True)]), names


class _Exit(NamedTuple):
    """The columns of `Exits`, and the name."""

    target: int
    p: float
    upto: float
    table: int
    clock: int
    half_life: float
    forward: bool
    name: str


class _Ahead(NamedTuple):
    """Whether a target lies ahead of a stage: later in the funnel, where deals are booked, or won."""

    place: int
    stages: int
    books_at: int
    won: int

    def holds(self, target: int) -> bool:
        return self.place < target < self.stages or target == self.books_at or target == self.won
