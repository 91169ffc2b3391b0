"""Signs of an incomplete history: left truncation, and open deals that are probably dead."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.documents.audit import AuditTruncation, AuditZombies

#: If so many closings are expected before the first one and there is none, they were not recorded.
EXPECTED_AT_LEAST = 20.0
_FEWEST_CLOSED = 30


def recorded_from(deals: pl.DataFrame, as_of: dt.datetime) -> tuple[dt.datetime | None, AuditTruncation]:
    """When closings begin to be recorded, if that is much later than deals begin (left truncation).

    Deals begun after the first closing show how fast deals close (Kaplan-Meier, open deals censored). If
    deals begun before it closed as fast, `EXPECTED_AT_LEAST` or more of them would have closed before the
    first closing; none did, so closings were not recorded and only those who stayed open are in the data.

    Parameters
    ----------
    deals : DataFrame
        ``begun`` and ``closed`` (null while open), a row per deal.

    Returns
    -------
    datetime or None
        Midnight of the first closing, or None where there is no such sign.
    AuditTruncation
        The evidence; empty where there is too little.

    References
    ----------
    Klein, J. P. and Moeschberger, M. L. (2003). Survival Analysis, 2nd ed., sections 3.4 and 4.2.
    """
    closings = deals["closed"].drop_nulls()
    first_closing = closings.min()
    if not isinstance(first_closing, dt.datetime) or len(closings) < _FEWEST_CLOSED:
        return None, AuditTruncation()
    midnight = first_closing.replace(hour=0, minute=0, second=0, microsecond=0)
    early = deals.filter(pl.col("begun") < midnight)
    later = deals.filter(pl.col("begun") >= midnight)
    if early.is_empty() or later["closed"].drop_nulls().len() < _FEWEST_CLOSED:
        return None, AuditTruncation()
    ends = later["closed"].fill_null(as_of)
    durations = _days(ends - later["begun"])
    times, closed_by = closed_share(durations, later["closed"].is_not_null().to_numpy())
    follow_up = _days(pl.Series([midnight]).new_from_index(0, early.height) - early["begun"])
    position = np.searchsorted(times, follow_up, side="right") - 1
    expected = float(np.where(position >= 0, closed_by[position], 0.0).sum())
    evidence = AuditTruncation(
        first_begun=early["begun"].min(),
        first_closing=first_closing,
        begun_before=early.height,
        closings_expected=round(expected, 1),
    )
    return (midnight if expected >= EXPECTED_AT_LEAST else None), evidence


def closed_share(days: Floats, closed: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Kaplan-Meier estimate of the share of deals closed after `days`; shape (T,) for T distinct times."""
    order = np.argsort(days, kind="stable")
    days, closed = days[order], closed[order]
    times, first = np.unique(days, return_index=True)
    at_risk = len(days) - first
    events = np.add.reduceat(closed.astype(np.float64), first)
    survival = np.cumprod(1.0 - events / at_risk)
    return times, np.asarray(1.0 - survival, dtype=np.float64)


def zombies(deals: pl.DataFrame, as_of: dt.datetime) -> AuditZombies:
    """Open deals that are older than any deal was when it closed; days are those between the two dates.

    Parameters
    ----------
    deals : DataFrame
        ``deal, begun, closed``.
    """
    closed = deals.filter(pl.col("closed").is_not_null())
    open_ = deals.filter(pl.col("closed").is_null())
    if closed.is_empty() or open_.is_empty():
        return AuditZombies()
    last_day = (as_of - dt.timedelta(microseconds=1)).date()
    cycles = _days(closed["closed"].dt.truncate("1d") - closed["begun"].dt.truncate("1d"))
    ages = _days(
        pl.Series([last_day]).cast(pl.Datetime("us")).new_from_index(0, open_.height)
        - open_["begun"].dt.truncate("1d")
    )
    longest, p99 = float(cycles.max()), float(np.quantile(cycles, 0.99))
    oldest = open_.with_columns(pl.Series("age", ages)).sort("age", "deal", descending=[True, False]).head(5)
    return AuditZombies(
        open=open_.height,
        older_than_any=int((ages > longest).sum()),
        older_than_99_percent=int((ages > p99).sum()),
        longest_cycle_days=round(longest, 2),
        cycle_p99_days=round(p99, 2),
        oldest_open_days=round(float(ages.max()), 2),
        examples=tuple(oldest["deal"]),
    )


def _days(spans: pl.Series) -> Floats:
    return spans.dt.total_microseconds().to_numpy().astype(np.float64) / 86_400e6
