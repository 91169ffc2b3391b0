"""Compare scenarios with the unchanged funnel, on common random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period
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
from funnelsim.engines.run import simulate
from funnelsim.engines.size import refuse_what_cannot_run
from funnelsim.experiments.paired import Difference, check_pairing, paired_difference
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import Booked
from funnelsim.metrics.document import heading, span
from funnelsim.metrics.names import metric, metric_names, metric_values
from funnelsim.metrics.past import empty_start, load_past
from funnelsim.metrics.periods import requested_periods, window_of
from funnelsim.metrics.pricing import unpriced
from funnelsim.metrics.quota import attained, quota_of
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.changes.changes import Scenario
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.model.scenarios.half_changed import left_as_they_are
from funnelsim.model.scenarios.read import expand
from funnelsim.results.run import Run, Window

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
    period : Period or None
        The period compared; None for a number of days from the start.
    window : Window
        The simulated part of it: the last window of each run.
    quota : float or None
    booked : Booked
        Booked in the period before the start, the same in every scenario. Included in `bookings`,
        `quota_credit` and `deals_won`.
    recognised : float
        Revenue in the period from any bookings before the start. Included in `revenue`.
    base : Run
    scenarios : tuple of Compared
    warnings : tuple of str
    """

    funnel: Funnel
    period: Period | None
    window: Window
    quota: float | None
    booked: Booked
    recognised: float
    base: Run
    scenarios: tuple[Compared, ...]
    warnings: tuple[str, ...] = field(default=())

    def values(self, run: Run, name: str) -> Floats:
        """A metric of the period in each replication, including bookings before the start."""
        return _period_values(run, name, self.booked, self.recognised)

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
        whole = span(self.window, self.funnel.model.start)
        if self.period is not None:
            whole = {"start": self.period.start, "end": self.period.last_day}
        return CompareDocument(
            **heading("compare", self.funnel, self.base),
            period=self.period.label if self.period else "",
            **whole,
            days=self.window.end_day - self.window.start_day,
            quota=self.quota,
            booked=BookedBefore(
                bookings=self.booked.bookings,
                quota_credit=self.booked.quota_credit,
                deals_won=self.booked.deals,
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
    warmup_days, replications, seed, engine, workers, allow_large
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
    if period is not None and days is not None:
        raise FunnelSimError("compare over a period or over a number of days, not both")
    chosen, window, known, recognised, warnings = _compared_period(funnel, period, days, history)
    if quota is None and chosen is not None:
        quota = quota_of(funnel.model.goal, chosen)
    pairs = [one for scenario in scenarios for one in expand(scenario)]
    whole = Window(label="all", start_day=0.0, end_day=window.end_day)

    def run(index: int, scenario: Scenario) -> Run:
        return simulate(
            funnel,
            days=window.end_day,
            warmup_days=warmup_days,
            windows=(whole, window),
            replications=replications,
            seed=seed,
            engine=engine,
            workers=workers,
            allow_large=allow_large,
            changes=scenario.changes,
            progress=_share_of(progress, index, len(pairs) + 1),
        )

    number = replications if isinstance(replications, int) else len(replications)
    for one in pairs:  # before the first run, which may take long
        refuse_what_cannot_run(
            funnel, days=window.end_day, replications=number, changes=one.changes, allow_large=allow_large
        )
    # A fit without a pipeline file found no open deals.
    empty = empty_start(funnel, warmup_days, nothing_open=funnel.model.history is not None)
    base = run(0, Scenario(name="base"))
    return Comparison(
        funnel=funnel,
        period=chosen,
        window=window,
        quota=quota,
        booked=known,
        recognised=recognised,
        base=base,
        scenarios=tuple(
            pair(
                base,
                run(index, scenario),
                scenario,
                quota=quota,
                booked=known,
                recognised=recognised,
                level=level,
            )
            for index, scenario in enumerate(pairs, start=1)
        ),
        warnings=(
            *empty,
            *warnings,
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


def pair(
    base: Run,
    variant: Run,
    scenario: Scenario,
    *,
    quota: float | None = None,
    booked: Booked | None = None,
    recognised: float = 0.0,
    level: float = 0.9,
) -> Compared:
    """Compare every metric of a scenario's run with the base, over the last window of both.

    Raises
    ------
    PairingError
        If the runs are not paired.
    """
    check_pairing(base, variant)
    booked = booked or Booked()
    draws = draws_of(base)
    differences = {
        name: paired_difference(
            _period_values(base, name, booked, recognised),
            _period_values(variant, name, booked, recognised),
            draws,
            more_is_better=metric(name).more_is_better,
            level=level,
        )
        for name in metric_names(base)
    }
    attainment = None
    if quota is not None:
        before, after = (
            attained(_period_values(one, "quota_credit", booked), quota) for one in (base, variant)
        )
        attainment = Attainment(
            base=float(before.mean()),
            scenario=float(after.mean()),
            difference=paired_difference(before, after, draws, level=level),
        )
    return Compared(scenario=scenario, run=variant, differences=differences, attainment=attainment)


def _compared_period(
    funnel: Funnel, period: str | None, days: float | None, history: History | Path | str | None
) -> tuple[Period | None, Window, Booked, float, list[str]]:
    """The period, its simulated part, earlier bookings in it, revenue from earlier bookings, and warnings."""
    if days is not None:
        if not (days > 0 and math.isfinite(days)):
            raise FunnelSimError(f"the simulated span must be longer than 0, found {days:g} days")
        return None, Window(label=f"{days:g} days", start_day=0.0, end_day=float(days)), Booked(), 0.0, []
    (chosen,) = requested_periods(funnel.model, () if period is None else (period,))
    past = load_past(funnel, history)
    known, warnings = past.booked_in(chosen)
    revenue, unknown = past.revenue_in(chosen)
    window = window_of(chosen, funnel.model.start)
    return chosen, window, known or Booked(), revenue, [*warnings, *unknown]


def _period_values(run: Run, name: str, booked: Booked, recognised: float = 0.0) -> Floats:
    already = {
        "bookings": booked.bookings,
        "quota_credit": booked.quota_credit,
        "revenue": recognised,
        "deals_won": booked.deals,
    }
    return metric_values(run, name, len(run.windows) - 1) + already.get(name, 0.0)


def _share_of(progress: Progress | None, index: int, runs: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress(index * total + done, runs * total)


def _mean(values: Floats) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else None


def _renamed(difference: dict[str, Any]) -> dict[str, Any]:
    mean = difference.pop("mean")
    return {"difference": mean, **difference}
