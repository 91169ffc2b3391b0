"""Funnel order of the stages, read from the paths that deals took."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl


def infer_order(moves: pl.DataFrame, stages: Sequence[str]) -> list[str]:
    """Stages in the order in which deals first enter them.

    For each pair of stages the deals that entered both say which comes first; stages are sorted by the pairs
    they win less those they lose (Copeland's rule). Equal stages keep the order of `stages`.

    Parameters
    ----------
    moves : DataFrame
        Columns ``deal, key, at``, stage entries only, in file order.

    References
    ----------
    Copeland, A. H. (1951). A reasonable social welfare function. University of Michigan seminar.
    """
    place = {key: position for position, key in enumerate(stages)}
    paths = (
        moves.with_row_index("__place")
        .sort("deal", "at", "__place")
        .unique(["deal", "key"], keep="first", maintain_order=True)
        .with_columns(pl.col("key").replace_strict(place, return_dtype=pl.String).alias("key"))
        .group_by("deal", maintain_order=True)
        .agg(pl.col("key").str.join(","))["key"]
        .value_counts()
    )
    before = np.zeros((len(stages), len(stages)))
    for path, deals in paths.iter_rows():
        steps = [int(step) for step in path.split(",")]
        for position, step in enumerate(steps):
            before[step, steps[position + 1 :]] += deals
    score = np.sign(before - before.T).sum(axis=1)
    return sorted(stages, key=lambda key: (-score[place[key]], place[key]))
