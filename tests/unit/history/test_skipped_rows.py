"""Rows that are skipped although they say something of a deal stand at the top of the audit."""

from __future__ import annotations

from pathlib import Path

from tests.unit.history.exports import check_names, deals, events
from tests.unit.history.test_outcome_labels import check

FINE = [f"{number},2025-01-05,2025-02-01,won,10" for number in range(100, 140)]
HEADER = "id,created,closed,outcome,amount"


def test_deals_whose_rows_contradict_each_other_are_named(tmp_path: Path) -> None:
    history = deals(tmp_path, HEADER, *FINE, "1,2025-01-05,2025-02-01,won,6", "1,2025-01-05,,,6")
    found = check(history, "skipped_rows")
    assert found["level"] == "warning"
    assert found["text"].endswith(": 2 same id, different content (row 42, row 43)")


def test_a_win_without_id_or_with_a_placeholder_for_its_date_is_named(tmp_path: Path) -> None:
    rows = (",2025-01-05,2025-02-01,won,7000", "2,2025-01-05,1970-01-01,won,9000")
    text = check(deals(tmp_path, HEADER, *FINE, *rows), "skipped_rows")["text"]
    assert text.startswith("2 rows of deals skipped")
    assert "1 no deal id (row 42)" in text
    assert "1 impossible date (row 43)" in text


def test_an_outcome_without_a_date_is_named(tmp_path: Path) -> None:
    history = events(tmp_path, "A,Lead,2025-01-01", "A,Won,2025-02-01", "B,Lead,2025-01-03", "B,Won,")
    assert check(history, "skipped_rows")["count"] == 1


def test_copies_and_empty_rows_are_no_loss(tmp_path: Path) -> None:
    assert "skipped_rows" not in check_names(deals(tmp_path, HEADER, *FINE, FINE[0], ",,,,"))
