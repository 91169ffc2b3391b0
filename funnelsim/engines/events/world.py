"""The state of the event engine during a replication: active leads, requests, reps and queues."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.engines.kernels.instants import BATCH
from funnelsim.engines.kernels.working_time import N_SPELL
from funnelsim.engines.plan import NONE, Plan
from funnelsim.engines.status import NO_ROOM

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Records = Any  # a record array; its fields are those of the dtype beside it

LEAD = np.dtype(
    [
        ("id", np.uint64),
        ("created", np.float64),
        ("amount", np.float64),
        ("won_at", np.float64),
        # The current visit.
        ("entered", np.float64),
        ("begins", np.float64),  # when the dwell begins
        ("started", np.float64),  # start of the first task; NaN: none started
        ("finished", np.float64),  # end of the last task so far
        ("row", np.int32),
        ("stage", np.int32),
        ("visit", np.int32),
        ("word_exit", np.uint32),
        ("word_dwell", np.uint32),
        ("word_effort", np.uint32),
        ("word_patience", np.uint32),
        ("role", np.int32),  # of the first task
        ("seat", np.int32),  # who did it
        # The lead itself.
        ("place", np.int32),  # stage or outcome that it enters next
        ("segment", np.int32),
        ("source", np.int32),  # -1: open at the start
        ("open_index", np.int32),  # index among the open leads, -1 for a new one
        ("era", np.int32),
        ("bin", np.int32),  # of the instant of entering
        ("rounds", np.int32),  # consecutive visits without time
        ("booked", np.int32),  # how often
        ("next", np.int32),  # next in its list: free slots, or leads that have yet to move
        ("seen", np.bool_),  # false while passing a removed stage
        ("resumed", np.bool_),  # the visit of an open lead at the start
        ("abandoned", np.bool_),
        ("responded", np.bool_),  # a rep has started a task for it
        ("here", np.bool_),  # the slot is in use
    ],
    align=True,
)
REQUEST = np.dtype(
    [
        ("key", np.float64),  # priority by the role's discipline
        ("ready", np.float64),
        ("created", np.float64),
        ("id", np.uint64),
        ("effort", np.float64),
        ("stage", np.int32),
        ("left", np.int32),  # heaps below this one
        ("right", np.int32),
        ("lead", np.int32),
        ("role", np.int32),
        ("number", np.int32),  # of the visit's tasks, from 0
        ("held", np.int32),  # reference count: events and heaps that refer to it
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
        ("checks_at", np.float64),  # opening time at which reps check the queue again
        ("anybody", np.int32),  # heap of requests for any rep, or without an owner yet
        ("waiting", np.int32),  # queue length, including reps' own queues
        ("first_rep", np.int32),
        ("last_rep", np.int32),
        ("busy", np.int32),  # reps at work
        ("due", np.bool_),  # the queue is to be checked at this instant
    ],
    align=True,
)
EVENT = np.dtype(
    [("time", np.float64), ("kind", np.int32), ("what", np.int32), ("next", np.int32)], align=True
)
# Indices in `counters`: number of slots ever used, and the first free one among them.
LEADS, FREE_LEAD, REQUESTS, FREE_REQUEST, EVENTS, FREE_EVENT, BUCKET, TO_MOVE, DONE_REPLICATIONS = range(9)


class World(NamedTuple):
    """Leads and requests; reps and queues by role; the event queue."""

    leads: Records
    requests: Records
    reps: Records
    queues: Records
    events: Records
    buckets: Places  # first event of each
    visits: Places  # (leads, stages)
    owner: Places  # (leads, roles) rep who has the lead, -1
    revenue: Floats  # (leads, 3) state of `recognition.py`
    monthly: Floats  # (months,) room for the shocks on a rate
    odds: Floats  # (months,) factors on the odds of the exits that lead on
    counters: Ints
    spells: Floats  # room for a roster
    times: Floats  # (streams, capacity) arrivals
    words: NDArray[np.uint32]  # (streams, 3, capacity)
    arrived: Ints  # (streams,) leads that have arrived
    arrivals: Ints  # (streams,) leads in total
    gaps: NDArray[np.uint32]

    @classmethod
    def of_size(cls, size: int, plan: Plan) -> World:
        """Allocate for about this many leads per replication."""
        reps = max(size // 64, 64)
        n_streams = plan.sources.id_base.size
        n_months = plan.shocks.number.size

        def room(n: int, kind: np.dtype[Any]) -> Records:
            return np.zeros(n, kind).view(np.recarray)

        return cls(
            leads=room(size, LEAD),
            requests=room(size, REQUEST),
            reps=room(reps, REP),
            queues=room(plan.roles.hash.size, QUEUE),
            events=room(2 * size, EVENT),
            buckets=np.zeros(2 * size, np.int32),
            visits=np.zeros((size, plan.stages.hash.size), np.int32),
            owner=np.zeros((size, plan.roles.hash.size), np.int32),
            revenue=np.zeros((size, 3)),
            monthly=np.zeros(n_months),
            odds=np.ones(n_months),
            counters=np.zeros(9, np.int64),
            spells=np.zeros((reps, N_SPELL)),
            times=np.zeros((n_streams, size + BATCH)),
            words=np.zeros((n_streams, 3, size + BATCH), np.uint32),
            arrived=np.zeros(n_streams, np.int64),
            arrivals=np.zeros(n_streams, np.int64),
            gaps=np.zeros(BATCH, np.uint32),
        )


@inner
def empty_world(world):  # type: ignore[no-untyped-def]
    """Reset: no leads, no requests, no events."""
    counters = world.counters
    counters[LEADS] = 0
    counters[REQUESTS] = 0
    counters[EVENTS] = 0
    counters[BUCKET] = 0
    counters[FREE_LEAD] = NONE
    counters[FREE_REQUEST] = NONE
    counters[FREE_EVENT] = NONE
    counters[TO_MOVE] = NONE
    world.buckets[:] = NONE


@inner_step
def place_for_lead(world):  # type: ignore[no-untyped-def]
    """Allocate a slot for a lead, or return `NO_ROOM`."""
    counters = world.counters
    place = counters[FREE_LEAD]
    if place != NONE:
        counters[FREE_LEAD] = world.leads[at(place)].next
    else:
        place = counters[LEADS]
        if place == world.leads.size:
            return np.int64(NO_ROOM)
        counters[LEADS] = place + 1
    return np.int64(place)


@inner_step
def free_lead(world, lead):  # type: ignore[no-untyped-def]
    who = world.leads[at(lead)]
    who.here = False
    who.next = world.counters[FREE_LEAD]
    world.counters[FREE_LEAD] = lead


@inner_step
def place_for_request(world):  # type: ignore[no-untyped-def]
    """Allocate a slot for a request, or return `NO_ROOM`."""
    counters = world.counters
    place = counters[FREE_REQUEST]
    if place != NONE:
        counters[FREE_REQUEST] = world.requests[at(place)].left
    else:
        place = counters[REQUESTS]
        if place == world.requests.size:
            return np.int64(NO_ROOM)
        counters[REQUESTS] = place + 1
    return np.int64(place)


@inner_step
def free_request(requests, counters, request):  # type: ignore[no-untyped-def]
    """Drop one reference to a request; its slot is freed with the last one."""
    one = requests[at(request)]
    one.held -= 1
    if one.held == 0:
        one.left = counters[FREE_REQUEST]
        counters[FREE_REQUEST] = request
