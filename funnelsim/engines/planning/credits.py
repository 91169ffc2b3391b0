"""How much is credited on average, at most, for an amount of 1 that enters a funnel.

What a lead that enters stage ``s`` brings solves

    v_s = a_s (w_s + sum over exits e of s: p_e f_e v_target(e))

with ``w`` the credits of an entry and ``a`` the factor on the amount (Markov renewal equation: Cinlar 1975,
Introduction to Stochastic Processes, chapter 10). With ``f`` the Laplace transform of the exit's time at a
rate ``r``, what falls within ``T`` days is ``exp(r T) v`` at most (Chernoff 1952, A measure of asymptotic
efficiency, Annals of Mathematical Statistics 23, 493-507): a loop in which amounts grow on and on counts as
often only as a span has time for.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from funnelsim.distributions.quantile_table import places_of
from funnelsim.engines.plan import NO_TABLE, Exits, Outcomes, Stages
from funnelsim.engines.planning.tables import Tables

# Rates by which time is discounted, times the span. The first that leaves loops this tame will do.
_RATES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
_TAME = 0.9
#: More are solved as a sparse system.
_FEW_STAGES = 200
# The middles of equal parts of the words of a draw.
_PLACES = places_of(((np.arange(1024) << 22) + 2**21).astype(np.uint32))

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def most_credited(tables: Tables, stages: Stages, exits: Exits, outcomes: Outcomes, days: float) -> float:
    """The most over all stages, eras and segments, and over bookings and quota.

    Parameters
    ----------
    days : float
        Span in which credits count.
    """
    n = len(stages.hash)
    found = [float(outcomes.bookings.max(initial=0.0)), float(outcomes.quota.max(initial=0.0))]
    for row in range(0, stages.amount.size, n or 1):
        funnel = _Funnel(slice(row, row + n), tables, stages, exits, outcomes)
        found.append(funnel.most_within(days))
    return max(found)


def _radius(onward: Floats) -> float:
    """Largest absolute eigenvalue: of one group of stages that reach one another at a time."""
    largest = float(onward.diagonal().max(initial=0.0))
    for inside in _loops(onward):
        found = np.linalg.eigvals(onward[np.ix_(inside, inside)])
        largest = max(largest, float(np.abs(found).max()))
    return largest


def _loops(onward: Floats) -> list[Ints]:
    """Groups of more than one stage that reach one another."""
    if len(onward) > _FEW_STAGES:
        graph = scipy.sparse.csr_array(onward)
        _, group = scipy.sparse.csgraph.connected_components(graph, connection="strong")
    else:
        # Without scipy.sparse, which takes longer to load than a small funnel to solve.
        reach = (onward != 0) | np.eye(len(onward), dtype=np.bool_)
        for _ in range(len(onward).bit_length()):
            reach = reach @ reach
        group = (reach & reach.T).argmax(axis=1)
    return [np.flatnonzero(group == one) for one in np.flatnonzero(np.bincount(group) > 1)]


def _brought(onward: Floats, credits: Floats) -> Floats:
    steps = np.eye(len(onward)) - onward
    if len(onward) <= _FEW_STAGES:
        return np.asarray(np.linalg.solve(steps, credits))
    return np.asarray(scipy.sparse.linalg.spsolve(scipy.sparse.csc_array(steps), credits))


class _Funnel:
    """The funnel of one era and segment."""

    def __init__(self, own: slice, tables: Tables, stages: Stages, exits: Exits, outcomes: Outcomes) -> None:
        first = stages.exit_first[own.start : own.stop + 1]
        rows = slice(first[0], first[-1])
        self.tables, self.n = tables, len(first) - 1
        self.stage = np.repeat(np.arange(self.n), np.diff(first))
        self.target, self.p, self.table = exits.target[rows], exits.p[rows], exits.table[rows]
        self.grows = stages.amount[own]
        self.entry = np.column_stack([stages.bookings[own], stages.quota[own]])
        self.end = np.column_stack([outcomes.bookings, outcomes.quota])

    def most_within(self, days: float) -> float:
        bounds = []
        for rate in _RATES:
            passed = self.p * self._transforms(rate / days)
            onward = self._onward(passed)
            # No eigenvalue exceeds the largest row sum, which costs far less.
            most = float(onward.sum(axis=1).max(initial=0.0))
            radius = most if most < _TAME else _radius(onward)
            if radius < 1:
                brought = _brought(onward, self._credits(passed))
                bounds.append(float(np.exp(rate) * brought.max(initial=0.0)))
            if radius < _TAME:
                break
        return min(bounds, default=self._each_stage_once())

    def _transforms(self, rate: float) -> Floats:
        if rate == 0:
            return np.ones(self.table.size)
        tables_used = np.unique(self.table[self.table != NO_TABLE])
        found = {
            table: np.exp(-rate * self.tables.used[table].quantile_at(_PLACES)).mean()
            for table in tables_used.tolist()
        }
        return np.array([found.get(table, 1.0) for table in self.table.tolist()])

    def _onward(self, passed: Floats) -> Floats:
        moves = (self.target >= 0) & (self.target < self.n)
        cell = self.stage[moves] * self.n + self.target[moves]
        onward = np.bincount(cell, passed[moves], self.n * self.n).reshape(self.n, self.n)
        return self.grows[:, None] * onward

    def _credits(self, passed: Floats) -> Floats:
        """Of an entry, and of the outcomes that may follow; by bookings and quota."""
        ends = self.target >= self.n
        credits = self.entry.copy()
        np.add.at(credits, self.stage[ends], passed[ends, None] * self.end[self.target[ends] - self.n])
        return self.grows[:, None] * credits

    def _each_stage_once(self) -> float:
        """For loops at an instant in which amounts grow without end."""
        grown = float(np.maximum(self.grows, 1.0).prod())
        return grown * float((self.entry.sum(axis=0) + self.end.sum(axis=0)).max())
