"""The credits of the reference engine, as the fast engine logs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts import tallies
from funnelsim.engines.counts.credit_log import CreditLog
from funnelsim.engines.plan import Plan
from funnelsim.engines.reference.reference_state import Lead

#: In the order of the columns of `CreditLog`.
Row = tuple[int, int, int, int, int, int, int, float, float, float, float, float]


def credits_of(plan: Plan, lead: Lead, i: int) -> Iterator[Row]:
    """The credits of a lead in replication `i`."""
    own = tallies.PIPELINE if lead.open_index >= 0 else tallies.NEW
    for credit in (*(visit.credit for visit in lead.visit_log), lead.last_credit):
        if credit is None:
            continue
        bin_ = int(np.searchsorted(plan.horizon.bin_edges, credit.at, side="right")) - 1
        part = tallies.EXPANSION if credit.expansion else own
        bookings, quota = (
            float(in_units(amount, plan.money_unit)) for amount in (credit.bookings, credit.quota)
        )
        if bookings or quota or credit.win:
            traits = lead.id, lead.open_index, lead.source, lead.segment
            yield i, *traits, bin_, part, credit.at, credit.amount, bookings, quota, float(credit.win)


def credit_log(rows: Sequence[Row]) -> CreditLog:
    """The rows as a log."""
    log = CreditLog.empty(len(rows))
    columns: Iterator[NDArray[Any]] = iter(log)
    for values in zip(*rows, strict=True):
        next(columns)[:] = values
    log.size[0] = len(rows)
    return log
