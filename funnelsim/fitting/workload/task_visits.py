"""Visits with the task done in them: entered, started, finished, left."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from funnelsim.fitting.workload.sequential_tasks import make_sequential
from funnelsim.history.files.events import History


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsWithWork:
    """All visits of a history, and the spans of work that make up the task of each.

    Attributes
    ----------
    visits : DataFrame
        ``visit_id, deal, stage, visit, enabled, started, finished, left, exit, beside``, a row for each
        visit, sorted by deal and time. `started` is null where no task was begun, `finished` where it is not
        done; `beside` is true where the task was done at the same time as the one before.
    tasks : DataFrame
        ``visit_id, task``: the rows of the history's work of each visit.
    recorded : bool
        Whether the export says when stages were entered; else `enabled` is the end of the task before.
    """

    visits: pl.DataFrame
    tasks: pl.DataFrame
    recorded: bool


def visits_with_work(history: History) -> VisitsWithWork:
    """The visits of a history with the task of each."""
    return _recorded(history) if _entries_are_recorded(history) else _sequential_visits(history)


def _entries_are_recorded(history: History) -> bool:
    """False for a log of tasks, where every visit ends with a task and begins with the end of the previous
    one.
    """
    left = history.visits.drop_nulls("left")
    ends = history.work.select("deal", left="finished").drop_nulls().unique()
    return left.join(ends, on=["deal", "left"], how="semi").height < left.height


def _sequential_visits(history: History) -> VisitsWithWork:
    tasks = make_sequential(history.work.with_row_index("task"), list(history.meta.stages))
    tasks = tasks.with_columns(visit_id=pl.struct("deal", "stage").rle_id())
    outcomes = history.deals.select("deal", "outcome")
    visits = (
        tasks.group_by("visit_id", maintain_order=True)
        .agg(
            pl.col("deal", "stage", "enabled", "started", "beside").first(),
            pl.when(pl.col("finished").null_count() == 0).then(pl.col("finished").max()).alias("finished"),
        )
        .join(outcomes, on="deal", how="inner", maintain_order="left")
        .with_columns(
            pl.int_range(1, pl.len() + 1).over("deal", "stage").cast(pl.Int32).alias("visit"),
            pl.coalesce(pl.col("stage").shift(-1).over("deal"), "outcome").alias("exit"),
            pl.coalesce(
                pl.col("enabled").shift(-1).over("deal"),
                pl.when(pl.col("outcome").is_not_null()).then("finished"),
            ).alias("left"),
        )
        .drop("outcome")
    )
    return VisitsWithWork(visits=visits, tasks=tasks.select("visit_id", "task"), recorded=False)


def _recorded(history: History) -> VisitsWithWork:
    visits = history.visits.sort("deal", "entered", maintain_order=True).with_row_index("visit_id")
    work = history.work.with_row_index("task").sort("started", maintain_order=True)
    tasks = work.join_asof(
        visits.select("visit_id", "deal", "stage", "entered").sort("entered", maintain_order=True),
        left_on="started",
        right_on="entered",
        by=["deal", "stage"],
        check_sortedness=False,
    ).drop_nulls("visit_id")
    done = tasks.group_by("visit_id").agg(
        pl.col("started").min(),
        pl.when(pl.col("finished").null_count() == 0).then(pl.col("finished").max()).alias("finished"),
    )
    visits = (
        visits.join(done, on="visit_id", how="left", maintain_order="left")
        .select(
            "visit_id",
            "deal",
            "stage",
            "visit",
            pl.col("entered").alias("enabled"),
            "started",
            "finished",
            "left",
            "exit",
        )
        .with_columns(beside=pl.lit(False))
    )
    return VisitsWithWork(visits=visits, tasks=tasks.select("visit_id", "task"), recorded=True)
