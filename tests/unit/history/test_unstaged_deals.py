"""Deals that the export closes, or shows as open, without the date of any stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import (
    assert_consistent,
    check_names,
    day,
    deal,
    deals,
    mapping,
    stays,
    table,
    write,
)

OPPORTUNITY = "Id,CreatedDate,CloseDate,StageName,Amount"
HISTORY = "OpportunityId,CreatedDate,StageName,SortOrder"
ROWS = (
    "006A,2025-01-01,2025-02-01,Closed Won,100",
    "006B,2025-01-05,2025-03-01,Closed Won,250",
    "006C,2025-01-06,2025-03-02,Closed Lost,70",
    "006D,2025-01-07,,Demo,30",
)
ENTRIES = (
    "006A,2025-01-01,Lead,1",
    "006A,2025-01-11,Demo,2",
    "006A,2025-02-01,Closed Won,9",
    "006B,2025-03-01,Closed Won,9",
)


def read(
    tmp_path: Path, rules: str = "", rows: tuple[str, ...] = ROWS, entries: tuple[str, ...] = ENTRIES
) -> History:
    files = [
        write(tmp_path, "Opportunity.csv", OPPORTUNITY, *rows),
        write(tmp_path, "History.csv", HISTORY, *entries),
    ]
    return import_history(files, "salesforce", mapping(tmp_path, rules))


def check(history: History, name: str) -> dict[str, Any]:
    return next(item for item in history.meta.audit["checks"] if item["check"] == name)


def test_a_closed_deal_without_a_stage_is_in_the_first_one_from_its_creation_on(tmp_path: Path) -> None:
    """006B has a row of its closing only, 006C none: both vanished, and 250 of the 350 won with them."""
    history = read(tmp_path)
    assert stays(history, "006B") == [("lead", 1, "01-05", "03-01", "won")]
    assert stays(history, "006C") == [("lead", 1, "01-06", "03-02", "lost")]
    assert history.meta.audit["deals"] == {"all": 3, "won": 2, "lost": 1, "open": 0}
    assert history.meta.audit["amounts"]["won_sum"] == 350.0
    found = check(history, "closed_without_stage")
    assert found["text"].startswith("2 of 3 closed deals have no stage before closing (won 250 of 350)")
    assert "since their creation as in Lead" in found["text"]
    assert history.meta.audit["checks"].index(found) == 0
    assert_consistent(history)


def test_the_line_of_the_audit_leaves_them_out(tmp_path: Path) -> None:
    line = check(read(tmp_path), "closed_without_stage")["mapping"][0]
    history = read(tmp_path, line + "\n")
    assert history.meta.audit["deals"] == {"all": 1, "won": 1, "open": 0}
    assert table(history, "deals")["set_aside"]["closed without a stage before"] == 2
    assert "closed_left_out" not in check_names(history), "the mapping wants it so"


def test_a_deal_that_is_closed_later_is_open_in_the_first_stage_before(tmp_path: Path) -> None:
    known = cut(read(tmp_path), day("2025-02-10"))
    assert stays(known, "006B") == [("lead", 1, "01-05", None, None)]
    files = [tmp_path / "Opportunity.csv", tmp_path / "History.csv"]
    again = import_history(files, "salesforce", as_of=day("2025-02-10"))
    assert again.visits.equals(known.visits)


@pytest.mark.parametrize(
    ("created", "kept"),
    [("2025-03-01", True), ("2025-03-01 15:00:00", True), ("2025-03-05", False), ("", False)],
)
def test_creation_on_the_day_of_closing_is_a_visit_of_no_length(
    tmp_path: Path, created: str, kept: bool
) -> None:
    rows = (
        ROWS[0].replace("01-01,", "01-01 00:00:00,") if ":" in created else ROWS[0],
        f"006B,{created},2025-03-01,Closed Won,250",
    )
    history = read(tmp_path, rows=rows)
    if kept:
        assert stays(history, "006B") == [("lead", 1, "03-01", "03-01", "won")]
        return
    found = check(history, "closed_left_out")
    assert (found["count"], "1 of them won at 250" in found["text"]) == (1, True)
    assert "006B" in found["text"]


def test_an_open_deal_without_any_row_is_named_with_the_line_that_keeps_it(tmp_path: Path) -> None:
    found = check(read(tmp_path), "open_left_out")
    assert found["text"].startswith("1 open deal has no date of any stage (Demo 1), 30 in total")
    assert found["mapping"] == ['open_without_stage = "creation"']
    history = read(tmp_path, found["mapping"][0])
    assert stays(history, "006D") == [("lead", 1, "01-07", None, None)]
    assert deal(history, "006D")["listed_amount"] == 30.0
    assert "open_left_out" not in check_names(history)


def test_open_deals_without_any_date_count_from_the_day_that_the_mapping_names(tmp_path: Path) -> None:
    """As in a CRM that dates the second stage only: those in the first have no date at all."""
    header = "deal_id,stage,engage_date,close_date,amount"
    rows = (
        "A,Won,2025-01-01,2025-02-01,10",
        "B,Lost,2025-01-03,2025-02-05,0",
        "C,Engaging,2025-01-20,,",
        "D,Prospecting,,,",
        "E,Prospecting,,,",
    )
    found = check(deals(tmp_path, header, *rows), "open_left_out")
    assert found["count"] == 2
    assert "(Prospecting 2)" in found["text"]
    assert found["mapping"] == ["open_without_stage = 2025-02-05"]
    history = deals(tmp_path, header, *rows, mapping=mapping(tmp_path, found["mapping"][0]))
    assert stays(history, "D") == [("prospecting", 1, "02-05", None, None)]
    assert history.meta.audit["deals"] == {"all": 5, "won": 1, "lost": 1, "open": 3}
    assert_consistent(history)


def test_a_history_of_outcomes_only_gives_one_stage(tmp_path: Path) -> None:
    history = read(
        tmp_path, rows=ROWS[:3], entries=("006A,2025-02-01,Closed Won,9", "006B,2025-03-01,Closed Won,9")
    )
    assert history.meta.stages == {"open": "Open"}
    assert history.meta.audit["deals"] == {"all": 3, "won": 2, "lost": 1, "open": 0}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("B,2025-01-02,,won,500", "closed, but no closing date"),
        ("B,2025-03-02,2025-01-01,won,500", "closed before it began"),
    ],
)
def test_closed_deals_that_are_left_out_are_named_with_their_money(
    tmp_path: Path, row: str, reason: str
) -> None:
    history = deals(tmp_path, "deal_id,created,closed,outcome,amount", "A,2025-01-01,2025-02-01,won,10", row)
    text = check(history, "closed_left_out")["text"]
    assert text.startswith(f"1 deal is left out (1 won, 500): {reason} (such as B)")


def test_a_report_grouped_by_stage_is_named_where_its_rows_are_read_as_open(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "Stage,Opportunity ID,Created Date,Close Date,Amount",
        *("Closed Won,1,2025-01-03,2025-02-13,1500", ",4,2025-01-03,2025-02-14,100"),
        *("Closed Lost,2,2025-01-05,2025-02-20,500", ",5,2025-01-05,2025-02-20,500"),
    )
    found = check(history, "closed_without_label")
    assert found["count"] == 2
    assert "(such as 4, 5, 600 in total): read as open" in found["text"]
    assert "fill the labels down" in found["text"]


def test_open_deals_with_an_expected_closing_are_no_grouped_report(tmp_path: Path) -> None:
    rows = ("1,2025-01-03,2025-02-13,won", "2,2025-01-03,2025-02-14,lost", "3,2025-01-03,2025-06-14,")
    assert "closed_without_label" not in check_names(deals(tmp_path, "id,created,closed,outcome", *rows))
