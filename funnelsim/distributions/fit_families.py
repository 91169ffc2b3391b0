"""The five families that a fit chooses from, as functions of the logs of their parameters.

All parameters are positive, so the optimiser is unconstrained over their logs. The functions give no
warnings and stay finite for any argument: parameters beyond any realistic value (``exp(50)`` and above) are
clipped.
"""

from __future__ import annotations

import math
from typing import ClassVar, Protocol

import numpy as np
import scipy
from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.parametric import (
    Exponential,
    Gamma,
    Loglogistic,
    Lognormal,
    Parametric,
    Weibull,
)

_LARGEST_LOG = 50.0
_LARGEST_EXPONENT = 700.0
_LARGEST_Z = 1e150
#: Below this the incomplete gamma function loses digits on its way to 0.0.
_LEAST_SURVIVAL = 1e-290
_HALF_LOG_2PI = math.log(2 * math.pi) / 2
#: Smallest standard deviation of the log in starting values.
_LEAST_SPREAD = 0.05


class FitFamily(Protocol):
    """A family of distributions in the form that a fit needs.

    ``theta`` holds the logs of the parameters along its first axis, shape ``(P, ...)``; ``theta[i]`` and
    `x` broadcast. All `x` are above 0, in the unit of the distribution (days for durations).

    Attributes
    ----------
    name : str
        The family's name in a model file.
    parameters : tuple of str
        The ``P`` parameter names in a fitted model, in the order of ``theta``.
    """

    @property
    def name(self) -> str: ...

    @property
    def parameters(self) -> tuple[str, ...]: ...

    def log_pdf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        """Log density at `x`."""
        ...

    def log_sf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        """Log survival function, accurate in both tails."""
        ...

    def from_theta(self, theta: ArrayLike, kind: Kind = "duration") -> Distribution:
        """The distribution with these parameters; ``theta`` has shape ``(P,)``."""
        ...

    def start(self, x: ArrayLike, weights: ArrayLike | None = None) -> Floats:
        """Starting value of ``theta``, shape ``(P,)``, from moments; `weights` need not sum to 1."""
        ...


class _Fitted:
    distribution: ClassVar[type[Parametric]]
    parameters: ClassVar[tuple[str, ...]]

    @property
    def name(self) -> str:
        return self.distribution.family

    def from_theta(self, theta: ArrayLike, kind: Kind = "duration") -> Distribution:
        values = [math.exp(log) for log in _logs(theta)]
        return self.distribution(kind, tuple(zip(self.parameters, values, strict=True)))


class _Exponential(_Fitted):
    distribution = Exponential
    parameters = ("mean",)

    def log_pdf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        (log_mean,) = _logs(theta)
        return -_exp(_log(x) - log_mean) - log_mean

    def log_sf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        (log_mean,) = _logs(theta)
        return -_exp(_log(x) - log_mean)

    def start(self, x: ArrayLike, weights: ArrayLike | None = None) -> Floats:
        return np.array([math.log(_mean(x, weights))])


class _Weibull(_Fitted):
    distribution = Weibull
    parameters = ("shape", "scale")

    def log_pdf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_shape, log_scale = _logs(theta)
        log_x = _log(x)
        z = np.exp(log_shape) * (log_x - log_scale)
        return log_shape + z - log_x - _exp(z)

    def log_sf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_shape, log_scale = _logs(theta)
        return -_exp(np.exp(log_shape) * (_log(x) - log_scale))

    def start(self, x: ArrayLike, weights: ArrayLike | None = None) -> Floats:
        """The log of a Weibull is Gumbel: sd pi / (sqrt(6) shape), mean log(scale) - gamma / shape."""
        centre, spread = _log_moments(x, weights)
        shape = math.pi / (math.sqrt(6) * spread)
        return np.array([math.log(shape), centre + np.euler_gamma / shape])


class _Gamma(_Fitted):
    distribution = Gamma
    parameters = ("shape", "scale")

    def log_pdf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_shape, log_scale = _logs(theta)
        shape, log_x = np.exp(log_shape), _log(x)
        z = log_x - log_scale
        return np.asarray(shape * z - _exp(z) - scipy.special.gammaln(shape) - log_x)

    def log_sf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_shape, log_scale = _logs(theta)
        return _log_gammaincc(np.exp(log_shape), _exp(_log(x) - log_scale))

    def start(self, x: ArrayLike, weights: ArrayLike | None = None) -> Floats:
        """Closed form near the maximum-likelihood shape, within 1.5 %.

        References
        ----------
        Minka, T. P. (2002). Estimating a gamma distribution. Microsoft Research technical report.
        """
        centre, _ = _log_moments(x, weights)
        mean = _mean(x, weights)
        s = max(math.log(mean) - centre, _LEAST_SPREAD**2 / 2)
        shape = (3 - s + math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)
        return np.array([math.log(shape), math.log(mean / shape)])


class _Lognormal(_Fitted):
    distribution = Lognormal
    parameters = ("median", "sigma")

    def log_pdf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_median, log_sigma = _logs(theta)
        log_x = _log(x)
        return -(_standardised(log_x, log_median, log_sigma) ** 2) / 2 - log_sigma - log_x - _HALF_LOG_2PI

    def log_sf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_median, log_sigma = _logs(theta)
        return np.asarray(scipy.special.log_ndtr(-_standardised(_log(x), log_median, log_sigma)))

    def start(self, x: ArrayLike, weights: ArrayLike | None = None) -> Floats:
        centre, spread = _log_moments(x, weights)
        return np.array([centre, math.log(spread)])


class _Loglogistic(_Fitted):
    distribution = Loglogistic
    parameters = ("median", "shape")

    def log_pdf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_median, log_shape = _logs(theta)
        log_x = _log(x)
        z = np.exp(log_shape) * (log_x - log_median)
        return np.asarray(log_shape + z - log_x - 2 * np.logaddexp(0, z))

    def log_sf(self, x: ArrayLike, theta: ArrayLike) -> Floats:
        log_median, log_shape = _logs(theta)
        return np.asarray(-np.logaddexp(0, np.exp(log_shape) * (_log(x) - log_median)))

    def start(self, x: ArrayLike, weights: ArrayLike | None = None) -> Floats:
        """The log is logistic: its sd is pi / (sqrt(3) shape)."""
        centre, spread = _log_moments(x, weights)
        return np.array([centre, math.log(math.pi / (math.sqrt(3) * spread))])


#: Ties between equally good fits go to the first of these: fewest parameters first.
FIT_FAMILIES: dict[str, FitFamily] = {
    family.name: family for family in (_Exponential(), _Weibull(), _Gamma(), _Lognormal(), _Loglogistic())
}


def _logs(theta: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.clip(np.asarray(theta, dtype=np.float64), -_LARGEST_LOG, _LARGEST_LOG))


def _log(x: ArrayLike) -> Floats:
    return np.log(np.asarray(x, dtype=np.float64))


def _exp(z: ArrayLike) -> Floats:
    """exp without overflow."""
    return np.exp(np.minimum(z, _LARGEST_EXPONENT))


def _standardised(log_x: ArrayLike, log_median: ArrayLike, log_sigma: ArrayLike) -> Floats:
    z = np.subtract(log_x, log_median) * np.exp(-np.asarray(log_sigma))
    return np.asarray(np.clip(z, -_LARGEST_Z, _LARGEST_Z))


def _log_gammaincc(shape: ArrayLike, z: ArrayLike) -> Floats:
    """Log of the upper regularised incomplete gamma function, also where the function itself is 0.0."""
    shapes, zs = np.broadcast_arrays(np.atleast_1d(shape), np.atleast_1d(z))
    lower = scipy.special.gammainc(shapes, zs)  # much faster than the upper one for small shapes
    value = np.log1p(-np.minimum(lower, 0.99))
    rest = lower > 0.99
    if rest.any():
        upper = scipy.special.gammaincc(shapes[rest], zs[rest])
        value[rest] = np.log(np.maximum(upper, _LEAST_SURVIVAL))
        far = np.zeros_like(rest)
        far[rest] = upper < _LEAST_SURVIVAL
        if far.any():
            value[far] = _log_gammaincc_far(shapes[far], zs[far])
    return np.asarray(value.reshape(np.broadcast_shapes(np.shape(shape), np.shape(z))))


def _log_gammaincc_far(shape: Floats, z: Floats) -> Floats:
    """Legendre's continued fraction, from its 20th level inwards; for z far above the shape.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.9.2. https://dlmf.nist.gov/8.9.E2
    """
    base = z - shape + 1
    fraction = base + 40
    for n in range(20, 0, -1):
        fraction = base + 2 * (n - 1) - n * (n - shape) / fraction
    return np.asarray(shape * np.log(z) - z - scipy.special.gammaln(shape) - np.log(fraction))


def _mean(x: ArrayLike, weights: ArrayLike | None) -> float:
    values = np.asarray(x, dtype=np.float64)
    return float(
        np.average(values, weights=None if weights is None else np.asarray(weights, dtype=np.float64))
    )


def _log_moments(x: ArrayLike, weights: ArrayLike | None) -> tuple[float, float]:
    logs = _log(x)
    centre = _mean(logs, weights)
    return centre, max(math.sqrt(_mean((logs - centre) ** 2, weights)), _LEAST_SPREAD)
