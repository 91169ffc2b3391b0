"""Dates that lie years away from all others are named at the top, with the deal and what settles them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.history.files.events import History
from tests.unit.history.exports import check_names, day, deal, deals, mapping

HEADER = "deal_id,created,closed,outcome,amount"
ROWS = [
    f"D{place},2025-01-{place + 10},2025-02-{place + 10},{'won' if place % 2 else 'lost'},50"
    for place in range(9)
]


def check(history: History, name: str) -> dict[str, Any]:
    return next(item for item in history.meta.audit["checks"] if item["check"] == name)


@pytest.mark.parametrize(
    ("row", "name", "words"),
    [
        (
            "X,2025-01-20,2042-05-01,won,70",
            "dates_too_late",
            "after all others (18 Feb 2025): X (won on 1 May 2042)",
        ),
        (
            "X,1985-01-20,2025-02-01,won,70",
            "dates_too_early",
            "before all others (10 Jan 2025): X (open on 20 Jan 1985)",
        ),
    ],
)
def test_a_far_off_date_is_named_with_its_deal(tmp_path: Path, row: str, name: str, words: str) -> None:
    found = check(deals(tmp_path, HEADER, *ROWS, row), name)
    assert words in found["text"]
    assert found["count"] == 1
    without = deals(
        tmp_path, HEADER, *ROWS, row, mapping=mapping(tmp_path, "\n".join(found["mapping"]) + "\n")
    )
    assert without.meta.as_of == day("2025-02-19")
    assert without.deals.height == 9
    assert not check_names(without) & {name, "future_events"}


def test_the_as_of_date_that_is_offered_leaves_the_deal_open(tmp_path: Path) -> None:
    rows = [*ROWS, "X,2025-01-20,2042-05-01,won,70"]
    assert "--as-of 2025-02-18;" in check(deals(tmp_path, HEADER, *rows), "dates_too_late")["text"]
    history = deals(tmp_path, HEADER, *rows, as_of=day("2025-02-19"))
    assert deal(history, "X")["outcome"] is None
    assert "dates_too_late" not in check_names(history)


def test_a_history_of_decades_is_not_far_off(tmp_path: Path) -> None:
    rows = [f"D{year},{year}-01-01,{year}-06-01,won,50" for year in range(1995, 2025)]
    assert not check_names(deals(tmp_path, HEADER, *rows)) & {"dates_too_late", "dates_too_early"}


def test_impossible_years_are_named_unless_they_are_usual_for_no_date(tmp_path: Path) -> None:
    odd = check(deals(tmp_path, HEADER, *ROWS, "X,2025-01-20,2204-05-01,,70"), "odd_dates")
    assert 'row 11 "2204-05-01"' in odd["text"]
    assert odd["mapping"] == ['missing = "2204-05-01"']
    rules = mapping(tmp_path, odd["mapping"][0] + "\n")
    for closed, given in (("9999-12-31", None), ("2204-05-01", rules)):
        row = f"X,2025-01-20,{closed},,70"
        assert "odd_dates" not in check_names(deals(tmp_path, HEADER, *ROWS, row, mapping=given))
