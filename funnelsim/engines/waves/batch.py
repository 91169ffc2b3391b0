"""Leads in hand: those that are moved together, and the wave of those still on their way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.plan import Plan

Floats = NDArray[np.float64]
Words = NDArray[np.uint32]
Places = NDArray[np.int32]


class Wave(NamedTuple):
    """The next stay of all leads that are still on their way, one behind the other."""

    lead: Places  # place in the batch
    row: Places  # of the plan's stages
    hash: Words  # of the stage
    visit: Words
    low: Words  # halves of the lead's id
    high: Words
    word_exit: Words
    word_dwell: Words
    word_effort: Words
    chosen: Places  # exit drawn
    next: Places  # place it leads to
    left: Floats
    seen: NDArray[np.bool_]  # false where a removed stage is passed through
    ended: Places  # place in the batch of those whose way ends with this stay


class Batch(NamedTuple):
    """Leads, up to a capacity."""

    id: NDArray[np.uint64]
    open_place: Places  # place among the open leads, -1 for a new one
    source: Places  # -1 for an open lead
    segment: Places
    created: Floats
    place: Places  # stage or outcome being entered
    entered: Floats
    begins: Floats  # when the dwell begins: without reps on entering, and then the same array
    amount: Floats
    bin: Places
    era: Places
    booked: Places  # how often
    won_at: Floats
    rounds: Places  # stays that took no time, in a row
    visits: Places  # (capacity, S)
    revenue: Floats  # (capacity, 3) what `recognition.py` remembers of each
    # Only where reps work:
    started: Floats  # when a rep started the task of the visit, NaN where none did
    role: Places  # of the rep
    seat: Places
    responded: NDArray[np.bool_]  # a rep has started a task for the lead
    wave: Wave
    odds: Floats  # (months,) factors on the odds of the exits that lead on, in this replication

    @classmethod
    def of_size(cls, capacity: int, plan: Plan, works: bool) -> Batch:
        """Room for leads; with `works`, a dwell may begin later than the stay."""
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
            open_place=places(),
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
