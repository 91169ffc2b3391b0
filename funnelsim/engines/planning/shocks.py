"""Month-to-month variability beyond chance: an AR(1) on the log scale, by calendar month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from funnelsim.core.numeric.keys import path_id, refuse_collisions
from funnelsim.distributions.quantile_table import QuantileTable, cells_at
from funnelsim.engines.plan import NO_SHOCK, NO_TABLE, Shocks
from funnelsim.model.parts import Shock

ODDS = "odds"
#: Logarithm of the number of cells an octave: quantiles are within 2e-6 then.
_BITS = 8


class _StandardNormal:
    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(scipy.special.ndtri(u))

    def isf(self, q: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-scipy.special.ndtri(q))


@lru_cache(maxsize=1)
def normal_table() -> QuantileTable:
    """Quantiles of the standard normal distribution."""
    return cells_at(_StandardNormal(), np.full(64, _BITS, np.int64))


def shocks_of(shocks: Mapping[str, Shock], dates: Sequence[dt.date]) -> Shocks:
    """The shocks of a funnel over the days of arrivals; a plan adds their table."""
    paths = list(shocks)
    refuse_collisions({path: path_id(path) for path in paths}, "shock")
    sd = np.array([shock.sd for shock in shocks.values()], np.float64)
    rho = np.array([shock.rho for shock in shocks.values()], np.float64)
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
        normal=NO_TABLE,
        odds=shock_place(shocks, ODDS),
    )


def shock_place(shocks: Mapping[str, Shock], path: str) -> int:
    """Place of a path among the shocks, or `NO_SHOCK` where it has none or one without effect."""
    shock = shocks.get(path)
    return NO_SHOCK if shock is None or not shock.sd else list(shocks).index(path)
