"""Month-to-month variability beyond chance: an AR(1) on the log scale, by calendar month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from funnelsim.core.numeric.compiled import kernel
from funnelsim.core.numeric.draws import LEAD_STAGE, Purpose, keyed_block, path_id, refuse_collisions
from funnelsim.core.numeric.exponential import exponential
from funnelsim.distributions.table import QuantileTable, cells_at, quantile_of_word
from funnelsim.engines.plan import NO_SHOCK, NO_TABLE, Shocks
from funnelsim.engines.tables import Tables
from funnelsim.model.parts import Model

ODDS = "odds"
_SHOCK = int(Purpose.SHOCK)
#: Logarithm of the number of cells an octave: quantiles are within 2e-6 then.
_BITS = 8


class _StandardNormal:
    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(special.ndtri(u))

    def isf(self, q: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-special.ndtri(q))


@lru_cache(maxsize=1)
def normal_table() -> QuantileTable:
    """Quantiles of the standard normal law."""
    return cells_at(_StandardNormal(), np.full(64, _BITS, np.int64))


def shocks_of(model: Model, dates: Sequence[dt.date], tables: Tables) -> Shocks:
    """The shocks of a funnel over consecutive days, from the first of arrivals on."""
    paths = list(model.shocks)
    refuse_collisions({path: path_id(path) for path in paths}, "shock")
    sd = np.array([shock.sd for shock in model.shocks.values()], np.float64)
    rho = np.array([shock.rho for shock in model.shocks.values()], np.float64)
    months = np.array([12 * (date.year - 1970) + date.month - 1 for date in dates], np.int64)
    return Shocks(
        id=np.array([path_id(path) for path in paths], np.uint64),
        sd=sd,
        rho=rho,
        innovation=sd * np.sqrt(1 - rho**2),
        # Rates keep their mean; odds are as often raised as lowered.
        correction=np.array([0.0 if path == ODDS else sd[i] ** 2 / 2 for i, path in enumerate(paths)]),
        month=months - months[0],
        number=np.unique(months),
        normal=tables.add_all([normal_table()]) if paths else NO_TABLE,
        odds=shock_place(model, ODDS),
    )


def shock_place(model: Model, path: str) -> int:
    """Place of a path among the shocks, or `NO_SHOCK` where it has none or one without effect."""
    shock = model.shocks.get(path)
    return NO_SHOCK if shock is None or not shock.sd else list(model.shocks).index(path)


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
