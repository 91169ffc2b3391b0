"""Bounded distributions, for estimates by an expert: lowest, most likely and highest value."""

from __future__ import annotations

import itertools
import math
from typing import ClassVar

import numpy as np
import scipy
from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats
from funnelsim.distributions.parametric import Natural, Parametric, is_safe


def _in_order(family: str, **values: float) -> Natural:
    numbers = tuple(values.values())
    if any(a > b for a, b in itertools.pairwise(numbers)) or numbers[0] == numbers[-1]:
        names = list(values)
        needed = f"{names[0]} must be below {names[-1]}"
        if len(names) == 3:
            needed += f" and {names[1]} must lie between them"
        found = ", ".join(f"{name} {value:g}" for name, value in values.items())
        raise ValueError(f"{family}: {needed}; found {found}")
    return numbers


class _Bounded(Parametric):
    """Natural parameters: those given, in ascending order."""

    recipes: ClassVar = {}
    _range: ClassVar[str] = "0 or more"

    @staticmethod
    def _is_valid(value: float) -> bool:
        return 0 <= value < math.inf

    @staticmethod
    def _can_compute(natural: Natural) -> bool:
        return natural[-1] - natural[0] > 1e-12 * natural[-1]

    @property
    def has_light_tail(self) -> bool:
        # The mean is at least a sixth of the largest value, so values rarer than q hold at most 6 q of it.
        return is_safe(self.natural[-1])


class Uniform(_Bounded):
    """Uniform between low and high."""

    family = "uniform"
    recipes: ClassVar = {("low", "high"): lambda low, high: _in_order("uniform", low=low, high=high)}

    def mean(self) -> float:
        low, high = self.natural
        return low + (high - low) / 2

    def sd(self) -> float:
        low, high = self.natural
        return (high - low) / math.sqrt(12)

    def cdf(self, x: ArrayLike) -> Floats:
        low, high = self.natural
        return np.clip((np.asarray(x, dtype=np.float64) - low) / (high - low), 0, 1)

    def sf(self, x: ArrayLike) -> Floats:
        low, high = self.natural
        return np.clip((high - np.asarray(x, dtype=np.float64)) / (high - low), 0, 1)

    def logpdf(self, x: ArrayLike) -> Floats:
        low, high = self.natural
        x = np.asarray(x, dtype=np.float64)
        return np.where((x >= low) & (x <= high), -math.log(high - low), -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        low, high = self.natural
        return low + np.asarray(u, dtype=np.float64) * (high - low)

    def isf(self, q: ArrayLike) -> Floats:
        low, high = self.natural
        return high - np.asarray(q, dtype=np.float64) * (high - low)

    def partial_moment(self, power: int, upto: float) -> float:
        low, high = self.natural
        top = min(max(upto, low), high)
        return (top ** (power + 1) - low ** (power + 1)) / ((power + 1) * (high - low))


class Triangular(_Bounded):
    """Density rising linearly from low to mode and falling linearly to high."""

    family = "triangular"
    recipes: ClassVar = {
        ("low", "mode", "high"): lambda low, mode, high: _in_order(
            "triangular", low=low, mode=mode, high=high
        )
    }

    def mean(self) -> float:
        return math.fsum(self.natural) / 3

    def sd(self) -> float:
        low, mode, high = self.natural
        rise, fall = mode - low, high - mode
        return math.sqrt((rise**2 + fall**2 + rise * fall) / 18)

    def cdf(self, x: ArrayLike) -> Floats:
        low, mode, high = self.natural
        return _within(np.asarray(x, dtype=np.float64) - low, mode - low, high - mode)

    def sf(self, x: ArrayLike) -> Floats:
        low, mode, high = self.natural
        return _within(high - np.asarray(x, dtype=np.float64), high - mode, mode - low)

    def logpdf(self, x: ArrayLike) -> Floats:
        low, mode, high = self.natural
        x = np.asarray(x, dtype=np.float64)
        up = (x - low) / (mode - low) if mode > low else np.ones_like(x)
        down = (high - x) / (high - mode) if high > mode else np.ones_like(x)
        with np.errstate(divide="ignore"):
            height = np.log(np.maximum(np.where(x < mode, up, down), 0)) + math.log(2 / (high - low))
        return np.where((x >= low) & (x <= high), height, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        low, mode, high = self.natural
        return low + _distance_with(np.asarray(u, dtype=np.float64), mode - low, high - mode)

    def isf(self, q: ArrayLike) -> Floats:
        low, mode, high = self.natural
        return high - _distance_with(np.asarray(q, dtype=np.float64), high - mode, mode - low)

    def partial_moment(self, power: int, upto: float) -> float:
        low, mode, high = self.natural
        middle, top = min(max(upto, low), mode), min(max(upto, mode), high)
        return self._integral(power, low, middle) + self._integral(power, mode, top)

    def _integral(self, power: int, begin: float, end: float) -> float:
        """Exact, as the density is linear between `begin` and `end`."""
        nodes, weights = np.polynomial.legendre.leggauss(power // 2 + 2)
        x = (begin + end) / 2 + (end - begin) / 2 * nodes
        return float(np.sum(weights * x**power * np.exp(self.logpdf(x)))) * (end - begin) / 2


def _within(distance: Floats, rise: float, fall: float) -> Floats:
    """Probability of a triangle within a distance of its rising end; exact in both tails."""
    span = rise + fall
    near = np.clip(distance, 0, rise)
    beyond = np.clip(distance - rise, 0, fall)
    up = near**2 / (span * rise) if rise > 0 else np.zeros_like(near)
    return up + beyond * (2 * fall - beyond) / (span * fall) if fall > 0 else up


def _distance_with(probability: Floats, rise: float, fall: float) -> Floats:
    """Distance from the rising end within which a triangle has this probability."""
    span = rise + fall
    up = np.sqrt(np.minimum(probability, rise / span) * (span * rise))
    rest = np.maximum(probability - rise / span, 0) * (span * fall)
    # The smaller root of beyond (2 fall - beyond) = rest, written without cancellation.
    return up + rest / (fall + np.sqrt(np.maximum(fall**2 - rest, 0))) if fall > 0 else up


class Pert(_Bounded):
    """Beta-PERT: between low and high with its peak at mode, mean (low + 4 mode + high) / 6.

    References
    ----------
    Malcolm, D. G., Roseboom, J. H., Clark, C. E. and Fazar, W. (1959). Application of a technique for
    research and development program evaluation. Operations Research 7(5), 646-669.
    """

    family = "pert"
    recipes: ClassVar = {
        ("low", "mode", "high"): lambda low, mode, high: _in_order("pert", low=low, mode=mode, high=high)
    }

    def _shapes(self) -> tuple[float, float]:
        low, mode, high = self.natural
        return 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low)

    def _unit(self, x: ArrayLike) -> Floats:
        low, _, high = self.natural
        return np.clip((np.asarray(x, dtype=np.float64) - low) / (high - low), 0, 1)

    def mean(self) -> float:
        low, mode, high = self.natural
        return (low + 4 * mode + high) / 6

    def sd(self) -> float:
        low, _, high = self.natural
        a, b = self._shapes()
        return (high - low) * math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))

    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(scipy.special.betainc(*self._shapes(), self._unit(x)))

    def sf(self, x: ArrayLike) -> Floats:
        low, _, high = self.natural
        a, b = self._shapes()
        from_high = np.clip((high - np.asarray(x, dtype=np.float64)) / (high - low), 0, 1)
        return np.asarray(scipy.special.betainc(b, a, from_high))

    def logpdf(self, x: ArrayLike) -> Floats:
        low, _, high = self.natural
        a, b = self._shapes()
        x = np.asarray(x, dtype=np.float64)
        z = self._unit(x)
        kernel = scipy.special.xlogy(a - 1, z) + scipy.special.xlog1py(b - 1, -z)
        value = kernel - scipy.special.betaln(a, b) - math.log(high - low)
        return np.where((x >= low) & (x <= high), value, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        low, _, high = self.natural
        return np.asarray(low + (high - low) * scipy.special.betaincinv(*self._shapes(), np.asarray(u)))

    def isf(self, q: ArrayLike) -> Floats:
        low, _, high = self.natural
        a, b = self._shapes()
        return np.asarray(high - (high - low) * scipy.special.betaincinv(b, a, np.asarray(q)))

    def partial_moment(self, power: int, upto: float) -> float:
        """By the binomial formula over the moments of the beta distribution on (0, 1)."""
        low, _, high = self.natural
        a, b = self._shapes()
        z = float(self._unit(upto))
        whole = [math.prod((a + i) / (a + b + i) for i in range(j)) for j in range(power + 1)]
        return math.fsum(
            math.comb(power, j)
            * low ** (power - j)
            * (high - low) ** j
            * whole[j]
            * float(scipy.special.betainc(a + j, b, z))
            for j in range(power + 1)
        )
