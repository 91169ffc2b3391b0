"""A snapshot: the history as it was known at a forecast origin, as arrays for the baselines."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period, days_since
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.columns.plans import PLAN_FIELDS, dated_plans, refuse_fields_of_open_deals
from funnelsim.history.files.events import History

#: Fields that an export has only with their current value, without the dates of changes.
UNTIMED = ("amount", "owner", "segment", *PLAN_FIELDS)
_EPOCH = dt.date(2000, 1, 1)
#: The instant from which days are counted.
EPOCH = dt.datetime.combine(_EPOCH, dt.time(0))


def snapshot_at(history: History, origin: dt.date, trust: Collection[str] = ()) -> History:
    """The history as it was known before a day, without fields that have no dates.

    An export has the amount, owner and segment of a deal as they are today, not as they were on an earlier
    day. A backtest hides them (amounts of open deals; owner and segment of all), unless they are among
    `trust`. It hides plans without a date of change as well; trusted ones count as in force since the deal
    was created.

    Parameters
    ----------
    origin : date
        Everything on or after it is unknown.
    trust : collection of str
        Of `UNTIMED`: fields used as if they had never changed.
    """
    refuse_fields_of_open_deals(history.plans, history.deals, trust)
    known = cut(history, dt.datetime.combine(origin, dt.time(0)))
    unknown = [pl.lit(None, pl.String).alias(name) for name in ("owner", "segment") if name not in trust]
    if "amount" not in trust:
        is_closed = pl.col("outcome").is_not_null()
        unknown.append(pl.when(is_closed).then("listed_amount").alias("listed_amount"))
    plans = dated_plans(known.plans, known.deals, trust)
    return dataclasses.replace(known, deals=known.deals.with_columns(unknown), plans=plans)


@dataclass(frozen=True, slots=True)
class Visits:
    """Columns of all visits, shape (visits,) each: days since the epoch of `Snapshot`, NaN where not left.

    Attributes
    ----------
    entered, left : ndarray
    stage : ndarray of int
        Index of the stage in the funnel.
    deal : ndarray of int
        Row of the deal.
    """

    entered: Floats
    left: Floats
    stage: NDArray[np.int64]
    deal: NDArray[np.int64]


class Snapshot:
    """Arrays and totals of a history that was cut at an origin.

    Parameters
    ----------
    history : History
        As `snapshot_at` gives it.
    metric : {"bookings", "deals_won"}
        What is added up.
    """

    def __init__(self, history: History, metric: str) -> None:
        self.history, self.metric = history, metric

    @cached_property
    def begins(self) -> float:
        """Day from which closings are recorded, at its midnight."""
        since = self.history.meta.observed_from or self.history.visits["entered"].min()
        assert isinstance(since, dt.datetime)
        return math.floor(days_since(_EPOCH, since))

    @cached_property
    def created(self) -> Floats:
        """Day of each deal's first visit, shape (deals,)."""
        first = self.history.visits.group_by("deal").agg(pl.col("entered").min())
        return _days(self.history.deals.join(first, on="deal", how="left", maintain_order="left")["entered"])

    @cached_property
    def won_at(self) -> Floats:
        """Day of each deal's win, shape (deals,); infinite where it is not won."""
        won = pl.when(pl.col("outcome") == "won").then("closed")
        days = _days(self.history.deals.select(won.alias("closed"))["closed"])
        return np.where(np.isnan(days), np.inf, days)

    @cached_property
    def value(self) -> Floats:
        """What each deal adds when it is won, shape (deals,): its amount, or 1; NaN where unknown."""
        if self.metric == "deals_won":
            return np.ones(self.history.deals.height)
        amount = self.history.deals.select(pl.coalesce("amount", "listed_amount").cast(pl.Float64))
        return amount.to_series().fill_null(np.nan).to_numpy()

    @cached_property
    def visits(self) -> Visits:
        deal_row = {deal: row for row, deal in enumerate(self.history.deals["deal"])}
        stage = {key: k for k, key in enumerate(self.history.meta.stages)}
        visits = self.history.visits
        return Visits(
            entered=_days(visits["entered"]),
            left=_days(visits["left"]),
            stage=visits["stage"].replace_strict(stage, return_dtype=pl.Int64).to_numpy(),
            deal=visits["deal"].replace_strict(deal_row, return_dtype=pl.Int64).to_numpy(),
        )

    @cached_property
    def plans(self) -> pl.DataFrame:
        """The last known plan of each deal that has one: ``place planned probability``, days and NaN."""
        deals = self.history.deals.select("deal").with_row_index("deal_row")
        last = self.history.plans.group_by("deal", maintain_order=True).last()
        both = deals.join(last, on="deal", how="inner", maintain_order="left")
        return both.select(
            "deal_row",
            pl.Series("planned", _days(both["planned_close"])),
            pl.col("probability").fill_null(np.nan),
        )

    @property
    def n_stages(self) -> int:
        return len(self.history.meta.stages)

    def actual(self, start: float, end: float) -> float:
        """What was added up in ``[start, end)``; a win without an amount counts 0."""
        won = (self.won_at >= start) & (self.won_at < end)
        return float(np.nansum(self.value[won]))


def day_number(day: dt.date) -> float:
    """Days since the epoch of `Snapshot`."""
    return days_since(_EPOCH, day)


def bounds(period: Period) -> tuple[float, float]:
    """Days since the epoch of `Snapshot` at which a period begins and is over."""
    return day_number(period.start), day_number(period.end)


def _days(column: pl.Series) -> Floats:
    since = column - pl.lit(dt.datetime.combine(_EPOCH, dt.time(0)))
    micros = pl.select(since).to_series().dt.total_microseconds()
    return micros.cast(pl.Float64).fill_null(np.nan).to_numpy() / 86_400e6
