"""Scenarios compared with the unchanged funnel: what a comparison holds, as table and document."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.documents.compare import (
    BookedBefore,
    ChanceChange,
    CompareDocument,
    CostParts,
    Interval,
    MeanDifference,
    MetricChange,
    ScenarioResult,
    Simultaneous,
    Spread,
)
from funnelsim.experiments.alternatives.costs import Costs, prices_of, values_of
from funnelsim.experiments.alternatives.ranking import Ranking, ranking_record
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.paired import Difference, level_of_each, paired_interval, variance_removed
from funnelsim.metrics.document import heading
from funnelsim.metrics.document import span as dates_of
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.changes.changes import Scenario
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """Probability to reach the quota without and with a change."""

    base: float
    scenario: float
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One scenario, simulated with the random numbers of the base.

    Attributes
    ----------
    scenario : Scenario
    run : Run
    differences : dict of str to Difference
        Scenario - base, by metric.
    attainment : Attainment or None
        None if the period has no quota.
    costs : Costs or None
        None if the model has no prices.
    """

    scenario: Scenario
    run: Run
    differences: dict[str, Difference]
    attainment: Attainment | None
    costs: Costs | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Scenarios compared with the unchanged funnel.

    Attributes
    ----------
    funnel : Funnel
    measured : Measured
        The period, its quota and what is booked in it before the start.
    base : Run
    scenarios : tuple of Compared
    warnings : tuple of str
    costs : Costs or None
        Of the base; None if the model has no prices.
    ranking : Ranking or None
        Only with several scenarios.
    """

    funnel: Funnel
    measured: Measured
    base: Run
    scenarios: tuple[Compared, ...]
    warnings: tuple[str, ...] = field(default=())
    costs: Costs | None = None
    ranking: Ranking | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics; cost and profit where the model has prices."""
        return tuple(self.scenarios[0].differences)

    def values(self, run: Run, name: str) -> Floats:
        """A metric of the period in each replication, including bookings before the start."""
        costs = next((one.costs for one in self.scenarios if one.run is run), self.costs)
        return values_of(self.measured, run, costs, name)

    def table(self) -> pl.DataFrame:
        """A row per scenario and metric: means, difference with interval, range, probability to be better;
        with several scenarios also the interval for all at once."""
        rows = [
            {
                "scenario": one.scenario.name,
                "metric": name,
                "base": _mean(self.values(self.base, name)),
                "mean": _mean(self.values(one.run, name)),
                **{
                    key: None if isinstance(value, float) and math.isnan(value) else value
                    for key, value in _renamed(asdict(difference)).items()
                },
                **self._ends_together(one, name),
            }
            for one in self.scenarios
            for name, difference in one.differences.items()
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def document(self) -> dict[str, Any]:
        """The JSON document of ``compare``."""
        return self.record().as_json()

    def record(self) -> CompareDocument:
        """The document of ``compare``, typed."""
        draws = draws_of(self.base)
        measured, period = self.measured, self.measured.period
        whole = dates_of(measured.window, self.funnel.model.start)
        if period is not None:
            whole = {"start": period.start, "end": period.last_day}
        return CompareDocument(
            **heading("compare", self.funnel, self.base),
            period=period.label if period else "",
            **whole,
            days=measured.window.end_day - measured.window.start_day,
            quota=measured.quota,
            booked=BookedBefore(
                bookings=measured.booked.bookings,
                quota_credit=measured.booked.quota_credit,
                deals_won=measured.booked.deals,
            ),
            base={name: summarise(self.values(self.base, name), draws) for name in self.metrics},
            scenarios=tuple(self._scenario(one) for one in self.scenarios),
            **self._costs(),
            **self._several(),
            warnings=self.warnings,
        )

    def _costs(self) -> dict[str, Any]:
        if self.costs is None:
            return {}
        return {"cost": _cost_parts(self.costs), "prices": prices_of(self.funnel.model)}

    def _several(self) -> dict[str, Any]:
        """What is said only of several scenarios."""
        if self.ranking is None:
            return {}
        level = next(iter(self.scenarios[0].differences.values())).level
        together = Simultaneous(method="bonferroni", comparisons=len(self.scenarios), level=level)
        return {"simultaneous": together, "ranking": ranking_record(self.ranking)}

    def _scenario(self, one: Compared) -> ScenarioResult:
        return ScenarioResult(
            name=one.scenario.name,
            description=one.scenario.description,
            metrics={name: self._change(one, name) for name in one.differences},
            attainment_probability=None if one.attainment is None else _chances(one.attainment),
            **({} if one.costs is None else {"cost": _cost_parts(one.costs)}),
        )

    def _ends_together(self, one: Compared, name: str) -> dict[str, float | None]:
        """Ends of the interval that holds for all scenarios at once; empty for a single scenario."""
        if self.ranking is None:
            return {}
        each = level_of_each(one.differences[name].level, len(self.scenarios))
        base, variant = self.values(self.base, name), self.values(one.run, name)
        ends = paired_interval(base, variant, draws_of(self.base), level=each)
        low, high = (None if math.isnan(end) else end for end in ends)
        return {"simultaneous_low": low, "simultaneous_high": high}

    def _change(self, one: Compared, name: str) -> MetricChange:
        d, base, variant = one.differences[name], self.values(self.base, name), self.values(one.run, name)
        ends = self._ends_together(one, name)
        together = {}
        if ends:
            low, high = ends.values()
            together = {"simultaneous": Interval(low=low, high=high, level=d.level)}
        return MetricChange(
            mean=_mean(variant),
            difference=MeanDifference(mean=d.mean, low=d.low, high=d.high, level=d.level),
            spread=Spread(p05=d.p05, p95=d.p95),
            probability_better=d.probability_better,
            **together,
            variance_removed=variance_removed(base, variant),
        )


def _chances(chance: Attainment) -> ChanceChange:
    d = chance.difference
    return ChanceChange(
        base=chance.base,
        scenario=chance.scenario,
        difference=d.mean,
        interval=Interval(low=d.low, high=d.high, level=d.level),
    )


def _cost_parts(costs: Costs) -> CostParts:
    return CostParts(people=float(costs.people.mean()), leads=float(costs.leads.mean()))


def _mean(values: Floats) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else None


def _renamed(difference: dict[str, Any]) -> dict[str, Any]:
    mean = difference.pop("mean")
    return {"difference": mean, **difference}
