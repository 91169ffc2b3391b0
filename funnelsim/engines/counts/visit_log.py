"""The log of the visits of a piece of a run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import inner_step
from funnelsim.engines.plan import NONE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class VisitLog(NamedTuple):
    """Columns of the visits of a piece; rows beyond the capacity are counted, not written."""

    replication: Ints
    lead: NDArray[np.uint64]
    source: Ints
    segment: Ints
    stage: Ints
    visit: Ints
    entered: Floats
    left: Floats
    exit: Ints
    amount: Floats
    started: Floats  # of the first task
    finished: Floats  # of the last task
    role: Ints  # who did the first task
    seat: Ints
    size: Ints  # (1,) rows needed

    @classmethod
    def empty(cls, capacity: int) -> VisitLog:
        floats = ("entered", "left", "amount", "started", "finished")
        kinds = {"lead": np.uint64, **dict.fromkeys(floats, np.float64)}
        columns = {name: np.empty(capacity, kinds.get(name, np.int64)) for name in cls._fields[:-1]}
        for name in ("started", "finished"):
            columns[name].fill(np.nan)
        for name in ("role", "seat"):
            columns[name].fill(-1)
        return cls(**columns, size=np.zeros(1, np.int64))


@inner_step
def log_visit(  # type: ignore[no-untyped-def]
    log, replication, lead, source, segment, stage, visit, entered, left, exit_, amount
):
    """Log a visit that is open at or after the start; returns its row, or -1 if none is written.

    Parameters
    ----------
    exit_ : int
        -1 if the visit is open at the horizon.
    """
    ends = exit_ != NONE
    if ends and left < 0.0:
        return np.int64(NONE)
    row = log.size[0]
    log.size[0] += 1
    if row >= log.lead.size:
        return np.int64(NONE)
    log.replication[row] = replication
    log.lead[row] = lead
    log.source[row] = source
    log.segment[row] = segment
    log.stage[row] = stage
    log.visit[row] = visit
    log.entered[row] = entered
    log.left[row] = left if ends else np.nan
    log.exit[row] = exit_
    log.amount[row] = amount
    return row


@inner_step
def log_work(log, row, started, finished, role, seat, end):  # type: ignore[no-untyped-def]
    """Add the first task to a row, if there is one and a rep started it."""
    if row == NONE or np.isnan(started):
        return
    log.started[row] = started
    log.role[row] = role
    log.seat[row] = seat
    if finished < end:
        log.finished[row] = finished
