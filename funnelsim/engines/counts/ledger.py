"""Outputs of the compiled engine for one replication."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import maker
from funnelsim.engines.counts.credit_log import CreditLog
from funnelsim.engines.counts.visit_log import VisitLog

Floats = NDArray[np.float64]


class OpenLeadWins(NamedTuple):
    """First win and first booking of each open lead, shape (n, L); shape (0, 0) if not requested.

    First bookings, in units of the sums, add up exactly to the pipeline's part of all bookings. The first
    booking is usually the win, but a stage with its own credit may come earlier.
    """

    day: Floats  # of the first win; NaN without one, as below
    booked: Floats  # day of the first booking
    amount: Floats  # of the first booking

    @classmethod
    def unknown(cls, n: int, leads: int) -> OpenLeadWins:
        """Initial values for `n` replications."""
        return cls(*(np.full((n, leads), np.nan) for _ in range(3)))


class Ledger(NamedTuple):
    """The tallies, visits, wins and credits of one replication."""

    by_bin: Floats
    money: Floats
    by_stage: Floats
    by_role: Floats
    by_window: Floats
    log: VisitLog
    wins: OpenLeadWins
    credits: CreditLog
    place: int  # of the replication in the run's arrays
    replication: int


@maker
def ledger_of(tallies, log, wins, credits, i, replication):  # type: ignore[no-untyped-def]
    """The ledger of replication number `i` in the run's arrays."""
    return Ledger(
        tallies.by_bin[i],
        tallies.money[i],
        tallies.by_stage[i],
        tallies.by_role[i],
        tallies.by_window[i],
        log,
        wins,
        credits,
        i,
        replication,
    )
