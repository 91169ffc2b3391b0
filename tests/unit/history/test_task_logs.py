"""Logs of tasks: rows that say who did what from when to when, and what becomes of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.files.events import WORK_SCHEMA, History
from funnelsim.history.files.folder import read_history, write_history
from funnelsim.history.imports import import_history
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.mapping.read import read_mapping
from tests.unit.history.exports import write

HEADER = "case,activity,start,end,who"
RULES: dict[str, Any] = {
    "preset": "events",
    "events": {"deal": "case", "stage": "activity", "started": "start", "finished": "end", "rep": "who"},
    "ends_with": {"won": ["Approve"], "lost": ["Reject"]},
}
#: A: check, then two looks at once, then approval. B: rejected. C: still being checked.
ROWS = (
    "A,Check,2024-03-04 09:00,2024-03-04 10:00,Ana",
    "A,Look left,2024-03-04 10:00,2024-03-04 13:00,Bob",
    "A,Look right,2024-03-04 10:30,2024-03-04 12:00,Cleo",
    "A,Approve,2024-03-05 09:00,2024-03-05 09:30,Ana",
    "B,Check,2024-03-04 11:00,2024-03-04 11:30,Ana",
    "B,Reject,2024-03-04 11:30,2024-03-04 11:40,Ana",
    "C,Check,2024-03-05 11:00,,Ana",
)


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2024, 3, day, hour, minute)


def imported(folder: Path, *rows: str, header: str = HEADER, **rules: Any) -> History:
    return import_history(
        [write(folder, "log.csv", header, *rows)], None, Mapping.model_validate(RULES | rules)
    )


def test_a_stay_begins_when_the_task_before_it_ended(tmp_path: Path) -> None:
    """Catches the mutant that enters a stage when its task is started: a night of A then counts before."""
    history = imported(tmp_path, *ROWS)
    stays = history.visits.filter(pl.col("deal") == "A").select("stage", "entered", "left", "exit").rows()
    assert stays == [
        ("check", at(4, 9), at(4, 10), "look_right"),
        ("look_right", at(4, 10), at(4, 12), "look_left"),
        ("look_left", at(4, 12), at(4, 13), "approve"),
        ("approve", at(4, 13), at(5, 9, 30), "won"),
    ]


def test_the_end_of_a_last_task_is_the_outcome(tmp_path: Path) -> None:
    deals = imported(tmp_path, *ROWS).deals
    assert deals.select("deal", "outcome", "closed").rows() == [
        ("A", "won", at(5, 9, 30)),
        ("B", "lost", at(4, 11, 40)),
        ("C", None, None),
    ]


def test_a_task_that_ends_deals_does_not_where_something_follows(tmp_path: Path) -> None:
    """Catches the mutant that closes a deal with any task of that name, not only with the last."""
    rows = (*ROWS[4:6], "B,Approve,2024-03-06 09:00,2024-03-06 09:30,Ana", *ROWS[:4])
    deals = imported(tmp_path, *rows).deals
    assert deals.filter(pl.col("deal") == "B")["outcome"].to_list() == ["won"]


def test_tasks_are_kept_as_they_were_and_read_back(tmp_path: Path) -> None:
    history = imported(tmp_path, *ROWS)
    write_history(history, tmp_path / "h")
    work = read_history(tmp_path / "h").work
    assert work.schema == pl.Schema(WORK_SCHEMA)
    assert work.row(1) == ("A", "look_left", at(4, 10), at(4, 13), "Bob", None)
    assert work["finished"].null_count() == 1
    counts = history.meta.audit["counts"]
    assert (counts["tasks"], counts["tasks_in_progress"], counts["reps"], counts["tasks_at_once"]) == (
        7,
        1,
        3,
        1,
    )


def test_an_earlier_cut_knows_no_later_task_and_no_later_end(tmp_path: Path) -> None:
    """Catches the mutant that keeps the end of a task that lasts over the cut."""
    known = cut(imported(tmp_path, *ROWS), at(4, 12, 30))
    assert known.work.select("stage", "finished").rows() == [
        ("check", at(4, 10)),
        ("look_left", None),
        ("look_right", at(4, 12)),
        ("check", at(4, 11, 30)),
        ("reject", at(4, 11, 40)),
    ]


def test_tasks_that_end_before_they_start_are_set_aside_and_counted(tmp_path: Path) -> None:
    history = imported(tmp_path, *ROWS, "D,Check,2024-03-05 11:00,2024-03-05 10:00,Ana")
    (table,) = history.meta.audit["tables"]
    assert list(table["set_aside"]) == ["task that ends before it starts"]
    assert table["rows_read"] == table["rows_used"] + 1
    assert "D" not in history.deals["deal"].to_list()


def test_entries_that_are_recorded_stand_and_tasks_lie_within_them(tmp_path: Path) -> None:
    rows = (
        "A,Check,2024-03-04 08:00,2024-03-04 09:00,2024-03-04 10:00,Ana",
        "A,Approve,2024-03-06 08:00,2024-03-06 09:00,2024-03-06 09:30,Bob",
    )
    events = RULES["events"] | {"entered": "entered"}
    history = imported(tmp_path, *rows, header="case,activity,entered,start,end,who", events=events)
    assert history.visits["entered"].to_list() == [at(4, 8), at(6, 8)]
    assert history.work["started"].to_list() == [at(4, 9), at(6, 9)]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ('[events]\nfinished = "end"', ["events.started: is required with finished: when the task began"]),
        ('[events]\nstarted = "start"', ["events.finished: is required with started: when the task ended"]),
        (
            '[ends_with]\nwon = "Approve"',
            ["ends_with: names tasks, so it needs the column with the start of each task: [events] started"],
        ),
        (
            '[events]\nstarted = "s"\n[stages]\ncheck = "Check"\n'
            '[ends_with]\nwon = "Aprove"\nlost = "aprove"',
            [
                "events.finished: is required with started: when the task ended",
                'ends_with.won: "Aprove" is not a label of a stage',
                'ends_with.lost: label "aprove" is already under ends_with.won',
                'ends_with.lost: "aprove" is not a label of a stage',
            ],
        ),
    ],
)
def test_mappings_of_tasks_that_cannot_be_are_told_all_at_once(
    tmp_path: Path, rules: str, told: list[str]
) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(rules, encoding="utf-8")
    with pytest.raises(HistoryError) as error:
        read_mapping(path)
    assert [f"{problem.path}: {problem.message}" for problem in error.value.problems] == told
