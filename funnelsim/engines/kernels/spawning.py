"""Leads that the entries of others bring: how many, who they are, and when they come."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from funnelsim.core.errors import ModelError, Problem
from funnelsim.core.numeric.compiled import kernel
from funnelsim.core.numeric.draws import Kind, Purpose, keyed_block
from funnelsim.engines.kernels.instants import uniform
from funnelsim.engines.plan import NO_TABLE, Spawns
from funnelsim.engines.tables import Tables
from funnelsim.model.parts import Model

_SPAWN = int(Purpose.SPAWN)
_KIND = np.uint64(int(Kind.SPAWNED) << 62)
_30_BITS = np.uint64(2**30 - 1)
_32 = np.uint64(32)
#: The index of a block lies below 256; with this mean more than 255 leads are rarer than any word.
MOST_LEADS = 50.0
_LAST = 255


def spawns_of(models: Sequence[Sequence[Model]], tables: Tables) -> Spawns:
    """What entries bring, by row: the funnel of each era (outer) for each segment (inner)."""
    source_keys = list(models[0][0].sources)
    source, p0, mean, table = [], [], [], []
    for model in (model for by_segment in models for model in by_segment):
        for key, stage in model.stages.items():
            spawns = stage.spawns
            leads = 0.0 if spawns is None else spawns.leads
            if leads > MOST_LEADS:
                message = f"an entry may bring {MOST_LEADS:g} leads at most, found {leads:g}"
                raise ModelError("model", [Problem(path=f"stages.{key}.spawns.leads", message=message)])
            brings = spawns is not None and leads > 0
            source.append(source_keys.index(spawns.source) if spawns is not None and brings else -1)
            p0.append(math.exp(-leads))
            mean.append(leads)
            table.append(tables.add(spawns.after) if spawns is not None and brings else NO_TABLE)
    return Spawns(
        np.array(source, np.int64),
        np.array(p0, np.float64),
        np.array(mean, np.float64),
        np.array(table, np.int64),
    )


@kernel
def spawned_count(p0, mean, parent, stage_hash, visit, k0, k1):  # type: ignore[no-untyped-def]
    """How many leads an entry brings: Poisson, by inversion."""
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
    """Id of lead `number`, from 1, that an entry brings, and the word of the time until it comes."""
    low, high, delay, _ = keyed_block(parent, stage_hash, visit, _SPAWN, number, k0, k1)
    return _KIND | ((np.uint64(high) & _30_BITS) << _32) | np.uint64(low), delay
