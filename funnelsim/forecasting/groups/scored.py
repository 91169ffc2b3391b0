"""Forecasts of each group, compared with what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from funnelsim.documents.backtest import BacktestGroup
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.forecasting.scores import LEVELS, RANGES, covers, crps
from funnelsim.forecasting.snapshot import Snapshot, bounds
from funnelsim.metrics.groups.names import GroupBy, group_names
from funnelsim.model.parts import Model

if TYPE_CHECKING:
    from funnelsim.core.arrays import Floats
    from funnelsim.core.calendar.time import Period
    from funnelsim.forecasting.period_forecast import PeriodForecast
    from funnelsim.history.files.events import History


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredGroup:
    """The forecast of one group in one period, and what it booked.

    Attributes
    ----------
    quantiles : ndarray, shape (99,)
    """

    name: str
    actual: float
    mean: float
    quantiles: Floats
    crps: float


def actual_by_group(
    history: History, period: Period, metric: str, by: GroupBy, model: Model, reps: Sequence[RepRow]
) -> dict[str, float]:
    """What each group booked or won in a period; together, the actual result of the period."""
    seen = Snapshot(history, metric)
    start, end = bounds(period)
    inside = (seen.won_at >= start) & (seen.won_at < end)
    group, value = group_names(history.deals, by, model, reps), np.nan_to_num(seen.value)
    frame = pl.DataFrame({"group": group, "value": value, "inside": inside})
    sums = frame.filter("inside").group_by("group").agg(pl.col("value").sum())
    return dict(sums.iter_rows())


def scored_groups(found: PeriodForecast, actual: Mapping[str, float], metric: str) -> tuple[ScoredGroup, ...]:
    """Each group that was forecast or came; one that nobody knew of was forecast to book nothing."""
    amount = "bookings" if metric == "bookings" else "wins"
    values = {group.name: getattr(group, amount) for group in found.groups}
    scored = []
    for name in sorted({*values, *actual}):
        drawn = values.get(name, np.zeros(1))
        quantiles, came = np.quantile(drawn, LEVELS), actual.get(name, 0.0)
        scored.append(
            ScoredGroup(
                name=name,
                actual=came,
                mean=float(drawn.mean()),
                quantiles=quantiles,
                crps=crps(came, quantiles),
            )
        )
    return tuple(scored)


def group_scores(origins: Sequence[Sequence[ScoredGroup]]) -> tuple[BacktestGroup, ...]:
    """The accuracy of each group over all periods, the largest first; where it is missing it is 0."""
    names = dict.fromkeys(one.name for origin in origins for one in origin)
    found = []
    for name in names:
        own = [one for origin in origins for one in origin if one.name == name]
        actual = sum(one.actual for one in own) / len(origins)
        error, bias = (
            sum(values) / len(origins) / actual if actual > 0 else None
            for values in ([one.crps for one in own], [one.mean - one.actual for one in own])
        )
        found.append(
            BacktestGroup(
                name=name,
                forecasts=len(own),
                mean_actual=actual,
                mean_forecast=sum(one.mean for one in own) / len(origins),
                relative_crps=error,
                bias=bias,
                held={
                    range_: sum(covers(one.actual, one.quantiles, range_) for one in own) for range_ in RANGES
                },
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.mean_actual, one.name)))
