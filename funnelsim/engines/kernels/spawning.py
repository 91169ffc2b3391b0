"""Spawned leads: their number, ids and arrival times."""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.numeric.compiled import kernel
from funnelsim.core.numeric.draws import Purpose, keyed_block
from funnelsim.core.numeric.keys import Kind
from funnelsim.engines.kernels.instants import uniform

_SPAWN = int(Purpose.SPAWN)
_KIND = np.uint64(int(Kind.SPAWNED) << 62)
_30_BITS = np.uint64(2**30 - 1)
_32 = np.uint64(32)
_LAST = 255


@kernel
def spawned_count(p0, mean, parent, stage_hash, visit, k0, k1):  # type: ignore[no-untyped-def]
    """Number of leads spawned by an entry: Poisson, by inversion."""
    u = uniform(keyed_block(parent, stage_hash, visit, _SPAWN, 0, k0, k1)[0])
    p = p0
    upto = p0
    count = 0
    while u >= upto and count < _LAST:
        count += 1
        p *= mean / count
        upto += p
    return count


@njit(inline="always", cache=True)
def spawned_lead(parent, stage_hash, visit, number, k0, k1):  # type: ignore[no-untyped-def]
    """Id of spawned lead `number` (from 1) of an entry, and the random word of its delay."""
    low, high, delay, _ = keyed_block(parent, stage_hash, visit, _SPAWN, number, k0, k1)
    return _KIND | ((np.uint64(high) & _30_BITS) << _32) | np.uint64(low), delay
