"""Pivotal (basic) bootstrap: draws reflected through the estimate, so that they are skewed as the error is.

An estimate from few values is biased: the spread is too low more often than too high, and so is the mean of a
skewed distribution. A bootstrap draw deviates from the estimate as the estimate deviates from the truth, so
the truth lies on the other side. The pivots are ``(location* - location) / spread*`` and ``spread* /
spread``, whose distribution does not depend on the parameters for a location-scale family of the logs. With
exponential weights the variance of the mean of n values is too small by the factor (n - 1) / (n + 1); draws
are widened by as much.

References
----------
Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application, sections 2.4 and 5.2.
Fraser, D. A. S. (1968). The Structure of Inference (pivots of a location-scale distribution invert to the
posterior under the prior 1 / spread). Rubin, D. B. (1981). The Bayesian bootstrap. Annals of Statistics 9,
130-134.
"""

from __future__ import annotations

import math

import numpy as np

from funnelsim.core.arrays import Floats


def pivotal_draws(
    family: str, fitted: Floats, drawn: Floats, n: float, limits: tuple[Floats, Floats]
) -> Floats:
    """Draws of ``theta`` reflected through the fitted one.

    Parameters
    ----------
    family : {"lognormal", "gamma", "weibull"}
        The gamma is not a location-scale family of the logs; its log mean and 1 / sqrt(shape), which sets the
        error of the log mean, are used instead.
    fitted : ndarray, shape (2,)
        Logs of the family's parameters, as `fit_families` orders them.
    drawn : ndarray, shape (R, 2)
    n : float
        Number of values fitted, above 1.
    limits : pair of ndarray, shape (2,)
        Least and largest ``theta``. A spread beyond them is set to the limit, and the location accordingly.

    Returns
    -------
    ndarray, shape (R, 2)
    """
    location, spread = _pivots(family, fitted)
    drawn_location, drawn_spread = _pivots(family, drawn.T)
    wider = math.sqrt((n + 1) / (n - 1))
    least, most = sorted(float(_pivots(family, limit)[1]) for limit in limits)
    turned_spread = np.clip(spread - wider * (drawn_spread - spread), least, most)
    turned_location = location - wider * (drawn_location - location) * np.exp(turned_spread - spread)
    return np.clip(_theta(family, turned_location, turned_spread), *limits)


def _pivots(family: str, theta: Floats) -> tuple[Floats, Floats]:
    """Location of the logs and log of their spread."""
    if family == "lognormal":
        return theta[0], theta[1]
    shape, scale = theta
    if family == "weibull":
        return scale, -shape
    return shape + scale, -shape / 2


def _theta(family: str, location: Floats, spread: Floats) -> Floats:
    if family == "lognormal":
        return np.stack([location, spread], axis=1)
    shape = -spread if family == "weibull" else -2 * spread
    scale = location if family == "weibull" else location - shape
    return np.stack([shape, scale], axis=1)
