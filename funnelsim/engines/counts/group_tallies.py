"""Sum the credits of a piece by group.

Which group a new lead belongs to has no effect on what it does, so it is drawn afterwards, for those leads
alone that book. Amounts are multiples of the unit of the sums: the groups add up to the whole exactly,
whatever the order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.counts.credit_log import CreditLog
from funnelsim.engines.kernels.group_draws import group_words
from funnelsim.engines.plan import Horizon
from funnelsim.results.groups import Grouping, GroupTallies
from funnelsim.results.run import PARTS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_WORD = 2.0**-32


def group_tallies(
    log: CreditLog, grouping: Grouping, horizon: Horizon, seed: int, replications: Ints
) -> GroupTallies:
    """The tallies of each group in the replications of a piece."""
    n, bins, groups = len(replications), horizon.bin_edges.size - 1, len(grouping.names)
    group = group_of_credits(log, grouping, seed, replications)
    cell = (log.place.astype(np.int64) * bins + log.bin) * groups + group
    parts = len(PARTS)

    def summed(place: Ints, values: Floats, *shape: int) -> Floats:
        by_cell = np.bincount(place, weights=values, minlength=math.prod(shape)).astype(np.float64)
        return _over_windows(by_cell.reshape(shape), horizon)

    return GroupTallies(
        names=grouping.names,
        bookings=summed(cell * parts + log.part, log.bookings, n, bins, groups, parts),
        quota_credit=summed(cell, log.quota, n, bins, groups),
        wins=summed(cell, log.wins, n, bins, groups),
    )


def group_of_credits(log: CreditLog, grouping: Grouping, seed: int, replications: Ints) -> Ints:
    """The group of each credit: an open lead's own, or drawn by the shares of its source, segment and amount.

    All credits of a lead belong to one group: the draw is the lead's, and the amount that of its first
    credit.
    """
    group = np.empty(log.lead.size, np.int64)
    is_open = log.open_index >= 0
    group[is_open] = grouping.open_leads[log.open_index[is_open]]
    new = np.flatnonzero(~is_open)
    words = np.empty(new.size, np.uint32)
    group_words(np.uint64(seed), replications, log.place[new], log.lead[new], words)
    u = (words + 0.5) * _WORD
    band = np.searchsorted(grouping.edges, _first_amount(log)[new], side="right")
    _, segments, bands, _ = grouping.upto.shape
    cell = (log.source[new].astype(np.int64) * segments + log.segment[new]) * bands + band
    upto = grouping.upto.reshape(-1, len(grouping.names))
    for own in np.unique(cell):
        here = cell == own
        chosen = np.searchsorted(upto[own], u[here], side="right")
        group[new[here]] = np.minimum(chosen, len(grouping.names) - 1)
    return group


def _first_amount(log: CreditLog) -> Floats:
    """The amount of each lead at its first credit; of several at one instant, the largest."""
    if (
        log.wins.all()
    ):  # a lead wins once for the first time, so each has one credit: also where there is none
        return log.amount
    order = np.lexsort((-log.amount, log.instant, log.lead, log.place))
    place, lead = log.place[order], log.lead[order]
    begins = np.append(True, (place[1:] != place[:-1]) | (lead[1:] != lead[:-1]))
    amount = np.empty(log.amount.size)
    amount[order] = log.amount[order][begins][np.cumsum(begins) - 1]
    return amount


def _over_windows(by_bin: Floats, horizon: Horizon) -> Floats:
    low = horizon.bin_edges[:-1]
    inside = [
        (low >= start) & (low < end)
        for start, end in zip(horizon.window_start, horizon.window_end, strict=True)
    ]
    return np.stack([by_bin[:, bins].sum(axis=1) for bins in inside], axis=1)
