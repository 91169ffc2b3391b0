"""Expected leads per day of a source with seasonality and growth, and its weekly counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from scipy import stats

from tests.oracles.cdfs import Floats

DAYS_A_MONTH = 30.4375


def expected_leads(
    start: dt.date,
    days: int,
    *,
    rate: float,
    weekday: Sequence[float] = (1.0,) * 7,
    month: Sequence[float] = (1.0,) * 12,
    growth: float = 0.0,
) -> Floats:
    """Expected leads of each day after `start`, shape (days,).

    `weekday` is divided by its mean, `month` by its mean over all days of a Gregorian cycle, so that
    `rate` is the average at `start`; growth is ``(1 + g) ** months since start``, continuously.
    """
    cycle = [
        dt.date.fromordinal(n)
        for n in range(dt.date(2000, 1, 1).toordinal(), dt.date(2400, 1, 1).toordinal())
    ]
    month_mean = sum(month[day.month - 1] for day in cycle) / len(cycle)
    weekday_mean = sum(weekday) / 7
    power = np.log1p(growth) / DAYS_A_MONTH
    leads = np.empty(days)
    for i in range(days):
        day = start + dt.timedelta(days=i)
        grown = np.exp(power * i) * (np.expm1(power) / power if power else 1.0)
        leads[i] = rate * grown * weekday[day.weekday()] / weekday_mean * month[day.month - 1] / month_mean
    return leads


def weekly_count_distribution(expected: float, dispersion: float) -> stats.rv_discrete:
    """Distribution of the leads of a week: a Poisson count whose mean is Gamma(m / (D - 1), scale D - 1).

    That is a negative binomial with mean m and variance D m (Greenwood and Yule 1920).
    """
    if dispersion == 1:
        return stats.poisson(expected)
    return stats.nbinom(expected / (dispersion - 1), 1 / dispersion)
