"""Who waits for a rep: skew heaps of requests, tied together by their places.

Sleator, D. D. and Tarjan, R. E. (1986). Self-adjusting heaps. SIAM Journal on Computing 15, 52-69.
Requests that wait no longer stay in their heap until they reach its top.
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.engines.events.world import let_go
from funnelsim.engines.plan import NONE


@inner
def _goes_first(requests, joining, one, other):  # type: ignore[no-untyped-def]
    """Whether one request goes before another: by key, unless only joining counts, then by joining."""
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
    """The heap of two heaps; -1 is an empty one."""
    one = np.int64(one)
    other = np.int64(other)
    root = np.int64(NONE)
    last = np.int64(NONE)
    while one != NONE and other != NONE:
        if _goes_first(requests, joining, other, one):
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
    """The heap with one more request."""
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
    """The heap without those at its top who wait no longer."""
    while root != NONE and not requests[at(root)].waiting:
        rest = without_first(requests, joining, root)
        let_go(requests, counters, root)
        root = rest
    return root
