"""Numeric keys of stages, sources and leads for the keyed draws (`draws.py`)."""

from __future__ import annotations

import enum
import hashlib

from funnelsim.core.errors import InputError, Problem

#: Stage word of draws for a lead or a source as a whole.
LEAD_STAGE = 0


class Kind(enum.IntEnum):
    """First two bits of a lead's id."""

    SOURCE = 0
    CAMPAIGN = 1
    CRM = 2
    SPAWNED = 3


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
    """Key of an open lead, from its id in the CRM."""
    return (int(Kind.CRM) << 62) | _leading_bits(deal, 62)


def path_id(path: str) -> int:
    """Key used instead of a lead id in draws for a value of the model, such as ``sources.inbound.rate``."""
    return _leading_bits(path, 62)


def refuse_collisions(hashes: dict[str, int], what: str) -> None:
    """Raise an error if two keys share a hash (or one hashes to the reserved 0): their draws would
    coincide."""
    seen: dict[int, str] = {LEAD_STAGE: "the reserved word 0"}
    for key, value in hashes.items():
        if value in seen:
            problem = Problem(
                path=key, message=f"{what} has the same hash as {seen[value]}; rename one of them"
            )
            raise InputError(what, [problem])
        seen[value] = key
