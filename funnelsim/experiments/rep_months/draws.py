"""Keyed draws of reps: each is a function of (seed, rep, use, month or spell), so plans share them."""

from __future__ import annotations

import enum
from collections.abc import Iterator

import numpy as np
from scipy.special import gammaincinv
from scipy.stats import poisson

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.numeric.keys import path_id

#: Above this mean a count is inverted by scipy, which costs the same for all means.
_LARGE_MEAN = 300.0


class Use(enum.IntEnum):
    """What a stream is for. Part of the meaning of a seed: append, never renumber."""

    PRODUCTIVITY = 0
    DEAL_SIZE = 1
    LIFE = 2
    WINS = 3
    AMOUNTS = 4
    MONTH = 5


def stream(seed: int, rep: str, use: Use, index: int) -> np.random.Generator:
    """The generator of one rep (or ``team``), use, and month or spell."""
    key = [np.uint64(seed), np.uint64(path_id(f"reps/{rep}"))]
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, index, int(use)]))


def gamma_quantile(u: Floats, mean: Floats | float, sd: Floats | float) -> Floats:
    """Quantiles of the Gamma distribution with a mean and a standard deviation; the mean where it is 0."""
    mean, sd = np.broadcast_arrays(np.asarray(mean, dtype=float), np.asarray(sd, dtype=float))
    shape = np.divide(mean, sd, out=np.ones_like(mean), where=sd > 0) ** 2
    return np.where(sd > 0, gammaincinv(shape, u) * mean / shape, mean)


def poisson_quantile(u: Floats, mean: Floats) -> Ints:
    """Quantiles of the Poisson distribution, shape (R,).

    With the same `u`, a larger mean never gives a smaller count: a hire who starts earlier wins no less.
    """
    if mean.max(initial=0.0) > _LARGE_MEAN:
        return np.where(mean > 0, poisson.ppf(u, np.maximum(mean, 1e-300)), 0).astype(np.int64)
    count = np.zeros(mean.shape, dtype=np.int64)
    mass = np.exp(-mean)
    below = mass.copy()
    # Rounding keeps `below` a little under 1, so a very large u would never be reached: mass ends the search.
    k = 0
    while (above := (u > below) & (mass > 1e-300) & ((k < mean) | (mass > 1e-18))).any():
        k += 1
        count[above] = k
        mass = mass * (mean / k)
        below = below + mass
    return count


def columns(rng: np.random.Generator, size: int) -> Iterator[Floats]:
    """Uniforms of one deal after another, shape (R,) each: the first ones are the same for any number."""
    while True:
        yield rng.random(size)
