"""Sobol indices: the shares of a variance that parameters explain, alone and together with others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from funnelsim.core.arrays import Floats

#: Resamples of the bootstrap: enough for the ends of a 90 % interval, each the 15th of 300.
_RESAMPLES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Indices:
    """Sobol indices with their intervals, as arrays of shape (d,).

    Attributes
    ----------
    first, first_low, first_high : ndarray
        Share of the variance that a parameter explains on its own.
    total, total_low, total_high : ndarray
        Share that it explains on its own and in interaction with others.
    deviation : float
        Standard deviation of the output over the ranges, without chance.
    """

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    deviation: float


def sobol_indices(
    output: Callable[[Floats], Floats],
    low: Floats,
    high: Floats,
    *,
    points: int = 128,
    level: float = 0.9,
    seed: int = 1,
) -> Indices:
    """Sobol indices of an expected value over independent uniform ranges.

    The estimators are those of `scipy.stats.sobol_indices`, and give the same numbers for an output without
    chance. With chance, scipy's are too large: the mean over ``R`` futures has an error, and a product of
    two means has that of both, so that total indices count chance as interaction. Here products are taken
    over pairs of different futures, whose errors are independent. Also, scipy's bootstrap takes its random
    numbers from a global state.

    Parameters
    ----------
    output : callable
        Takes points, shape (n, d), and gives the output in each of ``R`` futures, shape (n, R); future ``r``
        has the same random draws at every point. ``R = 1`` is an output without chance.
    low, high : ndarray, shape (d,)
        Ends of the ranges.
    points : int, default 128
        A power of 2; the output is computed at ``points * (d + 2)`` points.
    level : float, default 0.9
        Of the bootstrap intervals. They hold the error of choosing points, not that of choosing futures.
    seed : int, default 1
        Of the points and of the bootstrap.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer Physics
    Communications 181, 259-270: table 2, (b) and (f).
    """
    d = len(low)
    random = np.random.default_rng([seed, d, points])
    unit = qmc.Sobol(2 * d, rng=random).random(points)
    a, b = (low + (high - low) * part for part in (unit[:, :d], unit[:, d:]))
    pages = [a, b]
    for i in range(d):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        pages.append(mixed)
    found = np.split(output(np.concatenate(pages)), d + 2)
    centre = np.mean([found[0], found[1]], axis=(0, 1))  # of each future
    f_a, f_b, *f_ab = (part - centre for part in found)
    # By point; a mean over points is a variance, or a covariance.
    variance = (_product(f_a, f_a) + _product(f_b, f_b)) / 2
    first = np.array([_product(f_b, each - f_a) for each in f_ab])
    total = np.array([_product(f_a - each, f_a - each) / 2 for each in f_ab])
    if not variance.mean() > 0:
        nothing = np.zeros(d)
        return Indices(**dict.fromkeys(Indices.__slots__[:-1], nothing), deviation=0.0)
    picked = random.integers(points, size=(_RESAMPLES, points))
    ends = [(1 - level) / 2, (1 + level) / 2]
    resampled = variance[picked].mean(axis=1)
    resampled[resampled <= 0] = math.nan
    first_ends, total_ends = (
        np.nanquantile(each[:, picked].mean(axis=2) / resampled, ends, axis=1) for each in (first, total)
    )
    return Indices(
        first=first.mean(axis=1) / variance.mean(),
        first_low=first_ends[0],
        first_high=first_ends[1],
        total=total.mean(axis=1) / variance.mean(),
        total_low=total_ends[0],
        total_high=total_ends[1],
        deviation=math.sqrt(variance.mean()),
    )


def _product(x: Floats, y: Floats) -> Floats:
    """The product of two expected values at each point, from pairs of different futures; shape (n,).

    Unbiased (a U-statistic: Hoeffding 1948). With a single future there is no chance, and no pair.
    """
    futures = x.shape[1]
    if futures == 1:
        return np.asarray(x[:, 0] * y[:, 0], dtype=np.float64)
    pairs = x.sum(axis=1) * y.sum(axis=1) - (x * y).sum(axis=1)
    return np.asarray(pairs / (futures * (futures - 1)), dtype=np.float64)
