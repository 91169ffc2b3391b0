"""Rows of events, oldest first: exports and reports often have the newest at the top."""

from __future__ import annotations

import polars as pl

#: Share of the steps in time between neighbouring rows that must lead back.
_NEARLY_ALL = 0.95


def oldest_first(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with ``deal`` and ``at``, reversed if the newest come first.

    Rows of one day, or of one second, keep the order of the file.
    """
    earlier = pl.col("at") < pl.col("at").shift()
    later = pl.col("at") > pl.col("at").shift()
    same_deal = pl.col("deal") == pl.col("deal").shift()
    back, forth, back_all, forth_all = rows.select(
        back=(earlier & same_deal).sum(),
        forth=(later & same_deal).sum(),
        back_all=earlier.sum(),
        forth_all=later.sum(),
    ).row(0)
    if back + forth == 0:  # deals lie apart: a list in order of time
        back, forth = back_all, forth_all
    return rows.reverse() if back > _NEARLY_ALL * (back + forth) else rows
