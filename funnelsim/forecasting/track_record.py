"""The track record: forecasts from earlier days beside what came, and how good they were."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim import __version__
from funnelsim.core.calendar.time import Period
from funnelsim.documents.backtest import (
    OURS,
    BacktestDocument,
    BacktestInterval,
    BacktestOrigin,
    BacktestSkill,
    BacktestSummary,
    ToldForecast,
)
from funnelsim.documents.shared import Provenance
from funnelsim.forecasting.scores import (
    RANGES,
    Interval,
    block_interval,
    covers,
    crps,
    pinball,
    randomised_pit,
    skill_interval,
)

Floats = NDArray[np.float64]
#: Quantiles whose own loss is told: the ends of the 80 % range, and the middle.
PINBALL_LEVELS = (0.1, 0.5, 0.9)
RECALIBRATED = "funnelsim, recalibrated"
NO_DRIFT = "funnelsim, no drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One forecast of one period, and how good it was.

    Attributes
    ----------
    quantiles : ndarray, shape (99,)
        At the levels 0.01 to 0.99, in the unit of the metric.
    mean, crps : float
        In the same unit.
    """

    quantiles: Floats
    mean: float
    crps: float

    @classmethod
    def of(cls, quantiles: Floats, actual: float, mean: float | None = None) -> Scored:
        """A forecast held against what came; without a mean of its own, that of its quantiles."""
        centre = float(np.mean(quantiles)) if mean is None else mean
        return cls(quantiles=quantiles, mean=centre, crps=crps(actual, quantiles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A day in the past, the period that began there, and what was said of it.

    Attributes
    ----------
    actual : float
    told : dict of str to Scored
        By forecaster: `OURS`, `NO_DRIFT` where asked, `RECALIBRATED` where asked and learnt by then, and the
        baselines that had enough to go by.
    """

    period: Period
    actual: float
    told: dict[str, Scored]
    notes: tuple[str, ...] = ()

    @property
    def as_of(self) -> dt.date:
        """The last day that was known."""
        return self.period.start - dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Forecasts from all origins, scored.

    Attributes
    ----------
    origins : tuple of Origin
        In the order of time.
    skipped : dict of str to str
        Periods that could not be forecast, and why.
    notes : tuple of str
        What was asked for and could not be told.
    block : int
        Origins a block in intervals.
    """

    name: str
    metric: str
    every: str
    origins: tuple[Origin, ...]
    currency: str = ""
    amount_is: str = ""
    noun: str = "deal"
    skipped: dict[str, str] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    block: int = 1
    replications: int | None = None
    seed: int = 1

    @property
    def forecasters(self) -> tuple[str, ...]:
        """All that told something, ours first."""
        told = dict.fromkeys(name for origin in self.origins for name in origin.told)
        return tuple(sorted(told, key=lambda name: not name.startswith(OURS)))

    def scores(self, name: str) -> Floats:
        """CRPS at each origin, NaN where this forecaster told nothing; shape (origins,)."""
        return np.array([o.told[name].crps if name in o.told else np.nan for o in self.origins])

    def relative_crps(self, name: str) -> float:
        """Mean CRPS over the mean of the actuals, on the origins that this forecaster told; NaN over 0."""
        return self._over_mean_actual(name, [o.told[name].crps for o in self._told_by(name)])

    def pinball(self, name: str, level: float) -> float:
        """Mean pinball loss of one quantile, on the origins that this forecaster told."""
        told = [pinball(o.actual, o.told[name].quantiles, level) for o in self._told_by(name)]
        return float(np.mean(told)) if told else float("nan")

    def bias(self, name: str) -> float:
        """Mean of forecast minus actual, over the mean of the actuals; NaN over 0."""
        return self._over_mean_actual(name, [o.told[name].mean - o.actual for o in self._told_by(name)])

    def _told_by(self, name: str) -> list[Origin]:
        return [origin for origin in self.origins if name in origin.told]

    def _over_mean_actual(self, name: str, values: list[float]) -> float:
        actuals = [origin.actual for origin in self._told_by(name)]
        mean = float(np.mean(actuals)) if actuals else 0.0
        return float(np.mean(values)) / mean if mean else float("nan")

    def skill(self, name: str, *, over: str = OURS) -> Interval:
        """Skill of `over` against `name` on the origins that both told: above 0 is better."""
        ours, theirs = self.scores(over), self.scores(name)
        both = np.isfinite(ours) & np.isfinite(theirs)
        return skill_interval(ours[both].tolist(), theirs[both].tolist(), block=self.block, seed=self.seed)

    def closer(self, name: str, *, over: str = OURS) -> tuple[int, int]:
        """At how many origins `over` had the better score than `name`, of how many."""
        ours, theirs = self.scores(over), self.scores(name)
        both = np.isfinite(ours) & np.isfinite(theirs)
        return int(np.sum(ours[both] < theirs[both])), int(both.sum())

    def coverage(self, range_: str, name: str = OURS) -> Interval:
        """Share of origins whose central range, such as ``"80"``, held the truth."""
        held = [float(covers(o.actual, o.told[name].quantiles, range_)) for o in self._told_by(name)]
        return block_interval(held, block=self.block, seed=self.seed)

    def pit(self, name: str = OURS) -> Floats:
        """Randomised PIT of each origin told, shape (told,); uniform on (0, 1) if the forecasts are right."""
        rng = np.random.default_rng([self.seed, 99])
        u = rng.random(len(self.origins))
        return np.array(
            [
                randomised_pit(o.actual, o.told[name].quantiles, float(u[k]))
                for k, o in enumerate(self.origins)
                if name in o.told
            ]
        )

    def table(self) -> pl.DataFrame:
        """A row an origin and forecaster: ``period as_of actual forecaster mean p10 p50 p90 crps``."""
        rows = [
            {
                "period": origin.period.label,
                "as_of": origin.as_of,
                "actual": origin.actual,
                "forecaster": name,
                "mean": told.mean,
                "p10": float(told.quantiles[9]),
                "p50": float(told.quantiles[49]),
                "p90": float(told.quantiles[89]),
                "crps": told.crps,
            }
            for origin in self.origins
            for name, told in origin.told.items()
        ]
        return pl.DataFrame(rows)

    def document(self) -> dict[str, Any]:
        """The JSON document of ``backtest``."""
        return self.record().as_json()

    def record(self) -> BacktestDocument:
        """The document of ``backtest``, typed."""
        return BacktestDocument(
            format=1,
            command="backtest",
            provenance=Provenance(seed=self.seed, replications=self.replications, version=__version__),
            name=self.name,
            currency=self.currency,
            amount_is=self.amount_is,
            noun=self.noun,
            metric=self.metric,
            every=self.every,
            trusted=self.trusted,
            origins=tuple(_origin(origin) for origin in self.origins),
            skipped=self.skipped,
            notes=self.notes,
            summary=self._summary(),
        )

    def _summary(self) -> BacktestSummary:
        names = self.forecasters
        return BacktestSummary(
            origins=len(self.origins),
            mean_actual=float(np.mean([o.actual for o in self.origins])),
            crps=float(np.nanmean(self.scores(OURS))),
            told={name: int(np.isfinite(self.scores(name)).sum()) for name in names},
            relative_crps={name: self.relative_crps(name) for name in names},
            bias={name: self.bias(name) for name in names},
            pinball={
                name: {f"{100 * level:.0f}": self.pinball(name, level) for level in PINBALL_LEVELS}
                for name in names
            },
            skill={name: self._skill(name) for name in names if name != OURS},
            coverage={r: self.coverage(r).value for r in RANGES},
            coverage_intervals={
                name: {r: _interval(self.coverage(r, name)) for r in RANGES} for name in names
            },
            pit=tuple(self.pit().tolist()),
            block=self.block,
        )

    def _skill(self, name: str) -> BacktestSkill:
        skill, (closer, of) = self.skill(name), self.closer(name)
        return BacktestSkill(value=skill.value, low=skill.low, high=skill.high, closer=closer, of=of)


def _origin(origin: Origin) -> BacktestOrigin:
    ours = origin.told[OURS]
    return BacktestOrigin(
        as_of=origin.as_of,
        period=origin.period.label,
        actual=origin.actual,
        mean=ours.mean,
        quantiles=tuple(ours.quantiles.tolist()),
        crps=ours.crps,
        baselines={
            name: ToldForecast(quantiles=tuple(told.quantiles.tolist()), mean=told.mean, crps=told.crps)
            for name, told in origin.told.items()
            if name != OURS
        },
        notes=origin.notes,
    )


def _interval(interval: Interval) -> BacktestInterval:
    return BacktestInterval(value=interval.value, low=interval.low, high=interval.high)
