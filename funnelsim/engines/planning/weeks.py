"""Gamma factors of over-dispersed weeks, from tables on a grid of shapes.

A week with expected leads ``m`` of a source with dispersion ``D`` has in truth a Gamma(m / (D - 1),
scale D - 1) number expected (then Poisson given that), so that weekly counts have variance D m: a negative
binomial. Divided by ``m`` this factor has mean 1 and depends on the shape alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.quantile_table import QuantileTable, TableBank, build_table

#: Neighbouring shapes differ by 2 %, so that a value between two tables is right to 1e-4.
MIN_SHAPE_STEP = math.log(1.02)
#: A week with a smaller shape expects next to no lead; its distribution would have no end.
LEAST_SHAPE = 0.002

#: The word of an extreme week, as in one of four million, and the probability beyond it.
RARE_WORD = 2**32 - 2**10
_RARE = (2**32 - RARE_WORD - 0.5) / 2**32
#: For larger shapes the cube root of a gamma variable is as good as normal, 5 standard deviations out.
_NORMAL_SHAPE, _RARE_Z = 1e4, 5.0355


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


def rare_tables(indexes: Sequence[int]) -> list[QuantileTable]:
    """The same for plans that are only measured: constants, the quantile at `RARE_WORD`."""
    # A header is first_cell << 6 | shift; all words fall in the one cell.
    headers = np.full((1, 64), 52, np.int64)
    rare = [_rare_factor(math.exp(index * MIN_SHAPE_STEP)) for index in indexes]
    return [QuantileTable(TableBank(headers, np.array([[value, 0.0, 0.0]]))) for value in rare]


def _rare_factor(shape: float) -> float:
    """The value that a mean-1 gamma variable exceeds with probability `_RARE`, to 1e-4.

    In plain Python: with scipy.special, ``funnelsim check`` would take a quarter longer.
    """
    if shape > _NORMAL_SHAPE:  # Wilson and Hilferty (1931)
        return (1 - 1 / (9 * shape) + _RARE_Z / (3 * math.sqrt(shape))) ** 3
    log_rare = math.log(_RARE)
    # Newton's method from the right, a bound of Boucheron, Lugosi and Massart (2013), section 2.4.
    x = shape + math.sqrt(-2 * log_rare * shape) - log_rare
    for _ in range(60):
        log_density, tail = _gamma_tail(shape, x)
        step = (math.log(tail) + log_density - log_rare) * tail
        x += step
        if abs(step) < 1e-6 * x:
            break
    return x / shape


def _gamma_tail(shape: float, x: float) -> tuple[float, float]:
    """Log density of a gamma variable at `x` > `shape`, and the probability beyond in units of the density.

    The continued fraction DLMF 8.9.2 by Lentz's method (Press et al., Numerical Recipes, 3rd ed., 6.2).
    """
    b = x + 1 - shape
    c, d = math.inf, 1 / b
    total = d
    for n in range(1, 10_000):
        a, b = -n * (n - shape), b + 2
        d, c = 1 / (b + a * d), b + a / c
        total *= c * d
        if abs(c * d - 1) < 1e-8:
            break
    return (shape - 1) * math.log(x) - x - math.lgamma(shape), total * x
