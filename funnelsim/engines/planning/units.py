"""In which units days and money are summed, so that sums are exact (`core/numeric/exact.py`).

The largest sum that a replication may come to is foreseen: all leads, and all reps, are there all the time,
each at once where most is credited on average (`engines/planning/credits.py`), and one of them is a giant.
Eight times as much is still exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from funnelsim.distributions.quantile_table import QuantileTable, places_of
from funnelsim.engines.plan import Horizon, Pipeline, Roles, Sources
from funnelsim.engines.planning.unchanged import same_objects

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


class MoneyBounds(NamedTuple):
    """What bounds a sum of money apart from the number of leads; kept for plans of variants.

    Attributes
    ----------
    made_of : tuple of object
        What `credited` was worked out from, by identity.
    credited : float
        The most that is credited on average for an amount of 1.
    largest : dict
        By the identity of a table of amounts: the table, its mean and the largest value that it can give.
    """

    made_of: tuple[object, ...]
    credited: float
    largest: dict[int, tuple[QuantileTable, float, float]]


def money_bounds(
    credited: Callable[[], float],
    made_of: tuple[object, ...],
    amounts: Sequence[QuantileTable],
    known: MoneyBounds | None,
) -> MoneyBounds:
    """The bounds of a plan.

    Parameters
    ----------
    credited : callable
        Works out the most that is credited on average, as `most_credited`.
    made_of : tuple of object
        The same objects have the same exits, factors, credits and days.
    amounts : sequence of QuantileTable
        Of leads' amounts, and of won over listed amounts.
    known : MoneyBounds or None
        Of another plan.
    """
    before = {} if known is None else known.largest
    return MoneyBounds(
        made_of,
        known.credited if known is not None and same_objects(known.made_of, made_of) else credited(),
        {id(table): before.get(id(table)) or (table, *_mean_and_giant(table)) for table in amounts},
    )


def money_unit(
    bounds: MoneyBounds,
    amounts: Sequence[QuantileTable],
    listed: QuantileTable | None,
    sources: Sources,
    pipeline: Pipeline,
    brought: float,
) -> float:
    """The unit of sums of money; `listed` is the distribution of won over listed amounts."""
    mean = max((bounds.largest[id(table)][1] for table in amounts), default=0.0)
    giant = max((bounds.largest[id(table)][2] for table in amounts), default=0.0)
    of_listed = 0.0 if listed is None else bounds.largest[id(listed)][2]
    open_amounts = float(np.nansum(pipeline.amount)) * max(1.0, of_listed)
    total = _leads(sources, pipeline, brought) * mean + giant + open_amounts
    return unit_for(total * bounds.credited)


def _leads(sources: Sources, pipeline: Pipeline, brought: float) -> float:
    return (float(sources.mass.sum()) + pipeline.id.size) * brought


def _mean_and_giant(table: QuantileTable) -> tuple[float, float]:
    """The mean of the absolute values of a table, and the largest."""
    values = np.abs(table.quantile_at(_PLACES))
    return float(values @ _SHARES), float(values.max())
