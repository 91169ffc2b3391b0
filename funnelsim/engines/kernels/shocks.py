"""The factors of month-to-month variability, drawn month by month."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import kernel
from funnelsim.core.numeric.draws import Purpose, keyed_block
from funnelsim.core.numeric.exponential import exponential
from funnelsim.core.numeric.keys import LEAD_STAGE
from funnelsim.distributions.lookup import quantile_of_word

_SHOCK = int(Purpose.SHOCK)


@kernel
def month_factors(shocks, tables, place, k0, k1, factors):  # type: ignore[no-untyped-def]
    """Fill the factors, shape (months,), of one shock in one replication."""
    z = 0.0
    for m in range(shocks.number.size):
        month = shocks.number[m] & 0xFFFF
        word = keyed_block(shocks.id[place], LEAD_STAGE, month, _SHOCK, 0, k0, k1)[0]
        normal = quantile_of_word(tables.headers, tables.cells, shocks.normal, word)
        if m == 0:
            z = shocks.sd[place] * normal
        else:
            z = shocks.rho[place] * z + shocks.innovation[place] * normal
        factors[m] = exponential(z - shocks.correction[place])


@kernel
def factor_at(shocks, factors, begin, instant):  # type: ignore[no-untyped-def]
    """The factor of the month of an instant, which lies within the run."""
    return factors[shocks.month[min(np.int64(instant - begin), shocks.month.size - 1)]]
