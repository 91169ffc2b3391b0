"""Tasks done at the same time, told one after the other."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.fitting.workload.sequential_tasks import concurrent_stages, make_sequential
from funnelsim.history.files.events import WORK_SCHEMA

ORDER = ("check", "left", "right", "sign")
ZERO = dt.datetime(2024, 1, 1)


def work(**deals: list[tuple[str, float, float | None]]) -> pl.DataFrame:
    """Of each deal: stage, start and end in hours."""

    def instant(hours: float | None) -> dt.datetime | None:
        return None if hours is None else ZERO + dt.timedelta(hours=hours)

    rows = [
        (deal, stage, instant(begin), instant(end), "Ana", None)
        for deal, tasks in deals.items()
        for stage, begin, end in tasks
    ]
    return pl.DataFrame(rows, schema=WORK_SCHEMA, orient="row")


def numbered(tasks: pl.DataFrame) -> pl.DataFrame:
    return tasks.with_row_index("task")


#: Left and right overlap in two deals of three.
THREE = {
    "a": [("check", 0, 1), ("left", 1, 5), ("right", 2, 3), ("sign", 6, 7)],
    "b": [("check", 0, 1), ("right", 1, 2), ("left", 1, 4), ("sign", 4, 5)],
    "c": [("check", 0, 1), ("right", 1, 2), ("left", 2, 3), ("sign", 3, 4)],
}


def hours(told: pl.DataFrame) -> dict[str, list[tuple[str, float, float, float | None]]]:
    since = [
        ((pl.col(n) - ZERO).dt.total_seconds() / 3600).alias(n) for n in ("enabled", "started", "finished")
    ]
    rows = told.select("deal", "stage", *since).rows()
    return {
        deal: [row[1:] for row in rows if row[0] == deal] for deal in told["deal"].unique(maintain_order=True)
    }


def test_tasks_that_mostly_overlap_are_done_at_once() -> None:
    assert concurrent_stages(work(**THREE)) == {frozenset(("left", "right"))}
    assert concurrent_stages(work(a=THREE["a"], c=THREE["c"], d=THREE["c"])) == frozenset()


def test_every_deal_goes_the_same_way_and_takes_as_long_as_it_did() -> None:
    """Catches the mutant that keeps each task's own end: `right` of a then ends before `left` does."""
    told = hours(make_sequential(numbered(work(**THREE)), ORDER))
    assert told == {
        "a": [("check", 0, 0, 1), ("left", 1, 1, 3), ("right", 3, 2, 5), ("sign", 5, 6, 7)],
        "b": [("check", 0, 0, 1), ("left", 1, 1, 2), ("right", 2, 1, 4), ("sign", 4, 4, 5)],
        "c": [("check", 0, 0, 1), ("left", 1, 1, 2), ("right", 2, 2, 3), ("sign", 3, 3, 4)],
    }


def test_a_task_that_lasts_comes_last_of_those_beside_it() -> None:
    tasks = work(**THREE, d=[("check", 0, 1), ("left", 1, None), ("right", 1.5, 2)])
    told = make_sequential(numbered(tasks), ORDER)
    assert hours(told)["d"] == [("check", 0, 0, 1), ("left", 1, 1, 2), ("right", 2, 1.5, None)]
    assert told["beside"].to_list() == [False, False, True, False] * 3 + [False, False, True]


def test_each_stage_keeps_its_own_task_whoever_began_first() -> None:
    """Of b, right began before left. Catches the mutant that numbers tasks by when they began."""
    tasks = numbered(work(**THREE))
    told = make_sequential(tasks, ORDER)
    own = told.join(tasks, on="task", suffix="_own")
    assert own["stage"].to_list() == own["stage_own"].to_list()
