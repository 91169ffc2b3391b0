"""Tolerances in standard errors, with the sample large enough to see the error that matters."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

#: A fixed seed either passes or fails for ever; one in a hundred thousand keeps false alarms away.
SMALLEST_P_VALUE = 1e-5


def check_mean(sample: ArrayLike, expected: float, *, resolution: float, z: float = 4.0) -> None:
    """Fail if the mean is off, or if the sample is too small to notice `resolution` (relative)."""
    values = np.asarray(sample, dtype=np.float64)
    se = values.std(ddof=1) / math.sqrt(values.size)
    _check(float(values.mean()), expected, float(se), resolution, z)


def check_ratio(
    numerator: ArrayLike, denominator: ArrayLike, expected: float, *, resolution: float, z: float = 4.0
) -> None:
    """The same for a ratio of means; standard error by the delta method (Cochran 1977, section 6.3)."""
    top, bottom = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    ratio = top.mean() / bottom.mean()
    se = (top - ratio * bottom).std(ddof=1) / math.sqrt(top.size) / bottom.mean()
    _check(float(ratio), expected, float(se), resolution, z)


def check_variance(sample: ArrayLike, expected: float, *, resolution: float, z: float = 4.0) -> None:
    """The same for a variance; its standard error comes from the fourth central moment."""
    values = np.asarray(sample, dtype=np.float64)
    variance = float(values.var(ddof=1))
    fourth = float(np.mean((values - values.mean()) ** 4))
    se = math.sqrt((fourth - variance**2) / values.size)
    _check(variance, expected, se, resolution, z)


def check_share(hits: int, trials: int, expected: float, *, resolution: float, z: float = 4.0) -> None:
    """The same for a probability; `resolution` is absolute."""
    se = math.sqrt(expected * (1 - expected) / trials)
    assert z * se <= resolution, f"{trials} trials are too few to see an error of {resolution}"
    assert abs(hits / trials - expected) <= z * se, f"{hits / trials:.6g} is not {expected:.6g} (se {se:.2g})"


def check_counts(sample: ArrayLike, distribution: stats.rv_discrete, *, least: float = 20.0) -> None:
    """Fail if counts do not follow `distribution`: Pearson's chi-square over cells of at least `least`."""
    p_value = counts_p_value(sample, distribution, least=least)
    assert p_value > SMALLEST_P_VALUE, f"counts do not follow the distribution: chi-square p = {p_value:.2g}"


def counts_p_value(sample: ArrayLike, distribution: stats.rv_discrete, *, least: float = 20.0) -> float:
    """p-value of Pearson's chi-square; neighbouring values are joined until each cell expects `least`."""
    values = np.asarray(sample, dtype=np.int64)
    expected, observed = [], []
    low, below = 0, 0.0
    top = int(max(values.max(), distribution.ppf(1 - 1e-12))) + 1
    for high in range(top + 1):
        reached = float(distribution.cdf(high))
        if values.size * (reached - below) >= least and values.size * (1 - reached) >= least:
            expected.append(values.size * (reached - below))
            observed.append(int(((values >= low) & (values <= high)).sum()))
            low, below = high + 1, reached
    expected.append(values.size * (1 - below))
    observed.append(int((values >= low).sum()))
    assert len(expected) > 2, "too few cells for a test"
    return float(stats.chisquare(observed, expected).pvalue)


def _check(found: float, expected: float, se: float, resolution: float, z: float) -> None:
    assert z * se <= resolution * abs(expected), (
        f"too few replications to see an error of {resolution:.2%}: {z} standard errors are "
        f"{z * se / abs(expected):.2%}"
    )
    assert abs(found - expected) <= z * se, (
        f"{found:.6g} is {(found - expected) / se:+.1f} standard errors from {expected:.6g}"
    )
