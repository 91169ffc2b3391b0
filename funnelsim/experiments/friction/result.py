"""The result of an analysis of friction, as a table and as a document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.calendar.time import Period, periods_between
from funnelsim.documents.friction import Driver, Effects, FrictionDocument, Leak, Lever, Removal
from funnelsim.experiments.friction.effects import METRICS, by_worth
from funnelsim.experiments.friction.levers import stage_words
from funnelsim.experiments.measured import Measured
from funnelsim.metrics.document import heading
from funnelsim.metrics.document import span as dates_of
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model, PeriodKind
from funnelsim.results.run import Run

#: What the numbers rest on, in the order of the document.
ASSUMPTIONS = (
    "Every change acts from the model's start on, shorter times in visits that begin on the day after it or "
    "later, and costs nothing; what it takes to achieve it is yours to judge.",
    "Shorter times bring wins forward out of a later period: a gain once, not in every period.",
    "Worth of those lost: had they gone on, they would have done as well as those who did. That is an upper "
    "limit, whenever they would have closed.",
    "Differences between groups in the data are not causes by themselves.",
)


@dataclass(frozen=True, kw_only=True)
class Friction:
    """Where a funnel loses leads, money and time, and what small improvements are worth.

    Attributes
    ----------
    funnel : Funnel
    measured : Measured
        The period, its quota and what is booked in it before the start.
    base : Run
    metric : str
        What the levers are sorted by.
    value_of : str
        Unit of the leaks' value.
    level : float
        Of the intervals.
    top : int
        Rows of each list on screen.
    stages : tuple of str
        The stages asked for; empty for all.
    levers, leaks, removals, drivers
        Records of `funnelsim.documents.friction`; each list begins with what is worth most.
    leaks_replications : int
        Futures that the leaks are counted in.
    unknown_drivers : str
        Why there are no drivers; else empty.
    interrupted : bool
        Whether it was stopped before all changes were simulated.
    warnings : tuple of str
    """

    funnel: Funnel
    measured: Measured
    base: Run
    metric: str
    value_of: str
    level: float
    top: int
    stages: tuple[str, ...]
    levers: tuple[Lever, ...]
    leaks: tuple[Leak, ...]
    leaks_replications: int
    removals: tuple[Removal, ...]
    drivers: tuple[Driver, ...]
    unknown_drivers: str = ""
    interrupted: bool = False
    warnings: tuple[str, ...] = field(default=())

    def table(self) -> pl.DataFrame:
        """A row per change and metric: levers and drivers by worth, then both ends of removals."""
        rows = [
            {**change, "clear": effects.clear, "metric": metric, **ends}
            for change, effects in self._changes()
            for metric, ends in _ends(effects)
        ]
        words = dict.fromkeys(("kind", "name", "path", "change"), pl.String)
        numbers = dict.fromkeys(("mean", "low", "high"), pl.Float64)
        schema = {**words, "from": pl.Date, "clear": pl.Boolean, "metric": pl.String, **numbers}
        return pl.DataFrame(rows, schema=schema)

    def document(self) -> dict[str, Any]:
        """The JSON document of ``friction``."""
        return self.record().as_json()

    def record(self) -> FrictionDocument:
        """The document of ``friction``, typed."""
        measured, period, model = self.measured, self.measured.period, self.funnel.model
        draws = draws_of(self.base)
        whole = dates_of(measured.window, model.start)
        if period is not None:
            whole = {"start": period.start, "end": period.last_day}
        reached = measured.reached(self.base)
        return FrictionDocument(
            **heading("friction", self.funnel, self.base),
            period=period.label if period else "",
            **whole,
            changes_from=model.start,
            days=measured.window.end_day - measured.window.start_day,
            quota=measured.quota,
            metric=self.metric,
            value_of=self.value_of,
            top=self.top,
            level=self.level,
            stages=self.stages,
            base={
                name: summarise(measured.values(self.base, name), draws) for name in (*METRICS, "expansion")
            },
            attainment_probability=None if reached is None else float(reached.mean()),
            leaks=self.leaks,
            leaks_replications=self.leaks_replications,
            levers=self.levers,
            removals=self.removals,
            drivers=self.drivers,
            unknown_drivers=self.unknown_drivers,
            later_period=later_period(self.funnel.model, self.measured, self.base),
            assumptions=ASSUMPTIONS,
            warnings=self.warnings,
        )

    def _changes(self) -> Iterator[tuple[dict[str, Any], Effects]]:
        """The columns that say what was changed, and its effects."""
        for one in sorted((*self.levers, *self.drivers), key=lambda row: by_worth(row, self.metric)):
            same = {"path": one.path, "change": one.change, "from": one.changes_from}
            yield {"kind": one.kind, "name": self._name(one), **same}, one
        for removal in self.removals:
            stage = self.funnel.model.stages[removal.stage].name or removal.stage
            same = {"kind": "removal", "name": f"no {stage}", "path": f"remove_stage {removal.stage}"}
            yield {**same, "change": "recovered = 0", "from": None}, removal.time_only
            yield {**same, "change": "recovered = 1", "from": None}, removal.all_recovered

    def _name(self, lever: Lever) -> str:
        """The change in words; of a gap between groups, with the move and how often they make it."""
        if not isinstance(lever, Driver):
            return lever.name
        stage, to = (stage_words(self.funnel.model, key) for key in (lever.stage, lever.to))
        return f"{lever.name}: {stage} to {to} {lever.ratio:.2f} times as often"


def later_period(model: Model, measured: Measured, run: Run) -> str:
    """The next period, if fewer days are simulated than twice the mean cycle; else empty."""
    period, goal = measured.period, model.goal
    cycle = measured.values(run, "cycle_days")
    known = cycle[~np.isnan(cycle)]
    if period is None or not known.size or measured.window.end_day > 2 * known.mean():
        return ""
    (later,) = periods_between(
        period.end,
        period.end + dt.timedelta(days=1),
        _kind_of(period),
        fiscal_year_starts=goal.fiscal_year_starts,
        fiscal_year_named_by=goal.fiscal_year_named_by,
    )
    return later.label


def _ends(effects: Effects) -> Iterator[tuple[str, dict[str, float | None]]]:
    for name, effect in effects.metrics.items():
        yield name, {"mean": effect.mean, "low": effect.low, "high": effect.high}
    if effects.attainment_probability is not None:
        chance = effects.attainment_probability
        yield "attainment_probability", {"mean": chance.mean, "low": chance.low, "high": chance.high}


def _kind_of(period: Period) -> PeriodKind:
    """Week, month, quarter or year, by its length."""
    return (
        "week"
        if period.days <= 7
        else "month"
        if period.days <= 31
        else "quarter"
        if period.days <= 92
        else "year"
    )
