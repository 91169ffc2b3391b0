"""Many deals that moved at one instant: a bulk edit or an import, not sales."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from funnelsim.core.nouns import plural_noun
from funnelsim.history.attention import Attention
from funnelsim.history.files.as_of_dates import date_text

#: Nobody moves so many deals by hand at one instant.
_AT_ONCE = 20
_MOST = 3


def bulk_edits(
    visits: pl.DataFrame,
    deals: pl.DataFrame,
    names: Mapping[str, str],
    noun: str,
    authors: Callable[[pl.DataFrame], pl.DataFrame],
) -> Attention | None:
    """The warning about instants at which many deals moved; None where there are none.

    Parameters
    ----------
    visits, deals : DataFrame
        Of the history.
    names : mapping
        Key of a stage -> its name.
    authors : callable
        ``deal, at`` of moves -> ``deal, at, by``: who made them, where that is known.
    """
    entered = visits["entered"].value_counts().filter(pl.col("count") >= _AT_ONCE)["entered"]
    closed = deals["closed"].drop_nulls().value_counts().filter(pl.col("count") >= _AT_ONCE)["closed"]
    moves = pl.concat(
        [
            visits.filter(pl.col("entered").is_in(entered.implode())).select(
                "deal", at="entered", key="stage", new=pl.col("visit") == 1
            ),
            deals.filter(pl.col("closed").is_in(closed.implode())).select(
                "deal", at="closed", key="outcome", new=pl.lit(False)
            ),
        ]
    ).filter(pl.col("at") != pl.col("at").dt.truncate("1d"))  # a day is no instant
    if moves.is_empty():
        return None
    began = deals.join(moves.select("deal").unique(), on="deal", how="semi").select("deal", "created")
    moves = moves.join(authors(moves.select("deal", "at").unique()), on=["deal", "at"], how="left")
    moves = moves.join(began, on="deal", how="left")
    instants = (
        moves.group_by("at")
        .agg(
            pl.col("deal").n_unique().alias("deals"),
            pl.col("key").mode().sort().first().alias("key"),
            pl.col("by").drop_nulls().unique().alias("by"),
            (pl.col("new") & (pl.col("created") >= pl.col("at") - pl.duration(seconds=1)))
            .mean()
            .alias("new"),
        )
        .filter(pl.col("deals") >= _AT_ONCE)
        .sort("deals", "at", descending=[True, False])
    )
    if instants.is_empty():
        return None
    shown = []
    for row in instants.head(_MOST).iter_rows(named=True):
        what = "created" if row["new"] > 0.5 else f"moved to {names.get(row['key'], row['key'])}"
        by = f" by {row['by'][0]}" if len(row["by"]) == 1 else ""
        shown.append(f"{row['deals']:,} {what} on {date_text(row['at'])} at {row['at']:%H:%M:%S}{by}")
    more = f" and {instants.height - _MOST} more such instants" if instants.height > _MOST else ""
    text = (
        f"bulk edits or imports: {'; '.join(shown)}{more}. The time in stage of such {plural_noun(noun)} is "
        "that of the edit, not of the sale"
    )
    return Attention(check="bulk_edits", text=text, count=int(instants["deals"].sum()))
