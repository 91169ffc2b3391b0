"""Keyed draws of overridden deals: functions of (seed, future, deal), whatever else is overridden."""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.numeric.compiled import kernel
from funnelsim.core.numeric.draws import Purpose, keyed_block, replication_key
from funnelsim.core.numeric.keys import LEAD_STAGE, crm_id

_OVERRIDE, _STAGE = int(Purpose.OVERRIDE), int(LEAD_STAGE)
_UNIT = 2.0**-32


def override_draws(seed: int, replications: range, deal: str) -> Floats:
    """Two independent uniforms of a deal in each future, shape (2, R): is it won, and like which win."""
    found = np.empty((2, len(replications)))
    _draws(np.uint64(seed), np.asarray(replications, np.int64), np.uint64(crm_id(deal)), found)
    return found


@kernel
def _draws(seed, numbers, lead, out):  # type: ignore[no-untyped-def]
    for r in range(numbers.size):
        k0, k1 = replication_key(seed, numbers[r])
        one, two, _, _ = keyed_block(lead, _STAGE, 1, _OVERRIDE, 0, k0, k1)
        out[0, r] = (one + 0.5) * _UNIT
        out[1, r] = (two + 0.5) * _UNIT
