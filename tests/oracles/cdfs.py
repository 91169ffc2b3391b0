"""Cumulative distributions of durations as plain callables, in days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, ndtr

from funnelsim.core.arrays import Floats

Cdf = Callable[[ArrayLike], Floats]


def lognormal(mean: float, sigma: float) -> Cdf:
    """Lognormal with this mean; `sigma` is the standard deviation of the log."""
    return lognormal_of_median(mean * np.exp(-(sigma**2) / 2), sigma)


def lognormal_of_median(median: float, sigma: float) -> Cdf:
    def cdf(x: ArrayLike) -> Floats:
        with np.errstate(divide="ignore"):
            return ndtr(np.log(np.maximum(x, 0.0) / median) / sigma)

    return cdf


def exponential(mean: float) -> Cdf:
    return lambda x: -np.expm1(-np.maximum(x, 0.0) / mean)


def weibull(shape: float, scale: float) -> Cdf:
    return lambda x: -np.expm1(-((np.maximum(x, 0.0) / scale) ** shape))


def gamma(shape: float, scale: float) -> Cdf:
    return lambda x: gammainc(shape, np.maximum(x, 0.0) / scale)


def constant(value: float) -> Cdf:
    return lambda x: (np.asarray(x) >= value).astype(np.float64)
