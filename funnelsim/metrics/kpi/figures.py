"""The values of key figures with intervals, control limits and targets."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.nouns import counted
from funnelsim.documents.kpi import KpiFigure, KpiPeriod
from funnelsim.metrics.kpi.available import same_as
from funnelsim.metrics.kpi.definitions import Kpi
from funnelsim.metrics.kpi.intervals import count_interval, mean_interval, share_interval, sum_interval
from funnelsim.metrics.kpi.limits import LEAST_PERIODS, Limits, count_limits, share_limits, value_limits
from funnelsim.metrics.kpi.spans import Spans
from funnelsim.metrics.kpi.tallies import Tallies
from funnelsim.model.parts import Model

#: The mean of fewer cases is too skewed for Student's limits.
LEAST_CASES = 5
CHARTS = {"share": "p", "count": "u", "mean": "X", "sum": "X", "level": "X"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One key figure of one group over the periods; all arrays have shape (P,).

    Attributes
    ----------
    total, cases, squares : ndarray
        What the figure adds up, divides by, and the squares of what it adds up.
    days : ndarray
        Length of the periods.
    """

    kpi: Kpi
    values: Floats
    total: Floats
    cases: Floats
    squares: Floats
    days: Floats

    @classmethod
    def of(cls, kpi: Kpi, tallies: Tallies, group: int, spans: Spans) -> Series:
        squares = tallies[kpi.squares][group] if kpi.squares else np.full(len(spans.periods), np.nan)
        return cls(
            kpi=kpi,
            values=kpi.values(tallies)[group],
            total=kpi.total(tallies)[group],
            cases=kpi.cases(tallies)[group],
            squares=squares,
            days=np.array([period.days for period in spans.periods], np.float64),
        )

    def interval(self) -> tuple[Floats, Floats]:
        match self.kpi.kind:
            case "share":
                return share_interval(self.total, self.cases)
            case "count":
                return count_interval(self.total)
            case "mean":
                return mean_interval(self.total, self.squares, self.cases)
            case "sum":
                return sum_interval(self.total, self.squares)
            case _:
                unknown = np.full_like(self.values, np.nan)
                return unknown, unknown

    def limits(self, baseline: list[int], place: int, alpha: float) -> Limits | None:
        """Control limits for the value at a place; None if the baseline says too little."""
        match self.kpi.kind:
            case "share":
                return share_limits(
                    self.total[baseline], self.cases[baseline], float(self.cases[place]), alpha
                )
            case "count":
                return count_limits(self.total[baseline], self.days[baseline], float(self.days[place]), alpha)
            case "mean":
                return value_limits(
                    self.values[baseline], self.cases[baseline], float(self.cases[place]), alpha
                )
            case "sum":
                days = float(self.days[place])
                found = value_limits(
                    self.values[baseline] / self.days[baseline], self.days[baseline], days, alpha
                )
                if found is None:
                    return None
                return Limits(found.centre * days, max(found.low * days, 0.0), found.high * days)
            case _:
                return value_limits(self.values[baseline], np.ones(len(baseline)), 1.0, alpha)

    def testable(self, spans: Spans) -> str:
        """Why the current value cannot be compared; empty if it can."""
        baseline, current = spans.baseline, spans.current
        if current is None:
            return "no period is complete"
        if len(baseline) < LEAST_PERIODS:
            return f"{counted(len(baseline), 'earlier complete period')}, {LEAST_PERIODS} are needed"
        if not math.isfinite(self.values[current]):
            return f"undefined in {spans.periods[current].label}"
        if self.kpi.kind == "count" and not self.total[[*baseline, current]].any():
            return "none in any period"
        if self.kpi.kind == "mean" and self.cases[current] < LEAST_CASES:
            return f"{self.cases[current]:.0f} in {spans.periods[current].label}, {LEAST_CASES} are needed"
        # A level is known only in periods in which all that it combines is; a share only with cases.
        if self.limits(baseline, current, 0.5) is None:
            return f"undefined in too many of the earlier periods, {LEAST_PERIODS} are needed"
        return ""


def figure(series: Series, spans: Spans, model: Model, alpha: float) -> KpiFigure:
    """One key figure for the document; `alpha` is the false alarm rate of its comparison."""
    kpi, current = series.kpi, spans.current
    same, why = same_as(model, kpi.name), series.testable(spans)
    verdict: dict[str, Any] = {"untested": why or ("the same as " + same if same else "")}
    if not verdict["untested"] and current is not None:
        verdict = _verdict(series, series.limits(spans.baseline, current, alpha), current)
    return KpiFigure(
        name=kpi.name,
        unit=kpi.unit,
        chart=CHARTS[kpi.kind],
        more_is_better=kpi.more_is_better,
        periods=tuple(_periods(series, spans, None if why else alpha)),
        current="" if current is None else spans.periods[current].label,
        same_as=same,
        **target(kpi, model),
        **verdict,
    )


def _verdict(series: Series, limits: Limits | None, current: int) -> dict[str, Any]:
    assert limits is not None
    value = float(series.values[current])
    if not limits.beyond(value):
        return {"beyond_noise": False}
    up = value > limits.centre
    return {
        "beyond_noise": True,
        "direction": "up" if up else "down",
        "better": up == series.kpi.more_is_better,
    }


def _periods(series: Series, spans: Spans, alpha: float | None) -> list[KpiPeriod]:
    low, high = series.interval()
    baseline, rows = spans.baseline, []
    for place, period in enumerate(spans.periods):
        known: dict[str, Any] = {}
        compared = place == spans.current or place in baseline
        if alpha is not None and compared:
            limits = series.limits(baseline, place, alpha)
            if limits is not None:
                known = {"limit_low": limits.low, "limit_high": limits.high}
        rows.append(
            KpiPeriod(
                period=period.label,
                start=period.start,
                end=period.end - dt.timedelta(days=1),
                complete=spans.complete[place],
                baseline=place in baseline,
                value=float(series.values[place]),
                low=float(low[place]),
                high=float(high[place]),
                n=float(series.cases[place]),
                **known,
            )
        )
    return rows


def target(kpi: Kpi, model: Model) -> dict[str, Any]:
    """What the model aims at: the quota, the conversion of a stage, or its target metric."""
    if kpi.name == "attainment":
        return {"target": 1.0, "target_is": "at_least"}
    whole, _, part = kpi.name.partition(".")
    if whole == "conversion" and (wanted := model.stages[part].targets.conversion) is not None:
        return {"target": wanted, "target_is": "at_least"}
    goal = model.goal.target
    if goal is None or goal.metric != kpi.name:
        return {"target": None}
    if goal.at_most is None:
        return {"target": goal.at_least, "target_is": "at_least"}
    return {"target": goal.at_most, "target_is": "at_most"}
