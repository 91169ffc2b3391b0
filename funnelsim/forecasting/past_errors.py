"""Quantiles of a forecast from its past errors."""

from __future__ import annotations

import math

import numpy as np
import scipy

from funnelsim.core.arrays import Floats
from funnelsim.forecasting.scores import LEVELS

_FEWEST_ERRORS = 3
#: Relative errors are used up to a factor of 2; beyond, differences are, because a ratio to a forecast near 0
#: would give absurd ranges.
_LARGEST_LOG_ERROR = math.log(2)


def with_past_errors(
    point: float, points: list[float], actuals: list[float], *, centred: bool
) -> Floats | None:
    """A forecast with the spread (and, unless `centred`, the mean) of its past errors.

    Errors are ratios, or differences where the ratios exceed a factor of 2, as in the first periods of a
    business.

    Parameters
    ----------
    point : float
        The forecast.
    points, actuals : list of float
        Earlier forecasts of the same kind, and the actual values.

    Returns
    -------
    ndarray, shape (99,), or None
        Quantiles; None with fewer than three past errors.
    """
    if len(points) < _FEWEST_ERRORS:
        return None
    then, actual = np.array(points), np.array(actuals)
    n = len(then)
    if point > 0 and np.all(then > 0) and np.all(actual > 0):
        errors = np.log(actual / then)
        mean, sd = _moments(errors, centred)
        if math.hypot(mean, sd) < _LARGEST_LOG_ERROR:
            return np.asarray(point * np.exp(student_quantiles(mean, sd, n, floor=False)))
    mean, sd = _moments(actual - then, centred)
    return np.asarray(np.maximum(point + student_quantiles(mean, sd, n, floor=False), 0.0))


def _moments(errors: Floats, centred: bool) -> tuple[float, float]:
    if centred:
        return 0.0, float(np.sqrt(np.mean(errors**2)))
    return float(errors.mean()), float(errors.std(ddof=1))


def student_quantiles(mean: float, sd: float, n: int, *, floor: bool = True) -> Floats:
    """Predictive quantiles after `n` normal values with this mean and standard deviation, shape (99,).

    With `floor` none is below 0.
    """
    result: Floats = mean + sd * np.sqrt(1 + 1 / n) * scipy.special.stdtrit(n - 1, LEVELS)
    return np.asarray(np.maximum(result, 0.0)) if floor else result
