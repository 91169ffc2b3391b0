"""Gamma factors of over-dispersed weeks, from tables on a grid of shapes.

A week with expected leads ``m`` of a source with dispersion ``D`` has in truth a Gamma(m / (D - 1),
scale D - 1) number expected (then Poisson given that), so that weekly counts have variance D m: a negative
binomial. Divided by ``m`` this factor has mean 1 and depends on the shape alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.quantile_table import QuantileTable, build_table

#: Neighbouring shapes differ by 2 %, so that a value between two tables is right to 1e-4.
MIN_SHAPE_STEP = math.log(1.02)
#: A week with a smaller shape expects next to no lead; its distribution would have no end.
LEAST_SHAPE = 0.002


def shape_place(shape: float) -> tuple[int, float]:
    """Index of the grid shape at or below `shape`, and the weight of the next one."""
    x = math.log(max(shape, LEAST_SHAPE)) / MIN_SHAPE_STEP
    index = math.floor(x)
    return index, x - index


def gamma_tables(indexes: Sequence[int]) -> list[QuantileTable]:
    """Tables of the mean-1 gamma distributions of some grid shapes."""
    return [_gamma_table(index) for index in indexes]


@lru_cache(maxsize=2048)
def _gamma_table(index: int) -> QuantileTable:
    shape = math.exp(index * MIN_SHAPE_STEP)
    distribution = parse_distribution(f"gamma(mean=1, sd={1 / math.sqrt(shape)!r})", kind="factor")
    return build_table(distribution, absolute=1e-4)
