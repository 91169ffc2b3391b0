"""In which units days and money are summed, so that sums are exact (`core/numeric/exact.py`).

The largest sum that a replication may come to is foreseen: all leads, and all reps, are there all the time,
each at once where most is credited on average (`engines/planning/credits.py`), and one of them is a giant.
Eight times as much is still exact.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions.quantile_table import places_of
from funnelsim.engines.plan import NO_TABLE, Exits, Horizon, Outcomes, Pipeline, Roles, Sources, Stages
from funnelsim.engines.planning.credits import most_credited
from funnelsim.engines.planning.tables import Tables

Ints = NDArray[np.int64]

#: So many units make the largest sum that is foreseen.
_BITS = 50

# The middles of a thousand equal parts, then where each octave of the upper tail begins: what lies between
# two of these is worth no more than the second.
_TAIL = 2 ** np.arange(23, dtype=np.int64)
_PLACES = places_of(np.concatenate([(np.arange(1024) << 22) + 2**21, 2**32 - _TAIL]).astype(np.uint32))
_SHARES = np.concatenate([np.full(1024, 2.0**-10), _TAIL / 2.0**32])


def unit_for(total: float) -> float:
    """The unit for sums that are foreseen to stay below `total`, and are exact up to eight times of it."""
    return 2.0 ** (math.ceil(math.log2(max(total, 1.0))) - _BITS)


def day_unit(sources: Sources, pipeline: Pipeline, roles: Roles, horizon: Horizon, brought: float) -> float:
    """The unit of sums of days.

    Parameters
    ----------
    brought : float
        How many leads come in all for one of a source.
    """
    reps = float(roles.change_count[roles.change_count > 0].sum())
    oldest = float(-pipeline.created.min(initial=0.0))
    span = horizon.end - horizon.begin + oldest
    return unit_for((_leads(sources, pipeline, brought) + reps) * span)


def money_unit(
    tables: Tables,
    stages: Stages,
    exits: Exits,
    outcomes: Outcomes,
    sources: Sources,
    pipeline: Pipeline,
    horizon: Horizon,
    brought: float,
    listed_table: int,
) -> float:
    """The unit of sums of money; `listed_table` is the distribution of won over listed amounts."""
    mean, giant = _mean_and_giant(tables, np.union1d(sources.amount_table, pipeline.amount_table))
    listed = float(np.nansum(pipeline.amount)) * max(
        1.0, _mean_and_giant(tables, np.array([listed_table]))[1]
    )
    total = _leads(sources, pipeline, brought) * mean + giant + listed
    credited = most_credited(tables, stages, exits, outcomes, horizon.end - horizon.begin)
    return unit_for(total * credited)


def _leads(sources: Sources, pipeline: Pipeline, brought: float) -> float:
    return (float(sources.mass.sum()) + pipeline.id.size) * brought


def _mean_and_giant(tables: Tables, indices: Ints) -> tuple[float, float]:
    """No less than the largest mean of some tables, and the largest value that any can give."""
    drawn = [tables.used[table].quantile_at(_PLACES) for table in indices.tolist() if table != NO_TABLE]
    means = (float(np.abs(values) @ _SHARES) for values in drawn)
    largest = (float(np.abs(values).max()) for values in drawn)
    return max(means, default=0.0), max(largest, default=0.0)
