"""Where the compiled engine writes what happens in one replication."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import maker
from funnelsim.engines.counts.visit_log import VisitLog

Floats = NDArray[np.float64]


class OpenLeadWins(NamedTuple):
    """First win and first booking of each open lead, shape (n, L); shape (0, 0) where not asked.

    The first booking is what the pipeline's part of all bookings consists of, in the unit of its sums, so
    that leads add up to it exactly. Mostly it is the win; a stage with a credit of its own may come before.
    """

    day: Floats  # of the first win; NaN without one, as below
    booked: Floats  # day of the first booking
    amount: Floats  # of the first booking

    @classmethod
    def unknown(cls, n: int, leads: int) -> OpenLeadWins:
        """Of `n` replications that are still to run."""
        return cls(*(np.full((n, leads), np.nan) for _ in range(3)))


class Ledger(NamedTuple):
    """The tallies of one replication, and where its visits and wins are written."""

    by_bin: Floats
    money: Floats
    by_stage: Floats
    by_role: Floats
    by_window: Floats
    log: VisitLog
    wins: OpenLeadWins
    place: int  # of the replication in the run's arrays
    replication: int


@maker
def ledger_of(tallies, log, wins, i, replication):  # type: ignore[no-untyped-def]
    """The ledger of the replication that is number `i` in the run's arrays."""
    return Ledger(
        tallies.by_bin[i],
        tallies.money[i],
        tallies.by_stage[i],
        tallies.by_role[i],
        tallies.by_window[i],
        log,
        wins,
        i,
        replication,
    )
