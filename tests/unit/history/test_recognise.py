"""Without a preset the kind of the files is recognised, and said; where two kinds fit, it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.guessing.preset import recognise
from funnelsim.history.imports import import_history, read_tables
from tests.unit.history.exports import write

KINDS = {
    "events": ("deal_id,stage,entered_at", "1,Lead,2025-01-01", "1,Won,2025-02-01", "2,Lead,2025-01-02"),
    "deals": ("id,created,closed,status,amount", "1,2025-01-01,2025-02-01,Won,5", "2,2025-01-01,,Open,5"),
    "deals, with a present stage": (
        "id,stage,created_at,amount",
        "1,Won,2025-01-01,5",
        "2,Lead,2025-01-01,5",
    ),
    "deals, with an id, a name and a value": (
        "deal_id,name,value,updated_at,created,closed,status",
        "1,A,5,2025-01-01,2025-01-01,2025-02-01,Won",
    ),
    "events, with a value": (
        "deal_id,stage,date_entered,value",
        "1,Lead,2025-01-01,5",
        "1,Won,2025-02-01,5",
    ),
    "salesforce": ("Id,StageName,CreatedDate,CloseDate,IsWon", "1,Closed Won,2025-01-01,2025-02-01,true"),
    "salesforce, history report": ("Opportunity ID,From Stage,To Stage,Last Modified", "1,,Lead,2025-01-03"),
    "hubspot": ("Record ID,Deal Name,Deal Stage,Create Date", "1,A,Closed Won,2025-01-01"),
    "pipedrive": ("ID,Title,Status,Stage,Deal created,Won time", "1,A,Won,Demo,2025-01-01,2025-01-02"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_recognised_by_their_columns(tmp_path: Path, kind: str) -> None:
    tables = read_tables([write(tmp_path, "export.csv", *KINDS[kind])])
    found = recognise(tables)
    assert found.preset == kind.split(",")[0]
    assert "export.csv" in found.reason


def test_the_audit_says_which_preset_was_taken_and_why(tmp_path: Path) -> None:
    file = write(tmp_path, "export.csv", *KINDS["events"])
    audit = import_history([file]).meta.audit
    assert (audit["preset"], audit["preset_reason"]) == ("events", "export.csv has a row per deal and stage")
    assert import_history([file], "events").meta.audit["preset_reason"] == ""


def test_a_file_that_could_be_two_kinds_is_asked_about(tmp_path: Path) -> None:
    file = write(tmp_path, "e.csv", "id,stage,entered_at,closed,outcome", "1,Lead,2025-01-01,2025-02-01,won")
    with pytest.raises(HistoryError, match="--preset events or --preset deals"):
        import_history([file])


@pytest.mark.parametrize("times", ["2025-01-01,2025-01-01", "2025-01-01,2025-01-05"])
def test_rows_that_may_be_versions_of_a_deal_are_asked_about(tmp_path: Path, times: str) -> None:
    """Catches a win that disappears: the closing date of a row that is read as an entry into a stage."""
    first, second = times.split(",")
    time = "created" if first == second else "updated_at"
    file = write(
        tmp_path, "e.csv", f"id,{time},closed,status", f"1,{first},,open", f"1,{second},2025-02-01,won"
    )
    with pytest.raises(HistoryError, match="versions of each deal"):
        import_history([file])


def test_files_of_two_crms_are_asked_about(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "sf.csv", *KINDS["salesforce"]),
        write(tmp_path, "hs.csv", *KINDS["hubspot"]),
    ]
    with pytest.raises(HistoryError, match="--preset salesforce or --preset hubspot"):
        import_history(files)


def test_stages_from_and_to_with_ids_of_another_crm_are_events(tmp_path: Path) -> None:
    """Catches Salesforce, which knows no Deal ID."""
    path = write(
        tmp_path, "ev.csv", "Deal ID,From Stage,To Stage,Changed At",
        "1,,Lead,2025-01-03", "1,Lead,Closed Won,2025-02-01", "2,,Lead,2025-01-04",
    )  # fmt: skip
    history = import_history([path])
    assert history.meta.audit["preset"] == "events"
    assert history.meta.audit["deals"] == {"all": 2, "won": 1, "open": 1}


def test_a_missing_column_names_the_preset(tmp_path: Path) -> None:
    path = write(tmp_path, "ev.csv", "From Stage,To Stage,Changed At", ",Lead,2025-01-03")
    with pytest.raises(HistoryError, match=r"which deal a row belongs to \(preset salesforce\)"):
        import_history([path])
