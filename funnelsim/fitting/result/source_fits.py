"""Fit of each source: arrivals, entry stages and amounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.distributions import Distribution
from funnelsim.fitting.amounts.fit import AmountFit, fit_amounts, fit_listed_factor
from funnelsim.fitting.mle.rounding import whole_shares
from funnelsim.fitting.result.source_names import SourceKeys
from funnelsim.fitting.trend.arrivals import Arrivals, fit_arrivals
from funnelsim.fitting.trend.structural import STEADY, Level, trend_of_values
from funnelsim.history.audit.extreme_amounts import LEFT_OUT, extreme_amounts
from funnelsim.history.files.as_of_dates import end_of_day
from funnelsim.history.files.events import History

#: A gap at the end of a history in which so many leads are expected is taken as missing data. With fewer, a
#: slow month would be dropped.
_LEADS_MISSING = 20.0


@dataclass(frozen=True, kw_only=True)
class SourceFit:
    """Arrivals, entry stages and amounts of one source."""

    key: str
    name: str
    deals: int
    arrivals: Arrivals
    enters: dict[str, float]
    amounts: AmountFit | None
    won_rows: NDArray[np.int64]
    amount_level: Level = STEADY


def fit_sources(
    history: History,
    keys: SourceKeys,
    since: dt.datetime | None,
    horizon_days: float | None,
    holidays: Collection[dt.date],
) -> tuple[tuple[SourceFit, ...], dt.datetime]:
    """All sources, and the end of the record of new leads."""
    as_of = history.meta.as_of
    begin = max((w for w in (history.meta.observed_from, since) if w is not None), default=None)
    first = (
        history.visits.sort("entered", maintain_order=True)
        .group_by("deal", maintain_order=True)
        .agg(pl.col("stage").first(), pl.col("entered").first())
    )
    deals = history.deals.with_columns(keys.key.alias("source_key")).with_row_index("row")
    begun = deals.join(first, on="deal", how="inner", maintain_order="left")
    until = _recorded_until(begun, as_of)
    begun = begun.filter(pl.col("entered") < until)
    observed = _observed_days(begun, until, begin)
    ago = days_between("entered", pl.lit(until))
    begun = begun.with_columns(ago.alias("days_ago"))
    won = won_deals(deals, since)
    pooled = fit_amounts(won["amount"].to_numpy())
    amount_level = _amount_level(won, as_of, horizon_days)
    result = []
    for key, name in keys.names.items():
        own = begun.filter(pl.col("source_key") == key)
        wins = won.filter(pl.col("source_key") == key)
        amounts = fit_amounts(wins["amount"].to_numpy(), pooled)
        result.append(
            SourceFit(
                key=key,
                name=name,
                deals=own.height,
                arrivals=fit_arrivals(
                    own["days_ago"].to_numpy(),
                    as_of=until,
                    observed_days=observed,
                    horizon_days=horizon_days,
                    holidays=holidays,
                ),
                enters=_entry_shares(own, history, observed),
                amounts=amounts,
                won_rows=(won if amounts is not None and amounts.whole else wins)["row"]
                .to_numpy()
                .astype(np.int64),
                amount_level=amount_level,
            )
        )
    return tuple(source for source in result if source.deals), until


def _amount_level(won: pl.DataFrame, as_of: dt.datetime, horizon_days: float | None) -> Level:
    """Level of won amounts in the horizon over that of the whole history, adjusted for the source."""
    amounts_known = won.filter((pl.col("amount") > 0) & pl.col("closed").is_not_null())
    if horizon_days is None or not amounts_known.height:
        return STEADY
    usual = pl.col("amount").mean().over("source_key")
    ago = days_between("closed", pl.lit(as_of))
    columns = amounts_known.select(ratio=pl.col("amount") / usual, ago=ago)
    ago_and_ratio = columns["ago"].to_numpy(), columns["ratio"].to_numpy()
    return trend_of_values(*ago_and_ratio, as_of, horizon_days=horizon_days).level


def _recorded_until(begun: pl.DataFrame, as_of: dt.datetime) -> dt.datetime:
    """End of the record of new leads: the as-of time, or midnight after the last lead if none came for long.

    A final gap counts as missing data if twenty leads or more were expected in it and it is ten times longer
    than any gap before.
    """
    days = (begun["entered"] - begun["entered"].min()).dt.total_microseconds().to_numpy() / 86_400e6
    ordered = np.sort(days)
    last = begun["entered"].max()
    assert isinstance(last, dt.datetime)
    gap = (as_of - last) / dt.timedelta(days=1)
    recent = ordered[ordered > ordered[-1] - 91]
    expected = gap * len(recent) / 91
    longest = float(np.max(np.diff(recent), initial=0.0))
    if expected >= _LEADS_MISSING and gap > 10 * max(longest, 1.0):
        return end_of_day(last.date())
    return as_of


def _observed_days(begun: pl.DataFrame, as_of: dt.datetime, begin: dt.datetime | None) -> float:
    """Length of the record of arrivals: from the first one, or from the start of observation."""
    first = begun["entered"].min()
    assert isinstance(first, dt.datetime)
    since = max(first, begin) if begin is not None else first
    return max((as_of - dt.datetime.combine(since.date(), dt.time(0))) / dt.timedelta(days=1), 1.0)


def _entry_shares(own: pl.DataFrame, history: History, observed: float) -> dict[str, float]:
    """Share of leads by first stage, of those observed from their creation."""
    seen = own.filter(pl.col("days_ago") <= observed)
    counts = dict((seen if seen.height else own).group_by("stage").len().iter_rows())
    total = sum(counts.values())
    return whole_shares({s: counts[s] / total for s in history.meta.stages if s in counts}) if total else {}


def won_deals(deals: pl.DataFrame, since: dt.datetime | None) -> pl.DataFrame:
    """Wins with a usable amount: neither a credit note nor a thousand times all others."""
    won = deals.filter(
        (pl.col("outcome") == "won") & pl.col("amount").is_not_null() & (pl.col("amount") >= 0)
    )
    if (extreme := extreme_amounts(won["amount"].to_numpy(), LEFT_OUT)).any():
        won = won.filter(pl.Series(~extreme))
    if since is None:
        return won
    recent = won.filter(pl.col("closed") >= since)
    return recent if recent.height else won


def unusable_wins(deals: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Wins that `won_deals` leaves out for their amount: the extreme ones, and how many credit notes."""
    won = deals.filter(pl.col("outcome") == "won", pl.col("amount").is_not_null())
    usual = won.filter(pl.col("amount") >= 0)
    extreme = extreme_amounts(usual["amount"].to_numpy(), LEFT_OUT)
    return usual.filter(pl.Series(extreme, dtype=pl.Boolean)), won.height - usual.height


def listed_factor_of(history: History, since: dt.datetime | None) -> tuple[Distribution | None, int]:
    both = won_deals(history.deals, since).filter((pl.col("amount") > 0) & (pl.col("listed_amount") > 0))
    return fit_listed_factor(both["amount"].to_numpy(), both["listed_amount"].to_numpy())
