"""Baseline forecasts: what sales teams and statisticians do today.

Each baseline gets a `Snapshot` (the history cut at the origin) and the period that begins there. It returns
99 quantiles, or None where it has too few data.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import warnings
from collections.abc import Callable

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period, period_containing
from funnelsim.forecasting.crm.commit import crm_best_case, crm_commit
from funnelsim.forecasting.past_errors import student_quantiles, with_past_errors
from funnelsim.forecasting.scores import LEVELS
from funnelsim.forecasting.snapshot import Snapshot, bounds
from funnelsim.forecasting.stage_and_age import MOST_PAST, StageAndAge

Baseline = Callable[[Snapshot, Period, str], Floats | None]

_RECENT = 6  # periods of the run-rate: long enough for a spread, short enough to follow a trend


def weighted_pipeline(known: Snapshot, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """Chance to book by the period's end given stage and age, at earlier origins; new deals by run-rate."""
    begin, end = bounds(period)
    return StageAndAge(known).quantiles(begin, end - begin)


def weighted_with_errors(known: Snapshot, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """The weighted pipeline's mean, corrected for bias and spread by its own past errors."""
    begin, end = bounds(period)
    weighted = StageAndAge(known)
    length = end - begin
    point = weighted.mean(begin, length)
    if point is None:
        return None
    points: list[float] = []
    actuals: list[float] = []
    at = begin - length
    while at - length >= known.begins and len(points) < MOST_PAST:
        past = weighted.mean(at, length)
        if past is not None:
            points.append(past)
            actuals.append(known.actual(at, at + length))
        at -= length
    return with_past_errors(point, points, actuals, centred=False)


def crm_probability(known: Snapshot, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """Open deals planned to close in the period, at the CRM's own probabilities; new deals by run-rate.

    None where no open deal has a planned close and a probability that were known at the origin.
    """
    begin, end = bounds(period)
    weighted = StageAndAge(known)
    chances = weighted.chances(begin, end - begin)
    planned = _planned_open(known, begin)
    if chances is None or planned.is_empty():
        return None
    within = planned.filter(pl.col("planned") >= begin, pl.col("planned") < end)
    chances = dataclasses.replace(
        chances, p=within["probability"].to_numpy(), deals=within["deal_row"].to_numpy()
    )
    return weighted.quantiles_of(chances, begin, end - begin)


def _planned_open(known: Snapshot, begin: float) -> pl.DataFrame:
    """Plans with a date and a probability of the deals that are open at an instant."""
    deals, _, _ = StageAndAge(known).open_at(begin)
    return known.plans.filter(
        pl.col("deal_row").is_in(deals.tolist()),
        pl.col("planned").is_finite(),
        pl.col("probability").is_finite(),
    )


def run_rate(known: Snapshot, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """Mean of the latest spans of the period's length, with a Student t for how they vary."""
    begin, end = bounds(period)
    length = end - begin
    spans = [begin - k * length for k in range(1, _RECENT + 1) if begin - k * length >= known.begins]
    if len(spans) < 2:
        return None
    values = np.array([known.actual(at, at + length) for at in spans])
    return student_quantiles(float(values.mean()), float(values.std(ddof=1)), len(values))


def seasonal_naive(known: Snapshot, period: Period, kind: str) -> Floats | None:
    """The same period a year before (or a quarter, where a year is not known), with its past errors."""
    series = past_periods(known, period, kind)
    lag = _season(len(series), kind)
    if lag is None:
        return None
    points, actuals = list(series[:-lag]), list(series[lag:])
    return with_past_errors(float(series[-lag]), points, actuals, centred=True)


def auto_ets(known: Snapshot, period: Period, kind: str) -> Floats | None:
    """Exponential smoothing chosen by AICc (Hyndman and Khandakar 2008), from the package statsforecast.

    Raises
    ------
    ImportError
        If the extra ``funnelsim[calibration]`` is not installed.
    """
    from statsforecast.models import AutoETS

    series = past_periods(known, period, kind)
    if len(series) < 5:
        return None
    season = _season(len(series) // 2, kind) or 1
    model = AutoETS(season_length=season)
    levels = [round(abs(200 * level - 100)) for level in LEVELS if level > 0.5]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # from models that it tries and rejects
            fitted = model.forecast(y=np.asarray(series, dtype=float), h=1, level=levels)
    except NotImplementedError:  # raised for a series too short for any model
        return None
    values = [fitted[f"lo-{level}"][0] for level in reversed(levels)] + [fitted["mean"][0]]
    values += [fitted[f"hi-{level}"][0] for level in levels]
    quantiles = np.maximum(np.asarray(values, dtype=float), 0.0)
    return quantiles if np.all(np.isfinite(quantiles)) else None


#: Name in documents -> baseline.
BASELINES: dict[str, Baseline] = {
    "weighted_pipeline": weighted_pipeline,
    "weighted_pipeline_past_errors": weighted_with_errors,
    "crm_probability": crm_probability,
    "crm_commit": crm_commit,
    "crm_best_case": crm_best_case,
    "run_rate": run_rate,
    "seasonal_naive": seasonal_naive,
    "auto_ets": auto_ets,
}


def past_periods(known: Snapshot, period: Period, kind: str) -> Floats:
    """Totals of all complete periods of this kind, oldest first."""
    values: list[float] = []
    one = period
    while True:
        one = period_containing(one.start - dt.timedelta(days=1), kind)
        begin, end = bounds(one)
        if begin < known.begins:
            return np.array(values[::-1])
        values.append(known.actual(begin, end))


def _season(n: int, kind: str) -> int | None:
    """Periods back to the same one of the last season, the longest that `n` periods hold."""
    lags = {"week": (52, 13, 1), "month": (12, 3, 1), "quarter": (4, 1), "year": (1,)}[kind]
    return next((lag for lag in lags if n >= lag), None)
