"""Elasticities: the relative change of a metric per relative change of a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.errors import Interrupted
from funnelsim.experiments.paired import check_pairing, paired_difference
from funnelsim.experiments.sensitivity.parameters import Parameter
from funnelsim.experiments.variants import Variants
from funnelsim.metrics.summary import draws_of

#: Half the distance of the two variants of a parameter. Smaller steps move fewer leads, so that chance is a
#: larger part of the difference; the error of a central difference grows with the square of the step, and is
#: under 1 % of the elasticity at 0.1 for a metric that is a power between -2 and 2 of the parameter.
STEP = 0.1

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elasticity:
    """The change of a metric, in per cent, for one per cent more of a parameter.

    Attributes
    ----------
    parameter : Parameter
    value, low, high : float
        With its interval: from simulation error and, with parameter draws, parameter uncertainty.
    """

    parameter: Parameter
    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def elasticities(
    variants: Variants,
    parameters: Sequence[Parameter],
    metric: str,
    *,
    replications: range,
    level: float = 0.9,
    progress: Progress | None = None,
) -> list[Elasticity]:
    """The elasticity of a metric's mean to each parameter, largest first.

    A central difference of two variants on the random draws of the base: a step of `STEP` below and above,
    or one rep less and one more. Bookings before the start are part of the metric and do not change.

    Parameters
    ----------
    variants : Variants
    parameters : sequence of Parameter
    metric : str
        Its mean over the replications must not be 0.
    replications : range
        Of each variant.
    level : float, default 0.9
        Of the intervals.
    progress : callable, optional
        Called with (replications done, total).

    Raises
    ------
    Interrupted
        By Ctrl-C after at least one parameter, with the elasticities that are known.
    """
    ends = [parameter.around(STEP) for parameter in parameters]
    # A factor of 1 has no change: of a single rep there is only the step up.
    changes = [
        [] if factor == 1 else [parameter.change(factor)]
        for parameter, pair in zip(parameters, ends, strict=True)
        for factor in pair
    ]
    runs = variants.runs([(), *changes], replications=replications, progress=progress)
    base = next(runs)
    values, draws = variants.measured.values(base, metric), draws_of(base)

    def of_next() -> Floats:
        run = next(runs)
        check_pairing(base, run)
        return variants.measured.values(run, metric)

    found: list[Elasticity] = []
    try:
        for parameter, (low, high) in zip(parameters, ends, strict=True):
            below, above = of_next(), of_next()
            found.append(_elasticity(parameter, values, (above - below) / (high - low), draws, level))
    except KeyboardInterrupt as stop:
        if not found:
            raise
        raise Interrupted(_sorted(found), f"{len(found)} of {len(parameters)} parameters") from stop
    return _sorted(found)


def _sorted(found: Sequence[Elasticity]) -> list[Elasticity]:
    return sorted(found, key=lambda one: -abs(one.value))


def _elasticity(
    parameter: Parameter, base: Floats, slope: Floats, draws: Ints | None, level: float
) -> Elasticity:
    """Mean slope / mean base, a ratio of means, with the interval of its linearisation.

    Cochran (1977), Sampling Techniques, 6.4: the residuals ``slope - ratio * base``, divided by the mean of
    the base, have the variance of the ratio.
    """
    both = ~(np.isnan(base) | np.isnan(slope))
    mean = float(base[both].mean()) if both.any() else math.nan
    if not mean:
        return Elasticity(parameter=parameter, value=math.nan, low=math.nan, high=math.nan)
    ratio = float(slope[both].mean()) / mean
    residual = (slope - ratio * base) / mean
    around = paired_difference(np.zeros_like(residual), residual, draws, level=level)
    return Elasticity(parameter=parameter, value=ratio, low=ratio + around.low, high=ratio + around.high)
