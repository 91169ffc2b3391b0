"""The generalised Pareto distribution, for values beyond a high threshold."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import scipy
from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats
from funnelsim.distributions.moments import partial_moment_by_quantiles
from funnelsim.distributions.parametric import Natural, Parametric


def _low_scale_xi(low: float, scale: float, xi: float) -> Natural:
    if not scale > 0:
        raise ValueError(f"pareto: scale must be above 0, found {scale:g}")
    if not xi < 1:
        raise ValueError(f"pareto: xi must be below 1, or the distribution has no mean; found {xi:g}")
    return low, scale, xi


def _low_excess_xi(low: float, excess: float, xi: float) -> Natural:
    if not excess > 0:
        raise ValueError(f"pareto: excess must be above 0, found {excess:g}")
    # Keep the scale positive, so that an xi of 1 or more gets its own error message.
    return _low_scale_xi(low, excess * (1 - xi) if xi < 1 else excess, xi)


class Pareto(Parametric):
    """Values above `low`, by `excess` on average; natural parameters: low, scale, xi.

    With xi = 0 the excess is exponential; from xi = 1/2 on its variance is infinite. Where xi is above 0.3,
    the few largest values usually dominate a sum.

    References
    ----------
    Coles, S. (2001). An Introduction to Statistical Modeling of Extreme Values, chapter 4.
    """

    family = "pareto"
    recipes: ClassVar = {("low", "excess", "xi"): _low_excess_xi, ("low", "scale", "xi"): _low_scale_xi}
    _range: ClassVar[str] = "0 or more"

    @staticmethod
    def _is_valid(value: float) -> bool:
        return 0 <= value < math.inf

    @staticmethod
    def _can_compute(natural: Natural) -> bool:
        return len(natural) == 3 and 0 < natural[1] < math.inf

    def mean(self) -> float:
        low, scale, xi = self.natural
        return low + scale / (1 - xi)

    def sd(self) -> float:
        _, scale, xi = self.natural
        return scale / ((1 - xi) * math.sqrt(1 - 2 * xi)) if xi < 0.5 else math.inf

    def _hazard(self, x: ArrayLike) -> Floats:
        """Cumulative hazard: -log of the survival function."""
        low, scale, xi = self.natural
        z = np.maximum(np.asarray(x, dtype=np.float64) - low, 0.0) / scale
        return np.log1p(xi * z) / xi if xi > 0 else z

    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(-np.expm1(-self._hazard(x)))

    def sf(self, x: ArrayLike) -> Floats:
        return np.asarray(np.exp(-self._hazard(x)))

    def logpdf(self, x: ArrayLike) -> Floats:
        low, scale, xi = self.natural
        return np.where(np.asarray(x) >= low, -(1 + xi) * self._hazard(x) - math.log(scale), -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        low, scale, xi = self.natural
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(low - scale * scipy.special.boxcox1p(-np.asarray(u, dtype=np.float64), -xi))

    def isf(self, q: ArrayLike) -> Floats:
        low, scale, xi = self.natural
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(low - scale * scipy.special.boxcox(np.asarray(q, dtype=np.float64), -xi))

    def partial_moment(self, power: int, upto: float) -> float:
        if upto < math.inf:
            return partial_moment_by_quantiles(self, power, upto)
        low, scale, xi = self.natural
        if xi * power >= 1:
            return math.inf
        # E Y^j = j! scale^j / ((1 - xi) (1 - 2 xi) ... (1 - j xi)) of the excess Y.
        moment, total = 1.0, low**power
        for j in range(1, power + 1):
            moment *= j * scale / (1 - j * xi)
            total += math.comb(power, j) * low ** (power - j) * moment
        return total
