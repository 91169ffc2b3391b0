"""As-of dates: the newest day that the data prove, and later ones that they point to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.history.files.as_of_dates import as_of_text
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, checks, deals, write

ROWS = (("1", "2025-01-01", "2025-02-01", "Won"), ("2", "2025-01-05", "", "Open"))


def read(folder: Path, column: str, times: tuple[str, str], **options: Any) -> History:
    rows = [",".join((*row, time)) for row, time in zip(ROWS, times, strict=True)]
    return deals(folder, f"id,created,closed,status,{column}", *rows, **options)


@pytest.mark.parametrize(
    "column", ["Update time", "SystemModstamp", "Deal - Last stage change", "_airbyte_extracted_at"]
)
def test_a_row_changed_after_the_last_event_moves_the_as_of_date(tmp_path: Path, column: str) -> None:
    history = read(tmp_path, column, ("2025-02-01 10:00", "2025-02-11 09:30"))
    assert as_of_text(history.meta.as_of) == "11 Feb 2025"
    assert history.meta.audit["as_of_from"] == column
    assert "later_date" not in check_names(history)


def test_the_last_event_and_a_given_date_decide_as_before(tmp_path: Path) -> None:
    history = read(tmp_path, "updated_at", ("2025-02-01 10:00", "2025-01-11 09:30"))
    assert as_of_text(history.meta.as_of) == "1 Feb 2025"
    assert history.meta.audit["as_of_from"] == ""
    history = read(tmp_path, "updated_at", ("2025-02-01", "2025-02-11"), as_of="2025-02-05")
    assert as_of_text(history.meta.as_of) == "5 Feb 2025"
    assert not check_names(history) & {"later_date", "later_day_in_name"}


def test_a_change_months_later_is_reported_and_not_taken(tmp_path: Path) -> None:
    history = read(tmp_path, "updated_at", ("2025-02-05 10:00", "2025-08-11 09:30"))
    assert as_of_text(history.meta.as_of) == "1 Feb 2025"
    assert checks(history)["later_date"]["text"] == (
        'the as-of date is 1 Feb 2025, but "updated_at" has times up to 11 Aug 2025. '
        "If the export is of that day, open deals are older than counted: --as-of 2025-08-11"
    )


def test_a_time_in_the_future_is_none_of_the_export(tmp_path: Path) -> None:
    history = read(tmp_path, "updated_at", ("2025-02-01 10:00", "2097-08-11 09:30"))
    assert as_of_text(history.meta.as_of) == "1 Feb 2025"
    assert "later_date" not in check_names(history)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Stand:;31.03.2025", "2025-03-31"),
        ("Stand: 31.03.2025", "2025-03-31"),
        ("Report as of March 31, 2025", "2025-03-31"),
        ("Exported on 2025-03-31 18:00", "2025-03-31"),
        ("As of 03/04/2025", None),
        ("As of 03/31/2025", "2025-03-31"),
        ("Stand: 01.02.2025", None),
        ("Sales 2025", None),
    ],
)
def test_a_day_stated_above_the_table_is_named(tmp_path: Path, line: str, day: str | None) -> None:
    rows = (";".join(row) for row in ROWS)
    path = write(tmp_path, "deals.csv", "Pipeline;;;", f"{line};;", "", "id;created;closed;status", *rows)
    history = import_history([path], "deals")
    assert as_of_text(history.meta.as_of) == "1 Feb 2025"
    found = checks(history).get("later_date")
    assert (day is None) if found is None else f"--as-of {day}" in found["text"]
    assert day is None or found is not None


def test_a_day_in_the_name_of_a_file_is_noted(tmp_path: Path) -> None:
    rows = [",".join(row) for row in ROWS]
    path = write(tmp_path, "deals-2025-02-15.csv", "id,created,closed,status", *rows)
    history = import_history([path], "deals")
    assert checks(history)["later_day_in_name"]["level"] == "note"
    assert "--as-of 2025-02-15" in checks(history)["later_day_in_name"]["text"]
    path = write(tmp_path, "deals-2024-02-15.csv", "id,created,closed,status", *rows)
    assert "later_day_in_name" not in check_names(import_history([path], "deals"))
