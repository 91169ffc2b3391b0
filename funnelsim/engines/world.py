"""What the event engine remembers of one replication."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.instants import BATCH
from funnelsim.engines.working import N_SPELL

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Records = Any  # a record array; its fields are those of the dtype beside it

LEAD = np.dtype(
    [
        ("id", np.uint64),
        ("created", np.float64),
        ("entered", np.float64),
        ("amount", np.float64),
        ("ended", np.float64),
        ("place", np.int32),  # stage or outcome
        ("segment", np.int32),
        ("source", np.int32),  # -1: open at the start
        ("open_place", np.int32),  # place among the open leads, -1 for a new one
        ("era", np.int32),
        ("rounds", np.int32),  # stays that took no time, in a row
        ("first_stay", np.int32),
        ("generation", np.int32),  # of leads that entries brought, from 1; else 0
        ("outcome", np.int32),  # -1 while it has none
    ],
    align=True,
)
STAY = np.dtype(
    [
        ("entered", np.float64),
        ("begins", np.float64),  # when the dwell begins
        ("left", np.float64),
        ("amount", np.float64),
        ("stage", np.int32),
        ("row", np.int32),
        ("visit", np.int32),
        ("exit", np.int32),  # -1 while the lead is there
        ("first_request", np.int32),
        ("last_request", np.int32),
        ("next", np.int32),  # of the same lead
        ("word_exit", np.uint32),
        ("word_dwell", np.uint32),
        ("word_effort", np.uint32),
        ("word_patience", np.uint32),
        ("seen", np.bool_),  # false where a removed stage was passed
        ("resumed", np.bool_),  # the stay in which an open lead was found
        ("acts", np.bool_),  # entering is worth what the stage says
        ("abandoned", np.bool_),
    ],
    align=True,
)
REQUEST = np.dtype(
    [
        ("key", np.float64),  # what goes first, by the role's discipline
        ("ready", np.float64),
        ("created", np.float64),
        ("id", np.uint64),
        ("started", np.float64),
        ("finished", np.float64),
        ("effort", np.float64),
        ("stage", np.int32),
        ("left", np.int32),  # heaps below this one
        ("right", np.int32),
        ("lead", np.int32),
        ("stay", np.int32),
        ("role", np.int32),
        ("number", np.int32),  # of the visit's tasks, from 0
        ("rep", np.int32),  # who does it
        ("next", np.int32),  # of the same stay
        ("waiting", np.bool_),
    ],
    align=True,
)
REP = np.dtype(
    [
        ("hired", np.float64),
        ("available", np.float64),
        ("until", np.float64),
        ("ramp_from", np.float64),
        ("idle_since", np.float64),
        ("seat", np.int32),
        ("owned", np.int32),  # leads that may still need this rep
        ("role", np.int32),
        ("queue", np.int32),  # heap of the requests that wait for this rep
        ("busy", np.bool_),
    ],
    align=True,
)
QUEUE = np.dtype(
    [
        ("looks_at", np.float64),  # when the office opens and reps look at the queue again
        ("anybody", np.int32),  # heap of the requests that any rep may take, or that have no owner yet
        ("waiting", np.int32),  # how many wait, reps' own queues included
        ("first_rep", np.int32),
        ("last_rep", np.int32),
        ("due", np.bool_),  # reps are to look at the queue at this instant
    ],
    align=True,
)
EVENT = np.dtype(
    [("time", np.float64), ("kind", np.int32), ("what", np.int32), ("next", np.int32)], align=True
)
# Places in `counters`.
LEADS, STAYS, REQUESTS, EVENTS, FREE_EVENT, BUCKET, DONE_REPLICATIONS, SPAWNED_FROM = range(8)


class World(NamedTuple):
    """Leads, stays, requests and events as they come; reps and queues by role."""

    leads: Records
    stays: Records
    requests: Records
    reps: Records
    queues: Records
    events: Records
    buckets: Places  # first event of each
    visits: Places  # (leads, stages)
    owner: Places  # (leads, roles) rep who has the lead, -1
    order: Places  # in which the leads that entries brought are counted
    revenue: NDArray[np.float64]  # (1, 3) what `recognition.py` remembers of the lead that is counted
    monthly: NDArray[np.float64]  # (months,) room for the shocks on a rate
    odds: NDArray[np.float64]  # (months,) factors on the odds of the exits that lead on
    counters: Ints
    spells: NDArray[np.float64]  # room for a roster
    times: NDArray[np.float64]  # room for the arrivals of a source
    words: NDArray[np.uint32]
    gaps: NDArray[np.uint32]

    @classmethod
    def of_size(cls, size: int, n_stages: int, n_roles: int, n_months: int) -> World:
        reps = max(size // 64, 64)

        def room(n: int, kind: np.dtype[Any]) -> Records:
            return np.zeros(n, kind).view(np.recarray)

        return cls(
            leads=room(size, LEAD),
            stays=room(2 * size, STAY),
            requests=room(2 * size, REQUEST),
            reps=room(reps, REP),
            queues=room(n_roles, QUEUE),
            events=room(4 * size, EVENT),
            buckets=np.zeros(2 * size, np.int32),
            visits=np.zeros((size, n_stages), np.int32),
            owner=np.zeros((size, n_roles), np.int32),
            order=np.zeros(size, np.int32),
            revenue=np.zeros((1, 3)),
            monthly=np.zeros(n_months),
            odds=np.ones(n_months),
            counters=np.zeros(8, np.int64),
            spells=np.zeros((reps, N_SPELL)),
            times=np.zeros(size + BATCH),
            words=np.zeros((3, size + BATCH), np.uint32),
            gaps=np.zeros(BATCH, np.uint32),
        )
