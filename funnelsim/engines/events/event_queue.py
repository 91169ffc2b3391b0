"""The event queue: events in buckets of time, each bucket sorted.

A calendar queue (Brown, R. (1988). Calendar queues: a fast O(1) priority queue implementation for the
simulation event set problem. Communications of the ACM 31, 1220-1227) whose buckets cover the whole span, so
that it need not wrap round. Events at one instant are ordered by kind; the order of events with the same
instant and kind does not matter.
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner_step
from funnelsim.engines.events.world import BUCKET, EVENTS, FREE_EVENT
from funnelsim.engines.plan import NONE


@inner_step
def push_event(events, buckets, count, share, time, kind, what):  # type: ignore[no-untyped-def]
    """Add an event; false if there is no room.

    Parameters
    ----------
    share : float
        Fraction of the span elapsed at `time`, which selects the bucket.
    """
    new = count[FREE_EVENT]
    if new != NONE:
        count[FREE_EVENT] = events[at(new)].next
    else:
        new = count[EVENTS]
        if new == events.size:
            return False
        count[EVENTS] = new + 1
    # The bucket is valid for any time, even NaN.
    bucket = min(max(np.int64(share * buckets.size), np.int64(0)), buckets.size - 1)
    count[BUCKET] = min(count[BUCKET], bucket)
    here = np.int64(buckets[at(bucket)])
    before = np.int64(NONE)
    while here != NONE:
        then = events[at(here)].time
        if time < then or (time == then and kind <= events[at(here)].kind):
            break
        before = here
        here = np.int64(events[at(here)].next)
    events[at(new)].time = time
    events[at(new)].kind = kind
    events[at(new)].what = what
    events[at(new)].next = here
    if before == NONE:
        buckets[at(bucket)] = new
    else:
        events[at(before)].next = new
    return True


@inner_step
def next_event(buckets, count):  # type: ignore[no-untyped-def]
    """Return the next event without removing it; -1 if there is none."""
    bucket = count[BUCKET]
    last = buckets.size - 1
    while bucket < last and buckets[at(bucket)] == NONE:
        bucket += 1
    count[BUCKET] = bucket
    return np.int64(buckets[at(bucket)])


@inner_step
def drop_event(events, buckets, count, event):  # type: ignore[no-untyped-def]
    """Remove the next event."""
    buckets[at(count[BUCKET])] = events[at(event)].next
    events[at(event)].next = count[FREE_EVENT]
    count[FREE_EVENT] = event
