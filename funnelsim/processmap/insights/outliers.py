"""Deals worth reading: the few that are furthest from the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.map_insights import Outlier, OutlierKind, Reason
from funnelsim.processmap.journeys import Journeys

MOST = 10
#: Deals of one kind that are considered, and the fewest to know what is usual.
_EACH, _FEWEST = 10, 20
#: Usual is what 95 of 100 stay within; of sizes that come in pairs (fast and large) nine of ten.
_USUAL, _TENTH = 0.95, 0.1
#: A time is worth reading from so many times the usual on; the longest of a few is not.
_TIMES = 1.5


@dataclass(frozen=True, slots=True)
class _Candidate:
    d: int
    reason: Reason


def outliers(journeys: Journeys) -> tuple[Outlier, ...]:
    """At most ten deals: of each kind the most extreme in turn, then by amount."""
    kinds = [list(find(journeys)) for find in (_open_long, _fast_large, _silent, _loops, _returned)]
    reasons: dict[int, list[Reason]] = {}
    for candidate in (one for rank in zip_longest(*kinds) for one in rank if one is not None):
        if candidate.d in reasons or len(reasons) < MOST:
            reasons.setdefault(candidate.d, []).append(candidate.reason)
    rows = journeys.deals.filter(pl.col("d").is_in(list(reasons)))
    rows = rows.sort("value", "deal", descending=[True, False], nulls_last=True)
    return tuple(
        Outlier(
            deal=row["deal"],
            account=row["account"] or "",
            name=row["name"] or "",
            owner=row["owner"] or "",
            outcome=row["outcome"] or "",
            amount=row["value"],
            reasons=tuple(reasons[row["d"]]),
        )
        for row in rows.iter_rows(named=True)
    )


def _won(journeys: Journeys) -> pl.DataFrame:
    return journeys.deals.filter(pl.col("state") == "won", pl.col("days").is_not_null())


def _open_long(journeys: Journeys) -> Iterator[_Candidate]:
    """Open for much longer than wins take."""
    won = _won(journeys)
    if won.height < _FEWEST:
        return
    usual = _usual(won["days"])
    age = days_between("created", pl.lit(journeys.history.meta.as_of))
    found = journeys.deals.filter(pl.col("state") == "open").with_columns(size=age)
    yield from _largest(found, "open_long", usual)


def _fast_large(journeys: Journeys) -> Iterator[_Candidate]:
    """Among the fastest tenth of wins and among the largest."""
    won = _won(journeys).drop_nulls("value")
    if won.height < _FEWEST:
        return
    days = won["days"].quantile(_TENTH, "lower")
    amount = won["value"].quantile(1 - _TENTH, "higher")
    extreme = (pl.col("days") <= days) & (pl.col("value") >= amount)
    # Where most wins have the same amount, the largest tenth is nothing special.
    uncommon = (pl.col("days") < pl.col("days").median()) & (pl.col("value") > pl.col("value").median())
    found = won.filter(extreme & uncommon)
    found = found.sort("value", "days", "deal", descending=[True, False, False]).head(_EACH)
    for d, size in found.select("d", "days").iter_rows():
        yield _Candidate(
            d, Reason(kind="fast_large", value=size, usual=_number(days), usual_amount=_number(amount))
        )


def _silent(journeys: Journeys) -> Iterator[_Candidate]:
    """Won after a much longer time without any record than wins have."""
    won = _won(journeys)
    if won.height < _FEWEST:
        return
    gaps = _longest_gaps(journeys, won)
    usual = _usual(gaps["size"])
    yield from _largest(gaps.join(won.select("d", "deal"), on="d"), "silence", usual)


def _longest_gaps(journeys: Journeys, won: pl.DataFrame) -> pl.DataFrame:
    """The longest time between two records of each won deal, and the stage that it was in.

    Records are moves, tasks and changes of plan, from the first visit to the win.
    """
    history, none = journeys.history, pl.lit(None, journeys.visits.schema["stage"])
    ids = won.select("d", "deal", "closed")
    visits = journeys.visits.join(ids, on="d", how="semi").select("d", "stage", at="entered")
    first = visits.group_by("d").agg(first=pl.col("at").min())
    others = [
        frame.select("deal", at=column)
        .drop_nulls()
        .join(ids.join(first, on="d"), on="deal")
        .filter(pl.col("at").is_between("first", "closed"))
        .select("d", none.alias("stage"), "at")
        for frame, column in (
            (history.work, "started"),
            (history.work, "finished"),
            (history.plans, "at"),
        )
    ]
    ends = ids.select("d", none.alias("stage"), at="closed")
    records = pl.concat([visits, *others, ends]).sort("d", "at", maintain_order=True)
    return (
        records.with_columns(
            # The first record of a deal is a visit: no stage is filled in from the deal before.
            pl.col("stage").forward_fill(),
            next=pl.when(pl.col("d") == pl.col("d").shift(-1)).then(pl.col("at").shift(-1)),
        )
        .drop_nulls("next")
        .with_columns(size=days_between("at", "next"))
        .group_by("d")
        .agg(pl.col("size").max(), pl.col("stage").get(pl.col("size").arg_max()))
    )


def _loops(journeys: Journeys) -> Iterator[_Candidate]:
    """At least two more visits than different stages, and more than 95 of 100 deals have."""
    if journeys.deals.height < _FEWEST:
        return
    counts = journeys.visits.group_by("d", "stage", maintain_order=True).len()
    loops = counts.group_by("d").agg(
        (pl.col("len").sum() - pl.len()).cast(pl.Float64).alias("size"),
        pl.col("stage").get(pl.col("len").arg_max()),
    )
    usual = max(_usual(loops["size"]), 1.0)
    found = loops.join(journeys.deals.select("d", "deal"), on="d")
    yield from _largest(found, "loops", usual, beyond=pl.col("size") > usual)


def _returned(journeys: Journeys) -> Iterator[_Candidate]:
    """Back in a stage after a much longer time away than usual."""
    visits = journeys.visits.filter(pl.col("visit").max().over("d") > 1)
    visits = visits.sort("d", "place", maintain_order=True)
    same = (pl.col("d") == pl.col("d").shift(1)) & (pl.col("place") == pl.col("place").shift(1))
    back = visits.with_columns(was_left=pl.when(same).then(pl.col("left").shift(1)))
    back = back.drop_nulls("was_left").with_columns(size=days_between("was_left", "entered"))
    if back.height < _FEWEST:
        return
    usual = _usual(back["size"])
    longest = back.sort("size", descending=True, maintain_order=True).unique("d", keep="first")
    yield from _largest(longest.join(journeys.deals.select("d", "deal"), on="d"), "returned", usual)


def _largest(
    found: pl.DataFrame, kind: OutlierKind, usual: float, beyond: pl.Expr | None = None
) -> Iterator[_Candidate]:
    """Candidates of one kind, the most extreme first."""
    rows = found.filter(pl.col("size") > _TIMES * usual if beyond is None else beyond)
    rows = rows.sort("size", "deal", descending=[True, False]).head(_EACH)
    if "stage" not in rows.columns:
        rows = rows.with_columns(stage=pl.lit(None, pl.String))
    for d, size, stage in rows.select("d", "size", "stage").iter_rows():
        yield _Candidate(d, Reason(kind=kind, value=size, usual=usual, stage=stage or ""))


def _usual(sizes: pl.Series) -> float:
    """The smallest size that at least 95 of 100 stay within."""
    return _number(sizes.sort()[math.ceil(_USUAL * len(sizes)) - 1])


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
