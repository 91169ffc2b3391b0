"""Open leads at the start: who they are."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.errors import ModelError
from funnelsim.core.numeric.keys import crm_id
from funnelsim.model.files.pipeline_checks import SIMULATED_COLUMNS, ModelKeys, pipeline_problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLeads:
    """The pipeline file as arrays, one entry a lead; places instead of keys."""

    name: tuple[str, ...]
    id: NDArray[np.uint64]
    stage: Ints
    segment: Ints  # 0: none
    source: Ints  # -1: unknown
    age: Floats
    created: Floats
    planned: Floats  # day of the planned close; NaN where none is known
    amount: Floats
    bookings_before: Ints
    waits: NDArray[np.bool_]  # for a rep, or is worked on
    visit_first: Ints
    visited: Ints
    visits: Ints

    @classmethod
    def read(
        cls,
        frame: pl.DataFrame,
        stages: Sequence[str],
        segments: Sequence[str | None],
        sources: Sequence[str],
        start: dt.date,
        path: Path | None,
    ) -> OpenLeads:
        """Check a pipeline frame against a funnel's keys.

        Raises
        ------
        ModelError
            See `funnelsim.model.files.pipeline_checks`.
        """
        keys = ModelKeys(stages=stages, sources=sources, segments=[k for k in segments if k is not None])
        problems = pipeline_problems(frame, keys, SIMULATED_COLUMNS)
        if problems:
            raise ModelError(f"pipeline of {path or 'the model'}", problems)
        counts = [Counter(visited) for visited in frame["visits"].to_list()]
        stage_at = {key: place for place, key in enumerate(stages)}
        return cls(
            name=tuple(frame["lead"].to_list()),
            id=np.array([crm_id(lead) for lead in frame["lead"].to_list()], dtype=np.uint64),
            stage=_places(frame["stage"], stages, -1),
            segment=_places(frame["segment"], segments, 0),
            source=_places(frame["source"], sources, 0 if len(sources) == 1 else -1),
            # Writable, as all arrays of a plan are: read-only ones would compile the engine a second time.
            age=frame["age_days"].cast(pl.Float64).to_numpy(writable=True),
            created=-frame["lead_age_days"].cast(pl.Float64).to_numpy(),
            planned=_planned_days(frame, start),
            amount=frame["amount"].cast(pl.Float64).fill_null(math.nan).to_numpy(writable=True),
            bookings_before=frame["won_before"].cast(pl.Int64).to_numpy(writable=True),
            waits=_waits(frame),
            visit_first=np.cumsum([0] + [len(c) for c in counts], dtype=np.int64),
            visited=np.array([stage_at[key] for c in counts for key in c], dtype=np.int64),
            visits=np.array([n for c in counts for n in c.values()], dtype=np.int64),
        )


def _waits(frame: pl.DataFrame) -> NDArray[np.bool_]:
    if "state" not in frame.columns:
        return np.zeros(frame.height, np.bool_)
    return frame["state"].is_in(["waiting", "working"]).fill_null(False).to_numpy(writable=True)


def _planned_days(frame: pl.DataFrame, start: dt.date) -> Floats:
    if "planned_close" not in frame.columns:
        return np.full(frame.height, math.nan)
    ahead = (pl.col("planned_close").cast(pl.Date) - pl.lit(start)).dt.total_days()
    days = frame.select(ahead.cast(pl.Float64).fill_null(math.nan))
    return days.to_series().to_numpy(writable=True)


def _places(column: pl.Series, keys: Sequence[str | None], missing: int) -> Ints:
    at = {key: place for place, key in enumerate(keys)}
    return np.array([missing if value is None else at[value] for value in column.to_list()], dtype=np.int64)
