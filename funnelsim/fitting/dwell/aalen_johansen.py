"""Goodness of fit of a stage: the fitted survival curve beside the nonparametric one."""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.dwell.censoring import AT_ONCE_DAYS, StageSample
from funnelsim.fitting.dwell.competing import StageFit

#: With fewer visits at risk than this, the observed curve is too noisy to compare.
FEWEST_AT_RISK = 30


def observed_curve(sample: StageSample) -> tuple[Floats, Floats, Floats]:
    """Nonparametric survival curve: share still in the stage after each time at which a visit ended.

    Returns
    -------
    times, shares, at_risk : ndarray, shape (T,)
        `at_risk` is the number of visits under observation just before each time.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). JASA 53, 457-481; with late entry, Lynden-Bell, D. (1971). Mon. Not.
    R. Astr. Soc. 155, 95-118.
    """
    times, left = np.unique(sample.dwell[sample.ended], return_counts=True)
    until = np.sort(sample.dwell)
    since = np.sort(sample.entry)
    at_risk = np.searchsorted(since, times, side="left") - np.searchsorted(until, times, side="left")
    # Visits observed from their start are at risk at time 0 as well.
    at_risk += np.where(times <= 0, np.searchsorted(since, 0.0, side="right"), 0)
    at_risk = np.maximum(at_risk, left)
    return times, np.cumprod(1 - left / at_risk), at_risk.astype(np.float64)


def fitted_curve(fit: StageFit, days: Floats) -> Floats:
    """Fitted share still in the stage after so many days."""
    p = fit.p
    total = np.full(len(days), p[-1] if fit.layout.never else 0.0)
    for k in range(len(fit.components)):
        distribution = fit.distribution(k)
        if distribution is not None:
            total += p[k] * distribution.sf(days)
    return total


def largest_gap(fit: StageFit, *, by_day: bool) -> float:
    """Largest difference between the two curves, where enough visits are at risk; 0 where none are.

    With exact times, ages below `AT_ONCE_DAYS` are left out. Where all visits are left truncated, no share of
    the entries is known, and the result is 0.
    """
    times, shares, at_risk = observed_curve(fit.sample)
    enough = (at_risk >= FEWEST_AT_RISK) & (by_day | (times >= AT_ONCE_DAYS))
    if not enough.any() or np.all(fit.sample.entry > 0):
        return 0.0
    return float(np.max(np.abs(_recorded(fit, times[enough], by_day=by_day) - shares[enough])))


def _recorded(fit: StageFit, days: Floats, *, by_day: bool) -> Floats:
    """The fitted curve as it would be recorded: to the day, d days are up to d + 1, evenly spread."""
    if not by_day:
        return fitted_curve(fit, days)
    within = (np.arange(16) + 0.5) / 16
    return np.asarray(fitted_curve(fit, (days[:, None] + within).ravel()).reshape(-1, 16).mean(axis=1))
