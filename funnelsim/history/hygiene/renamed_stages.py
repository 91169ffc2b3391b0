"""Stages that were renamed: a label that stops when another one begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import counted
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


def renamed_stages(entries: pl.DataFrame, labels: dict[str, str]) -> Iterator[Attention]:
    """Warnings about pairs of stages, the second of which looks like the first one renamed.

    Parameters
    ----------
    entries : DataFrame
        ``deal, at, key`` of entries into stages.
    labels : dict
        Stage key -> its label.
    """
    known = entries.drop_nulls(["deal", "at", "key"]).sort("deal", "at", maintain_order=True)
    if known.is_empty():
        return
    known = known.with_columns(pl.col("key").shift().over("deal").fill_null("").alias("before"))
    first, last = known["at"].min(), known["at"].max()
    assert isinstance(first, dt.datetime)
    assert isinstance(last, dt.datetime)
    uses = (
        known.group_by("key")
        .agg(pl.len().alias("n"), pl.col("at").min().alias("first"), pl.col("at").max().alias("last"))
        .filter(pl.col("n") >= _ENTRIES, pl.col("key").is_in(list(labels)))
        .with_columns(((pl.col("last") - pl.col("first")) / pl.col("n")).alias("gap"))
    )
    quiet = pl.max_horizontal(pl.lit(_QUIET), pl.col("gap") * _GAPS)
    old = uses.filter(pl.lit(last) - pl.col("last") > quiet)
    new = uses.filter(pl.col("first") - pl.lit(first) > quiet)
    for was, n_old, since_old, ended, gap_old in old.sort("last").iter_rows():
        followers = []
        for now, n_new, began, until, gap_new in new.sort("first").iter_rows():
            near = -_BETWEEN <= began - ended <= max(_BETWEEN, 3 * max(gap_old, gap_new))
            rates = [
                n / max((end - start) / dt.timedelta(days=1), 1.0)
                for n, start, end in ((n_old, since_old, ended), (n_new, began, until))
            ]
            as_often = max(rates) <= _AS_OFTEN * min(rates)
            if now != was and near and as_often and _usual_before(known, was) == _usual_before(known, now):
                followers.append((abs(began - ended), now, n_new, began))
        if followers:
            _, now, n_new, began = min(followers)
            yield _renamed(labels[was], labels[now], n_old, n_new, ended, began)


def _usual_before(entries: pl.DataFrame, key: str) -> str:
    """The stage from which most deals come into this one; empty: it is their first."""
    counts = (
        entries.filter(key=key)["before"]
        .value_counts(sort=True)
        .sort("count", "before", descending=[True, False])
    )
    return str(counts["before"][0])


def _renamed(was: str, now: str, n_old: int, n_new: int, ended: dt.datetime, began: dt.datetime) -> Attention:
    text = (
        f"{quoted(was)} ({counted(n_old, 'entry') if n_old == 1 else f'{n_old:,} entries'}) ends on "
        f"{date_text(ended)}, and {quoted(now)} ({n_new:,} entries) begins on {date_text(began)}, after the "
        "same stage: one stage that was renamed? They are counted as two. To join them:"
    )
    lines = ("[renames]", f"{quoted(was)} = {quoted(now)}")
    return Attention(check="renamed_stage", text=text, mapping=lines, count=n_old)
