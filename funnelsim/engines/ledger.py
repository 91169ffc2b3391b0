"""Where the compiled engine writes what happens in one replication."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.compiled import maker
from funnelsim.engines.visitlog import VisitLog

Floats = NDArray[np.float64]


class OpenLeadWins(NamedTuple):
    """Day and amount of the first win of each open lead, shape (n, L); shape (0, 0) where not asked."""

    day: Floats
    amount: Floats


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
