"""Wins of open leads, summed over replications, with the memory of one piece only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.counts.ledger import OpenLeadWins
from funnelsim.engines.plan import Horizon
from funnelsim.results.run import OpenLeadSums

Floats = NDArray[np.float64]


def sums_over(wins: OpenLeadWins, horizon: Horizon) -> OpenLeadSums:
    """Wins and first bookings of each open lead in each window, over the replications of a piece."""
    spans = list(zip(horizon.window_start, horizon.window_end, strict=True))

    # Comparisons with NaN are false, so events that never happen are in no window.
    def within(days: Floats) -> list[NDArray[np.bool_]]:
        return [(days >= start) & (days < end) for start, end in spans]

    booked = within(wins.booked)
    return OpenLeadSums(
        wins=np.array([inside.sum(axis=0, dtype=np.float64) for inside in within(wins.day)]),
        booked=np.array([inside.sum(axis=0, dtype=np.float64) for inside in booked]),
        bookings=np.array([np.where(inside, wins.amount, 0.0).sum(axis=0) for inside in booked]),
    )


def added_up(one: OpenLeadSums, other: OpenLeadSums) -> OpenLeadSums:
    """Add the sums of two pieces of a run."""
    return OpenLeadSums(
        wins=one.wins + other.wins,
        booked=one.booked + other.booked,
        bookings=one.bookings + other.bookings,
    )
