"""What sales teams and statisticians do today, as distributions known at the origin.

Each baseline sees a `Known` (the history cut at the origin) and the period that begins there, and gives 99
quantiles, or None where it has too little to go by.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from funnelsim.core.time import Period, period_containing
from funnelsim.forecasting.known import Known, bounds
from funnelsim.forecasting.scores import LEVELS

Floats = NDArray[np.float64]
Baseline = Callable[[Known, Period, str], Floats | None]

_AGES = np.array([7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0])
_LIKE = 10.0  # deals' worth of weight that a cell lends from its stage, and a stage from all
_MOST_PAST = 26
_SIMULATED = 2_000
_FEWEST_ERRORS = 3
_ASTRAY = math.log(2)
_RECENT = 6


def weighted_pipeline(known: Known, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """Odds of booking by the period's end given stage and age, at earlier origins; new deals by run-rate."""
    begin, end = bounds(period)
    return _Weighted(known).quantiles(begin, end - begin)


def weighted_with_errors(known: Known, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """The weighted pipeline's mean, moved and spread by its own past errors."""
    begin, end = bounds(period)
    weighted = _Weighted(known)
    length = end - begin
    point = weighted.mean(begin, length)
    if point is None:
        return None
    points: list[float] = []
    actuals: list[float] = []
    at = begin - length
    while at - length >= known.begins and len(points) < _MOST_PAST:
        past = weighted.mean(at, length)
        if past is not None:
            points.append(past)
            actuals.append(known.actual(at, at + length))
        at -= length
    return _spread(point, points, actuals, centred=False)


def crm_probability(known: Known, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """Open deals planned to close in the period, at the CRM's own probabilities; new deals by run-rate.

    None where no open deal has a planned close and a probability that were known at the origin.
    """
    begin, end = bounds(period)
    weighted = _Weighted(known)
    told = weighted.told(begin, end - begin)
    planned = _planned_open(known, begin)
    if told is None or planned.is_empty():
        return None
    within = planned.filter(pl.col("planned") >= begin, pl.col("planned") < end)
    bets = dataclasses.replace(told, p=within["probability"].to_numpy(), deals=within["place"].to_numpy())
    return weighted.totals(bets, begin, end - begin)


def _planned_open(known: Known, begin: float) -> pl.DataFrame:
    """Plans with a date and a probability of the deals that are open at an instant."""
    deals, _, _ = _Weighted(known).open_at(begin)
    return known.plans.filter(
        pl.col("place").is_in(deals.tolist()),
        pl.col("planned").is_finite(),
        pl.col("probability").is_finite(),
    )


def run_rate(known: Known, period: Period, kind: str) -> Floats | None:  # noqa: ARG001
    """Mean of the latest spans of the period's length, with a Student t for how they vary."""
    begin, end = bounds(period)
    length = end - begin
    spans = [begin - k * length for k in range(1, _RECENT + 1) if begin - k * length >= known.begins]
    if len(spans) < 2:
        return None
    values = np.array([known.actual(at, at + length) for at in spans])
    return _student(float(values.mean()), float(values.std(ddof=1)), len(values))


def seasonal_naive(known: Known, period: Period, kind: str) -> Floats | None:
    """The same period a year before (or a quarter, where a year is not known), with its past errors."""
    series = past_periods(known, period, kind)
    lag = _season(len(series), kind)
    if lag is None:
        return None
    points, actuals = list(series[:-lag]), list(series[lag:])
    return _spread(float(series[-lag]), points, actuals, centred=True)


def auto_ets(known: Known, period: Period, kind: str) -> Floats | None:
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
            warnings.simplefilter("ignore")  # of models that it tries and gives up
            told = model.forecast(y=np.asarray(series, dtype=float), h=1, level=levels)
    except NotImplementedError:  # its word for a series too short for any of its models
        return None
    found = [told[f"lo-{level}"][0] for level in reversed(levels)] + [told["mean"][0]]
    found += [told[f"hi-{level}"][0] for level in levels]
    quantiles = np.maximum(np.asarray(found, dtype=float), 0.0)
    return quantiles if np.all(np.isfinite(quantiles)) else None


#: Name in documents -> what makes it.
BASELINES: dict[str, Baseline] = {
    "weighted_pipeline": weighted_pipeline,
    "weighted_pipeline_past_errors": weighted_with_errors,
    "crm_probability": crm_probability,
    "run_rate": run_rate,
    "seasonal_naive": seasonal_naive,
    "auto_ets": auto_ets,
}


def past_periods(known: Known, period: Period, kind: str) -> Floats:
    """What each whole recorded period of this kind added up to, oldest first."""
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


def _spread(point: float, points: list[float], actuals: list[float], *, centred: bool) -> Floats | None:
    """A forecast with the spread (and, unless `centred`, the mean) of its past errors.

    Errors are ratios, but not where they went astray by a multiple: a forecast from next to nothing, as
    before a business was under way, would otherwise promise anything.
    """
    if len(points) < _FEWEST_ERRORS:
        return None
    then, actual = np.array(points), np.array(actuals)
    n = len(then)
    if point > 0 and np.all(then > 0) and np.all(actual > 0):
        errors = np.log(actual / then)
        mean, sd = _moments(errors, centred)
        if math.hypot(mean, sd) < _ASTRAY:
            return np.asarray(point * np.exp(_student(mean, sd, n, floor=False)))
    mean, sd = _moments(actual - then, centred)
    return np.asarray(np.maximum(point + _student(mean, sd, n, floor=False), 0.0))


def _moments(errors: Floats, centred: bool) -> tuple[float, float]:
    if centred:
        return 0.0, float(np.sqrt(np.mean(errors**2)))
    return float(errors.mean()), float(errors.std(ddof=1))


def _student(mean: float, sd: float, n: int, *, floor: bool = True) -> Floats:
    """Predictive quantiles after `n` values with this mean and standard deviation."""
    found: Floats = mean + sd * np.sqrt(1 + 1 / n) * special.stdtrit(n - 1, LEVELS)
    return np.asarray(np.maximum(found, 0.0)) if floor else found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bets:
    """Open deals with their odds, and the new ones.

    Attributes
    ----------
    p : ndarray, shape (n,)
        Odds of booking by the period's end of `deals`.
    new_wins : float
        Expected wins of new deals.
    worths : ndarray, shape (m,)
        Amounts of the wins so far.
    """

    p: Floats
    deals: NDArray[np.int64]
    new_wins: float
    worths: Floats


class _Weighted:
    """Open deals by stage and age, and how such deals fared at earlier origins."""

    def __init__(self, known: Known) -> None:
        self.known = known

    def mean(self, begin: float, length: float) -> float | None:
        told = self.told(begin, length)
        if told is None:
            return None
        value = float(told.worths.mean())
        listed = self.known.worth[told.deals]
        worth = np.where(np.isnan(listed), value, listed)
        return float((worth * told.p).sum()) + told.new_wins * value

    def quantiles(self, begin: float, length: float) -> Floats | None:
        told = self.told(begin, length)
        return None if told is None else self.totals(told, begin, length)

    def totals(self, bets: _Bets, begin: float, length: float) -> Floats:
        """Quantiles of the sum over deals that are each won or not, unlisted amounts drawn from past wins."""
        p = bets.p
        rng = np.random.default_rng([int(begin), int(length), 7])
        totals = rng.poisson(bets.new_wins, _SIMULATED).astype(float)
        if self.known.metric == "deals_won":
            cells, sizes = np.unique(p, return_counts=True)
            totals += rng.binomial(sizes, cells, size=(_SIMULATED, len(cells))).sum(axis=1)
            return np.asarray(np.quantile(totals, LEVELS))
        listed = self.known.worth[bets.deals]
        unlisted = np.isnan(listed)
        cells, sizes = np.unique(p[unlisted], return_counts=True)
        wins = totals + rng.binomial(sizes, cells, size=(_SIMULATED, len(cells))).sum(axis=1)
        drawn = [rng.choice(bets.worths, size=int(n)).sum() for n in wins]
        for k in range(_SIMULATED):
            hit = rng.random(int((~unlisted).sum())) < p[~unlisted]
            drawn[k] += listed[~unlisted][hit].sum()
        return np.asarray(np.quantile(np.asarray(drawn), LEVELS))

    def told(self, begin: float, length: float) -> _Bets | None:
        """Odds of each open deal by stage and age, and what new deals bring."""
        known = self.known
        past = self._past(begin, length)
        won = (known.won_at < begin) & ~np.isnan(known.worth)
        if not past or not won.any():
            return None
        cells = sum((counts for counts, _ in past), np.zeros((2, known.n_stages, len(_AGES) + 1)))
        assert isinstance(cells, np.ndarray)
        odds = _shrunk(cells[0], cells[1])
        deals, stage, age = self.open_at(begin)
        new_wins = float(np.mean([new for _, new in past]))
        return _Bets(p=odds[stage, age], deals=deals, new_wins=new_wins, worths=known.worth[won])

    def _past(self, begin: float, length: float) -> list[tuple[Floats, float]]:
        """Deals and wins by stage and age, and wins of new deals, at origins whose period is over."""
        step = max(length / 4, 7.0)
        found: list[tuple[Floats, float]] = []
        at = begin - length
        while at >= self.known.begins and len(found) < _MOST_PAST:
            found.append(self._counted(at, length))
            at -= step
        return found

    def _counted(self, at: float, length: float) -> tuple[Floats, float]:
        known = self.known
        deals, stage, age = self.open_at(at)
        won = known.won_at[deals] < at + length
        counts = np.zeros((2, known.n_stages, len(_AGES) + 1))
        np.add.at(counts[0], (stage, age), 1.0)
        np.add.at(counts[1], (stage, age), won.astype(float))
        new = (known.created >= at) & (known.won_at < at + length)
        return counts, float(new.sum())

    def open_at(self, at: float) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Deals open at an instant, with the place of their stage and of their age."""
        stays = self.known.stays
        there = (stays.entered < at) & ~(stays.left < at)
        age = np.searchsorted(_AGES, at - stays.entered[there], side="right")
        return stays.deal[there], stays.stage[there], age


def _shrunk(deals: Floats, wins: Floats) -> Floats:
    """Win share of each cell, leaning on its stage, which leans on all."""
    overall = wins.sum() / max(deals.sum(), 1.0)
    by_stage = (wins.sum(axis=1) + _LIKE * overall) / (deals.sum(axis=1) + _LIKE)
    found: Floats = (wins + _LIKE * by_stage[:, None]) / (deals + _LIKE)
    return found
