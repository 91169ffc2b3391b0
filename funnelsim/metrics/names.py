"""Every metric by the name it has in documents, tables and targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.metrics import clients, cycle, funnel, revenue
from funnelsim.results.run import Run

Floats = NDArray[np.float64]
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
        The good direction, in which a scenario is better.
    values : callable
        ``values(run, w)`` or, by stage, ``values(run, w, s)``: shape (R,), NaN where undefined.
    """

    unit: Unit
    more_is_better: bool
    values: Callable[..., Floats]


#: Of the whole funnel. The order is the order of tables.
WHOLE = {
    "leads_created": Metric(unit="count", more_is_better=True, values=funnel.leads_created),
    "deals_won": Metric(unit="count", more_is_better=True, values=funnel.deals_won),
    "deals_lost": Metric(unit="count", more_is_better=False, values=funnel.deals_lost),
    "bookings": Metric(unit="money", more_is_better=True, values=revenue.bookings),
    "quota_credit": Metric(unit="money", more_is_better=True, values=revenue.quota_credit),
    "revenue": Metric(unit="money", more_is_better=True, values=revenue.revenue),
    "cycle_days": Metric(unit="days", more_is_better=False, values=cycle.cycle_days),
    "win_rate": Metric(unit="share", more_is_better=True, values=funnel.win_rate),
    "churned": Metric(unit="count", more_is_better=False, values=clients.churned),
    "retention": Metric(unit="share", more_is_better=True, values=clients.retention),
    "expansion": Metric(unit="money", more_is_better=True, values=revenue.expansion),
}

#: By stage: ``entered.demo``. Work in progress is capital tied up: less of it is better.
BY_STAGE = {
    "entered": Metric(unit="count", more_is_better=True, values=funnel.entered),
    "conversion": Metric(unit="share", more_is_better=True, values=funnel.conversion),
    "dwell_days": Metric(unit="days", more_is_better=False, values=cycle.dwell_days),
    "wip": Metric(unit="count", more_is_better=False, values=funnel.wip),
}


def metric_names(run: Run) -> list[str]:
    """All names that a run has values for."""
    return [*WHOLE, *(f"{kind}.{stage}" for kind in BY_STAGE for stage in run.stages)]


def metric(name: str) -> Metric:
    """The metric of this name; of ``entered.demo`` the one that stands for all stages.

    Raises
    ------
    MetricError
        If there is none.
    """
    found = WHOLE.get(name) or BY_STAGE.get(name.partition(".")[0])
    if found is None or (name in BY_STAGE):
        raise _unknown(name, [*WHOLE, *(f"{kind}.STAGE" for kind in BY_STAGE)])
    return found


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
    """
    found = metric(name)
    if name in WHOLE:
        return found.values(run, w)
    stage = name.partition(".")[2]
    if stage not in run.stages:
        raise _unknown(name, metric_names(run))
    return found.values(run, w, run.stages.index(stage))


def _unknown(name: str, allowed: list[str]) -> MetricError:
    message = f'no metric "{name}"; choose from {", ".join([*WHOLE, *(f"{k}.STAGE" for k in BY_STAGE)])}'
    return MetricError("metric", [Problem(path="", message=message, hint=did_you_mean(name, allowed))])
