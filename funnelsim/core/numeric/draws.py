"""Randomness as a function: each draw is a Philox block of (seed, replication, lead, stage, visit, purpose).

Nothing here holds state, so any lead of any replication can be drawn alone, in any order, on any thread,
and two scenarios share the luck of every lead that they have in common.

References
----------
Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers: as easy as
1, 2, 3. SC'11. https://doi.org/10.1145/2063384.2063405 (Philox4x32-10 and its known answers).
"""

from __future__ import annotations

import enum
import hashlib

import numpy as np
from numba import njit

from funnelsim.core.errors import InputError, Problem

_ROUND_0 = np.uint64(0xD2511F53)
_ROUND_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint32(0x9E3779B9)
_WEYL_1 = np.uint32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)

#: Stage word of the draws that belong to the lead, or to a source, and to no stage.
LEAD_STAGE = 0


class Purpose(enum.IntEnum):
    """What a block is for. Part of the meaning of a seed: append, never renumber."""

    LEAD = 0  # gap to the lead before, amount, segment, entry stage
    VISIT = 1  # exit, dwell, effort of the first task, patience
    RECOVER = 2  # whether a lead lost at a removed stage goes on, and where to
    WEEK = 3  # the mass of one week of an over-dispersed source
    LISTED = 4  # won amount over listed amount of an open lead
    TASK = 5  # effort of the second task of a visit and of those after it
    SEAT = 6  # how long a rep stays; the seat stands for the lead, the role for the stage
    SPAWN = 7  # how many leads an entry brings; who they are and when they come
    SHOCK = 8  # a month's shock; the shocked path stands for the lead


class Kind(enum.IntEnum):
    """First two bits of a lead's id."""

    SOURCE = 0
    CAMPAIGN = 1
    CRM = 2
    SPAWNED = 3


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
    # Of one type from the start, or callers would compile all they call twice.
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


def _leading_bits(key: str, bits: int) -> int:
    digest = hashlib.blake2b(key.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - bits)


def stage_hash(key: str) -> int:
    """32 leading bits of BLAKE2b of the stage's key."""
    return _leading_bits(key, 32)


def source_id_base(key: str, kind: Kind = Kind.SOURCE) -> int:
    """Id of lead 0 of a source (or of ``source/campaign``); lead ``n`` is this plus ``n``."""
    return (int(kind) << 62) | (_leading_bits(key, 30) << 32)


def crm_id(deal: str) -> int:
    """Id of an open lead, from its id in the CRM."""
    return (int(Kind.CRM) << 62) | _leading_bits(deal, 62)


def path_id(path: str) -> int:
    """What stands for the lead in the draws of a value of the model, such as ``sources.inbound.rate``."""
    return _leading_bits(path, 62)


def refuse_collisions(hashes: dict[str, int], what: str) -> None:
    """Raise where two keys share a hash (or one hashes to the reserved 0): their luck would be tied."""
    seen: dict[int, str] = {LEAD_STAGE: "the reserved word 0"}
    for key, value in hashes.items():
        if value in seen:
            problem = Problem(
                path=key, message=f"{what} has the same hash as {seen[value]}; rename one of them"
            )
            raise InputError(what, [problem])
        seen[value] = key
