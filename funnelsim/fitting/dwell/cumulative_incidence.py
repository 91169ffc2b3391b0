"""Cumulative incidence: the share of visits that left by each exit within so many days, observed and fitted.

References
----------
Aalen, O. O. and Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains based
on censored observations. Scand. J. Statist. 5, 141-150. The variance is the Greenwood type of Marubini, E.
and Valsecchi, M. G. (1995), Analysing Survival Data from Clinical Trials and Observational Studies, 10.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.dwell.aalen_johansen import FEWEST_AT_RISK, observed_curve
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing import StageFit

_MOST_POINTS = 60
_BAND = 1.6449


@dataclass(frozen=True)
class Incidence:
    """The curves of one exit, as far as enough visits were at risk.

    Attributes
    ----------
    days, seen, low, high, fitted : ndarray, shape (T,)
        Aalen-Johansen estimate with its 90 % band, and the model's.
    """

    target: str
    days: Floats
    seen: Floats
    low: Floats
    high: Floats
    fitted: Floats

    @property
    def gap(self) -> float:
        """Largest difference between the curves; 0 where there are no points."""
        return float(np.max(np.abs(self.seen - self.fitted), initial=0.0))

    @property
    def outside(self) -> float:
        """Share of the times at which the model leaves the band; about 0.1 where it fits."""
        beyond = (self.fitted < self.low) | (self.fitted > self.high)
        return float(beyond.mean()) if beyond.size else 0.0


def cumulative_incidences(fit: StageFit, *, by_day: bool) -> tuple[Incidence, ...]:
    """Observed and fitted incidence of each exit; empty where no visit was observed from its start."""
    sample = fit.sample
    if np.all(sample.entry > 0):
        return ()
    result = []
    for index, target in enumerate(sample.exits):
        days, seen, deviation = aalen_johansen(sample, index)
        kept = _some(len(days))
        days, seen, deviation = days[kept], seen[kept], deviation[kept]
        result.append(
            Incidence(
                target=target,
                days=days,
                seen=seen,
                low=np.clip(seen - _BAND * deviation, 0, 1),
                high=np.clip(seen + _BAND * deviation, 0, 1),
                fitted=_recorded(fit, target, days, by_day=by_day),
            )
        )
    return tuple(result)


def aalen_johansen(sample: StageSample, exit_: int) -> tuple[Floats, Floats, Floats]:
    """Times of exits, the incidence of one exit after each, and its standard deviation; shape (T,) each.

    As far as `FEWEST_AT_RISK` visits are at risk.
    """
    times, still, at_risk = observed_curve(sample)
    left = np.searchsorted(np.sort(sample.dwell[sample.ended]), times, side="right").astype(np.float64)
    left = np.diff(left, prepend=0.0)
    of_exit = np.sort(sample.dwell[sample.ended & (sample.exit == exit_)])
    own = np.diff(np.searchsorted(of_exit, times, side="right").astype(np.float64), prepend=0.0)
    before = np.concatenate([[1.0], still[:-1]])
    incidence = np.cumsum(before * own / at_risk)
    variance = _variance(incidence, before, left, own, at_risk)
    n_enough = int(np.sum(np.cumprod(at_risk >= FEWEST_AT_RISK)))
    return times[:n_enough], incidence[:n_enough], np.sqrt(variance[:n_enough])


def _variance(incidence: Floats, before: Floats, left: Floats, own: Floats, at_risk: Floats) -> Floats:
    """Of the incidence at each time, from running sums of what does not depend on the later time."""
    room = np.maximum(at_risk - left, 0.5)
    greenwood = left / (at_risk * room)
    own_part = before**2 * (at_risk - own) * own / at_risk**3
    cross = before * own / at_risk**2
    # sum over j <= i of (I_i - I_j)^2 g_j, by the powers of I_i.
    second = incidence**2 * np.cumsum(greenwood)
    first = 2 * incidence * np.cumsum(incidence * greenwood)
    none = np.cumsum(incidence**2 * greenwood)
    mixed = incidence * np.cumsum(cross) - np.cumsum(incidence * cross)
    return np.maximum(second - first + none + np.cumsum(own_part) - 2 * mixed, 0.0)


def _recorded(fit: StageFit, target: str, days: Floats, *, by_day: bool) -> Floats:
    """The model's incidence as it would be recorded: to the day, d days are up to d + 1, evenly spread."""
    if not by_day:
        return _fitted(fit, target, days)
    within = (np.arange(16) + 0.5) / 16
    return np.asarray(_fitted(fit, target, (days[:, None] + within).ravel()).reshape(-1, 16).mean(axis=1))


def _fitted(fit: StageFit, target: str, days: Floats) -> Floats:
    total = np.zeros(len(days))
    for k, component in enumerate(fit.components):
        if component.to == target:
            distribution = fit.distribution(k)
            total += fit.p[k] * (distribution.cdf(days) if distribution is not None else 1.0)
    return total


def _some(size: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.unique(np.linspace(0, max(size - 1, 0), min(size, _MOST_POINTS)).astype(np.int64))
