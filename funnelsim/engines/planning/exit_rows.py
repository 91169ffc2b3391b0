"""The exits of a plan, row by row, and behind them those that no draw chooses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Distribution
from funnelsim.engines.plan import NO_CLOCK, NO_TABLE, Exits
from funnelsim.engines.planning.scope import Scope
from funnelsim.engines.planning.tables import Tables
from funnelsim.model.flows.ways_on import ways_on
from funnelsim.model.parts import ABANDONED, Exit, Model, Stage

Ints = NDArray[np.int64]


class StageExits(NamedTuple):
    """How leads leave a stage: the same in each row that has the same stage.

    Attributes
    ----------
    drawn : tuple of _Exit
    lost : int
        Place of the exit `lost` among them; -1: it has no chance of its own, or there is none.
    lost_undrawn, abandoned : _Exit or None
        Exits that no draw chooses.
    """

    drawn: tuple[_Exit, ...]
    lost: int
    lost_undrawn: _Exit | None
    abandoned: _Exit | None


#: What the exits of a stage are made of, by identity, with what was made.
KnownExits = dict[tuple[int, int, int, bool, bool], tuple[Model, Stage, StageExits]]


class ExitRows:
    """Collects the exits of one row after another.

    Parameters
    ----------
    known : KnownExits
        Those of another plan, used where the stage and the goal are the same objects.
    """

    def __init__(self, scope: Scope, tables: Tables, clocks: Sequence[str], known: KnownExits) -> None:
        self.target_of = scope.target
        self.tables = tables
        self.clock = {key: place for place, key in enumerate(clocks)}
        self.known = known
        self.made: KnownExits = {}
        self.first = [0]
        self.of_rows: list[StageExits] = []
        self.rows: list[_Exit] = []
        self.undrawn: list[_Exit] = []
        self.table: list[int] = []
        self.table_of_undrawn: list[int] = []
        self.abandons: list[int] = []  # by row: place among the undrawn, -1 where nobody does
        self.costs: list[tuple[int, int]] = []  # by row: of `lost`, among the drawn and among the undrawn

    def add(self, model: Model, place: int, key: str, *, removed: bool, planned: bool = False) -> None:
        own = self._made(model, place, key, removed, planned)
        lost = -1 if own.lost < 0 else len(self.rows) + own.lost
        self.of_rows.append(own)
        self.rows += own.drawn
        self.table += [self._table_of(e) for e in own.drawn]
        self.first.append(len(self.rows))
        self.costs.append((lost, self._add_undrawn(own.lost_undrawn)))
        self.abandons.append(self._add_undrawn(own.abandoned))

    def _add_undrawn(self, e: _Exit | None) -> int:
        if e is None:
            return -1
        self.undrawn.append(e)
        self.table_of_undrawn.append(self._table_of(e))
        return len(self.undrawn) - 1

    def _table_of(self, e: _Exit) -> int:
        return NO_TABLE if e.dwell is None else self.tables.add(e.dwell)

    def _made(self, model: Model, place: int, key: str, removed: bool, planned: bool) -> StageExits:
        stage = model.stages[key]
        known_as = (id(stage), id(model.goal), place, removed, planned)
        known = self.known.get(known_as) or self.made.get(known_as)
        if known is None:
            own = _as_planned(stage) if planned else stage
            known = (model, stage, self._exits_of(model, key, own, removed))
        self.made[known_as] = known
        return known[-1]

    def _exits_of(self, model: Model, key: str, stage: Stage, removed: bool) -> StageExits:
        kept = {name: e for name, e in stage.exits.items() if e.p > 0 and not (removed and e.to == key)}
        total = math.fsum(e.p for e in kept.values())
        onward = ways_on(model.stages, key, model.goal.books_at)
        upto, lost, lost_exit = 0.0, -1, stage.lost_exit
        drawn: list[_Exit] = []
        for name, e in kept.items():
            to = "lost" if removed and e.to == "never" else e.to
            upto += e.p / total
            if name == lost_exit:
                lost = len(drawn)
            drawn.append(self._exit(stage, e, name, self.target_of(to), e.p / total, upto, to in onward))
        undrawn = abandoned = None
        if lost < 0 and lost_exit is not None:
            e = stage.exits[lost_exit]
            undrawn = self._exit(stage, e, lost_exit, self.target_of("lost"), 0.0, 1.0, False)
        if stage.abandons_to is not None:
            to = stage.abandons_to
            abandoned = _Exit(self.target_of(to), 0.0, 1.0, None, NO_CLOCK, math.inf, to in onward, ABANDONED)
        return StageExits(tuple(drawn), lost, undrawn, abandoned)

    def _exit(
        self, stage: Stage, e: Exit, name: str, target: int, p: float, upto: float, forward: bool
    ) -> _Exit:
        dwell = None if e.to == "never" else e.after or stage.after
        clock = e.clock or stage.clock
        half_life = math.inf if e.wait_half_life is None else e.wait_half_life
        place = NO_CLOCK if clock is None else self.clock[clock]
        return _Exit(target, p, upto, dwell, place, half_life, forward, name)

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
        target, p, upto, _, clock, half_life, forward, names = (
            zip(*rows, strict=True) if rows else [()] * len(_Exit._fields)
        )
        exits = Exits(
            target=np.array(target, np.int64),
            p=np.array(p, np.float64),
            upto=np.array(upto, np.float64),
            table=np.array([*self.table, *self.table_of_undrawn], np.int64),
            clock=np.array(clock, np.int64),
            half_life=np.array(half_life, np.float64),
            forward=np.array(forward, np.bool_),
        )
        return exits, names


def _as_planned(stage: Stage) -> Stage:
    """The stage as its open leads with a planned close leave it."""
    assert stage.planned is not None
    return stage.model_copy(update={"exits": stage.planned.exits, "after": None, "clock": None})


class _Exit(NamedTuple):
    """The columns of `Exits`, with the distribution in place of its table, and the name."""

    target: int
    p: float
    upto: float
    dwell: Distribution | None  # None: at once, or never
    clock: int
    half_life: float
    forward: bool
    name: str
