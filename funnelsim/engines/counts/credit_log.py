"""The log of credits of a piece of a run: one row each time a lead books or counts towards quota."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import inner_step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SmallInts = NDArray[np.int32]


class CreditLog(NamedTuple):
    """Columns of the credits of a piece; rows beyond the capacity are counted, not written."""

    place: SmallInts  # of the replication in the piece
    lead: NDArray[np.uint64]
    open_index: SmallInts  # -1 for a new lead
    source: SmallInts
    segment: SmallInts
    bin: SmallInts
    part: SmallInts  # pipeline, new or expansion
    instant: Floats
    amount: Floats  # of the deal, before the credit factors
    bookings: Floats  # in multiples of the unit of the sums
    quota: Floats
    wins: Floats  # 1 for the first win
    size: Ints  # (1,) rows needed

    @classmethod
    def empty(cls, capacity: int) -> CreditLog:
        """A log for `capacity` credits; of none, nothing is logged."""
        floats = ("instant", "amount", "bookings", "quota", "wins")
        kinds = {"lead": np.uint64, **dict.fromkeys(floats, np.float64)}
        columns = [np.empty(capacity, kinds.get(name, np.int32)) for name in cls._fields[:-1]]
        return cls._make([*columns, np.zeros(1, np.int64)])

    def rows(self) -> CreditLog:
        """The rows that are written."""
        n = int(self.size[0])
        return CreditLog._make([*(column[:n] for column in self[:-1]), self.size])


@inner_step
def log_credit(log, place, entry, part, bookings, quota, wins):  # type: ignore[no-untyped-def]
    """Log a credit, if there is one and credits are logged."""
    if log.lead.size == 0 or (bookings == 0.0 and quota == 0.0 and wins == 0.0):
        return
    row = log.size[0]
    log.size[0] += 1
    if row >= log.lead.size:
        return
    log.place[row] = place
    log.lead[row] = entry.id
    log.open_index[row] = entry.open_index
    log.source[row] = entry.source
    log.segment[row] = entry.segment
    log.bin[row] = entry.bin
    log.part[row] = part
    log.instant[row] = entry.instant
    log.amount[row] = entry.amount
    log.bookings[row] = bookings
    log.quota[row] = quota
    log.wins[row] = wins
