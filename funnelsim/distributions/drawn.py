"""Quantile tables for parameter draws, whose distributions differ little from one another.

Up to its scale, a family with one shape parameter is a one-parameter set of distributions. Tables are made
at shapes 1 % apart and kept; between two of them, a table is the weighted mean of their values times the
scale. An empirical distribution is one table, times its mean.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.interpolated import InterpolatedMixture, is_smooth
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import PLAIN, Parametric
from funnelsim.distributions.quantile_table import QuantileTable, TableBank, build_table, cells_at

_STEP = math.log(1.01)
#: Absolute error for a scale of 1, accurate enough in any unit.
_ABSOLUTE = 1e-4


def drawn_table(distribution: Distribution, probability: float) -> QuantileTable:
    """Tabulate a distribution to within `probability`; distributions of similar shape share tables.

    Parameters
    ----------
    distribution : Distribution
        Of any family; without a scale and at most one shape parameter, it gets its own table.
    probability : float
        Largest error of the distribution function.
    """
    if isinstance(distribution, Empirical) and distribution.mean() > 0:
        bank = _unit_table(_of_mean_one(distribution), probability).bank
        return QuantileTable(TableBank(bank.headers, bank.cells * distribution.mean()))
    if isinstance(distribution, Mixture) and distribution.kind == "duration" and is_smooth(distribution):
        return build_table(distribution, probability=probability, quantiles=InterpolatedMixture(distribution))
    if not isinstance(distribution, Parametric):
        # Durations are accurate to the minute; for money, 1e-4 of the mean is accurate enough.
        money = distribution.kind in ("amount", "factor")
        absolute = _ABSOLUTE * distribution.mean() if money else None
        return build_table(distribution, absolute=absolute, probability=probability)
    scales = [(name, value) for name, value in distribution.items if name not in PLAIN]
    shapes = [(name, value) for name, value in distribution.items if name in PLAIN]
    if len(scales) != 1 or len(shapes) > 1:
        return build_table(distribution, probability=probability)
    scale_name, scale = scales[0]
    if not shapes:
        bank = _unit_table(distribution.replaced(scale_name, 1.0), probability).bank
        return QuantileTable(TableBank(bank.headers, bank.cells * scale))
    name, value = shapes[0]
    x = math.log(value) / _STEP
    index = math.floor(x)
    names = tuple(own for own, _ in distribution.items)
    headers, low, high = _pair(type(distribution), distribution.kind, names, name, index, probability)
    share = x - index
    return QuantileTable(TableBank(headers, ((1 - share) * scale) * low + (share * scale) * high))


def _of_mean_one(distribution: Empirical) -> Empirical:
    """Scale to mean 1, rounded so that multiples of one distribution give equal results."""
    mean = distribution.mean()
    return Empirical(
        distribution.kind, tuple(float(f"{v / mean:.12g}") for v in distribution.values), distribution.weights
    )


@lru_cache(maxsize=1024)
def _unit_table(distribution: Distribution, probability: float) -> QuantileTable:
    return build_table(distribution, absolute=_ABSOLUTE, probability=probability)


@lru_cache(maxsize=1024)
def _pair(
    family: type[Parametric], kind: Kind, names: tuple[str, ...], shape: str, index: int, probability: float
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.int64]], Floats, Floats]:
    """Tables of two neighbouring shapes with scale 1, on the same cells."""
    shapes = [math.exp(k * _STEP) for k in (index, index + 1)]
    distributions = [
        family(kind, tuple((name, value if name == shape else 1.0) for name in names)) for value in shapes
    ]
    tables = [_unit_table(one, probability) for one in distributions]
    bits = np.maximum(tables[0].bits, tables[1].bits)
    both = [
        table.bank if np.array_equal(table.bits, bits) else cells_at(one, bits).bank
        for one, table in zip(distributions, tables, strict=True)
    ]
    return both[0].headers, both[0].cells, both[1].cells
