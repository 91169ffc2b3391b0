"""The model of the limit: all the randomness that a visit needs, and nothing else."""

from __future__ import annotations

import numpy as np
from numba import njit

from benchmarks.contender import Contender, Outcome
from funnelsim.core.draws import philox_block


@njit
def _blocks(visits, key):
    total = np.uint32(0)
    for i in range(visits):
        a, b, c, d = philox_block(np.uint32(i), key, np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4))
        total ^= a ^ b ^ c ^ d
    return total


def philox_limit(visits_per_replication: float) -> Contender:
    """One Philox4x32-10 block a visit."""

    def run(first: int, replications: int) -> Outcome:
        visits = int(replications * visits_per_replication)
        _blocks(visits, np.uint32(first))
        return Outcome(visits)

    return Contender(name="limit: one Philox block a visit", run=run, replications=5_000)
