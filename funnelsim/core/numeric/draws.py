"""Randomness as a function: each draw is a Philox block of (seed, replication, lead, stage, visit, purpose).

There is no state, so any lead of any replication can be drawn separately, in any order and on any thread,
and two scenarios share the random numbers of every lead that occurs in both.

References
----------
Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers: as easy as
1, 2, 3. SC'11. https://doi.org/10.1145/2063384.2063405 (Philox4x32-10 and its known answers).
"""

from __future__ import annotations

import enum

import numpy as np
from numba import njit

_ROUND_0 = np.uint64(0xD2511F53)
_ROUND_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint32(0x9E3779B9)
_WEYL_1 = np.uint32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


class Purpose(enum.IntEnum):
    """The purpose of a block. Part of the meaning of a seed: append, never renumber."""

    LEAD = 0  # gap to the lead before, amount, segment, entry stage
    VISIT = 1  # exit, dwell, effort of the first task, patience
    RECOVER = 2  # whether a lead lost at a removed stage goes on, and where to
    WEEK = 3  # the mass of one week of an over-dispersed source
    LISTED = 4  # won amount over listed amount of an open lead
    TASK = 5  # effort of the second task of a visit and of those after it
    SEAT = 6  # time until a rep leaves; keyed by seat instead of lead and role instead of stage
    SPAWN = 7  # number, ids and arrival times of the leads that an entry spawns
    SHOCK = 8  # a month's shock; keyed by the shocked path instead of the lead
    REP = 9  # what a rep wins in a month; keyed by the rep instead of the lead, month or spell for the stage
    GROUP = 10  # which group a new lead falls into: its rep, team or product
    OVERRIDE = 11  # whether a deal that a person overrode is won, and like which of its simulated wins


@njit(inline="always", cache=True)
def philox_block(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Four independent uint32 words: Philox4x32-10 of a counter (c0..c3) and a key (k0, k1), all uint32."""
    for _ in range(10):
        product_0 = _ROUND_0 * np.uint64(c0)
        product_1 = _ROUND_1 * np.uint64(c2)
        c0 = np.uint32(product_1 >> _32) ^ c1 ^ k0
        c1 = np.uint32(product_1 & _LOW)
        c2 = np.uint32(product_0 >> _32) ^ c3 ^ k1
        c3 = np.uint32(product_0 & _LOW)
        k0 = np.uint32(k0 + _WEYL_0)
        k1 = np.uint32(k1 + _WEYL_1)
    return c0, c1, c2, c3


@njit(inline="always", cache=True)
def replication_key(seed, replication):  # type: ignore[no-untyped-def]
    """The two key words of one replication: the first half of a block keyed by the seed (both uint64)."""
    seed = np.uint64(seed)
    replication = np.uint64(replication)
    k0, k1, _, _ = philox_block(
        np.uint32(replication & _LOW),
        np.uint32(replication >> _32),
        np.uint32(0),
        np.uint32(0),
        np.uint32(seed & _LOW),
        np.uint32(seed >> _32),
    )
    # One type from the start, or callers would be compiled twice.
    return np.uint32(k0), np.uint32(k1)


@njit(inline="always", cache=True)
def keyed_block(lead, stage, visit, purpose, index, k0, k1):  # type: ignore[no-untyped-def]
    """The block of one lead (uint64), stage hash, visit (from 1), purpose and index (below 256)."""
    return philox_block(
        np.uint32(lead & _LOW),
        np.uint32(lead >> _32),
        np.uint32(stage),
        np.uint32((np.uint32(visit) << np.uint32(16)) | np.uint32((purpose << 8) | index)),
        k0,
        k1,
    )
