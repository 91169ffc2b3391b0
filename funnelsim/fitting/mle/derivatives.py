"""Log density and log survival of the dwell families, with first and second derivatives.

Derivatives are with respect to ``theta``, the logs of the parameters in the order of `FIT_FAMILIES`. Weibull,
log-logistic and lognormal are location-scale families of ``log x`` and share one implementation: a shape
``L(z)`` of ``z = sharpness * (log x - location)``. The exponential is a Weibull of sharpness 1. The gamma has
its own formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from scipy import special

from funnelsim.core.arrays import Floats
from funnelsim.distributions.fit_families import FIT_FAMILIES

_LARGEST_EXPONENT = 100.0
_GAMMA = FIT_FAMILIES["gamma"]
#: Step of the central differences in the log shape of the gamma survival. At 1e-4 truncation and rounding
#: errors are both near 1e-8; a larger step is biased, a smaller one noisy.
_STEP = 1e-4


class Derivatives(NamedTuple):
    """A log probability at every point.

    ``value`` has the shape of `x` under broadcasting; ``gradient[i]`` and ``hessian[i][j]`` too.
    """

    value: Floats
    gradient: tuple[Floats, ...]
    hessian: tuple[tuple[Floats, ...], ...]


class DifferentiableFamily(Protocol):
    """A distribution with derivatives; ``theta[i]`` broadcasts against `x` (above 0)."""

    @property
    def size(self) -> int:
        """How many parameters the distribution has."""
        ...

    def log_density(self, x: Floats, theta: Floats) -> Derivatives: ...

    def log_survival(self, x: Floats, theta: Floats) -> Derivatives: ...


class _Shape(NamedTuple):
    """``L(z)`` with its first and second derivative."""

    value: Floats
    first: Floats
    second: Floats


class _Curve(Protocol):
    def density(self, z: Floats) -> _Shape:
        """Log density of ``log x`` but for the log of the sharpness."""
        ...

    def survival(self, z: Floats) -> _Shape: ...


class _Gumbel:
    """Weibull and exponential."""

    def density(self, z: Floats) -> _Shape:
        u = np.exp(np.minimum(z, _LARGEST_EXPONENT))
        return _Shape(z - u, 1 - u, -u)

    def survival(self, z: Floats) -> _Shape:
        u = np.exp(np.minimum(z, _LARGEST_EXPONENT))
        return _Shape(-u, -u, -u)


class _Logistic:
    """Log-logistic."""

    def density(self, z: Floats) -> _Shape:
        below = special.expit(z)
        return _Shape(z - 2 * np.logaddexp(0, z), 1 - 2 * below, -2 * below * (1 - below))

    def survival(self, z: Floats) -> _Shape:
        below = special.expit(z)
        return _Shape(-np.logaddexp(0, z), -below, -below * (1 - below))


class _Normal:
    """Lognormal."""

    def density(self, z: Floats) -> _Shape:
        return _Shape(-(z**2) / 2 - math.log(2 * math.pi) / 2, -z, np.full_like(z, -1.0))

    def survival(self, z: Floats) -> _Shape:
        value = np.asarray(special.log_ndtr(-z))
        hazard = np.exp(-(z**2) / 2 - math.log(2 * math.pi) / 2 - value)
        return _Shape(value, -hazard, -hazard * (hazard - z))


@dataclass(frozen=True)
class _LocationSharpness:
    """``z = sharpness * (log x - location)`` with both free.

    ``sharpness_at`` is the index of its log in ``theta``; ``sign`` is -1 where ``theta`` holds the log of
    its inverse (sigma).
    """

    curve: _Curve
    sharpness_at: int
    sign: float = 1.0
    size: int = 2

    def log_density(self, x: Floats, theta: Floats) -> Derivatives:
        log_x, z, sharpness = self._standardise(x, theta)
        shape = self.curve.density(z)
        value = self.sign * theta[self.sharpness_at] + shape.value - log_x
        return self._chain(value, shape, z, sharpness, 1.0)

    def log_survival(self, x: Floats, theta: Floats) -> Derivatives:
        _, z, sharpness = self._standardise(x, theta)
        shape = self.curve.survival(z)
        return self._chain(shape.value, shape, z, sharpness, 0.0)

    def _standardise(self, x: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
        log_x = np.log(x)
        sharpness = np.exp(self.sign * theta[self.sharpness_at])
        return log_x, sharpness * (log_x - theta[1 - self.sharpness_at]), sharpness

    def _chain(self, value: Floats, shape: _Shape, z: Floats, sharpness: Floats, own: float) -> Derivatives:
        """dz/dlog(sharpness) = z, dz/dlocation = -sharpness; `own` is the density's own log(sharpness)."""
        slope, bend = shape.first, shape.second
        by_sharpness = self.sign * (own + slope * z)
        by_location = -sharpness * slope
        both = -self.sign * sharpness * (bend * z + slope)
        sharpness_twice = bend * z**2 + slope * z
        location_twice = sharpness**2 * bend
        if self.sharpness_at == 0:
            return Derivatives(
                value, (by_sharpness, by_location), ((sharpness_twice, both), (both, location_twice))
            )
        return Derivatives(
            value, (by_location, by_sharpness), ((location_twice, both), (both, sharpness_twice))
        )


class _Exponential:
    size = 1

    def log_density(self, x: Floats, theta: Floats) -> Derivatives:
        u = np.exp(np.minimum(np.log(x) - theta[0], _LARGEST_EXPONENT))
        return Derivatives(-u - theta[0], (u - 1,), ((-u,),))

    def log_survival(self, x: Floats, theta: Floats) -> Derivatives:
        u = np.exp(np.minimum(np.log(x) - theta[0], _LARGEST_EXPONENT))
        return Derivatives(-u, (u,), ((-u,),))


class _Gamma:
    """``theta`` = (log shape, log scale). Derivatives of the survival by the shape are finite differences:
    they have no closed form.
    """

    size = 2

    def log_density(self, x: Floats, theta: Floats) -> Derivatives:
        shape = np.exp(theta[0])
        value, by_shape, by_scale, u = self._density(x, theta, shape)
        shape_twice = by_shape - shape**2 * special.polygamma(1, shape)
        both = np.broadcast_to(-shape, value.shape)
        return Derivatives(value, (by_shape, by_scale), ((shape_twice, both), (both, -u)))

    def _density(self, x: Floats, theta: Floats, shape: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Log density, its gradient, and x over the scale."""
        log_x = np.log(x)
        z = log_x - theta[1]
        u = np.exp(np.minimum(z, _LARGEST_EXPONENT))
        value = shape * z - u - special.gammaln(shape) - log_x
        return value, shape * (z - special.digamma(shape)), u - shape, u

    def log_survival(self, x: Floats, theta: Floats) -> Derivatives:
        """d log S / d log scale is ``h = x f(x) / S(x)``; its derivatives follow from those of f and S."""
        value, below, above = (_GAMMA.log_sf(x, _moved(theta, step)) for step in (0.0, -_STEP, _STEP))
        density, density_by_shape, density_by_scale, _ = self._density(x, theta, np.exp(theta[0]))
        by_shape = (above - below) / (2 * _STEP)
        shape_twice = (above - 2 * value + below) / _STEP**2
        h = np.exp(np.minimum(density + np.log(x) - value, _LARGEST_EXPONENT))
        both = h * (density_by_shape - by_shape)
        scale_twice = h * (density_by_scale - h)
        return Derivatives(value, (by_shape, h), ((shape_twice, both), (both, scale_twice)))


def _moved(theta: Floats, step: float) -> Floats:
    return np.stack([theta[0] + step, theta[1]])


#: By the family's word in a model file, as `FIT_FAMILIES`.
DERIVATIVES: dict[str, DifferentiableFamily] = {
    "exponential": _Exponential(),
    "weibull": _LocationSharpness(_Gumbel(), sharpness_at=0),
    "gamma": _Gamma(),
    "lognormal": _LocationSharpness(_Normal(), sharpness_at=1, sign=-1.0),
    "loglogistic": _LocationSharpness(_Logistic(), sharpness_at=1),
}
