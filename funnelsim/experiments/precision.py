"""Simulate until the mean of a metric is as precise as requested.

The run is checked after 500 replications and whenever their number has doubled. It stops when the half-width
of the confidence interval is small enough. Each check may stop by chance, so the k-th check uses a share 1 /
(k (k + 1)) of the total error probability, and the interval keeps its level.

If the mean of the same funnel without reps is known exactly, the same replications without reps serve as a
control variate, provided they remove more than half of the variance at the first check. They cost no more
than the replications with reps, so they pay off then. A rule based on run time would make the number of
replications depend on the machine.

References
----------
Law, A. M. (2015). Simulation Modeling and Analysis, 5th ed., sections 9.4.1 (relative precision) and 11.4
(control variates).
Bonferroni's inequality; the shares 1 / (k (k + 1)) sum to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import scipy

from funnelsim.documents.simulate import Control, Precision
from funnelsim.engines.exact.means import ExactMean
from funnelsim.engines.run import exact_mean, simulate
from funnelsim.experiments.control_variate import adjusted_mean
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.summary import draws_of, error_given_draws, mean_error
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.parts import merged
from funnelsim.results.run import Run

FIRST = 500
MOST = 1_024_000
LEVEL = 0.95
#: A control variate is used if it removes at least this share of the variance: with half of it, one pair of
#: runs is as good as two plain ones.
WORTHWHILE = 0.5
#: An exact mean must be this many times as precise as requested, so that its error can be ignored.
MUCH_MORE_PRECISE = 100
_SPAN = ("days", "until", "warmup_days", "windows", "changes")


def simulate_to_precision(
    funnel: Funnel,
    relative: float,
    metric: str,
    *,
    most: int = MOST,
    control: bool = True,
    progress: Callable[[int, int], None] | None = None,
    **run: Any,
) -> tuple[Run, Precision]:
    """Simulate until the mean of a metric over the whole span has relative precision `relative`.

    Parameters
    ----------
    relative : float
        Half-width of the 95 % interval divided by the mean, such as 0.01.
    metric : str
        ``bookings``, ``deals_won``, ``wait_days.demo``.
    most : int, default 1,024,000
        Maximum number of replications.
    control : bool, default True
        Use the funnel without reps as a control variate if its mean is known and this pays off.
    run
        As for `simulate`.

    Returns
    -------
    Run
        The replications, as from `simulate`; the control does not change them.
    Precision
    """
    known = _known_mean(funnel, metric, relative, run)
    has_reps = bool(funnel.model.roles)
    whole: Run | None = None
    paired: Run | None = None
    use_control = control and has_reps and known is not None
    looks, until = 0, FIRST
    while True:
        begin = 0 if whole is None else whole.replications.stop
        more = range(begin, until)
        whole = _longer(whole, simulate(funnel, replications=more, **run))
        looks += 1
        result = _precision(whole, metric, relative, looks)
        if use_control and known is not None:
            paired = _longer(paired, _without_reps(funnel, more, run))
            adjusted = _adjusted(whole, paired, metric, known.value, result, looks)
            assert adjusted.control is not None
            if looks == 1:
                use_control = adjusted.control.variance_removed > WORTHWHILE
            result = adjusted if use_control else result
        if progress is not None:
            share = 1.0 if result.met else min((relative / (result.reached or math.inf)) ** 2, 0.99)
            progress(round(1000 * share), 1000)
        if result.met or 2 * until > most:
            exact = known.value if known is not None and not has_reps else None
            return whole, result.model_copy(update={"exact": exact})
        until *= 2


def _known_mean(funnel: Funnel, metric: str, relative: float, run: dict[str, Any]) -> ExactMean | None:
    known = exact_mean(funnel, metric, **{name: run[name] for name in _SPAN if name in run})
    if known is None or known.error * MUCH_MORE_PRECISE > relative * abs(known.value):
        return None
    return known


def _without_reps(funnel: Funnel, replications: range, run: dict[str, Any]) -> Run:
    others = {name: value for name, value in run.items() if name not in ("visits", "engine")}
    return simulate(funnel, replications=replications, reps=False, **others)


def _longer(run: Run | None, more: Run) -> Run:
    return more if run is None else merged([run, more])


def _precision(run: Run, metric: str, asked: float, looks: int) -> Precision:
    values, draws = metric_values(run, metric), draws_of(run)
    defined = values == values
    values, draws = values[defined], None if draws is None else draws[defined]
    error = math.inf
    if values.size > 1:
        error = mean_error(values) if draws is None else error_given_draws(values, draws)
    mean = float(values.mean()) if values.size else math.nan
    return Precision(
        metric=metric,
        asked=asked,
        reached=_relative(float(scipy.special.ndtri(1 - _tail(looks))) * error, mean),
        level=LEVEL,
        looks=looks,
        draws_held=draws is not None,
        estimate=mean,
        exact=None,
        control=None,
    )


def _adjusted(run: Run, paired: Run, metric: str, known: float, result: Precision, looks: int) -> Precision:
    """Precision with the same replications without reps, whose mean is known, as a control variate."""
    control = metric_values(paired, metric)
    adjusted = adjusted_mean(metric_values(run, metric), control, known)
    half_width = float(scipy.special.stdtrit(adjusted.freedom, 1 - _tail(looks))) * adjusted.error
    used = Control(
        exact_mean=known,
        simulated_mean=float(control.mean()),
        variance_removed=adjusted.variance_removed,
    )
    reached = _relative(half_width, adjusted.mean)
    return result.model_copy(update={"estimate": adjusted.mean, "reached": reached, "control": used})


def _tail(looks: int) -> float:
    """Error probability on each side at one check."""
    return (1 - LEVEL) / (looks * (looks + 1)) / 2


def _relative(half_width: float, mean: float) -> float | None:
    defined = abs(mean) > 0 and math.isfinite(half_width)
    return half_width / abs(mean) if defined else None
