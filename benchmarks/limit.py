"""The model of the limit: all the randomness of a visit, the least that its reps need, and nothing else."""

from __future__ import annotations

import numpy as np
from numba import njit

from benchmarks.contender import Contender, Outcome
from funnelsim.core.numeric.draws import philox_block
from tests.oracles import f6

NAME = "limit: one Philox block a visit"
NAME_WITH_REPS = "limit: one Philox block a visit, one sorted insert a task"
_TO_UNIFORM = 2.0**-32
_AT_ONCE = 1024  # blocks made in one go, which a compiler can do for several visits at a time


@njit
def _blocks(visits, key):
    total = np.uint32(0)
    for i in range(visits):
        a, b, c, d = philox_block(np.uint32(i), key, np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4))
        total ^= a ^ b ^ c ^ d
    return total


@njit
def _blocks_with_inserts(visits, key, reps, effort_days, gap_days):
    """Leads at even gaps; each takes the rep who is free first, for an even effort of the same mean."""
    free = np.zeros(reps)  # when each rep is free, in order
    words = np.empty(_AT_ONCE, np.uint32)
    waited = 0.0
    for begin in range(0, visits, _AT_ONCE):
        number = min(_AT_ONCE, visits - begin)
        for i in range(number):
            a, b, c, d = philox_block(
                np.uint32(begin + i), key, np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
            )
            words[i] = a ^ b ^ c ^ d
        for i in range(number):
            now = (begin + i) * gap_days
            start = max(now, free[0])
            waited += start - now
            finish = start + 2.0 * effort_days * (np.float64(words[i]) * _TO_UNIFORM)
            # The first is dropped and the new one put in its place: each is the median of itself, its right
            # neighbour and the new one.
            for k in range(reps - 1):
                free[k] = min(max(free[k], finish), free[k + 1])
            free[reps - 1] = max(free[reps - 1], finish)
    return waited


def philox_limit(visits_per_replication: float) -> Contender:
    """One Philox4x32-10 block a visit."""

    def run(first: int, replications: int) -> Outcome:
        visits = int(replications * visits_per_replication)
        _blocks(visits, np.uint32(first))
        return Outcome(visits)

    return Contender(name=NAME, run=run, replications=5_000)


def limit_with_reps(staffing: f6.Staffing, entered: tuple[float, ...]) -> Contender:
    """Besides, the free times of a pool's reps kept in order, as a queue of its own for each stage needs.

    Parameters
    ----------
    entered : tuple of float
        Visits of each stage in a replication.
    """

    def run(first: int, replications: int) -> Outcome:
        total = 0
        for pool, effort, mean_visits in zip(staffing.pool, staffing.effort_days, entered, strict=True):
            visits = int(replications * mean_visits)
            total += visits
            if pool is None:
                _blocks(visits, np.uint32(first))
            else:
                _blocks_with_inserts(
                    visits, np.uint32(first), staffing.reps[pool], effort, f6.DAYS / mean_visits
                )
        return Outcome(total)

    return Contender(name=NAME_WITH_REPS, run=run, replications=2_000)
