"""Local times without an offset in the hour that clocks show twice: the order of the rows says which one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention

#: Rows up to so long before the second hour are moved with the first one, so that they stay before it.
_NIGHT = dt.timedelta(hours=12)
#: Share of the steps of a file that must lead forward for its order to count where a deal has one step only.
_NEARLY_ALL = 0.95
_SHOWN = 3


def read_repeated_hour(rows: pl.DataFrame, zone: str, noun: str) -> tuple[pl.DataFrame, list[Attention]]:
    """Rows of events (`deal`, `at`), oldest first, with the repeated hour in order, and what to look at.

    Where a deal goes back within that hour and nowhere else, as from 02:50 to 02:10, the later row is of the
    second hour. The rows of that night before it are set back by the hour that the clocks went back, so that
    order and lengths are right and closings stay after them.
    """
    twice = rows.select(_hour_of(zone).alias("back"))["back"] > dt.timedelta()
    often = rows.filter(twice)["deal"].value_counts().filter(pl.col("count") > 1)["deal"]
    if often.is_empty():
        return rows, []
    steps = _steps(rows, zone, often)
    wrong_way = steps.filter("backward")
    deals = wrong_way["deal"].unique(maintain_order=True)
    ordered = _in_order(rows, steps, deals)
    rows = _set_back(rows, wrong_way.filter(pl.col("deal").is_in(ordered.implode())))
    unclear = steps.filter("in_hour", pl.col("deal").is_in(deals.implode()))["deal"].unique(
        maintain_order=True
    )
    unclear = unclear.filter(~unclear.is_in(ordered.implode()))
    return rows, list(_attention(ordered, unclear, noun))


def _hour_of(zone: str) -> pl.Expr:
    """How far the clocks go back where a local time occurs twice; zero or null elsewhere."""
    first, second = (
        pl.col("at").dt.replace_time_zone(zone, ambiguous=one, non_existent="null")
        for one in ("earliest", "latest")
    )
    return second - first


def _steps(rows: pl.DataFrame, zone: str, deals: pl.Series) -> pl.DataFrame:
    """Each row of `deals` after the first, in the order of the file, beside the row before it."""
    in_hour = rows.select("deal", "at").filter(
        pl.col("deal").is_in(deals.implode()), pl.col("at").is_not_null()
    )
    in_hour = in_hour.with_columns(_hour_of(zone).fill_null(dt.timedelta()).alias("back"))
    before, back_before = (pl.col(name).shift().over("deal") for name in ("at", "back"))
    twice = (pl.col("back") > dt.timedelta()) & (back_before > dt.timedelta())
    return in_hour.with_columns(
        backward=(pl.col("at") < before).fill_null(False),
        in_hour=(twice & (pl.col("at") > before - pl.col("back"))).fill_null(False),
        known=before.is_not_null(),
    ).filter("known")


def _in_order(rows: pl.DataFrame, steps: pl.DataFrame, deals: pl.Series) -> pl.Series:
    """Those of `deals` whose rows are in order of time but for one step back within a repeated hour."""
    per_deal = steps.group_by("deal", maintain_order=True).agg(
        backward=pl.col("backward").sum(),
        in_hour=(pl.col("backward") & pl.col("in_hour")).sum(),
        steps=pl.len(),
    )
    alone = (pl.col("backward") == 1) & (pl.col("in_hour") == 1) & pl.col("deal").is_in(deals.implode())
    fitting = per_deal.filter(alone)
    if not fitting.is_empty() and not _is_chronological(rows, fitting["deal"]):
        fitting = fitting.filter(pl.col("steps") > 1)
    return fitting["deal"]


def _is_chronological(rows: pl.DataFrame, besides: pl.Series) -> bool:
    """True if nearly all steps of the other deals lead forward in time."""
    others = rows.select("deal", "at").filter(~pl.col("deal").is_in(besides.implode()))
    change = others.select(pl.col("at").diff().over("deal").alias("change"))["change"]
    back, forth = (int((sign * change.dt.total_microseconds() > 0).sum()) for sign in (-1, 1))
    return forth > _NEARLY_ALL * (back + forth)


def _set_back(rows: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Rows of the night before the first row of the `second` hour, set back by that hour."""
    position = pl.int_range(pl.len(), dtype=pl.UInt32)
    switch = second.select("deal", "back", turn="at")
    joined = rows.with_columns(position.alias("__place")).join(
        switch, on="deal", how="left", maintain_order="left"
    )
    turns = (
        joined.filter(pl.col("at") == pl.col("turn"))
        .group_by("deal")
        .agg(pl.col("__place").min().alias("at_place"))
    )
    joined = joined.join(turns, on="deal", how="left", maintain_order="left")
    night = (pl.col("at") > pl.col("turn") - _NIGHT) & (pl.col("__place") < pl.col("at_place"))
    moved = pl.when(night.fill_null(False)).then(pl.col("at") - pl.col("back")).otherwise("at")
    return joined.with_columns(moved.alias("at")).select(rows.columns)


def _attention(ordered: pl.Series, unclear: pl.Series, noun: str) -> Iterator[Attention]:
    for deals, how in (
        (ordered, "read in the order of the file, the later row in the second hour"),
        (unclear, "read in the order of the clock, since the file is not sorted by time"),
    ):
        if not deals.is_empty():
            number = len(deals)
            text = (
                f"{counted(number, noun)} {verb(number, 'have')} events out of order within the hour that "
                f"the clocks repeat (such as {', '.join(deals.head(_SHOWN))}): {how}. To avoid this, export "
                "times with their offset from UTC"
            )
            yield Attention(check="repeated_hour", text=text, count=number)
