"""Exports that have the newest rows at the top."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.history.exports import events, stays

BY_DEAL = (
    *("A,Won,2025-02-20", "A,Proposal,2025-01-20", "A,Demo,2025-01-20", "A,Lead,2025-01-03"),
    *("B,Lost,2025-02-25", "B,Lead,2025-01-05"),
)
BY_TIME = (
    *("B,Lost,2025-02-25", "A,Won,2025-02-20", "A,Proposal,2025-01-20", "A,Demo,2025-01-20"),
    *("B,Lead,2025-01-05", "A,Lead,2025-01-03"),
)


@pytest.mark.parametrize("rows", [BY_DEAL, BY_TIME, BY_DEAL[::-1], BY_TIME[::-1]])
def test_moves_of_one_day_are_read_from_the_older_row_to_the_newer(
    tmp_path: Path, rows: tuple[str, ...]
) -> None:
    assert [stay[0] for stay in stays(events(tmp_path, *rows), "A")] == ["lead", "demo", "proposal"]


def test_of_two_outcomes_of_one_day_the_newer_row_counts(tmp_path: Path) -> None:
    rows = (
        "A,Won,2025-02-20",
        "A,Lost,2025-02-20",
        "A,Lead,2025-01-03",
        "B,Lost,2025-01-09",
        "B,Lead,2025-01-05",
    )
    assert stays(events(tmp_path, *rows), "A")[-1][-1] == "won"
