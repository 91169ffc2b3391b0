"""The random word that puts a lead into a group: a rep, a team, a product."""

from __future__ import annotations

from funnelsim.core.numeric.compiled import at, kernel
from funnelsim.core.numeric.draws import Purpose, keyed_block, replication_key
from funnelsim.core.numeric.keys import LEAD_STAGE

_GROUP = int(Purpose.GROUP)


@kernel
def group_words(seed, replications, place, lead, words):  # type: ignore[no-untyped-def]
    """Fill in the word of each lead, a function of the seed, the replication and the lead alone.

    Parameters
    ----------
    seed : uint64
    replications : int64 array
    place : int32 array, shape (n,)
        Index in `replications`.
    lead : uint64 array, shape (n,)
    words : uint32 array, shape (n,)
        Filled.
    """
    for row in range(place.size):
        k0, k1 = replication_key(seed, replications[at(place[at(row)])])
        words[at(row)] = keyed_block(lead[at(row)], LEAD_STAGE, 0, _GROUP, 0, k0, k1)[0]
