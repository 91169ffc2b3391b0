"""The paths that leads take most often, from their first stage to their outcome."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.process_map import Variant
from funnelsim.history.files.events import History
from funnelsim.processmap.paths import in_order
from funnelsim.processmap.proportions import wilson

_SEPARATOR = ","


def paths_of(history: History, stages: Sequence[str]) -> pl.LazyFrame:
    """The path of each lead that has ended: ``deal``, ``path``, ``won``, ``days``, ``amount``.

    A path is the numbers of its stages (places in `stages`), joined by commas. Days are those from creation
    to the end, whenever that was: of the leads that closed on a day all are recorded. Amounts are those of
    wins.
    """
    place = pl.col("stage").replace_strict(
        {key: str(n) for n, key in enumerate(stages)}, return_dtype=pl.String
    )
    walked = in_order(history).group_by("deal").agg(place.str.join(_SEPARATOR).alias("path"))
    won = pl.col("outcome") == "won"
    return (
        history.deals.lazy()
        .filter(pl.col("outcome").is_not_null())
        .join(walked, on="deal")
        .select(
            "deal",
            "path",
            won.alias("won"),
            days_between("created", "closed").alias("days"),
            pl.when(won).then("amount").alias("amount"),
        )
    )


def variants(history: History, stages: Sequence[str], top: int) -> tuple[list[Variant], int]:
    """The most frequent paths, and how many different ones there are.

    Win rates are unknown where the history does not record losses.
    """
    grouped = (
        paths_of(history, stages)
        .group_by("path")
        .agg(
            n=pl.len(),
            won=pl.col("won").sum(),
            days=pl.col("days").median(),
            amount=pl.col("amount").mean(),
        )
        .sort(["n", pl.col("path").str.len_chars(), "path"], descending=[True, False, False])
        .collect()
    )
    total = int(grouped["n"].sum())
    known = history.meta.losses_recorded
    found = [_variant(row, stages, total, known) for row in grouped.head(top).iter_rows(named=True)]
    return found, grouped.height


def _variant(row: dict[str, float], stages: Sequence[str], total: int, losses_recorded: bool) -> Variant:
    n, won = int(row["n"]), int(row["won"])
    interval = wilson(won, n)
    rate = {"win_rate": interval.value, "win_rate_low": interval.low, "win_rate_high": interval.high}
    return Variant(
        path=tuple(stages[int(place)] for place in str(row["path"]).split(_SEPARATOR)),
        n=n,
        share=n / total,
        median_days=row["days"],
        won=won,
        **(rate if losses_recorded else {}),
        mean_amount=row["amount"],
    )
