"""Stages that were renamed: a label that stops when another one begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.toml_text import quoted

#: Fewer entries say nothing about when a label was in use.
_ENTRIES = 10
#: So many usual gaps between entries without one: the label is not used any more (or not yet).
_GAPS = 8
_QUIET = dt.timedelta(days=14)
#: Between the last entry of the old label and the first of the new one.
_BETWEEN = dt.timedelta(days=3)
#: The new label is entered as often as the old one was, within this factor.
_AS_OFTEN = 4.0


def renamed_stages(visits: pl.DataFrame, labels: Mapping[str, str]) -> Iterator[Attention]:
    """Warnings about pairs of stages, the second of which looks like the first one renamed.

    Parameters
    ----------
    visits : DataFrame
        ``stage, entered, exit`` of each visit.
    labels : mapping
        Stage key -> its label.
    """
    first, last = visits["entered"].min(), visits["entered"].max()
    if not isinstance(first, dt.datetime) or not isinstance(last, dt.datetime):
        return
    uses = (
        visits.group_by("stage")
        .agg(
            pl.len().alias("n"), pl.col("entered").min().alias("first"), pl.col("entered").max().alias("last")
        )
        .filter(pl.col("n") >= _ENTRIES, pl.col("stage").is_in(list(labels)))
        .with_columns(((pl.col("last") - pl.col("first")) / pl.col("n")).alias("gap"))
        .with_columns(pl.max_horizontal(pl.lit(_QUIET), pl.col("gap") * _GAPS).alias("quiet"))
        .with_columns((pl.col("n") / ((pl.col("last") - pl.col("first")).dt.total_days() + 1)).alias("rate"))
    )
    old = uses.filter(pl.lit(last) - pl.col("last") > pl.col("quiet")).sort("last")
    new = uses.filter(pl.col("first") - pl.lit(first) > pl.col("quiet")).sort("first")
    for was in old.iter_rows(named=True):
        followers = [
            now
            for now in new.iter_rows(named=True)
            if now["stage"] != was["stage"]
            and -_BETWEEN <= now["first"] - was["last"] <= max(_BETWEEN, 3 * max(was["gap"], now["gap"]))
            and max(was["rate"], now["rate"]) <= _AS_OFTEN * min(was["rate"], now["rate"])
            and _usual_before(visits, was["stage"]) == _usual_before(visits, now["stage"])
        ]
        if followers:
            now = min(followers, key=lambda one: abs(one["first"] - was["last"]))
            yield _renamed(labels[was["stage"]], labels[now["stage"]], was, now)


def _usual_before(visits: pl.DataFrame, stage: str) -> str:
    """The stage from which most deals come into this one; empty: for most it is their first."""
    before = visits.filter(exit=stage)["stage"].value_counts(sort=True)
    into = visits.filter(stage=stage).height
    if before.height == 0 or int(before["count"].sum()) * 2 < into:
        return ""
    return str(before.sort("count", "stage", descending=[True, False])["stage"][0])


def _renamed(
    was: str, now: str, old: Mapping[str, int | dt.datetime], new: Mapping[str, int | dt.datetime]
) -> Attention:
    ended, began, number = old["last"], new["first"], old["n"]
    assert isinstance(ended, dt.datetime)
    assert isinstance(began, dt.datetime)
    assert isinstance(number, int)
    text = (
        f"{quoted(was)} ({number:,} entries) ends on {date_text(ended)}, and {quoted(now)} ({new['n']:,} "
        f"entries) begins on {date_text(began)}, after the same stage: one stage that was renamed? They are "
        "counted as two. To join them:"
    )
    return Attention(
        check="renamed_stage",
        text=text,
        mapping=("[renames]", f"{quoted(was)} = {quoted(now)}"),
        count=number,
    )
