"""Exits of a stage by day: observed, and expected from the fit and the visits at risk.

Days with more or fewer exits than the ages of the visits explain show seasonality or drift. Visits are
grouped into cohorts by the day they began; each cohort is at risk on each day on which it is observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats, Ints
from funnelsim.distributions import Distribution
from funnelsim.fitting.dwell.censoring import StageSample

_POINTS = 800
_MOST_CELLS = 2_000_000


@dataclass(frozen=True)
class Exposure:
    """Visits at risk in a stage on each day, and exits.

    Attributes
    ----------
    days : int
        Calendar days; the last one ends at the as-of time.
    begun, day : ndarray of int, shape (n,)
        Pairs of cohort and day with visits at risk, as days from the first.
    at_risk : ndarray, shape (n,)
        Visits of that cohort in the stage when the day began (or that began on it).
    seen : dict of str to ndarray, shape (days,)
        Exits by target, without instant exits.
    """

    days: int
    begun: NDArray[np.int64]
    day: NDArray[np.int64]
    at_risk: Floats
    seen: dict[str, Floats]


def exposure_of(sample: StageSample, at_once: float) -> Exposure:
    """Count the visits at risk.

    Parameters
    ----------
    at_once : float
        Shorter visits are instant exits, and never at risk.
    """
    days = int(np.ceil(sample.ago.max())) + 1
    begun = np.clip(days - np.ceil(sample.ago).astype(np.int64), 0, days - 1)
    left = np.clip(days - np.ceil(sample.ago - sample.dwell).astype(np.int64), begun, days - 1)
    # The day on which observation began; 1e-9 absorbs rounding of the difference.
    watched = np.ceil(sample.ago - sample.entry - 1e-9).astype(np.int64)
    from_ = np.clip(days - watched, begun, left)
    slow = ~(sample.ended & (sample.dwell < at_once))
    cohort, day, at_risk = _at_risk(begun[slow], from_[slow], left[slow])
    seen = {}
    for index, target in enumerate(sample.exits):
        mine = slow & sample.ended & (sample.exit == index)
        seen[target] = np.bincount(left[mine], minlength=days).astype(np.float64)
    return Exposure(days=days, begun=cohort, day=day, at_risk=at_risk, seen=seen)


def _at_risk(begun: Ints, from_: Ints, left: Ints) -> tuple[Ints, Ints, Floats]:
    """Cohort, day and visits at risk, where there are any.

    Cohorts are processed in chunks: a matrix of all cohorts by all days would fill the memory.
    """
    result: list[tuple[Ints, Ints, Floats]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    cohorts, row = np.unique(begun, return_inverse=True)
    first = 0
    while first < len(cohorts):
        begin = int(cohorts[first])
        days = int(left.max()) - begin + 2
        last = first + max(_MOST_CELLS // days, 1)
        mine = (row >= first) & (row < last)
        change = np.zeros((min(last, len(cohorts)) - first, days))
        np.add.at(change, (row[mine] - first, from_[mine] - begin), 1.0)
        np.add.at(change, (row[mine] - first, left[mine] + 1 - begin), -1.0)
        survival = np.cumsum(change, axis=1)
        cohort, day = np.nonzero(survival > 0.5)
        result.append((cohorts[first + cohort], day + begin, survival[cohort, day]))
        first = last
    cohort, day, at_risk = (np.concatenate(parts) for parts in zip(*result, strict=True))
    return cohort, day, at_risk


@dataclass(frozen=True)
class ExitComponent:
    """One exit of a stage: its target, probability and distribution of the dwell."""

    to: str
    p: float
    distribution: Distribution


def expected_exits(
    exposure: Exposure, components: list[ExitComponent], never: float, daily_factors: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Expected exits by target and day, given the visits at risk; shape (days,) each.

    Parameters
    ----------
    daily_factors : dict of str to ndarray, shape (days,)
        Factor of each day by target; 1 where a target is missing.
    """
    if not components:
        return {}
    before: dict[str, Floats] = {}
    after: dict[str, Floats] = {}
    lag = (exposure.day - exposure.begun).astype(np.float64)
    for target in dict.fromkeys(component.to for component in components):
        daily_factor = daily_factors.get(target)
        if daily_factor is None:
            before[target], after[target] = np.maximum(lag - 0.5, 0.0), lag + 0.5
            continue
        passed = np.concatenate([[0.0], np.cumsum(daily_factor)])
        # Visits that began on a day began at noon on average.
        noon = passed[exposure.begun] + daily_factor[exposure.begun] / 2
        before[target] = np.maximum(passed[exposure.day] - noon, 0.0)
        after[target] = passed[exposure.day + 1] - noon
    longest = max(float(days.max()) for days in after.values()) + 1.0
    grid = np.concatenate([[0.0], np.geomspace(1e-3, longest, _POINTS)])
    survival = np.full(len(lag), never)
    leaving = {target: np.zeros(len(lag)) for target in before}
    for component in components:
        still = component.distribution.sf(grid)
        at_begin = np.interp(before[component.to], grid, still)
        survival += component.p * at_begin
        leaving[component.to] += component.p * (at_begin - np.interp(after[component.to], grid, still))
    share = exposure.at_risk / np.maximum(survival, 1e-9)
    return {
        target: np.bincount(exposure.day, leaves * share, minlength=exposure.days).astype(np.float64)
        for target, leaves in leaving.items()
    }
