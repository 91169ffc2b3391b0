"""Drift: how much more or less often things happen of late than over the whole history, and what may come.

Fortnight by fortnight the log of what was seen over what was expected is a level plus counting noise. The
level is steady, or it wanders back towards the whole history's (an autoregressive process), or it wanders
freely (a random walk). How far and how fast is averaged over what the fortnights make likely, with as much
belief beforehand that nothing drifts as that something does.

References
----------
Harvey, A. C. (1989). Forecasting, Structural Time Series Models and the Kalman Filter, sections 3.2 and 4.1.
Hoeting, J. A. et al. (1999). Bayesian model averaging: a tutorial. Statistical Science 14, 382-417.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLOCK_DAYS = 14
#: Middle of what is mostly forecast: half a quarter.
HORIZON_DAYS = 45.0
#: Spread of a level that returns, and half-lives of its way back in days.
_SPREADS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.45)
_HALF_LIVES = (14.0, 45.0, 120.0)
#: Steps of a level that wanders freely, as the standard deviation over a quarter.
_STEPS = (0.05, 0.1, 0.2, 0.35, 0.6)
_STEADY, _RETURNS = 0.5, 0.25
#: Larger spreads are less likely beforehand, by a factor e for each of these.
_USUAL = 0.15
_FIRST = 1.0  # variance of a free level before anything is seen
_LEAST_EXPECTED = 0.5
_FEWEST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Level:
    """Log of the rate ahead over the rate of the whole history: mean and standard deviation.

    Attributes
    ----------
    drifts : float
        Probability that there is any drift.
    """

    mean: float
    sd: float
    drifts: float

    def drawn(self, draws: int, rng: np.random.Generator) -> Floats:
        """Levels of the parameter draws, shape (draws,)."""
        return self.mean + self.sd * rng.standard_normal(draws)


STEADY = Level(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Process:
    """Level of the next block: ``rho`` times the present one plus noise of variance ``q``."""

    rho: float
    q: float
    first: float
    belief: float


def level_ahead(
    seen: Floats, expected: Floats, *, horizon_days: float = HORIZON_DAYS, spread: float = 1.0
) -> Level:
    """The level to be expected some days ahead.

    Parameters
    ----------
    seen, expected : ndarray, shape (days,)
        By day, up to the present.
    horizon_days : float
        From the present to the middle of what is to be forecast.
    spread : float
        Variance of counts over that of Poisson counts.
    """
    seen, expected = by_block(seen), by_block(expected)
    told = expected >= _LEAST_EXPECTED
    if told.sum() < 2:
        return STEADY
    first = int(np.argmax(told))
    seen, expected, told = seen[first:], expected[first:], told[first:]
    y = np.where(told, np.log((seen + 0.5) / (expected + 0.5)), 0.0)
    # The log of a count of mean m has a variance of about 1 / m.
    noise = np.where(told, spread / np.maximum((seen + expected) / 2, 0.5), 1e6)
    return _averaged(y, noise, horizon_days)


def level_of_values(days_ago: Floats, ratios: Floats, *, horizon_days: float = HORIZON_DAYS) -> Level:
    """The level that the mean of some values will have, over that of all of them.

    Parameters
    ----------
    days_ago : ndarray, shape (n,)
        When each was seen, in days before the present.
    ratios : ndarray, shape (n,)
        Each value over what was to be expected of it; above 0.
    horizon_days : float
        From the present to the middle of what is to be forecast.
    """
    if len(ratios) < _FEWEST_VALUES:
        return STEADY
    block = np.floor(np.maximum(days_ago, 0.0) / BLOCK_DAYS).astype(np.int64)
    place = block.max() - block
    count = np.bincount(place).astype(np.float64)
    told = count > 0
    mean = np.bincount(place, ratios) / np.maximum(count, 1.0)
    relative_variance = float(ratios.var(ddof=1)) / float(ratios.mean()) ** 2
    # The log of a mean of n values lies lower by half its variance.
    noise = np.where(told, relative_variance / np.maximum(count, 1.0), 1e6)
    y = np.where(told, np.log(np.maximum(mean, 1e-9)) + np.minimum(noise, 1.0) / 2, 0.0)
    return _averaged(y, noise, horizon_days)


def _averaged(y: Floats, noise: Floats, horizon_days: float) -> Level:
    """The level ahead, averaged over processes by how likely they make the blocks."""
    steps = horizon_days / BLOCK_DAYS + 0.5
    processes = list(_processes())
    found = [_filtered(y, noise, process, steps) for process in processes]
    means, variances, likelihood = (np.array(column) for column in zip(*found, strict=True))
    weight = np.array([math.log(process.belief) for process in processes]) + likelihood
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    mean = float(weight @ means)
    variance = float(weight @ (variances + (means - mean) ** 2))
    return Level(mean=mean, sd=math.sqrt(variance), drifts=float(1 - weight[0]))


def by_block(daily: Floats) -> Floats:
    """Sums over fortnights back from the last day, oldest first; an odd rest at the front is left out."""
    blocks = len(daily) // BLOCK_DAYS
    return np.asarray(daily[len(daily) - blocks * BLOCK_DAYS :].reshape(blocks, BLOCK_DAYS).sum(axis=1))


def _processes() -> Iterator[_Process]:
    yield _Process(rho=0.0, q=0.0, first=0.0, belief=_STEADY)
    belief = {sd: math.exp(-sd / _USUAL) for sd in {*_SPREADS, *_STEPS}}
    returning = sum(belief[sd] for sd in _SPREADS) * len(_HALF_LIVES)
    for sd in _SPREADS:
        for half_life in _HALF_LIVES:
            rho = 0.5 ** (BLOCK_DAYS / half_life)
            share = belief[sd] / returning * _RETURNS
            yield _Process(rho=rho, q=sd**2 * (1 - rho**2), first=sd**2, belief=share)
    free = sum(belief[sd] for sd in _STEPS)
    for sd in _STEPS:
        share = belief[sd] / free * (1 - _STEADY - _RETURNS)
        yield _Process(rho=1.0, q=sd**2 * BLOCK_DAYS / 91.25, first=_FIRST, belief=share)


def _filtered(y: Floats, noise: Floats, process: _Process, steps: float) -> tuple[float, float, float]:
    """Mean and variance of the level some blocks on, and the log-likelihood of what was seen (Kalman)."""
    rho, q = process.rho, process.q
    mean, variance, likelihood = 0.0, process.first, 0.0
    for value, r in zip(y, noise, strict=True):
        total = variance + r
        likelihood -= 0.5 * (math.log(2 * math.pi * total) + (value - mean) ** 2 / total)
        gain = variance / total
        mean, variance = mean + gain * (value - mean), variance * (1 - gain)
        mean, variance = rho * mean, rho**2 * variance + q
    # The loop has gone to the middle of the next block already.
    further = max(steps - 1.0, 0.0)
    if rho == 1.0:
        return mean, variance + q * further, likelihood
    kept = rho**further
    return kept * mean, kept**2 * variance + process.first * (1 - kept**2), likelihood
