"""The document of ``funnelsim simulate`` and ``funnelsim merge``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from funnelsim.documents.record import Known, Number, Probability, Record
from funnelsim.documents.shared import PeriodSpan, Summary, Titled, nothing_booked
from funnelsim.documents.stages import FunnelStage


class SimulatedPeriod(PeriodSpan):
    complete: bool = True
    metrics: dict[str, Summary] = Field(default_factory=dict)


class Control(Record):
    """Results of the control variate: the same replications without reps.

    Attributes
    ----------
    exact_mean, simulated_mean : float
        Of the metric without reps.
    variance_removed : float
        Share of the variance of the mean, at the last check.
    """

    exact_mean: float
    simulated_mean: float | None = None
    variance_removed: float


class Precision(Record):
    """How precisely the mean of a metric is known.

    Attributes
    ----------
    asked, reached : float
        Half-width of the interval divided by the mean; `reached` is None if the mean is 0 or undefined.
    level : float
        Of the interval; it allows for all checks.
    looks : int
    draws_held : bool
        Whether parameter draws are held fixed: more replications do not reduce their uncertainty.
    estimate : float or None
        Of the mean: the average over the replications, adjusted by the control. None if undefined.
    exact : float or None
        The exact mean, if the model has no reps and it can be computed.
    control : Control or None
        None if no control variate was used.
    """

    metric: str
    asked: float
    reached: Known = None
    level: Probability = 0.95
    looks: int | None = None
    draws_held: bool = False
    estimate: Known = None
    exact: float | None = None
    control: Control | None = None

    @property
    def met(self) -> bool:
        return self.reached is not None and self.reached <= self.asked


class Target(Record):
    """Probability that a metric reaches `goal.target`, and its values."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    by: dt.date
    probability: Probability | None = None
    mc_error: float | None = None
    values: Summary = Summary()


class SimulateDocument(Titled):
    """The result of ``simulate``: every metric over the whole span and each of its periods."""

    last: ClassVar[tuple[str, ...]] = ("warnings", "precision")

    noun: str = "lead"
    start: dt.date | None = None
    end: dt.date | None = None
    days: float | None = None
    warmup_days: Number | None = None
    metrics: dict[str, Summary]
    periods: tuple[SimulatedPeriod, ...] = ()
    target: Target | None = None
    precision: Precision | None = None
    funnel: tuple[FunnelStage, ...] = ()

    @property
    def busy(self) -> list[tuple[str, Summary]]:
        """Each role by name, with its utilisation."""
        parts = [(*name.partition(".")[::2], summary) for name, summary in self.metrics.items()]
        return [(self.role_name(role), summary) for kind, role, summary in parts if kind == "utilisation"]

    @property
    def without_money(self) -> bool:
        return nothing_booked(self.metrics.get("bookings"), self.metrics.get("deals_won"))

    @property
    def funnel_rows(self) -> tuple[FunnelStage, ...]:
        """The funnel as given, else built from the metrics by stage, in their order."""
        return self.funnel or _rows_from_metrics(self.metrics, self.stage_names)


def _rows_from_metrics(metrics: Mapping[str, Summary], names: Mapping[str, str]) -> tuple[FunnelStage, ...]:
    stages = [name.partition(".")[2] for name in metrics if name.startswith("entered.")]

    def mean(metric: str, stage: str) -> float | None:
        found = metrics.get(f"{metric}.{stage}")
        return found.mean if found else None

    return tuple(
        FunnelStage(
            stage=stage,
            name=names.get(stage, ""),
            entered=mean("entered", stage),
            conversion=mean("conversion", stage),
            dwell_days_mean=mean("dwell_days", stage),
            wait_days_mean=mean("wait_days", stage),
            open=mean("wip", stage),
        )
        for stage in stages
    )
