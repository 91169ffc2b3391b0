"""Control limits: where a period's value lies by chance alone, if nothing has changed since earlier periods.

Each is a two-sided prediction interval for one period, from the earlier ones:

* **share** (p chart): the wider of the exact interval for binomial counts and one with the spread between the
  earlier periods, where that is larger than binomial (as Laney's p' chart);
* **count** (u chart): the same for Poisson counts a day (as Laney's u' chart);
* **mean, sum, level** (individuals chart, X): Student's interval with the spread between the earlier periods,
  each weighted by its number of cases or days. The spread is the standard deviation, not the mean moving
  range, because its distribution is known: limits from few periods are wide enough.

References
----------
Thatcher, A. R. (1964). Relationships between Bayesian and confidence limits for predictions. Journal of the
Royal Statistical Society B 26, 176-192. The exact limits.
Laney, D. B. (2002). Improved control charts for attributes. Quality Engineering 14, 531-537.
Wheeler, D. J. and Chambers, D. S. (1992). Understanding Statistical Process Control. The individuals chart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from funnelsim.core.arrays import Floats

#: Fewer earlier periods say too little about how much a figure usually moves.
LEAST_PERIODS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What a period of some size is compared with."""

    centre: float
    low: float
    high: float

    def beyond(self, value: float) -> bool:
        """Outside, by more than rounding: earlier values that are all the same leave no room."""
        room = 1e-9 * max(abs(self.low), abs(self.high))
        return not self.low - room <= value <= self.high + room


def share_limits(successes: Floats, cases: Floats, size: float, alpha: float) -> Limits | None:
    """For the share of `size` new cases, from the counts of earlier periods; None if they say too little."""
    used = cases > 0
    x, n = successes[used], cases[used]
    if len(n) < LEAST_PERIODS or size <= 0:
        return None
    p, total = x.sum() / n.sum(), n.sum()
    if p in (0.0, 1.0):
        spread = 1.0
    else:
        spread = _spread(x - n * p, n * p * (1 - p), len(n))
    half = _student(alpha, len(n)) * math.sqrt(spread * p * (1 - p) * (1 / size + 1 / total))
    lost, tail = total - x.sum(), alpha / 2
    low = _beta_binomial_quantile(tail, size, x.sum(), lost + 1) if x.sum() > 0 else 0.0
    high = _beta_binomial_quantile(1 - tail, size, x.sum() + 1, lost) if lost > 0 else size
    if spread > 1:
        return Limits(p, max(min(low / size, p - half), 0.0), min(max(high / size, p + half), 1.0))
    return Limits(p, float(low / size), float(high / size))


def count_limits(events: Floats, days: Floats, size: float, alpha: float) -> Limits | None:
    """For the number of events in `size` days."""
    if len(events) < LEAST_PERIODS or size <= 0:
        return None
    x, exposure = events.sum(), days.sum()
    rate = x / exposure
    spread = _spread(events - rate * days, rate * days, len(events)) if x > 0 else 1.0
    chance = exposure / (exposure + size)
    low = stats.nbinom.ppf(alpha / 2, x, chance) if x > 0 else 0.0
    high = stats.nbinom.isf(alpha / 2, x + 1, chance)
    if spread > 1:
        half = _student(alpha, len(events)) * math.sqrt(spread * rate * size * (1 + size / exposure))
        low, high = max(min(low, rate * size - half), 0.0), max(high, rate * size + half)
    return Limits(float(rate * size), float(low), float(high))


def value_limits(values: Floats, weights: Floats, size: float, alpha: float) -> Limits | None:
    """For a value that rests on `size` cases or days, from earlier values that rest on `weights`."""
    used = np.isfinite(values) & (weights > 0)
    y, w = values[used], weights[used]
    if len(y) < LEAST_PERIODS or not size > 0:
        return None
    centre = float((w * y).sum() / w.sum())
    variance = float((w * (y - centre) ** 2).sum()) / (len(y) - 1)
    half = _student(alpha, len(y)) * math.sqrt(variance * (1 / size + 1 / w.sum()))
    return Limits(centre, max(centre - half, 0.0), centre + half)  # nothing here is negative


def _beta_binomial_quantile(level: float, n: float, a: float, b: float) -> float:
    """The least count that a beta-binomial number exceeds with at most ``1 - level``.

    As `scipy.stats.betabinom.ppf`, which takes a second for a large history: it sums all terms at each step
    of its search. Here they are summed once, over twelve standard deviations.
    """
    mean = n * a / (a + b)
    reach = 12 * math.sqrt(mean * b / (a + b) * (a + b + n) / (a + b + 1)) + 50
    k = np.arange(max(0.0, math.floor(mean - reach)), min(n, math.ceil(mean + reach)) + 1)
    log_mass = special.betaln(k + a, n - k + b) - special.betaln(a, b)
    log_mass -= math.log1p(n) + special.betaln(n - k + 1, k + 1)
    place = int(np.searchsorted(np.cumsum(np.exp(log_mass)), level))
    return float(k[min(place, k.size - 1)])


def _spread(residuals: Floats, variances: Floats, periods: int) -> float:
    """How many times as much the earlier periods varied as chance alone makes them; at least 1."""
    return max(1.0, float((residuals**2 / variances).sum()) / (periods - 1))


def _student(alpha: float, periods: int) -> float:
    return float(stats.t.isf(alpha / 2, periods - 1))
