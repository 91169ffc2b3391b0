"""Sequential tasks: a lead of the model has one task at a time, people may work on it at the same time.

Two stages are concurrent if their tasks overlap in half or more of the deals that have both (the overlapping
oracle of Chapela-Campa and Dumas 2022). A run of concurrent tasks is put into funnel order: the k-th stage
begins at the k-th earliest start and ends at the k-th earliest end. So all deals follow the same order of
stages, and their stages still add up to the total time. The work of a stage remains the full effort of its
own tasks.

References
----------
Chapela-Campa, D. and Dumas, M. (2022). Modeling extraneous activity delays in business process simulation.
ICPM 2022 (concurrency oracles, times from which a task could be done).
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import polars as pl

#: Share of the deals with two tasks in which they must overlap.
AT_ONCE = 0.5
Pair = frozenset[str]


def concurrent_stages(work: pl.DataFrame) -> frozenset[Pair]:
    """Pairs of stages whose tasks overlap in most deals that have both."""
    tasks = work.drop_nulls("finished").select("deal", "stage", "started", "finished")
    both = tasks.join(tasks, on="deal", suffix="_2").filter(pl.col("stage") < pl.col("stage_2"))
    overlap = (pl.col("started") < pl.col("finished_2")) & (pl.col("started_2") < pl.col("finished"))
    by_deal = both.group_by("deal", "stage", "stage_2").agg(overlap.any().alias("overlap"))
    share = by_deal.group_by("stage", "stage_2").agg(pl.col("overlap").mean())
    result = share.filter(pl.col("overlap") >= AT_ONCE)
    return frozenset(frozenset(pair) for pair in result.select("stage", "stage_2").iter_rows())


def make_sequential(work: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Tasks of each deal in sequence.

    Parameters
    ----------
    work : DataFrame
        `WORK_SCHEMA` with the number of each row as `task`, sorted by deal and start.
    order : sequence of str
        Stages in funnel order.

    Returns
    -------
    DataFrame
        ``deal, stage, task, enabled, started, finished, beside``, sorted by deal and time: `enabled` is when
        the task before it ended, or when it started if it is the first; `beside` is true of all but the first
        of a run. In a run, start and end are those of its place, not of the task.
    """
    tasks = work.select("deal", "stage", "task", "started", "finished")
    run = _runs(tasks, concurrent_stages(work))
    position = pl.col("stage").replace_strict(list(order), range(len(order)), return_dtype=pl.Int64)
    sequential = tasks.with_columns(pl.Series("run", run, dtype=pl.Int64), position.alias("position"))
    sequential = sequential.select(
        pl.col("deal", "run"),
        pl.col("stage", "task").sort_by("position", "started").over("run", mapping_strategy="group_to_rows"),
        pl.col("started").sort().over("run", mapping_strategy="group_to_rows"),
        pl.col("finished").sort(nulls_last=True).over("run", mapping_strategy="group_to_rows"),
    )
    before = pl.col("finished").cum_max().shift().over("deal").forward_fill().over("deal")
    return sequential.select(
        "deal",
        "stage",
        "task",
        pl.coalesce(before, pl.col("started")).alias("enabled"),
        "started",
        "finished",
        (pl.col("run") == pl.col("run").shift()).fill_null(False).alias("beside"),
    )


def _runs(tasks: pl.DataFrame, at_once: AbstractSet[Pair]) -> list[int]:
    """Number of the run of each task: a task joins the previous run if it is concurrent with all of it."""
    runs: list[int] = []
    held: list[str] = []
    of, number = None, -1
    for deal, stage in tasks.select("deal", "stage").iter_rows():
        joins = deal == of and all(frozenset((stage, other)) in at_once for other in held)
        if not joins:
            number, held, of = number + 1, [], deal
        held.append(stage)
        runs.append(number)
    return runs
