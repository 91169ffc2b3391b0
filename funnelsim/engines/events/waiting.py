"""Queues of requests for a rep: skew heaps, linked by index.

Sleator, D. D. and Tarjan, R. E. (1986). Self-adjusting heaps. SIAM Journal on Computing 15, 52-69.
Cancelled requests remain in their heap until they reach the top.
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.engines.events.world import free_request
from funnelsim.engines.plan import NONE


@inner
def _precedes(requests, joining, one, other):  # type: ignore[no-untyped-def]
    """Whether one request precedes another: by key (unless the discipline is FIFO), then by joining time."""
    if not joining and requests[at(one)].key != requests[at(other)].key:
        return requests[at(one)].key < requests[at(other)].key
    if requests[at(one)].ready != requests[at(other)].ready:
        return requests[at(one)].ready < requests[at(other)].ready
    if requests[at(one)].created != requests[at(other)].created:
        return requests[at(one)].created < requests[at(other)].created
    if requests[at(one)].id != requests[at(other)].id:
        return requests[at(one)].id < requests[at(other)].id
    return requests[at(one)].stage < requests[at(other)].stage


@inner
def _merged(requests, joining, one, other):  # type: ignore[no-untyped-def]
    """Merge two heaps; -1 is an empty heap."""
    one = np.int64(one)
    other = np.int64(other)
    root = np.int64(NONE)
    last = np.int64(NONE)
    while one != NONE and other != NONE:
        if _precedes(requests, joining, other, one):
            one, other = other, one
        if last == NONE:
            root = one
        else:
            requests[at(last)].left = one
        last = one
        below = np.int64(requests[at(one)].right)
        requests[at(one)].right = requests[at(one)].left
        one = below
    rest = one if one != NONE else other
    if last == NONE:
        return rest
    requests[at(last)].left = rest
    return root


@inner_step
def joined(requests, joining, root, request):  # type: ignore[no-untyped-def]
    """Insert a request into a heap."""
    requests[at(request)].left = NONE
    requests[at(request)].right = NONE
    return np.int64(request) if root == NONE else _merged(requests, joining, root, request)


@inner_step
def without_first(requests, joining, root):  # type: ignore[no-untyped-def]
    left = np.int64(requests[at(root)].left)
    right = np.int64(requests[at(root)].right)
    if right == NONE:
        return left
    return right if left == NONE else _merged(requests, joining, left, right)


@inner_step
def waiting_first(requests, counters, joining, root):  # type: ignore[no-untyped-def]
    """Remove cancelled requests from the top of a heap."""
    while root != NONE and not requests[at(root)].waiting:
        rest = without_first(requests, joining, root)
        free_request(requests, counters, root)
        root = rest
    return root
