"""Funnel order of the stages, read from the paths that deals took."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl


def infer_order(moves: pl.DataFrame, stages: Sequence[str]) -> list[str]:
    """Stages in the order in which deals first enter them.

    For each pair of stages the deals that entered both say which comes first; stages are sorted by the pairs
    they win less those they lose (Copeland's rule). Entries at one instant say nothing. Equal stages keep the
    order of `stages`.

    Parameters
    ----------
    moves : DataFrame
        Columns ``deal, key, at``, stage entries only, in file order.

    References
    ----------
    Copeland, A. H. (1951). A reasonable social welfare function. University of Michigan seminar.
    """
    if len(stages) < 2:
        return list(stages)
    place = {key: position for position, key in enumerate(stages)}
    same_deal = (pl.col("deal") == pl.col("deal").shift()).fill_null(False)
    together = same_deal & (pl.col("at") == pl.col("at").shift())
    number = pl.col("key").replace_strict(place, return_dtype=pl.Int64)
    paths = (
        moves.sort("deal", "at", maintain_order=True)
        .select("deal", "at", number=number, path=(~same_deal).cum_sum().cast(pl.Int64))
        .filter((pl.col("path") * len(stages) + pl.col("number")).is_first_distinct())
        .select(
            "path",
            step=pl.when(together).then(pl.lit("+")).otherwise(pl.lit(",")) + pl.col("number").cast(str),
        )
        .group_by("path", maintain_order=True)
        .agg(pl.col("step").str.join(""))["step"]
        .value_counts()
    )
    before = np.zeros((len(stages), len(stages)))
    for path, deals in paths.iter_rows():
        instants = [[int(step) for step in instant.split("+")] for instant in path[1:].split(",")]
        for position, instant in enumerate(instants):
            later = [step for other in instants[position + 1 :] for step in other]
            before[np.ix_(instant, later)] += deals
    score = np.sign(before - before.T).sum(axis=1)
    return sorted(stages, key=lambda key: (-score[place[key]], place[key]))
