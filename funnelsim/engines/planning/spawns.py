"""Leads that the entries of others bring, as a plan holds them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from funnelsim.core.errors import ModelError, Problem
from funnelsim.engines.plan import NO_TABLE, Spawns
from funnelsim.engines.planning.tables import Tables
from funnelsim.model.parts import Model

#: The index of a block lies below 256; with this mean more than 255 leads are rarer than any word.
MOST_LEADS = 50.0


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
