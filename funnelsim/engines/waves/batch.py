"""Batches of leads that are moved together, and waves: the next visit of all active leads of a batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.plan import Plan

Floats = NDArray[np.float64]
Words = NDArray[np.uint32]
Places = NDArray[np.int32]


class Wave(NamedTuple):
    """The next visit of all active leads of a batch."""

    lead: Places  # index in the batch
    row: Places  # of the plan's stages
    hash: Words  # of the stage
    visit: Words
    low: Words  # halves of the lead's id
    high: Words
    word_exit: Words
    word_dwell: Words
    word_effort: Words
    chosen: Places  # exit drawn
    next: Places  # its target
    left: Floats
    seen: NDArray[np.bool_]  # false while passing a removed stage
    ended: Places  # index in the batch of leads that end with this visit


class Batch(NamedTuple):
    """Leads, up to a capacity."""

    id: NDArray[np.uint64]
    open_index: Places  # index among the open leads, -1 for a new one
    source: Places  # -1 for an open lead
    segment: Places
    created: Floats
    place: Places  # stage or outcome being entered
    entered: Floats
    begins: Floats  # start of the dwell: without reps the time of entry, in the same array
    amount: Floats
    bin: Places
    era: Places
    booked: Places  # how often
    won_at: Floats
    rounds: Places  # consecutive visits without time
    visits: Places  # (capacity, S)
    revenue: Floats  # (capacity, 3) state of `recognition.py`
    # Only with reps:
    started: Floats  # start of the task of the visit, NaN if none started
    role: Places  # of the rep
    seat: Places
    responded: NDArray[np.bool_]  # a rep has started a task for the lead
    wave: Wave
    odds: Floats  # (months,) factors on the odds of forward exits, in this replication

    @classmethod
    def of_size(cls, capacity: int, plan: Plan, works: bool) -> Batch:
        """Allocate for leads; with `works`, a dwell may begin after the entry."""
        workers = capacity if works else 0

        def places(n: int = capacity) -> Places:
            return np.zeros(n, np.int32)

        def floats(n: int = capacity) -> Floats:
            return np.zeros(n)

        def words(n: int = capacity) -> Words:
            return np.zeros(n, np.uint32)

        entered = floats()
        return cls(
            id=np.zeros(capacity, np.uint64),
            open_index=places(),
            source=places(),
            segment=places(),
            created=floats(),
            place=places(),
            entered=entered,
            begins=floats() if works else entered,
            amount=floats(),
            bin=places(),
            era=places(),
            booked=places(),
            won_at=floats(),
            rounds=places(),
            visits=np.zeros((capacity, plan.stages.hash.size), np.int32),
            revenue=np.zeros((capacity, 3)),
            started=floats(workers),
            role=places(workers),
            seat=places(workers),
            responded=np.zeros(workers, np.bool_),
            wave=Wave(
                lead=places(),
                row=places(),
                hash=words(),
                visit=words(),
                low=words(),
                high=words(),
                word_exit=words(),
                word_dwell=words(),
                word_effort=words(),
                chosen=places(),
                next=places(),
                left=floats(),
                seen=np.ones(capacity, np.bool_),
                ended=places(),
            ),
            odds=np.ones(plan.shocks.number.size),
        )
