"""All metrics by the names used in documents, tables and targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.metrics import clients, cycle, funnel, revenue, workload
from funnelsim.results.run import Run

Unit = Literal["count", "money", "days", "share"]


class MetricError(InputError):
    """No metric has this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How a metric is computed and read.

    Attributes
    ----------
    unit : {"count", "money", "days", "share"}
    more_is_better : bool
        Whether larger values are better.
    values : callable
        ``values(run, w)`` or, by stage, ``values(run, w, s)``: shape (R,), NaN where undefined.
    """

    unit: Unit
    more_is_better: bool
    values: Callable[..., Floats]


#: Metrics of the whole funnel, in the order of tables.
WHOLE = {
    "leads_created": Metric(unit="count", more_is_better=True, values=funnel.leads_created),
    "deals_won": Metric(unit="count", more_is_better=True, values=funnel.deals_won),
    "deals_lost": Metric(unit="count", more_is_better=False, values=funnel.deals_lost),
    "bookings": Metric(unit="money", more_is_better=True, values=revenue.bookings),
    "quota_credit": Metric(unit="money", more_is_better=True, values=revenue.quota_credit),
    "revenue": Metric(unit="money", more_is_better=True, values=revenue.revenue),
    "cycle_days": Metric(unit="days", more_is_better=False, values=cycle.cycle_days),
    "win_rate": Metric(unit="share", more_is_better=True, values=funnel.win_rate),
    "first_response_days": Metric(unit="days", more_is_better=False, values=workload.first_response_days),
    "abandoned": Metric(unit="count", more_is_better=False, values=workload.abandoned),
    "churned": Metric(unit="count", more_is_better=False, values=clients.churned),
    "retention": Metric(unit="share", more_is_better=True, values=clients.retention),
    "expansion": Metric(unit="money", more_is_better=True, values=revenue.expansion),
}

#: By stage: ``entered.demo``. Work in progress is capital tied up: less of it is better.
BY_STAGE = {
    "entered": Metric(unit="count", more_is_better=True, values=funnel.entered),
    "conversion": Metric(unit="share", more_is_better=True, values=funnel.conversion),
    "dwell_days": Metric(unit="days", more_is_better=False, values=cycle.dwell_days),
    "wait_days": Metric(unit="days", more_is_better=False, values=workload.wait_days),
    "wip": Metric(unit="count", more_is_better=False, values=funnel.wip),
}

#: By role: ``utilisation.ae``. More is better here, although busy reps respond later.
BY_ROLE = {"utilisation": Metric(unit="share", more_is_better=True, values=workload.utilisation)}

_PATTERNS = [*WHOLE, *(f"{kind}.STAGE" for kind in BY_STAGE), *(f"{kind}.ROLE" for kind in BY_ROLE)]
#: Metrics of models with roles only.
_WORK = ("first_response_days", "abandoned", "wait_days")


def metric_names(run: Run) -> list[str]:
    """List the names of all metrics of a run.

    Examples
    --------
    >>> run = fs.simulate(fs.read_model("model.toml"), days=30, replications=20)
    >>> fs.metric_names(run)[:3]
    ['leads_created', 'deals_won', 'deals_lost']
    """
    kinds = [name for name in (*WHOLE, *BY_STAGE) if run.roles or name not in _WORK]
    return [
        *(name for name in kinds if name in WHOLE),
        *(f"{kind}.{stage}" for kind in kinds if kind in BY_STAGE for stage in run.stages),
        *(f"{kind}.{role}" for kind in BY_ROLE for role in run.roles),
    ]


def metric(name: str) -> Metric:
    """Look up a metric by name; ``entered.demo`` gives the metric `entered` of all stages.

    Raises
    ------
    MetricError
        If there is none.
    """
    kind = name.partition(".")[0]
    result = WHOLE.get(name) or BY_STAGE.get(kind) or BY_ROLE.get(kind)
    if result is None or name in BY_STAGE or name in BY_ROLE:
        raise _unknown(name, _PATTERNS)
    return result


def metric_values(run: Run, name: str, w: int = 0) -> Floats:
    """One value per replication.

    Parameters
    ----------
    run : Run
    name : str
        ``bookings``, ``cycle_days``, ``conversion.demo`` and so on.
    w : int, default 0
        Index of the window; the first is the whole span.

    Returns
    -------
    ndarray, shape (R,)
        NaN where the metric is undefined, such as a cycle without wins.

    Raises
    ------
    MetricError
        If there is no such metric or stage.

    Examples
    --------
    >>> run = fs.simulate(fs.read_model("model.toml"), days=30, replications=20)
    >>> bool((fs.metric_values(run, "entered.qualified") > 0).all())
    True
    """
    result = metric(name)
    if name in WHOLE:
        return result.values(run, w)
    kind, _, part = name.partition(".")
    parts = run.roles if kind in BY_ROLE else run.stages
    if part not in parts:
        raise _unknown(name, metric_names(run))
    return result.values(run, w, parts.index(part))


def _unknown(name: str, allowed: list[str]) -> MetricError:
    message = f'no metric "{name}"; choose from {", ".join(_PATTERNS)}'
    return MetricError("metric", [Problem(path="", message=message, hint=did_you_mean(name, allowed))])
