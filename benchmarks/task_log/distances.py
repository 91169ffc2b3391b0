"""Distances between two logs of tasks, as the literature on simulated processes measures them.

Both are the work of moving one histogram into the other, in hours: CTDD of the cases' cycle times, REDD of
all starts and ends, counted from the beginning of their case.

References
----------
Chapela-Campa, D., Benchekroun, I., Baron, O., Dumas, M., Krass, D. and Senderovich, A. (2023). Can I trust my
simulation model? Measuring the quality of business process simulation models. BPM 2023, LNCS 14159, 20-37.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.task_log.split import LOG


class Distances(NamedTuple):
    """In hours."""

    ctdd: float
    redd: float


def distances(one: pl.DataFrame, other: pl.DataFrame) -> Distances:
    """CTDD and REDD of two logs with the columns of `LOG`.

    Raises
    ------
    ModuleNotFoundError
        If log-distance-measures is not installed: it is part of the extra ``calibration``.
    """
    from log_distance_measures.config import EventLogIDs
    from log_distance_measures.cycle_time_distribution import cycle_time_distribution_distance
    from log_distance_measures.relative_event_distribution import relative_event_distribution_distance

    ids = EventLogIDs(case="case", activity="activity", start_time="start", end_time="end")
    logs = _frame(one), ids, _frame(other), ids
    return Distances(
        ctdd=float(cycle_time_distribution_distance(*logs, bin_size=dt.timedelta(hours=1))),
        redd=float(relative_event_distribution_distance(*logs)),
    )


def halves(log: pl.DataFrame, cases: int, times: int, seed: int = 1) -> list[Distances]:
    """Distances between two samples of different cases of a log, of this size or half of all cases."""
    every = log["case"].unique().sort().to_numpy()
    size = min(cases, len(every) // 2)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(times):
        drawn = rng.permutation(every)
        one, other = drawn[:size].tolist(), drawn[size : 2 * size].tolist()
        found.append(
            distances(log.filter(pl.col("case").is_in(one)), log.filter(pl.col("case").is_in(other)))
        )
    return found


def _frame(log: pl.DataFrame) -> Any:
    from pandas import DataFrame

    return DataFrame({name: log[name].to_list() for name in LOG})
