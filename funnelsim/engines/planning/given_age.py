"""How open leads leave, given how long they have been there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Distribution
from funnelsim.engines.plan import NEVER, NO_CLOCK, Clocks, Exits

#: A lead so old that fewer than this share of all leads would still be there is taken to be as old as
#: the model explains.
LEAST_SURVIVAL = 1e-6

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class LeadGroup(NamedTuple):
    """Open leads that leave by the same exits."""

    row: int
    leads: Ints
    age: Floats  # days since entry, or since the first day of the plan's scale
    exits: Ints
    place: Ints  # (exits, leads): where each lead's exit lies among those of all leads


class LeadGroups(NamedTuple):
    """All open leads, whose exits lie behind each other."""

    exit_first: Ints  # (L + 1,)
    groups: tuple[LeadGroup, ...]


class ExitsGivenAge(NamedTuple):
    """By lead and exit; `too_old` are the leads beyond what the model explains."""

    exit: Ints
    upto: Floats
    survival: Floats
    too_old: tuple[int, ...]


def lead_groups(rows: Ints, age: Floats, exit_first: Ints) -> LeadGroups:
    """Open leads by row.

    Parameters
    ----------
    rows : int array, shape (L,)
        The plan's row of each lead's stage and segment, or of the stage's planned exits.
    age : ndarray, shape (L,)
    exit_first : int array, shape (rows + 1,)
        Slices of the exits of all rows.
    """
    counts = exit_first[rows + 1] - exit_first[rows]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    groups = []
    for row in np.unique(rows):
        who = np.flatnonzero(rows == row)
        own = np.arange(exit_first[row], exit_first[row + 1])
        groups.append(LeadGroup(int(row), who, age[who], own, first[who] + np.arange(len(own))[:, None]))
    return LeadGroups(first, tuple(groups))


class GroupGivenAge(NamedTuple):
    """How the leads of one group leave; shapes (exits, leads)."""

    upto: Floats
    survival: Floats
    too_old: tuple[int, ...]


#: What was found for a group, by the identity of its leads, its exits and the clocks, which are held too.
KnownGroups = dict[tuple[int, int, int], tuple[object, GroupGivenAge]]


def given_age(
    open_leads: LeadGroups,
    exits: Exits,
    clocks: Clocks,
    distributions: Mapping[int, Distribution],
    exits_of: Sequence[object],
    known: Mapping[tuple[int, int, int], tuple[object, GroupGivenAge]],
) -> tuple[ExitsGivenAge, KnownGroups]:
    """Exits in proportion to ``p_k S_k(age)``, ages measured on each exit's clock; of who waits, to ``p_k``.

    Parameters
    ----------
    distributions : dict of int to Distribution
        Distribution behind each table of the plan.
    exits_of : sequence of object
        By row: the same object has the same exits.
    known : KnownGroups
        Of another plan, used where leads, exits and clocks are the same objects.

    Returns
    -------
    ExitsGivenAge
    KnownGroups
        For other plans.
    """
    size = open_leads.exit_first[-1]
    exit_, upto, survival = np.zeros(size, np.int64), np.zeros(size), np.ones(size)
    too_old: list[int] = []
    made: KnownGroups = {}
    for group in open_leads.groups:
        held = (group.leads, exits_of[group.row], clocks)
        key = (id(held[0]), id(held[1]), id(held[2]))
        made[key] = known.get(key) or (
            held,
            _of_group(group, _Chances(group.exits, exits, clocks, distributions)),
        )
        found = made[key][1]
        exit_[group.place] = group.exits[:, None]
        upto[group.place] = found.upto
        survival[group.place] = found.survival
        too_old += found.too_old
    return ExitsGivenAge(exit_, upto, survival, tuple(too_old)), made


def _of_group(group: LeadGroup, chances: _Chances) -> GroupGivenAge:
    too_old: tuple[int, ...] = ()
    surviving = chances.surviving(group.age)
    # Nobody is too old at 0: who waits, or has just come, where all leave at once.
    cut = (chances.still_there(surviving) < LEAST_SURVIVAL) & (group.age > 0)
    if cut.any():
        surviving = chances.surviving(_explained(group.age, cut, chances))
        too_old = tuple(group.leads[cut].tolist())
    weight = chances.p[:, None] * surviving
    # A stay that cannot last (a dwell of exactly 0) ends at once, by the exits' own probabilities.
    weight[:, weight.sum(axis=0) <= 0] = chances.p[:, None]
    cumulated = np.cumsum(weight, axis=0)
    return GroupGivenAge(cumulated / cumulated[-1], surviving, too_old)


class _Chances:
    """The exits of a row."""

    def __init__(
        self, own: Ints, exits: Exits, clocks: Clocks, distributions: Mapping[int, Distribution]
    ) -> None:
        self.p = exits.p[own]
        self.clocks = clocks
        table = np.where(exits.target[own] == NEVER, -1, exits.table[own]).tolist()
        #: Distribution and clock of each; None where nobody leaves by it, or all at once.
        self.dwells = [
            (None if k < 0 else distributions[k], clock)
            for k, clock in zip(table, exits.clock[own].tolist(), strict=True)
        ]

    def surviving(self, age: Floats) -> Floats:
        """Chance of each exit's dwell to last longer, shape (exits, leads)."""
        found = np.ones((len(self.dwells), len(age)))
        for k, (distribution, clock) in enumerate(self.dwells):
            if distribution is not None:
                found[k] = distribution.sf(_on_clock(age, clock, self.clocks))
        return found

    def still_there(self, surviving: Floats) -> Floats:
        total: Floats = np.sum(self.p[:, None] * surviving, axis=0)
        return total


@lru_cache(maxsize=8)
def _midnights(first_day: float, days: int) -> Floats:
    return first_day + np.arange(days, dtype=np.float64)


def _on_clock(age: Floats, clock: int, clocks: Clocks) -> Floats:
    if clock == NO_CLOCK:
        return age
    integral = clocks.integral[clock]
    midnights = _midnights(clocks.first_day, len(integral))
    passed: Floats = np.interp(0.0, midnights, integral) - np.interp(-age, midnights, integral)
    return passed


def _explained(age: Floats, cut: NDArray[np.bool_], chances: _Chances) -> Floats:
    """Ages, those to be cut at where the share still there is `LEAST_SURVIVAL`."""
    low, high = np.zeros(int(cut.sum())), age[cut].copy()
    for _ in range(80):
        middle = (low + high) / 2
        alive = chances.still_there(chances.surviving(middle)) >= LEAST_SURVIVAL
        low, high = np.where(alive, middle, low), np.where(alive, high, middle)
    explained = age.copy()
    explained[cut] = low
    return explained
