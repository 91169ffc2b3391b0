"""Plans that are not run need no tables, thousands of which take long to make."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions import Distribution
from funnelsim.distributions.quantile_table import QuantileTable, cells_at


class OneTable(dict[Distribution, QuantileTable]):
    """The same table for every distribution: the standard normal, one cell an octave."""

    def get(self, distribution: Distribution, default: QuantileTable | None = None) -> QuantileTable:  # type: ignore[override]  # noqa: ARG002
        return _table()

    def __bool__(self) -> bool:
        return True


class OnlySize(OneTable):
    """For a plan that is only measured: no weekly factor is tabulated, and no open lead has an age."""


class _StandardNormal:
    """By the standard library, for a few hundred quantiles: scipy.special takes longer to import."""

    def ppf(self, u: Floats) -> Floats:
        inverse = NormalDist().inv_cdf
        return np.array([inverse(p) for p in u.ravel().tolist()]).reshape(u.shape)

    def isf(self, q: Floats) -> Floats:
        return -self.ppf(q)


@lru_cache(maxsize=1)
def _table() -> QuantileTable:
    return cells_at(_StandardNormal(), np.zeros(64, np.int64))
