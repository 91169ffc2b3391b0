"""Backtest documents, made up: truths and forecasts from seeded normal draws."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from scipy import stats

from funnelsim.core.calendar.time import periods_between
from funnelsim.documents.backtest import OURS
from funnelsim.forecasting.scores import LEVELS
from funnelsim.forecasting.track_record import Backtest, Origin, Scored

BASELINES = ("run_rate", "weighted_pipeline", "seasonal_naive")


def backtest_of(
    n: int = 7,
    *,
    size: float = 1e6,
    spread: float = 1.0,
    every: str = "month",
    metric: str = "bookings",
    currency: str = "USD",
    name: str = "Made-up CRM",
    baselines: tuple[str, ...] = BASELINES,
    skipped: dict[str, str] | None = None,
    seed: int = 1,
) -> Backtest:
    """Truths of mean `size` and a tenth of it as deviation; ours has `spread` times that, others more."""
    rng = np.random.default_rng(seed)
    days = {"week": 7, "month": 31, "quarter": 92}[every] * n + 120
    begin = dt.date(2020, 1, 6)
    periods = periods_between(begin, begin + dt.timedelta(days=days), every)[:n]
    assert len(periods) == n
    origins = []
    for place, period in enumerate(periods):
        centre = size * (1 + 0.2 * np.sin(place))
        actual = max(0.0, float(rng.normal(centre, 0.1 * size)))
        actual = round(actual) if metric == "deals_won" else actual
        told = {OURS: _scored(centre, 0.1 * spread * size, actual)}
        for worse, baseline in enumerate(baselines, start=2):
            if baseline != "seasonal_naive" or place >= n / 2:
                told[baseline] = _scored(size, 0.1 * worse * size, actual)
        origins.append(Origin(period=period, actual=actual, told=told))
    return Backtest(
        name=name,
        metric=metric,
        every=every,
        origins=tuple(origins),
        currency=currency,
        amount_is="ACV",
        noun="deal",
        skipped=skipped or {},
        block=max(1, round(n ** (1 / 3))),
        replications=2_000,
    )


def backtest_document(n: int = 7, **details: Any) -> dict[str, Any]:
    return backtest_of(n, **details).document()


def _scored(centre: float, deviation: float, actual: float) -> Scored:
    quantiles = np.maximum(stats.norm.ppf(LEVELS, centre, max(deviation, 1e-12)), 0.0)
    return Scored.of(quantiles, actual)
