"""Rows of a history that a connector copied again, and outcomes that stand at one instant."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history


def events(folder: Path, *lines: str) -> History:
    path = folder / "events.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return import_history([path], "events")


def texts(history: History, name: str) -> list[str]:
    return [check["text"] for check in history.meta.audit["checks"] if check["check"] == name]


HEADER = "id,deal_id,stage,entered_at,_sdc_batched_at"


def test_the_newest_copy_of_a_history_row_counts(tmp_path: Path) -> None:
    """The date was corrected in the CRM. Catches the older copy, which made the time in stage 5 days."""
    history = events(
        tmp_path,
        HEADER,
        "1,D1,Demo,2025-01-05,2025-01-06",
        "2,D1,Closed Won,2025-01-10,2025-01-11",
        "1,D1,Demo,2025-01-07,2025-02-01",
    )
    (stage,) = history.meta.audit["stages"]
    assert (stage["entries"], stage["median_days"]) == (1, 3.0)
    assert texts(history, "superseded_rows") == [
        '1 of 3 rows of events.csv is skipped as older versions of a row (column "id"); the newest is used, '
        'by "_sdc_batched_at"'
    ]


def test_an_id_of_deals_beside_their_names_drops_no_stage(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "record_id,deal_id,stage,entered_at,_sdc_batched_at",
        "7,D1,Demo,2025-01-05,2025-01-06",
        "7,D1,Closed Won,2025-01-10,2025-01-11",
    )
    assert history.meta.audit["deals"] == {"all": 1, "won": 1, "open": 0}
    assert texts(history, "superseded_rows") == []


def test_two_outcomes_at_one_instant_are_named_at_the_top(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "deal_id,stage,entered_at",
        "D1,Demo,2025-01-05",
        "D1,Closed Won,2025-01-10",
        "D1,Closed Lost,2025-01-10",
    )
    assert texts(history, "outcomes_at_once") == [
        "1 deal has two outcomes at the same time: the one in the later row counts"
    ]


@pytest.mark.parametrize(
    "column",
    ["etl_loaded_at", "Export Date", "Snapshot", "ingestion_timestamp", "_ab_source_file_last_modified"],
)
def test_of_exports_put_below_each_other_the_newest_row_counts(tmp_path: Path, column: str) -> None:
    """Without a preset, whatever the order. Catches a dead end between the presets events and deals."""
    path = tmp_path / "deals.csv"
    path.write_text(
        f"Deal ID,Created,Close Date,Stage,Amount,{column}\n"
        "1,2025-01-03,2025-02-13,Closed Won,1200,2025-06-30T00:00:00Z\n"
        "2,2025-01-05,2025-02-20,Closed Lost,500,2025-06-30T00:00:00Z\n"
        "1,2025-01-03,,Proposal,1000,2025-01-31T00:00:00Z\n"
        "2,2025-01-05,,Proposal,500,2025-01-31T00:00:00Z\n",
        encoding="utf-8",
    )
    history = import_history([path])
    assert history.meta.audit["deals"] == {"all": 2, "won": 1, "lost": 1, "open": 0}
    assert history.meta.audit["amounts"]["won_sum"] == 1200
    (text,) = texts(history, "superseded_rows")
    assert f'"{column}"' in text
    assert "--preset events" in text


def test_versions_with_a_beginning_are_asked_about(tmp_path: Path) -> None:
    """The stages of a deal are in the times from which its versions hold."""
    path = tmp_path / "deals.csv"
    path.write_text(
        "deal_id,created_at,closed_at,stage,valid_from,valid_to\n"
        "1,2025-01-03,,Lead,2025-01-03,2025-01-10\n"
        "1,2025-01-03,2025-02-01,Closed Won,2025-01-10,\n",
        encoding="utf-8",
    )
    with pytest.raises(HistoryError, match="--preset events or --preset deals"):
        import_history([path])
