"""Was it right before? Forecasts from earlier dates, each from what was known then, and what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim import __version__
from funnelsim.core.errors import FunnelSimError, HistoryError
from funnelsim.core.time import Period, periods_between
from funnelsim.fitting.funnel import fit_funnel, named_country
from funnelsim.forecasting.baselines import BASELINES
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.known import UNTIMED, Known, bounds, known_at
from funnelsim.forecasting.recalibrate import FEWEST, recalibrated
from funnelsim.forecasting.scores import (
    LEVELS,
    RANGES,
    Interval,
    block_interval,
    covers,
    crps,
    pinball,
    randomised_pit,
)
from funnelsim.forecasting.scores import skill_interval as skill_of
from funnelsim.history.asof import as_of_text
from funnelsim.history.events import History
from funnelsim.metrics.past import midnight
from funnelsim.model.files import Funnel, funnel_of

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
METRICS = ("bookings", "deals_won")
#: Quantiles whose own loss is told: the ends of the 80 % range, and the middle.
PINBALL_LEVELS = (0.1, 0.5, 0.9)
OURS = "funnelsim"
RECALIBRATED = "funnelsim, recalibrated"
NO_DRIFT = "funnelsim, no drift"
#: Ours, with the dwells of a deal tied where the past asks for it.
WITH_FRAILTY = "funnelsim, frailty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One forecast of one period: its 99 quantiles, and how good they were."""

    quantiles: Floats
    mean: float
    crps: float

    @classmethod
    def of(cls, quantiles: Floats, actual: float, mean: float | None = None) -> Scored:
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
        """Mean CRPS over the mean of the actuals, on the origins that this forecaster told."""
        both = [(o.told[name].crps, o.actual) for o in self.origins if name in o.told]
        mean = float(np.mean([actual for _, actual in both])) if both else 0.0
        return float(np.mean([score for score, _ in both])) / mean if mean else float("nan")

    def pinball(self, name: str, level: float) -> float:
        """Mean pinball loss of one quantile, on the origins that this forecaster told."""
        told = [pinball(o.actual, o.told[name].quantiles, level) for o in self.origins if name in o.told]
        return float(np.mean(told)) if told else float("nan")

    def bias(self, name: str) -> float:
        """Mean of forecast minus actual, over the mean of the actuals."""
        both = [(o.told[name].mean, o.actual) for o in self.origins if name in o.told]
        mean = float(np.mean([actual for _, actual in both])) if both else 0.0
        return float(np.mean([told - actual for told, actual in both])) / mean if mean else float("nan")

    def skill(self, name: str, *, over: str = OURS) -> Interval:
        """Skill of `over` against `name` on the origins that both told: above 0 is better."""
        ours, theirs = self.scores(over), self.scores(name)
        both = np.isfinite(ours) & np.isfinite(theirs)
        return skill_of(ours[both].tolist(), theirs[both].tolist(), block=self.block, seed=self.seed)

    def closer(self, name: str, *, over: str = OURS) -> tuple[int, int]:
        """At how many origins `over` had the better score than `name`, of how many."""
        ours, theirs = self.scores(over), self.scores(name)
        both = np.isfinite(ours) & np.isfinite(theirs)
        return int(np.sum(ours[both] < theirs[both])), int(both.sum())

    def coverage(self, range_: str, name: str = OURS) -> Interval:
        """Share of origins whose central range, such as ``"80"``, held the truth."""
        held = [
            float(covers(o.actual, o.told[name].quantiles, range_)) for o in self.origins if name in o.told
        ]
        return block_interval(held, block=self.block, seed=self.seed)

    def pit(self, name: str = OURS) -> Floats:
        """Randomised PIT of each origin told; uniform on (0, 1) if the forecasts are right."""
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
        baselines = [name for name in self.forecasters if name != OURS]
        return {
            "format": 1,
            "command": "backtest",
            "provenance": {"seed": self.seed, "replications": self.replications, "version": __version__},
            "history": self.name,
            "currency": self.currency,
            "amount_is": self.amount_is,
            "noun": self.noun,
            "metric": self.metric,
            "every": self.every,
            "trusted": list(self.trusted),
            "origins": [_origin_row(origin) for origin in self.origins],
            "skipped": self.skipped,
            "notes": list(self.notes),
            "summary": {
                "origins": len(self.origins),
                "mean_actual": float(np.mean([o.actual for o in self.origins])) if self.origins else None,
                "crps": float(np.nanmean(self.scores(OURS))) if self.origins else None,
                "told": {name: int(np.isfinite(self.scores(name)).sum()) for name in self.forecasters},
                "relative_crps": {name: self.relative_crps(name) for name in self.forecasters},
                "bias": {name: self.bias(name) for name in self.forecasters},
                "pinball": {
                    name: {f"{level:.0%}".rstrip("%"): self.pinball(name, level) for level in PINBALL_LEVELS}
                    for name in self.forecasters
                },
                "skill": {
                    name: _interval(self.skill(name))
                    | dict(zip(("closer", "of"), self.closer(name), strict=True))
                    for name in baselines
                },
                "coverage": {r: self.coverage(r).value for r in RANGES},
                "coverage_intervals": {
                    name: {r: _interval(self.coverage(r, name)) for r in RANGES} for name in self.forecasters
                },
                "pit": self.pit().tolist(),
                "block": self.block,
            },
        }


def backtest(
    history: History,
    *,
    begin: dt.date,
    end: dt.date,
    every: str,
    metric: str = "bookings",
    trust: Collection[str] = (),
    recalibrate: bool = False,
    steady: bool = False,
    holidays: str | None = None,
    frailty: bool = False,
    baselines: Collection[str] | None = None,
    draws: int = 100,
    replications: int = 2_000,
    seed: int = 1,
    workers: int | None = None,
    block: int | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast every period between two days from what was known on its eve, and score it.

    At each origin the history is cut, fields without dated changes are forgotten (see `known_at`), a model is
    fitted and the period that begins there is forecast.

    Parameters
    ----------
    history : History
    begin, end : date
        The periods that begin in ``[begin, end]`` and are over when the history ends.
    every : {"week", "month", "quarter"}
    metric : {"bookings", "deals_won"}
    trust : collection of str
        Of `UNTIMED`: fields used as the export has them, although their changes carry no date.
    recalibrate : bool
        Also tell a row whose spread is scaled by what past origins measured.
    steady : bool
        Also tell a row whose model takes the whole past as one steady process, without calendar and drift:
        what the ranges are when nothing is allowed to change.
    holidays : str, optional
        Country whose public holidays they keep, as in `fit_funnel`. They are known in advance.
    frailty : bool
        Also tell a row whose model ties the dwells of a deal, where the past up to the origin asks for it.
    baselines : collection of str, optional
        Of `BASELINES`; default all.
    block : int, optional
        Origins a block in intervals; default the cube root of their number, rounded.

    Raises
    ------
    FunnelSimError
        If no period lies between the days, none could be forecast, or a word is not known.
    """
    _check_words(every, metric, trust, baselines)
    named_country(history, holidays)
    periods, running = _periods(history, begin, end, every)
    origins: list[Origin] = []
    skipped: dict[str, str] = {}
    for k, period in enumerate(periods):
        if progress is not None:
            progress(k, len(periods))
        try:
            origins.append(
                _origin(
                    history,
                    period,
                    every=every,
                    metric=metric,
                    trust=trust,
                    holidays=holidays,
                    variants=_variants(period, steady=steady, frailty=frailty),
                    names=list(BASELINES) if baselines is None else list(baselines),
                    draws=draws,
                    replications=replications,
                    seed=seed,
                    workers=workers,
                )
            )
        except HistoryError as error:
            skipped[period.label] = str(error)
    if progress is not None:
        progress(len(periods), len(periods))
    if running is not None:
        skipped[running.label] = f"it is not over by the end of the history, {as_of_text(history.meta.as_of)}"
    if not origins:
        first, why = next(iter(skipped.items()))
        raise FunnelSimError(f"no {every} could be forecast; {first}: {why}")
    notes: tuple[str, ...] = ()
    if recalibrate:
        origins = _with_recalibrated(origins)
        notes = _not_recalibrated(origins)
    return Backtest(
        name=history.meta.name,
        currency=history.meta.currency,
        amount_is=history.meta.amount_is,
        noun=history.meta.noun,
        metric=metric,
        every=every,
        origins=tuple(origins),
        skipped=skipped,
        trusted=tuple(trust),
        notes=notes,
        block=block or max(1, round(len(origins) ** (1 / 3))),
        replications=replications,
        seed=seed,
    )


def _variants(period: Period, *, steady: bool, frailty: bool) -> dict[str, tuple[float | None, bool]]:
    """Our rows: how far ahead each is to look (None: no drift), and whether it ties the dwells of a deal."""
    found: dict[str, tuple[float | None, bool]] = {OURS: (period.days / 2, False)}
    if steady:
        found[NO_DRIFT] = (None, False)
    if frailty:
        found[WITH_FRAILTY] = (period.days / 2, True)
    return found


def _check_words(every: str, metric: str, trust: Collection[str], baselines: Collection[str] | None) -> None:
    asked: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        ("every", (every,), ("week", "month", "quarter", "year")),
        ("metric", (metric,), METRICS),
        ("trust", tuple(trust), UNTIMED),
        ("baseline", tuple(baselines or ()), tuple(BASELINES)),
    ]
    for what, words, allowed in asked:
        for word in words:
            if word not in allowed:
                raise FunnelSimError(f'{what}: "{word}" is not known; choose from {", ".join(allowed)}')


def _periods(
    history: History, begin: dt.date, end: dt.date, every: str
) -> tuple[list[Period], Period | None]:
    """The periods asked that are over, and the one that was running when the history ended."""
    if begin > end:
        raise FunnelSimError(f"the first day, {begin}, is after the last, {end}")
    over = history.meta.as_of
    touched = periods_between(begin, end + dt.timedelta(days=1), every)
    begun = [p for p in touched if begin <= p.start <= end and midnight(p.start) < over]
    found = [p for p in begun if midnight(p.end) <= over]
    if not found:
        raise FunnelSimError(
            f"no {every} begins between {begin} and {end} and is over by the end of the history, "
            f"{as_of_text(over)}"
        )
    return found, begun[-1] if len(begun) > len(found) else None


def _origin(
    history: History,
    period: Period,
    *,
    every: str,
    metric: str,
    trust: Collection[str],
    holidays: str | None,
    variants: Mapping[str, tuple[float | None, bool]],
    names: Sequence[str],
    draws: int,
    replications: int,
    seed: int,
    workers: int | None,
) -> Origin:
    known = known_at(history, period.start, trust)
    truth = Known(history, metric).actual(*bounds(period))
    told: dict[str, Scored] = {}
    fit = None
    for name, (horizon_days, frailty) in variants.items():
        fit = fit_funnel(
            known,
            draws=draws,
            seed=seed,
            horizon_days=horizon_days,
            covariates=False,
            holidays=holidays,
            frailty=frailty,
            like=fit,
            workers=workers,
        )
        ours = _forecast(
            funnel_of(fit.model, draws=fit.draws, pipeline=fit.pipeline),
            known,
            period,
            metric,
            replications=replications,
            seed=seed,
            workers=workers,
        )
        told[name] = Scored.of(np.quantile(ours, LEVELS), truth, float(ours.mean()))
    notes = []
    seen = Known(known, metric)
    for name in names:
        try:
            quantiles = BASELINES[name](seen, period, every)
        except ImportError:
            notes.append(f"{name} needs the extra funnelsim[calibration]")
            continue
        if quantiles is not None:
            told[name] = Scored.of(quantiles, truth)
    return Origin(period=period, actual=truth, told=told, notes=tuple(notes))


def _forecast(
    funnel: Funnel,
    known: History,
    period: Period,
    metric: str,
    *,
    replications: int,
    seed: int,
    workers: int | None,
) -> Floats:
    told = forecast(
        funnel, history=known, period=period.label, replications=replications, seed=seed, workers=workers
    )
    one = told.periods[0]
    return one.bookings if metric == "bookings" else one.wins


def _with_recalibrated(origins: Sequence[Origin]) -> list[Origin]:
    found: list[Origin] = []
    for k, origin in enumerate(origins):
        before = [(o.told[OURS].quantiles, o.actual) for o in _earlier(origins, k)]
        quantiles = recalibrated(origin.told[OURS].quantiles, before)
        told = dict(origin.told)
        if quantiles is not None:
            told[RECALIBRATED] = Scored.of(quantiles, origin.actual)
        found.append(Origin(period=origin.period, actual=origin.actual, told=told, notes=origin.notes))
    return found


def _earlier(origins: Sequence[Origin], k: int) -> list[Origin]:
    """Origins whose periods were over when origin `k` was forecast."""
    return [o for o in origins[:k] if o.period.end <= origins[k].period.start]


def _not_recalibrated(origins: Sequence[Origin]) -> tuple[str, ...]:
    if any(RECALIBRATED in origin.told for origin in origins):
        return ()
    has = len(_earlier(origins, len(origins) - 1))
    return (f"--recalibrate: needs {FEWEST} earlier origins, has {has}: no row",)


def _origin_row(origin: Origin) -> dict[str, Any]:
    ours = origin.told[OURS]
    return {
        "as_of": origin.as_of.isoformat(),
        "period": origin.period.label,
        "actual": origin.actual,
        "mean": ours.mean,
        "quantiles": ours.quantiles.tolist(),
        "crps": ours.crps,
        "baselines": {name: _told_row(told) for name, told in origin.told.items() if name != OURS},
        "notes": list(origin.notes),
    }


def _told_row(told: Scored) -> Mapping[str, Any]:
    return {"quantiles": told.quantiles.tolist(), "mean": told.mean, "crps": told.crps}


def _interval(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}
