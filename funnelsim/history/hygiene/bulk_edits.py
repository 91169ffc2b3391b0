"""Many deals that entered a stage at one instant: a bulk edit or an import, not sales."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import plural_noun
from funnelsim.history.attention import Attention
from funnelsim.history.files.as_of_dates import date_text

#: Nobody moves so many deals by hand within one second.
_AT_ONCE = 20
_MOST = 3


def bulk_edits(entries: pl.DataFrame, labels: dict[str, str], noun: str) -> Iterator[Attention]:
    """Warnings about instants at which many deals entered a stage.

    Parameters
    ----------
    entries : DataFrame
        ``deal, at, key`` and ``by`` (who made the entry; null if not known).
    labels : dict
        Key of a stage or outcome -> its name.
    """
    known = entries.drop_nulls(["deal", "at", "key"])
    timed = known.filter(pl.col("at").dt.truncate("1d") != pl.col("at"))
    if timed.is_empty():  # dates without a time: a day is no instant
        return
    first = (
        known["deal"]
        .to_frame()
        .with_columns(known["at"])
        .group_by("deal")
        .agg(pl.col("at").min().alias("first"))
    )
    at_once = (
        timed.join(first, on="deal")
        .group_by(pl.col("at").dt.truncate("1s").alias("instant"))
        .agg(
            pl.col("deal").n_unique().alias("deals"),
            pl.col("key").mode().sort().first().alias("key"),
            pl.col("by").drop_nulls().unique().alias("by"),
            (pl.col("at") == pl.col("first")).mean().alias("new"),
        )
        .filter(pl.col("deals") >= _AT_ONCE)
        .sort("deals", "instant", descending=[True, False])
    )
    if at_once.is_empty():
        return
    every = int(at_once["deals"].sum())
    shown = []
    for row in at_once.head(_MOST).iter_rows(named=True):
        what = "created" if row["new"] > 0.5 else f"moved to {labels.get(row['key'], row['key'])}"
        by = f" by {row['by'][0]}" if len(row["by"]) == 1 else ""
        shown.append(
            f"{row['deals']:,} {what} on {date_text(row['instant'])} at {row['instant']:%H:%M:%S}{by}"
        )
    more = f" and {at_once.height - _MOST} more such instants" if at_once.height > _MOST else ""
    text = (
        f"bulk edits or imports: {'; '.join(shown)}{more}. The time in stage of such {plural_noun(noun)} is "
        "that of the edit, not of the sale"
    )
    yield Attention(check="bulk_edits", text=text, count=every)
