"""How much of the variance of a forecast is chance, and how much is not knowing the parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from funnelsim.core.arrays import Floats, Ints
from funnelsim.metrics.summary import deviation_between_draws


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceSplit:
    """Variance components of a one-way layout: parameter draws, and futures within each.

    Attributes
    ----------
    parameters : float
        Share of the variance that is between draws: it would go if the parameters were known.
    low, high : float
        Interval of this share.
    parameters_sd, chance_sd : float
        Standard deviation of the expected value over draws, and of a future given its draw.
    """

    parameters: float
    low: float
    high: float
    parameters_sd: float
    chance_sd: float

    @property
    def chance(self) -> float:
        """Share of the variance that would remain if the parameters were known."""
        return 1 - self.parameters


def variance_split(values: Floats, draws: Ints, *, level: float = 0.9) -> VarianceSplit:
    """Split the variance of a metric into parameter uncertainty and chance.

    Parameters
    ----------
    values : ndarray, shape (R,)
        The metric in each replication; NaN where undefined.
    draws : int array, shape (R,)
        The parameter draw of each, see `funnelsim.metrics.summary.draws_of`.
    level : float, default 0.9
        Of the interval.

    Returns
    -------
    VarianceSplit
        NaN with fewer than two draws, or no draw with two replications.

    Notes
    -----
    The components are those of Searle, Casella and McCulloch (1992), Variance Components, section 3.6. The
    interval of the share is exact for normal values and draws of equal size (section 3.6.d.viii): with the
    ratio F of the mean squares between and within draws of n replications each, and the quantiles F_low and
    F_high of its distribution, it runs from ``(F / F_high - 1) / (F / F_high + n - 1)`` to the same with
    F_low.
    """
    defined = ~np.isnan(values)
    values, draws = values[defined], draws[defined]
    _, index = np.unique(draws, return_inverse=True)
    counts = np.bincount(index).astype(np.float64)
    groups, spare = counts.size, float(counts.sum()) - counts.size
    if groups < 2 or spare < 1:
        return VarianceSplit(
            **dict.fromkeys(("parameters", "low", "high", "parameters_sd", "chance_sd"), math.nan)
        )
    means = np.bincount(index, weights=values) / counts
    within = float(((values - means[index]) ** 2).sum()) / spare
    between = deviation_between_draws(values, draws) ** 2
    whole = between + within
    if whole == 0:
        return VarianceSplit(parameters=0.0, low=0.0, high=0.0, parameters_sd=0.0, chance_sd=0.0)
    size = float(counts.mean())
    ratio = size * float(means.var(ddof=1)) / within if within else math.inf
    low, high = (
        1.0 if math.isinf(ratio) else _share(ratio / float(stats.f.ppf(at, groups - 1, spare)), size)
        for at in (0.5 + level / 2, 0.5 - level / 2)
    )
    return VarianceSplit(
        parameters=between / whole,
        low=low,
        high=high,
        parameters_sd=math.sqrt(between),
        chance_sd=math.sqrt(within),
    )


def _share(ratio: float, size: float) -> float:
    return max((ratio - 1) / (ratio + size - 1), 0.0)
