"""The periods tested on each data set; others are left out, because they were recorded only in part."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from benchmarks.calibration.datasets import SETS, DataSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One backtest: all periods of a kind that begin between two days."""

    data_set: str
    every: str
    metric: str
    begin: dt.date
    end: dt.date

    @property
    def name(self) -> str:
        """``maven_crm-month-bookings``"""
        return f"{self.data_set}-{self.every}-{self.metric}"

    @property
    def of(self) -> DataSet:
        return next(one for one in SETS if one.name == self.data_set)

    @property
    def title(self) -> str:
        what = "bookings" if self.metric == "bookings" else "deals won"
        return f"{self.data_set}, {what} by {self.every}"


def _tracks(data_set: str, begin: dt.date, end: dt.date, every: str, *metrics: str) -> tuple[Track, ...]:
    return tuple(
        Track(data_set=data_set, begin=begin, end=end, every=every, metric=metric) for metric in metrics
    )


TRACKS = (
    *_tracks("maven_crm", dt.date(2017, 6, 1), dt.date(2017, 12, 1), "month", "bookings", "deals_won"),
    *_tracks("hotel_bookings", dt.date(2016, 7, 1), dt.date(2017, 4, 1), "month", "bookings"),
    *_tracks("hotel_bookings", dt.date(2016, 7, 1), dt.date(2017, 1, 1), "quarter", "bookings"),
    *_tracks("bpi2012", dt.date(2011, 11, 14), dt.date(2012, 3, 5), "week", "bookings"),
    *_tracks("olist_funnel", dt.date(2018, 2, 5), dt.date(2018, 5, 21), "week", "deals_won"),
)
