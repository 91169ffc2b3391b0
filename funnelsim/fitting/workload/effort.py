"""Distribution of the effort of a task, in working time.

A task that always takes the same time is a constant. Else the five dwell families are fitted by maximum
likelihood and compared by AICc. If the best one is rejected (Kolmogorov-Smirnov test at 1 %) and its distance
is large enough to matter, the empirical distribution is used: a hundred quantiles.

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

from funnelsim.core.arrays import Floats
from funnelsim.distributions import Distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.fit_families import FIT_FAMILIES, FitFamily
from funnelsim.distributions.parametric import Constant
from funnelsim.distributions.quantile_table import has_endless_tail
from funnelsim.fitting.mle.rounding import five_digits

#: Working time in days: a task takes a second at least.
SHORTEST = 1 / 86_400
#: Nine tenths of the values within this share of the median count as constant.
_SAME = 0.01
_FEWEST_FOR_A_FAMILY = 10
#: Critical value of sqrt(n) times the distance at 1 %, and a distance that does not matter even if
#: significant.
_TOO_FAR, _SMALL_DISTANCE = 1.63, 0.03
_QUANTILES = 100
_MINUTES = 1440
#: Parameters of distributions that are plain numbers.
_NO_TIMES = ("shape", "sigma")


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortFit:
    """The effort of a task.

    Attributes
    ----------
    distribution : Distribution
        Of kind effort, in days of 24 working hours.
    tasks : int
    mean, standard_error : float
        Of what was seen, in days.
    distance : float
        Largest difference between the fitted distribution function and what was seen.
    """

    distribution: Distribution
    tasks: int
    mean: float
    standard_error: float
    distance: float


def rounded_effort(distribution: Distribution) -> Distribution:
    """The same distribution with five significant digits in the minutes of a parameter, as it stands in a
    file.
    """
    if isinstance(distribution, Empirical):
        return Empirical(
            "effort", tuple(_in_minutes(value) for value in distribution.values), distribution.weights
        )
    for name, value in distribution.given.items():
        distribution = distribution.replaced(
            name, five_digits(value) if name in _NO_TIMES else _in_minutes(value)
        )
    return distribution


def _in_minutes(days: float) -> float:
    return five_digits(days * _MINUTES) / _MINUTES


def fit_effort(days: Floats) -> EffortFit:
    """Fit the distribution of some efforts.

    Parameters
    ----------
    days : ndarray, shape (n,)
        Working time of each task in days, n at least 1.
    """
    seen = np.sort(np.maximum(np.asarray(days, dtype=np.float64), SHORTEST))
    distribution = rounded_effort(_choose(seen))
    return EffortFit(
        distribution=distribution,
        tasks=len(seen),
        mean=float(seen.mean()),
        standard_error=float(seen.std(ddof=1) / math.sqrt(len(seen))) if len(seen) > 1 else math.nan,
        distance=0.0 if isinstance(distribution, Constant) else _distance(distribution, seen),
    )


def _choose(seen: Floats) -> Distribution:
    low, middle, high = np.quantile(seen, [0.05, 0.5, 0.95])
    if high - low <= _SAME * middle:
        return Constant("effort", (("value", float(middle)),))
    if len(seen) >= _FEWEST_FOR_A_FAMILY:
        ranked = sorted(
            (_fitted(family, seen) for family in FIT_FAMILIES.values()), key=lambda result: result[0]
        )
        # Quantile tables cannot represent very heavy tails, such as a loglogistic of shape 0.3.
        best = next(
            (
                distribution
                for _, distribution in ranked
                if not has_endless_tail(rounded_effort(distribution))
            ),
            None,
        )
        if best is not None and _distance(best, seen) <= max(
            _TOO_FAR / math.sqrt(len(seen)), _SMALL_DISTANCE
        ):
            return best
    number = min(len(seen), _QUANTILES)
    return Empirical.of(np.quantile(seen, (np.arange(number) + 0.5) / number), kind="effort")


def _fitted(family: FitFamily, seen: Floats) -> tuple[float, Distribution]:
    """AICc and the maximum likelihood distribution."""
    start = family.start(seen)

    def loss(theta: Floats) -> float:
        return -float(np.sum(family.log_pdf(seen, theta)))

    result = scipy.optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-7, "maxiter": 2000}
    )
    k, n = len(start), len(seen)
    return 2 * float(result.fun) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 1), family.from_theta(
        result.x, "effort"
    )


def _distance(distribution: Distribution, seen: Floats) -> float:
    """Kolmogorov-Smirnov distance."""
    cumulative, ranks = distribution.cdf(seen), np.arange(len(seen) + 1) / len(seen)
    return float(max(np.max(ranks[1:] - cumulative), np.max(cumulative - ranks[:-1])))
