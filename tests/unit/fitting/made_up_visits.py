"""Histories of one stage, or of a few, made from arrays of numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

BEGIN = dt.datetime(2024, 1, 1)


def instant(day: float) -> dt.datetime:
    return BEGIN + dt.timedelta(microseconds=round(float(day) * 86_400e6))


def one_stage(
    entered: Sequence[float] | np.ndarray,
    left: Sequence[float] | np.ndarray,
    exits: Sequence[str] | np.ndarray,
    *,
    until: float,
    deal_columns: dict[str, list[Any]] | None = None,
    **meta: Any,
) -> History:
    """Visits of the stage ``demo``; those that leave after day `until` are open.

    Exits that are neither won nor lost become stages of their own, without visits.
    """
    gone = [float(x) < until for x in left]
    names = [f"D{i:06d}" for i in range(len(gone))]
    visits = pl.DataFrame(
        {
            "deal": names,
            "stage": ["demo"] * len(names),
            "visit": [1] * len(names),
            "entered": [instant(x) for x in entered],
            "left": [instant(x) if g else None for x, g in zip(left, gone, strict=True)],
            "exit": [str(x) if g else None for x, g in zip(exits, gone, strict=True)],
        },
        schema=VISIT_SCHEMA,
    )
    closed = [g and x in ("won", "lost") for x, g in zip(exits, gone, strict=True)]
    columns: dict[str, list[Any]] = {name: [None] * len(names) for name in DEAL_SCHEMA}
    columns |= {
        "deal": names,
        "created": visits["entered"].to_list(),
        "outcome": [str(x) if c else None for x, c in zip(exits, closed, strict=True)],
        "closed": [at if c else None for at, c in zip(visits["left"].to_list(), closed, strict=True)],
        "name": names,
    }
    others = sorted({str(x) for x in exits} - {"won", "lost"})
    settings = {
        "name": "made up",
        "as_of": instant(until),
        "observed_from": None,
        "stages": {"demo": "Demo", **{key: key.title() for key in others}},
    }
    return History(
        visits=visits,
        deals=pl.DataFrame(columns | (deal_columns or {}), schema=DEAL_SCHEMA),
        meta=HistoryMeta(**(settings | meta)),
    )


def recorded_to_the_day(history: History) -> History:
    """The same with the time of day forgotten."""
    dates = [pl.col(name).dt.truncate("1d") for name in ("entered", "left")]
    return dataclasses.replace(
        history,
        visits=history.visits.with_columns(dates),
        meta=dataclasses.replace(history.meta, resolution="day"),
    )
