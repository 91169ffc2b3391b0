"""Risk sets by level of a covariate: events observed, and expected without an effect; log-rank test.

At each time of an event, every visit at risk is equally likely to have it. Summed up, that gives the expected
events of each level (censored visits count for as long as they were observed), and the log-rank test of
whether the levels differ.

References
----------
Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data, 2nd ed.,
sections 1.5 (log-rank) and 8.2 (cause-specific hazards). Rao, J. N. K. and Scott, A. J. (1981). The analysis
of categorical data from complex sample surveys. JASA 76, 221-230 (first-order correction for clusters).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from funnelsim.core.arrays import Floats, Ints

Bools = NDArray[np.bool_]

#: Most distinct event times; events in between count as tied. 500 keep the risk sets small; more change no
#: estimate noticeably.
MOST_TIMES = 500
#: Levels with fewer expected events are pooled in a test, since the chi-square approximation needs larger
#: counts.
LEAST_EXPECTED = 5.0


@dataclass(frozen=True, kw_only=True)
class Spells:
    """Times at risk of visits or deals.

    Attributes
    ----------
    entry, until : ndarray, shape (n,)
        Age in days at the begin and the end of the time at risk.
    event : ndarray of bool, shape (n,)
        Whether it ended with the event; else it is censored.
    cluster : ndarray of int, shape (n,)
        Cluster: repeated visits of one deal, deals of one account.
    """

    entry: Floats
    until: Floats
    event: Bools
    cluster: Ints

    def only(self, rows: Bools) -> Spells:
        """Some of the visits."""
        return Spells(
            entry=self.entry[rows],
            until=self.until[rows],
            event=self.event[rows],
            cluster=self.cluster[rows],
        )

    def risk_intervals(self) -> tuple[Floats, Ints, Ints]:
        """Event times, shape (T,), and the first and last (exclusive) index of each visit among them."""
        ordered = np.sort(self.until[self.event])
        times = np.unique(ordered[:: max(math.ceil(len(ordered) / MOST_TIMES), 1)])
        last = np.searchsorted(times, self.until, side="right")
        first = np.where(self.entry > 0, np.searchsorted(times, self.entry, side="right"), 0)
        # A visit is at risk at the time of its own event, even if its observation began at that time.
        return times, np.minimum(first, last - self.event), last

    def design_effect(self) -> float:
        """Variance of sums over clusters, over what independent visits would give; at least 1."""
        times, first, last = self.risk_intervals()
        ones = np.ones(len(self.until))
        hazard = sums_at(last[self.event] - 1, ones[self.event], len(times)) / still_at_risk(
            first, last, ones, len(times)
        )
        cumulative = np.concatenate([[0.0], np.cumsum(hazard)])
        return design_effect(self.event - (cumulative[last] - cumulative[first]), self.cluster)


def design_effect(residuals: Floats, cluster: Ints) -> float:
    """Variance of sums of residuals over clusters, over what independent ones would give; at least 1."""
    together = np.bincount(cluster, residuals)
    return max(float(together @ together) / max(float(residuals @ residuals), 1e-12), 1.0)


def still_at_risk(first: Ints, last: Ints, values: Floats, times: int) -> Floats:
    """Sum of `values` over those at risk at each time, shape (T,)."""
    change = np.bincount(first, values, times + 1) - np.bincount(last, values, times + 1)
    return np.asarray(np.cumsum(change)[:times])


def sums_at(index: Ints, values: Floats, times: int) -> Floats:
    """Sum of `values` by time, shape (T,)."""
    return np.bincount(index, values, times).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class RiskSets:
    """Visits at risk and events at each event time, by level.

    Attributes
    ----------
    at_risk, events : ndarray, shape (T, K)
    design_effect : float
        Design effect of clusters: factor on all variances.
    """

    at_risk: Floats
    events: Floats
    design_effect: float = 1.0

    @cached_property
    def seen(self) -> Floats:
        """Events by level, shape (K,)."""
        return np.asarray(self.events.sum(axis=0))

    @cached_property
    def expected(self) -> Floats:
        """Expected events by level if all levels had the same hazard, shape (K,); the sum is that of the
        observed ones.
        """
        return np.asarray(self.total_events @ self.shares())

    def shares(self, log_ratio: Floats | None = None) -> Floats:
        """Share of each level in the next event, shape (T, K), with these log hazard ratios."""
        weights = self.at_risk if log_ratio is None else self.at_risk * np.exp(log_ratio)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    @cached_property
    def total_events(self) -> Floats:
        """Events at each time, shape (T,)."""
        return np.asarray(self.events.sum(axis=1))

    @cached_property
    def untied(self) -> Floats:
        """Tie correction ``(n - d) / (n - 1)``, shape (T,): 0 where all visits at risk have the event."""
        at_risk_total = self.at_risk.sum(axis=1)
        return np.asarray(
            np.clip((at_risk_total - self.total_events) / np.maximum(at_risk_total - 1, 1), 0.0, 1.0)
        )

    def log_rank(self) -> float:
        """P-value of the log-rank test; NaN where it cannot be computed."""
        sets = self._pooled()
        if sets.at_risk.shape[1] < 2:
            return math.nan
        shares, events = sets.shares(), sets.total_events * sets.untied
        variance = np.diag(events @ shares) - shares.T @ (shares * events[:, None])
        gap = (sets.seen - sets.expected)[:-1]
        variance = variance[:-1, :-1] * self.design_effect
        if np.linalg.matrix_rank(variance) < len(gap):
            return math.nan
        return float(chdtrc(len(gap), gap @ np.linalg.solve(variance, gap)))

    def _pooled(self) -> RiskSets:
        """Pool small levels; where even their sum is too small, add the smallest of the others."""
        order = np.argsort(-self.expected)
        large = int(np.sum(self.expected >= LEAST_EXPECTED))
        if large < len(order) and self.expected[order[large:]].sum() < LEAST_EXPECTED:
            large -= 1
        if large >= len(order):
            return self
        if large < 1:
            return RiskSets(at_risk=self.at_risk[:, :0], events=self.events[:, :0])
        groups = [np.array([k]) for k in order[:large]] + [order[large:]]
        at_risk, events = (
            np.stack([held[:, group].sum(axis=1) for group in groups], axis=1)
            for held in (self.at_risk, self.events)
        )
        return RiskSets(at_risk=at_risk, events=events, design_effect=self.design_effect)


def risk_sets(spells: Spells, level: Ints, levels: int) -> RiskSets:
    """Count visits at risk and events.

    Parameters
    ----------
    spells : Spells
        At least one of them had the event.
    level : ndarray of int, shape (n,)
        0 to `levels` - 1.
    """
    times, first, last = spells.risk_intervals()
    size = len(times)
    cells = (size + 1) * levels
    change = np.bincount(first * levels + level, minlength=cells)
    change = change - np.bincount(last * levels + level, minlength=cells)
    index = (last - 1) * levels + level
    return RiskSets(
        at_risk=np.cumsum(change.reshape(size + 1, levels), axis=0)[:size].astype(np.float64),
        events=np.bincount(index[spells.event], minlength=size * levels)
        .reshape(size, levels)
        .astype(np.float64),
        design_effect=spells.design_effect(),
    )
