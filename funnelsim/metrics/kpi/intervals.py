"""Intervals of single values: how far chance alone may have moved each.

References
----------
Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from funnelsim.core.arrays import Floats
from funnelsim.core.numeric.wilson import LEVEL as LEVEL
from funnelsim.core.numeric.wilson import wilson_interval

Interval = tuple[Floats, Floats]


def share_interval(successes: Floats, cases: Floats, level: float = LEVEL) -> Interval:
    """Wilson's interval of a share; NaN without cases."""
    return wilson_interval(successes, cases, level)


def count_interval(events: Floats, level: float = LEVEL) -> Interval:
    """Garwood's exact interval of the expected number of events."""
    tail = (1 - level) / 2
    low = np.where(events > 0, stats.chi2.ppf(tail, 2 * np.maximum(events, 0.5)) / 2, 0.0)
    return np.asarray(low), np.asarray(stats.chi2.ppf(1 - tail, 2 * events + 2) / 2)


def mean_interval(total: Floats, squares: Floats, cases: Floats, level: float = LEVEL) -> Interval:
    """Student's interval of a mean; NaN below two cases."""
    n = np.where(cases >= 2, cases, np.nan)
    mean = total / n
    # Cancellation may leave a variance just below 0 where all cases are the same.
    variance = np.maximum(squares / n - mean**2, 0.0) * n / (n - 1)
    half = stats.t.ppf((1 + level) / 2, n - 1) * np.sqrt(variance / n)
    return np.maximum(mean - half, 0.0), mean + half


def sum_interval(total: Floats, squares: Floats, level: float = LEVEL) -> Interval:
    """Interval of the expected sum of a random number of amounts (compound Poisson, normal approximation)."""
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(squares)
    return np.maximum(total - half, 0.0), total + half
