"""Compare scenarios with the unchanged funnel, on common random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import FunnelSimError, require
from funnelsim.documents.compare import (
    BookedBefore,
    ChanceChange,
    CompareDocument,
    Interval,
    MeanDifference,
    MetricChange,
    ScenarioResult,
    Spread,
)
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.paired import Difference, check_pairing, paired_difference
from funnelsim.experiments.variants import Variants
from funnelsim.history.files.events import History
from funnelsim.metrics.document import heading
from funnelsim.metrics.document import span as dates_of
from funnelsim.metrics.names import metric, metric_names
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.pricing import unpriced
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.changes.changes import Scenario
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.model.scenarios.half_changed import left_as_they_are
from funnelsim.model.scenarios.read import expand
from funnelsim.results.run import Run

Progress = Callable[[int, int], None]


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
    """

    scenario: Scenario
    run: Run
    differences: dict[str, Difference]
    attainment: Attainment | None


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
    """

    funnel: Funnel
    measured: Measured
    base: Run
    scenarios: tuple[Compared, ...]
    warnings: tuple[str, ...] = field(default=())

    def values(self, run: Run, name: str) -> Floats:
        """A metric of the period in each replication, including bookings before the start."""
        return self.measured.values(run, name)

    def table(self) -> pl.DataFrame:
        """A row per scenario and metric: means, difference with interval, range, probability to be
        better."""
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
            base={name: summarise(self.values(self.base, name), draws) for name in metric_names(self.base)},
            scenarios=tuple(self._scenario(one) for one in self.scenarios),
            warnings=self.warnings,
        )

    def _scenario(self, one: Compared) -> ScenarioResult:
        return ScenarioResult(
            name=one.scenario.name,
            description=one.scenario.description,
            metrics={
                name: MetricChange(
                    mean=_mean(self.values(one.run, name)),
                    difference=MeanDifference(mean=d.mean, low=d.low, high=d.high, level=d.level),
                    spread=Spread(p05=d.p05, p95=d.p95),
                    probability_better=d.probability_better,
                )
                for name, d in one.differences.items()
            },
            attainment_probability=None if one.attainment is None else _chances(one.attainment),
        )


def _chances(chance: Attainment) -> ChanceChange:
    d = chance.difference
    return ChanceChange(
        base=chance.base,
        scenario=chance.scenario,
        difference=d.mean,
        interval=Interval(low=d.low, high=d.high, level=d.level),
    )


def compare(
    funnel: Funnel,
    scenarios: Sequence[Scenario],
    *,
    period: str | None = None,
    days: float | None = None,
    quota: float | None = None,
    history: History | Path | str | None = None,
    level: float = 0.9,
    warmup_days: float = 0.0,
    replications: int | range = 10_000,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    allow_large: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Compare scenarios with the unchanged funnel on common random numbers.

    A lead that occurs in both has the same random draws in both. A scenario that changes nothing therefore
    differs by exactly 0, and small effects need far fewer replications than with separate runs.

    Parameters
    ----------
    funnel : Funnel
        As `read_model` gives it.
    scenarios : sequence of Scenario
        From `read_scenario`, or created in Python. A scenario that removes a stage with a pair for
        `recovered` becomes two.
    period : str, optional
        Such as ``2026Q1``; default the goal's period that contains the model's start.
    days : float, optional
        Compare over this many days from the start, instead of a period.
    quota : float, optional
        Instead of the goal's.
    history : History or path, optional
        Used for bookings before the start; default the one named in the model.
    level : float, default 0.9
        Of the intervals.
    warmup_days, replications, seed, engine, workers, executor, allow_large
        As for `simulate`.
    progress : callable, optional
        Called with (replications done, total), over all runs.

    Raises
    ------
    FunnelSimError
        If there is no scenario, both `period` and `days` are given, or a period is over.

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> twice = fs.parse_set("sources.inbound.rate=x2", funnel.model)
    >>> more = fs.Scenario(name="more leads", changes=(twice,))
    >>> found = fs.compare(funnel, [more], days=60, replications=20)
    >>> found.scenarios[0].differences["leads_created"].mean > 0
    True
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    require(scenarios, Sequence, "scenarios", "give a list of scenarios")
    for one in scenarios:
        require(one, Scenario, "scenarios", "see funnelsim.Scenario and funnelsim.read_scenario")
    if not scenarios:
        raise FunnelSimError("nothing to compare: give at least one scenario")
    span = measured(funnel, period=period, days=days, quota=quota, history=history)
    pairs = [one for scenario in scenarios for one in expand(scenario)]
    variants = Variants(
        funnel,
        span,
        warmup_days=warmup_days,
        replications=replications,
        seed=seed,
        engine=engine,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
    )
    variants.refuse_what_cannot_run(
        [one.changes for one in pairs]
    )  # before the first run, which may take long
    # A fit without a pipeline file found no open deals.
    empty = empty_start(funnel, warmup_days, nothing_open=funnel.model.history is not None)
    base, *others = variants.runs([(), *(one.changes for one in pairs)], progress=progress)
    return Comparison(
        funnel=funnel,
        measured=span,
        base=base,
        scenarios=tuple(
            pair(base, run, scenario, span, level=level) for run, scenario in zip(others, pairs, strict=True)
        ),
        warnings=(
            *empty,
            *span.warnings,
            *_half_changed(funnel, pairs),
            *unpriced(funnel.model),
            *_overloaded(funnel, pairs),
            *base.notes,
        ),
    )


def _overloaded(funnel: Funnel, scenarios: Sequence[Scenario]) -> Iterator[str]:
    """Warn about overloaded roles: in the base, and in scenarios that add or change an overload."""
    before = overloads(funnel.model)
    yield from before.values()
    for one in scenarios:
        for role, text in overloads(funnel.model, one.changes).items():
            if before.get(role) != text:
                yield f"{one.name}: {text}"


def _half_changed(funnel: Funnel, scenarios: Sequence[Scenario]) -> list[str]:
    texts = [text for one in scenarios for text in left_as_they_are(funnel.model, one.changes)]
    return list(dict.fromkeys(texts))


def pair(base: Run, variant: Run, scenario: Scenario, measured: Measured, *, level: float = 0.9) -> Compared:
    """Compare every metric of a scenario's run with the base, over the last window of both.

    Raises
    ------
    PairingError
        If the runs are not paired.
    """
    check_pairing(base, variant)
    draws = draws_of(base)
    differences = {
        name: paired_difference(
            measured.values(base, name),
            measured.values(variant, name),
            draws,
            more_is_better=metric(name).more_is_better,
            level=level,
        )
        for name in metric_names(base)
    }
    attainment = None
    before, after = measured.reached(base), measured.reached(variant)
    if before is not None and after is not None:
        attainment = Attainment(
            base=float(before.mean()),
            scenario=float(after.mean()),
            difference=paired_difference(before, after, draws, level=level),
        )
    return Compared(scenario=scenario, run=variant, differences=differences, attainment=attainment)


def _mean(values: Floats) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else None


def _renamed(difference: dict[str, Any]) -> dict[str, Any]:
    mean = difference.pop("mean")
    return {"difference": mean, **difference}
