"""Tables of laws that differ little from one another, as those of parameter draws do.

Up to its scale a family with one shape parameter is a line of laws. Tables are made at shapes 1 % apart, and
kept; a law between two of them takes the mean of their values, weighted, and times its scale. Observed values
are one table, times their mean.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from funnelsim.distributions.base import Distribution, Floats, Kind
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.interpolated import InterpolatedMixture, is_smooth
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import PLAIN, Parametric
from funnelsim.distributions.table import QuantileTable, TableBank, build_table, cells_at

_STEP = math.log(1.01)
#: Good enough for any unit: a ten-thousandth of the scale.
_ABSOLUTE = 1e-4


def drawn_table(law: Distribution, probability: float) -> QuantileTable:
    """A table within `probability` of the law; laws of a similar shape share the work.

    Parameters
    ----------
    law : Distribution
        Any; one without a scale and at most one shape gets a table of its own.
    probability : float
        Largest error of the distribution function.
    """
    if isinstance(law, Empirical) and law.mean() > 0:
        bank = _unit_table(_of_mean_one(law), probability).bank
        return QuantileTable(TableBank(bank.headers, bank.cells * law.mean()))
    if isinstance(law, Mixture) and law.kind == "duration" and is_smooth(law):
        return build_table(law, probability=probability, quantiles=InterpolatedMixture(law))
    if not isinstance(law, Parametric):
        # Durations are right to the minute; a ten-thousandth of the mean is as good for money.
        money = law.kind in ("amount", "factor")
        absolute = _ABSOLUTE * law.mean() if money else None
        return build_table(law, absolute=absolute, probability=probability)
    scales = [(name, value) for name, value in law.items if name not in PLAIN]
    shapes = [(name, value) for name, value in law.items if name in PLAIN]
    if len(scales) != 1 or len(shapes) > 1:
        return build_table(law, probability=probability)
    scale_name, scale = scales[0]
    if not shapes:
        bank = _unit_table(law.replaced(scale_name, 1.0), probability).bank
        return QuantileTable(TableBank(bank.headers, bank.cells * scale))
    name, value = shapes[0]
    x = math.log(value) / _STEP
    index = math.floor(x)
    names = tuple(own for own, _ in law.items)
    headers, low, high = _pair(type(law), law.kind, names, name, index, probability)
    share = x - index
    return QuantileTable(TableBank(headers, ((1 - share) * scale) * low + (share * scale) * high))


def _of_mean_one(law: Empirical) -> Empirical:
    """Rounded, so that multiples of one law have the same."""
    mean = law.mean()
    return Empirical(law.kind, tuple(float(f"{v / mean:.12g}") for v in law.values), law.weights)


@lru_cache(maxsize=1024)
def _unit_table(law: Distribution, probability: float) -> QuantileTable:
    return build_table(law, absolute=_ABSOLUTE, probability=probability)


@lru_cache(maxsize=1024)
def _pair(
    family: type[Parametric], kind: Kind, names: tuple[str, ...], shape: str, index: int, probability: float
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.int64]], Floats, Floats]:
    """Tables of two neighbouring shapes of scale 1 on the same cells."""
    shapes = [math.exp(place * _STEP) for place in (index, index + 1)]
    laws = [
        family(kind, tuple((name, value if name == shape else 1.0) for name in names)) for value in shapes
    ]
    tables = [_unit_table(one, probability) for one in laws]
    bits = np.maximum(tables[0].bits, tables[1].bits)
    both = [
        table.bank if np.array_equal(table.bits, bits) else cells_at(one, bits).bank
        for one, table in zip(laws, tables, strict=True)
    ]
    return both[0].headers, both[0].cells, both[1].cells
