"""Keyed draws of reps: functions of (seed, future, rep, use, month or spell), so that plans share them."""

from __future__ import annotations

import enum
import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv
from scipy.stats import poisson

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.numeric.compiled import kernel
from funnelsim.core.numeric.draws import Purpose, keyed_block, replication_key
from funnelsim.core.numeric.keys import path_id

#: Above this mean a count is inverted by scipy: the search from 0 would take long, and exp(-mean) vanish.
_LARGE_MEAN = 300.0
_REP = int(Purpose.REP)
_UNIT = 2.0**-32

Words = NDArray[np.uint32]


class Use(enum.IntEnum):
    """Use of a rep's draws, the index of their blocks. Part of the meaning of a seed: never renumber."""

    PERSON = 0  # productivity, size of deals, time until the rep leaves; by spell
    WINS = 1  # deals won in a month
    AMOUNTS = 2  # their amounts, four to a block
    MONTH = 3  # how good a month is for all


class Draws:
    """The draws of ``R`` futures.

    Parameters
    ----------
    seed : int
    replications : int or range
        So many futures from number 0 on, or those with these numbers.
    """

    def __init__(self, seed: int, replications: int | range) -> None:
        chosen = range(replications) if isinstance(replications, int) else replications
        self.numbers: Ints = np.asarray(chosen, np.int64)
        self.size = len(chosen)
        self.low, self.high = np.empty(self.size, np.uint32), np.empty(self.size, np.uint32)
        _replication_keys(np.uint64(seed), self.numbers, self.low, self.high)

    def uniforms(self, rep: str, use: Use, number: int) -> Floats:
        """Four independent uniforms in each future, shape (4, R).

        Parameters
        ----------
        rep : str
            The rep's name, or ``team``.
        use : Use
        number : int
            Of the spell or month.
        """
        found = np.empty((4, self.size))
        _blocks(self.low, self.high, _key(rep), np.uint32(number), np.uint32(use), found)
        return found

    def counts(self, rep: str, number: int, mean: Floats) -> Ints:
        """Poisson counts with the given means, shape (R,).

        A larger mean never gives a smaller count. So a hire who starts earlier wins no less in a month in
        which both starts find them at work; with attrition, who starts earlier may also leave earlier.
        """
        u = self.uniforms(rep, Use.WINS, number)[0]
        return poisson_quantile(u, mean)

    def sums(self, rep: str, number: int, counts: Ints, values: Floats) -> Floats:
        """Sums of so many draws from some values, shape (R,); the first draws are the same for any count."""
        found = np.empty(self.size)
        _sums(self.low, self.high, _key(rep), np.uint32(number), counts, values, found)
        return found


def _key(rep: str) -> np.uint64:
    return np.uint64(path_id(f"reps/{rep}"))


def gamma_quantile(u: Floats, mean: Floats | float, sd: Floats | float) -> Floats:
    """Quantiles of the Gamma distribution with a mean and a standard deviation; the mean where it is 0."""
    mean, sd = np.broadcast_arrays(np.asarray(mean, dtype=float), np.asarray(sd, dtype=float))
    shape = np.divide(mean, sd, out=np.ones_like(mean), where=sd > 0) ** 2
    return np.where(sd > 0, gammaincinv(shape, u) * mean / shape, mean)


def poisson_quantile(u: Floats, mean: Floats) -> Ints:
    """Quantiles of the Poisson distribution, shape (R,)."""
    if mean.max(initial=0.0) > _LARGE_MEAN:
        return np.where(mean > 0, poisson.ppf(u, np.maximum(mean, 1e-300)), 0).astype(np.int64)
    count = np.empty(mean.shape, dtype=np.int64)
    _invert_poisson(u, mean, count)
    return count


@kernel
def _replication_keys(seed, numbers, low, high):  # type: ignore[no-untyped-def]
    for r in range(low.size):
        low[r], high[r] = replication_key(seed, numbers[r])


@kernel
def _blocks(low, high, rep, number, use, out):  # type: ignore[no-untyped-def]
    for r in range(low.size):
        one, two, three, four = keyed_block(rep, number, 1, _REP, use, low[r], high[r])
        out[0, r] = (one + 0.5) * _UNIT
        out[1, r] = (two + 0.5) * _UNIT
        out[2, r] = (three + 0.5) * _UNIT
        out[3, r] = (four + 0.5) * _UNIT


@kernel
def _invert_poisson(u, mean, count):  # type: ignore[no-untyped-def]
    """Search from 0 upwards, adding the probability of each count."""
    for r in range(u.size):
        k, mass = 0, math.exp(-mean[r])
        below = mass
        # Rounding keeps the sum a little under 1, so a very large u would never be reached: then the
        # search ends where the rest is below the resolution of u.
        while u[r] > below and (k < mean[r] or mass > 1e-18):
            k += 1
            mass *= mean[r] / k
            below += mass
        count[r] = k


@kernel
def _sums(low, high, rep, number, counts, values, out):  # type: ignore[no-untyped-def]
    for r in range(low.size):
        total = 0.0
        for block in range((counts[r] + 3) // 4):
            one, two, three, four = keyed_block(rep, number, block + 1, _REP, 2, low[r], high[r])
            left = counts[r] - 4 * block
            total += values[int((one + 0.5) * _UNIT * values.size)]
            if left > 1:
                total += values[int((two + 0.5) * _UNIT * values.size)]
            if left > 2:
                total += values[int((three + 0.5) * _UNIT * values.size)]
            if left > 3:
                total += values[int((four + 0.5) * _UNIT * values.size)]
        out[r] = total
