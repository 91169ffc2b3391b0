"""The track record: forecasts of past periods with their scores."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from funnelsim import __version__
from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period
from funnelsim.documents.backtest import (
    OURS,
    BacktestDocument,
    BacktestInterval,
    BacktestOrigin,
    BacktestOriginGroup,
    BacktestSkill,
    BacktestSummary,
    MethodForecast,
)
from funnelsim.documents.shared import Provenance
from funnelsim.forecasting.groups.scored import ScoredGroup, group_scores
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

#: Quantiles with their own pinball loss: the ends of the 80 % range, and the median.
PINBALL_LEVELS = (0.1, 0.5, 0.9)
RECALIBRATED = "funnelsim, recalibrated"
NO_DRIFT = "funnelsim, no drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One forecast of one period, with its score.

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
        """A forecast compared with the actual value; without a mean of its own, that of its quantiles."""
        centre = float(np.mean(quantiles)) if mean is None else mean
        return cls(quantiles=quantiles, mean=centre, crps=crps(actual, quantiles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A forecast origin: a past period with the forecasts made before it began.

    Attributes
    ----------
    actual : float
    forecasts : dict of str to Scored
        By forecaster: `OURS`, on request `NO_DRIFT` and `RECALIBRATED`, and the baselines that had enough
        data.
    groups : tuple of ScoredGroup
        Our forecast by rep, source or the like; only on request.
    """

    period: Period
    actual: float
    forecasts: dict[str, Scored]
    notes: tuple[str, ...] = ()
    groups: tuple[ScoredGroup, ...] = ()

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
        Requested forecasts that could not be made.
    block : int
        Origins in a block, for intervals.
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
    by: str = ""

    @property
    def forecasters(self) -> tuple[str, ...]:
        """All forecasters with at least one forecast, ours first."""
        forecasts = dict.fromkeys(name for origin in self.origins for name in origin.forecasts)
        return tuple(sorted(forecasts, key=lambda name: not name.startswith(OURS)))

    def scores(self, name: str) -> Floats:
        """CRPS at each origin, NaN where this forecaster has no forecast; shape (origins,)."""
        return np.array([o.forecasts[name].crps if name in o.forecasts else np.nan for o in self.origins])

    def relative_crps(self, name: str) -> float:
        """Mean CRPS over the mean of the actuals, on the origins of this forecaster; NaN over 0."""
        return self._over_mean_actual(name, [o.forecasts[name].crps for o in self._forecast_by(name)])

    def pinball(self, name: str, level: float) -> float:
        """Mean pinball loss of one quantile, on the origins of this forecaster."""
        forecasts = [pinball(o.actual, o.forecasts[name].quantiles, level) for o in self._forecast_by(name)]
        return float(np.mean(forecasts)) if forecasts else float("nan")

    def bias(self, name: str) -> float:
        """Mean of forecast minus actual, over the mean of the actuals; NaN over 0."""
        return self._over_mean_actual(
            name, [o.forecasts[name].mean - o.actual for o in self._forecast_by(name)]
        )

    def _forecast_by(self, name: str) -> list[Origin]:
        return [origin for origin in self.origins if name in origin.forecasts]

    def _over_mean_actual(self, name: str, values: list[float]) -> float:
        actuals = [origin.actual for origin in self._forecast_by(name)]
        mean = float(np.mean(actuals)) if actuals else 0.0
        return float(np.mean(values)) / mean if mean else float("nan")

    def skill(self, name: str, *, over: str = OURS) -> Interval:
        """Skill of `over` against `name` on the origins of both: above 0 is better."""
        ours, theirs = self.scores(over), self.scores(name)
        both = np.isfinite(ours) & np.isfinite(theirs)
        return skill_interval(ours[both].tolist(), theirs[both].tolist(), block=self.block, seed=self.seed)

    def closer(self, name: str, *, over: str = OURS) -> tuple[int, int]:
        """At how many origins `over` had the better score than `name`, of how many."""
        ours, theirs = self.scores(over), self.scores(name)
        both = np.isfinite(ours) & np.isfinite(theirs)
        return int(np.sum(ours[both] < theirs[both])), int(both.sum())

    def coverage(self, range_: str, name: str = OURS) -> Interval:
        """Coverage: share of origins whose central range, such as ``"80"``, contained the actual value."""
        held = [float(covers(o.actual, o.forecasts[name].quantiles, range_)) for o in self._forecast_by(name)]
        return block_interval(held, block=self.block, seed=self.seed)

    def pit(self, name: str = OURS) -> Floats:
        """Randomised PIT of each origin with a forecast; uniform on (0, 1) if calibrated."""
        rng = np.random.default_rng([self.seed, 99])
        u = rng.random(len(self.origins))
        return np.array(
            [
                randomised_pit(o.actual, o.forecasts[name].quantiles, float(u[k]))
                for k, o in enumerate(self.origins)
                if name in o.forecasts
            ]
        )

    def table(self) -> pl.DataFrame:
        """A row for each origin and forecaster: ``period as_of actual forecaster mean p10 p50 p90 crps``.

        With groups, a row for each of them too: column ``group``.
        """
        rows = [
            {
                "period": origin.period.label,
                "as_of": origin.as_of,
                "actual": origin.actual,
                "forecaster": name,
                "mean": forecasts.mean,
                "p10": float(forecasts.quantiles[9]),
                "p50": float(forecasts.quantiles[49]),
                "p90": float(forecasts.quantiles[89]),
                "crps": forecasts.crps,
            }
            for origin in self.origins
            for name, forecasts in origin.forecasts.items()
        ]
        rows += [
            {
                "period": origin.period.label,
                "as_of": origin.as_of,
                "actual": one.actual,
                "forecaster": OURS,
                "mean": one.mean,
                "p10": float(one.quantiles[9]),
                "p50": float(one.quantiles[49]),
                "p90": float(one.quantiles[89]),
                "crps": one.crps,
                "group": one.name,
            }
            for origin in self.origins
            for one in origin.groups
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

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
            **self._by_group(),
        )

    def _by_group(self) -> dict[str, Any]:
        if not self.by:
            return {}
        return {"by": self.by, "groups": group_scores([origin.groups for origin in self.origins])}

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
    ours = origin.forecasts[OURS]
    return BacktestOrigin(
        as_of=origin.as_of,
        period=origin.period.label,
        actual=origin.actual,
        mean=ours.mean,
        quantiles=tuple(ours.quantiles.tolist()),
        crps=ours.crps,
        baselines={
            name: MethodForecast(quantiles=tuple(one.quantiles.tolist()), mean=one.mean, crps=one.crps)
            for name, one in origin.forecasts.items()
            if name != OURS
        },
        notes=origin.notes,
        **({"groups": tuple(_group(one) for one in origin.groups)} if origin.groups else {}),
    )


def _group(one: ScoredGroup) -> BacktestOriginGroup:
    low, middle, high = (float(one.quantiles[place]) for place in (9, 49, 89))
    return BacktestOriginGroup(
        name=one.name, actual=one.actual, mean=one.mean, p10=low, p50=middle, p90=high, crps=one.crps
    )


def _interval(interval: Interval) -> BacktestInterval:
    return BacktestInterval(value=interval.value, low=interval.low, high=interval.high)
