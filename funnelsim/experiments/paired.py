"""Differences between two runs with common random numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.errors import FunnelSimError
from funnelsim.metrics.summary import likely_deviation_between_draws, mean_error
from funnelsim.results.run import Run


class PairingError(FunnelSimError, ValueError):
    """Two runs cannot be compared replication by replication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``variant - base`` of one metric.

    Attributes
    ----------
    mean, low, high : float
        The expected difference with its interval: from simulation error and, with parameter draws, parameter
        uncertainty. NaN where never defined in both.
    level : float
        Probability covered by the interval.
    p05, p95 : float
        The 90 % range of the difference of a single replication.
    probability_better : float
        Share of replications in which the variant is better; ties count one half.
    n : int
        Replications in which both are defined.
    """

    mean: float
    low: float
    high: float
    level: float
    p05: float
    p95: float
    probability_better: float
    n: int


def check_pairing(base: Run, variant: Run) -> None:
    """Raise an error if the replications of two runs are not paired.

    Raises
    ------
    PairingError
        If seeds, replications, parameter draws, windows or stages differ; lists all differences.
    """
    pairs = {
        "seed": (base.provenance.seed, variant.provenance.seed),
        "replications": (base.replications, variant.replications),
        "parameter draws": (base.draw_rows, variant.draw_rows),
        "windows": ([w.label for w in base.windows], [w.label for w in variant.windows]),
        "spans": (
            [(w.start_day, w.end_day) for w in base.windows],
            [(w.start_day, w.end_day) for w in variant.windows],
        ),
        "stages": (base.stages, variant.stages),
    }
    different = [f"{what} ({one} and {other})" for what, (one, other) in pairs.items() if one != other]
    if different:
        raise PairingError("the runs cannot be compared pair by pair, they differ in " + ", ".join(different))


def paired_difference(
    base: Floats,
    variant: Floats,
    draws: Ints | None = None,
    *,
    more_is_better: bool = True,
    level: float = 0.9,
) -> Difference:
    """Compare one metric between two runs that shared their random numbers.

    Replication ``r`` of `base` is matched with replication ``r`` of `variant`, so the noise that they share
    cancels and the interval is narrower than for separate runs.

    Parameters
    ----------
    base, variant : ndarray, shape (R,)
        The metric in each replication, NaN where undefined; a pair counts where both are defined.
    draws : int array, shape (R,), optional
        The parameter draw that each replication used. The interval then holds the expected difference
        under the true parameters, whose uncertainty is in the draws.
    more_is_better : bool, default True
    level : float, default 0.9
        Probability covered by the interval, in ``(0, 1)``.

    References
    ----------
    Law, A. M. (2015). Simulation Modeling and Analysis, 5th ed., section 10.2 (paired t).
    """
    if not 0 < level < 1:
        raise FunnelSimError(f"the level of an interval lies between 0 and 1, found {level:g}")
    both = ~(np.isnan(base) | np.isnan(variant))
    step = (variant - base)[both]
    if step.size == 0:
        nan = math.nan
        return Difference(
            mean=nan, low=nan, high=nan, level=level, p05=nan, p95=nan, probability_better=nan, n=0
        )
    mean = float(step.mean())
    margin = _margin(step, None if draws is None else draws[both], level)
    p05, p95 = np.quantile(step, [0.05, 0.95])
    better = step if more_is_better else -step
    return Difference(
        mean=mean,
        low=mean - margin,
        high=mean + margin,
        level=level,
        p05=float(p05),
        p95=float(p95),
        probability_better=float((better > 0).mean() + 0.5 * (better == 0).mean()),
        n=int(step.size),
    )


def paired_interval(
    base: Floats, variant: Floats, draws: Ints | None = None, *, level: float = 0.9
) -> tuple[float, float]:
    """The interval of `paired_difference` alone, at another level."""
    both = ~(np.isnan(base) | np.isnan(variant))
    step = (variant - base)[both]
    if step.size == 0:
        return math.nan, math.nan
    mean, margin = float(step.mean()), _margin(step, None if draws is None else draws[both], level)
    return mean - margin, mean + margin


def level_of_each(level: float, intervals: int) -> float:
    """Level of each of several intervals, so that all hold at once with `level` (Bonferroni).

    It holds however the differences vary together; with common random numbers it is a little wider than
    necessary.
    """
    return 1 - (1 - level) / max(intervals, 1)


def variance_removed(base: Floats, variant: Floats) -> float:
    """Share of a difference's variance that common random numbers removed.

    ``1 - Var(variant - base) / (Var(base) + Var(variant))``: the denominator is the variance of the
    difference of two separate runs. NaN where both are constant, or a single pair is defined.

    Parameters
    ----------
    base, variant : ndarray, shape (R,)
        The metric in each replication, NaN where undefined.
    """
    both = ~(np.isnan(base) | np.isnan(variant))
    if both.sum() < 2:
        return math.nan
    one, other = base[both], variant[both]
    separate = float(one.var(ddof=1) + other.var(ddof=1))
    return 1 - float((other - one).var(ddof=1)) / separate if separate else math.nan


def _margin(step: Floats, draws: Ints | None, level: float) -> float:
    """Half the width of the interval; NaN for a single pair or a single draw."""
    groups = step.size if draws is None else np.unique(draws).size
    if groups < 2:
        return math.nan
    error = mean_error(step, draws)
    if draws is not None:
        error = math.hypot(error, likely_deviation_between_draws(step, draws))
    return float(scipy.special.stdtrit(groups - 1, 0.5 + level / 2)) * error
