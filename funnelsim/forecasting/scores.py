"""Scores of a forecast distribution: CRPS, pinball loss, coverage, PIT and skill.

All forecasts are scored from the same 99 quantiles, so that a finer forecast has no advantage.

References
----------
Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation. Journal of
the American Statistical Association 102, 359-378. Czado, C., Gneiting, T. and Held, L. (2009). Predictive
model assessment for count data. Biometrics 65, 1254-1261 (the randomised PIT). Künsch, H. R. (1989). The
jackknife and the bootstrap for general stationary observations. Annals of Statistics 17, 1217-1241 (blocks).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats

LEVELS = np.arange(1, 100) / 100
#: Central ranges -> the levels of their two ends.
RANGES = {"50": (0.25, 0.75), "80": (0.10, 0.90), "90": (0.05, 0.95)}
_RESAMPLES = 2_000
#: Fewest blocks for a bootstrap interval; with fewer, it is far too narrow.
FEWEST_BLOCKS = 10


def crps(actual: float, quantiles: Floats) -> float:
    """Continuous ranked probability score from 99 quantiles, shape (99,): twice their mean pinball loss."""
    from scoringrules import crps_quantile

    return float(crps_quantile(actual, np.asarray(quantiles), LEVELS))


def pinball(actual: float, quantiles: Floats, level: float) -> float:
    """Pinball loss of one quantile."""
    from scoringrules import quantile_score

    return float(quantile_score(actual, float(_at(quantiles, level)), level))


def covers(actual: float, quantiles: Floats, range_: str) -> bool:
    """Whether a central range, such as ``"80"``, contains the actual value, ends included."""
    low, high = RANGES[range_]
    return bool(_at(quantiles, low) <= actual <= _at(quantiles, high))


def randomised_pit(actual: float, quantiles: Floats, u: float) -> float:
    """Probability integral transform of the actual value, in (0, 1): uniform if forecasts are calibrated.

    Between two quantiles it is interpolated; on quantiles that are equal (counts) it is spread by `u`;
    beyond the outermost it is spread over what lies beyond.
    """
    quantiles = np.asarray(quantiles)
    below, upto = int(np.sum(quantiles < actual)), int(np.sum(quantiles <= actual))
    if upto > below:
        return float(_share(below) + u * (_share(upto + 1) - _share(below)))
    if below in (0, len(quantiles)):
        return float(_share(below) + u * (_share(below + 1) - _share(below)))
    left, right = quantiles[below - 1], quantiles[below]
    return float(LEVELS[below - 1] + (actual - left) / (right - left) / 100)


def _share(index: int) -> float:
    """Level of the quantile before `index`, from 0 to 99; 0 and 1 beyond the ends."""
    return min(index, 100) / 100


def _at(quantiles: Floats, level: float) -> float:
    return float(np.asarray(quantiles)[round(level * 100) - 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean over origins with its 90 % interval; its ends are NaN where blocks are too few."""

    value: float
    low: float
    high: float


def block_interval(values: Sequence[float], *, block: int, seed: int = 1) -> Interval:
    """Mean with an interval from resampled blocks of neighbouring origins.

    Parameters
    ----------
    values : sequence of float
        In the order of time.
    block : int
        Origins in a block; neighbouring forecasts have correlated errors.
    """
    row = np.asarray(values, dtype=float)[None, :]
    return _interval(row, lambda means: means[0], block, seed)


def skill_interval(ours: Sequence[float], theirs: Sequence[float], *, block: int, seed: int = 1) -> Interval:
    """Skill ``1 - mean(ours) / mean(theirs)`` of paired scores, with an interval from paired blocks.

    Parameters
    ----------
    ours, theirs : sequence of float
        Scores at the same origins, in the order of time; lower is better.
    block : int
        As in `block_interval`.
    """
    rows = np.stack([np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)])
    return _interval(rows, _skill, block, seed)


def _skill(means: Floats) -> Floats:
    result: Floats = 1 - np.divide(means[0], means[1], out=np.ones_like(means[0]), where=means[1] > 0)
    return result


def _interval(rows: Floats, of: Callable[[Floats], Floats], block: int, seed: int) -> Interval:
    """Of a function of the means of paired `rows`, shape (series, origins), from blocks of origins."""
    n = rows.shape[1]
    value = float(np.squeeze(of(rows.mean(axis=1, keepdims=True)))) if n else float("nan")
    if n // block < FEWEST_BLOCKS:
        return Interval(value=value, low=float("nan"), high=float("nan"))
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n - block + 1, size=(_RESAMPLES, -(-n // block)))
    indices = (starts[:, :, None] + np.arange(block)).reshape(_RESAMPLES, -1)[:, :n]
    resampled = of(rows[:, indices].mean(axis=2))
    low, high = np.quantile(resampled, [0.05, 0.95])
    return Interval(value=value, low=float(low), high=float(high))
