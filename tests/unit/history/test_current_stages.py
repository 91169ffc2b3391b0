"""Open deals that the deals table shows in another stage than their last event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, check_names, checks, deals, mapping, stays, write

#: B moved back without an event, C moved on, D agrees, E is closed.
DEALS = (
    "A,2025-01-01,2025-06-01,Demo",
    "B,2025-01-02,2025-06-01,Lead",
    "C,2025-01-03,2025-06-01,Proposal",
    "D,2025-01-04,2025-06-01,Demo",
    "E,2025-01-05,2025-03-01,Closed Won",
)
ENTRIES = (
    "A,Lead,2025-01-01",
    "A,Demo,2025-01-11",
    "A,Proposal,2025-01-21",
    "B,Lead,2025-01-02",
    "B,Demo,2025-01-12",
    "C,Lead,2025-01-03",
    "D,Lead,2025-01-04",
    "D,Demo,2025-01-14",
    "E,Lead,2025-01-05",
    "E,Demo,2025-01-15",
    "E,Proposal,2025-02-15",
    "E,Closed Won,2025-03-01",
)


def read(folder: Path, rules: str = "", rows: tuple[str, ...] = DEALS, **options: Any) -> History:
    files = [
        write(folder, "opportunity.csv", "Id,CreatedDate,CloseDate,StageName", *rows),
        write(folder, "history.csv", "OpportunityId,StageName,CreatedDate", *ENTRIES),
    ]
    return import_history(files, "salesforce", mapping(folder, rules) if rules else None, **options)


def test_an_open_deal_is_in_the_stage_that_the_crm_shows(tmp_path: Path) -> None:
    history = read(tmp_path)
    assert stays(history, "A") == [("lead", 1, "01-01", "01-11", "demo"), ("demo", 1, "01-11", None, None)]
    assert stays(history, "B") == [("lead", 1, "01-02", None, None)]
    assert stays(history, "C") == [("proposal", 1, "01-03", None, None)]
    assert stays(history, "D") == [("lead", 1, "01-04", "01-14", "demo"), ("demo", 1, "01-14", None, None)]
    found = checks(history)
    assert found["stages_apart"]["level"] == "warning"
    assert found["stages_apart"]["mapping"] == ['stage_from = "events"']
    assert found["stages_apart"]["text"].startswith(
        "3 of 4 open deals are in another stage in the deals table (Demo 1, Lead 1, Proposal 1) than after "
        "the last event (such as A: Demo there, Proposal after its last event)"
    )
    assert "labels_ahead" not in found
    assert history.meta.audit["tables"][1]["rows_used"] == len(ENTRIES)
    assert_consistent(history)


@pytest.mark.parametrize(("decides", "stage"), [("events", "proposal"), ("deals", "demo")])
def test_the_mapping_settles_which_stage_counts(tmp_path: Path, decides: str, stage: str) -> None:
    history = read(tmp_path, f'stage_from = "{decides}"\n')
    assert stays(history, "A")[-1][0] == stage
    assert not check_names(history) & {"stages_apart", "labels_ahead"}


def test_the_date_of_the_last_stage_change_is_the_entry(tmp_path: Path) -> None:
    """A column with it dates the change that the history lacks."""
    changed = {"A": "2025-02-03", "B": "2025-01-12", "C": ""}
    rows = [f"{row},{changed.get(row[0], '')}" for row in DEALS]
    files = [
        write(tmp_path, "opportunity.csv", "Id,CreatedDate,CloseDate,StageName,LastStageChangeDate", *rows),
        write(tmp_path, "history.csv", "OpportunityId,StageName,CreatedDate", *ENTRIES),
    ]
    history = import_history(files, "salesforce")
    assert stays(history, "A") == [
        ("lead", 1, "01-01", "01-11", "demo"),
        ("demo", 1, "01-11", "01-21", "proposal"),
        ("proposal", 1, "01-21", "02-03", "demo"),
        ("demo", 2, "02-03", None, None),
    ]
    assert stays(history, "B") == [("lead", 1, "01-02", None, None)]
    assert stays(history, "C") == [("proposal", 1, "01-03", None, None)]
    assert_consistent(history)


def test_the_stage_of_the_export_says_nothing_about_an_earlier_day(tmp_path: Path) -> None:
    history = read(tmp_path, as_of="2025-01-31")
    assert [stays(history, key)[-1][0] for key in "ABC"] == ["proposal", "demo", "lead"]
    assert "stages_apart" not in check_names(history)


def test_a_missing_date_of_the_current_stage_is_reported(tmp_path: Path) -> None:
    header = "deal,created,closed,stage,lead_date,demo_date"
    rows = (
        "A,2025-01-01,,Demo,2025-01-01,",
        "B,2025-01-02,,Demo,2025-01-02,2025-01-09",
        "C,2025-01-03,2025-02-01,Won,2025-01-03,2025-01-10",
    )
    history = deals(tmp_path, header, *rows)
    assert stays(history, "A") == [("lead", 1, "01-01", None, None)]
    assert "1 of 2 open deals is in another stage" in checks(history)["stages_apart"]["text"]


def test_entries_of_one_day_end_in_the_current_stage(tmp_path: Path) -> None:
    """Both changes of a day are there; the current stage shows which came last."""
    files = [
        write(
            tmp_path,
            "opportunity.csv",
            "Id,CreatedDate,CloseDate,StageName",
            "A,2025-01-01,,Lead",
            *DEALS[3:],
        ),
        write(
            tmp_path,
            "history.csv",
            "OpportunityId,StageName,CreatedDate",
            "A,Lead,2025-01-01",
            "A,Demo,2025-01-21",
            "A,Lead,2025-01-21",
            *ENTRIES[6:],
        ),
    ]
    history = import_history(files, "salesforce")
    assert stays(history, "A") == [("lead", 1, "01-01", None, None)]


def test_a_table_in_which_most_stages_differ_does_not_decide(tmp_path: Path) -> None:
    """A table with the first stage of each deal, say."""
    rows = [f"D{place},2025-01-01,,Lead" for place in range(12)]
    entries = [
        f"D{place},{stage},2025-01-{day}"
        for place in range(12)
        for stage, day in (("Lead", 10), ("Demo", 20))
    ]
    files = [
        write(tmp_path, "opportunity.csv", "Id,CreatedDate,CloseDate,StageName", *rows, DEALS[4]),
        write(tmp_path, "history.csv", "OpportunityId,StageName,CreatedDate", *entries, *ENTRIES[8:]),
    ]
    history = import_history(files, "salesforce")
    assert stays(history, "D3")[-1][0] == "demo"
    assert checks(history)["stages_apart"]["mapping"] == ['stage_from = "deals"']


def test_other_words_in_the_deals_table_are_not_compared(tmp_path: Path) -> None:
    rows = [row.replace("Demo", "In progress").replace("Lead", "Active") for row in DEALS[:4]]
    history = read(tmp_path, rows=(*rows, DEALS[4]))
    assert stays(history, "A")[-1][0] == "proposal"
    assert "stages_apart" not in check_names(history)
