"""The law of a task's effort, in working time.

A task that always takes the same is a constant. Else the five families of the stays are fitted by maximum
likelihood and chosen by AICc; where the best is further from what was seen than chance explains (Kolmogorov
and Smirnov, one in a hundred) and more than a trifle, the law is as seen: a hundred quantiles.

References
----------
Hurvich, C. M. and Tsai, C.-L. (1989). Regression and time series model selection in small samples. Biometrika
76, 297-307. Massey, F. J. (1951). The Kolmogorov-Smirnov test for goodness of fit. JASA 46, 68-78.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from funnelsim.distributions import Distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.fit_families import FIT_FAMILIES, FitFamily
from funnelsim.distributions.parametric import Constant
from funnelsim.distributions.table import has_endless_tail
from funnelsim.fitting.mle.rounding import five_digits

Floats = NDArray[np.float64]

#: Working time in days: a task takes a second at least.
SHORTEST = 1 / 86_400
#: Nine tenths of the values within this of the median: always the same.
_SAME = 0.01
_FEWEST_FOR_A_LAW = 10
#: Limit of sqrt(n) times the distance at one in a hundred, and a distance that does not matter.
_TOO_FAR, _TRIFLE = 1.63, 0.03
_QUANTILES = 100
_MINUTES = 1440
#: Parameters of laws that are plain numbers.
_NO_TIMES = ("shape", "sigma")


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortFit:
    """The effort of a task.

    Attributes
    ----------
    law : Distribution
        Of kind effort, in days of 24 working hours.
    tasks : int
    mean, standard_error : float
        Of what was seen, in days.
    distance : float
        Largest difference between the law's distribution function and what was seen.
    """

    law: Distribution
    tasks: int
    mean: float
    standard_error: float
    distance: float


def rounded_effort(law: Distribution) -> Distribution:
    """The same law with five significant digits in the minutes of a parameter, as it stands in a file."""
    if isinstance(law, Empirical):
        return Empirical("effort", tuple(_in_minutes(value) for value in law.values), law.weights)
    for name, value in law.given.items():
        law = law.replaced(name, five_digits(value) if name in _NO_TIMES else _in_minutes(value))
    return law


def _in_minutes(days: float) -> float:
    return five_digits(days * _MINUTES) / _MINUTES


def fit_effort(days: Floats) -> EffortFit:
    """Fit the law of some efforts.

    Parameters
    ----------
    days : ndarray, shape (n,)
        Working time of each task in days, n at least 1.
    """
    seen = np.sort(np.maximum(np.asarray(days, dtype=np.float64), SHORTEST))
    law = rounded_effort(_law(seen))
    return EffortFit(
        law=law,
        tasks=len(seen),
        mean=float(seen.mean()),
        standard_error=float(seen.std(ddof=1) / math.sqrt(len(seen))) if len(seen) > 1 else math.nan,
        distance=0.0 if isinstance(law, Constant) else _distance(law, seen),
    )


def _law(seen: Floats) -> Distribution:
    low, middle, high = np.quantile(seen, [0.05, 0.5, 0.95])
    if high - low <= _SAME * middle:
        return Constant("effort", (("value", float(middle)),))
    if len(seen) >= _FEWEST_FOR_A_LAW:
        ranked = sorted(
            (_fitted(family, seen) for family in FIT_FAMILIES.values()), key=lambda found: found[0]
        )
        # No table holds a law whose mean lies in its last tail, such as a loglogistic of shape 0.3.
        best = next((law for _, law in ranked if not has_endless_tail(rounded_effort(law))), None)
        if best is not None and _distance(best, seen) <= max(_TOO_FAR / math.sqrt(len(seen)), _TRIFLE):
            return best
    number = min(len(seen), _QUANTILES)
    return Empirical.of(np.quantile(seen, (np.arange(number) + 0.5) / number), kind="effort")


def _fitted(family: FitFamily, seen: Floats) -> tuple[float, Distribution]:
    """AICc and the law of greatest likelihood."""
    start = family.start(seen)

    def loss(theta: Floats) -> float:
        return -float(np.sum(family.log_pdf(seen, theta)))

    found = scipy.optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-7, "maxiter": 2000}
    )
    k, n = len(start), len(seen)
    return 2 * float(found.fun) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 1), family.from_theta(
        found.x, "effort"
    )


def _distance(law: Distribution, seen: Floats) -> float:
    """Of Kolmogorov and Smirnov."""
    told, ranks = law.cdf(seen), np.arange(len(seen) + 1) / len(seen)
    return float(max(np.max(ranks[1:] - told), np.max(told - ranks[:-1])))
