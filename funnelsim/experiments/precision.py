"""Simulate until a figure is known as precisely as asked.

The run is looked at after 500 futures and whenever it has doubled. Its mean is known when the half-width of
the confidence interval is small enough. Each look may be wrong: the k-th is given a share 1 / (k (k + 1)) of
the error that is allowed in all, so that the interval holds its level whenever the run stops.

References
----------
Law, A. M. (2015). Simulation Modeling and Analysis, 5th ed., section 9.4.1 (relative precision).
Bonferroni's inequality; the shares 1 / (k (k + 1)) sum to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scipy import special

from funnelsim.engines.run import simulate
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.summary import draws_of, error_given_draws, mean_error
from funnelsim.model.files import Funnel
from funnelsim.results.parts import merged
from funnelsim.results.run import Run

FIRST = 500
MOST = 1_024_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How precisely the mean of a metric is known.

    Attributes
    ----------
    asked, reached : float
        Half-width of the interval over the mean.
    level : float
        Of the interval; it allows for all looks.
    looks : int
    draws_held : bool
        Whether parameter draws are held fixed: more futures cannot tell more about them.
    """

    metric: str
    asked: float
    reached: float
    level: float
    looks: int
    draws_held: bool

    @property
    def met(self) -> bool:
        return self.reached <= self.asked


def simulate_to_precision(
    funnel: Funnel,
    relative: float,
    metric: str,
    *,
    most: int = MOST,
    progress: Callable[[int, int], None] | None = None,
    **run: Any,
) -> tuple[Run, Precision]:
    """Simulate until the mean of a metric over the whole span is known within `relative` of itself.

    Parameters
    ----------
    relative : float
        Half-width of the 95 % interval over the mean, such as 0.01.
    metric : str
        ``bookings``, ``deals_won``, ``wait_days.demo``.
    most : int, default 1,024,000
        Futures after which to stop in any case.
    run
        As of `simulate`.
    """
    whole: Run | None = None
    looks, until = 0, FIRST
    while True:
        begin = 0 if whole is None else whole.replications.stop
        more = simulate(funnel, replications=range(begin, until), **run)
        whole = more if whole is None else merged([whole, more])
        looks += 1
        found = _precision(whole, metric, relative, looks)
        if progress is not None:
            share = 1.0 if found.met else min((relative / found.reached) ** 2, 0.99)
            progress(round(1000 * share), 1000)
        if found.met or 2 * until > most:
            return whole, found
        until *= 2


def _precision(run: Run, metric: str, asked: float, looks: int) -> Precision:
    values, draws = metric_values(run, metric), draws_of(run)
    defined = values == values
    values, draws = values[defined], None if draws is None else draws[defined]
    error = math.inf
    if values.size > 1:
        error = mean_error(values) if draws is None else error_given_draws(values, draws)
    quantile = float(special.ndtri(1 - (1 - LEVEL) / (looks * (looks + 1)) / 2))
    mean = abs(float(values.mean())) if values.size else 0.0
    reached = quantile * error / mean if mean > 0 and math.isfinite(error) else math.inf
    return Precision(
        metric=metric,
        asked=asked,
        reached=reached,
        level=LEVEL,
        looks=looks,
        draws_held=draws is not None,
    )
