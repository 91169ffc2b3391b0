"""Which of several columns of closing dates is the real one: names say what may be, contents decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.history.presets.closing_names import closing_kind
from tests.unit.history.exports import check_names, deals, mapping, write

#: Deal, creation, planned close, real close, stage.
ROWS = (
    "1,2024-01-02,2024-03-31,2024-02-03,Closed Won,1200",
    "2,2024-01-05,2024-03-31,2024-02-13,Closed Lost,1350",
    "3,2024-01-06,2024-06-30,,Proposal,700",
    "4,2024-01-09,2024-03-31,2024-03-01,Closed Won,2400",
)


def closings(history: History) -> list[str | None]:
    return [None if day is None else f"{day:%m-%d}" for day in history.deals.sort("deal")["closed"]]


def columns(history: History) -> dict[str, str]:
    return {note["read_as"]: note["column"] for note in history.meta.audit["columns"]}


@pytest.mark.parametrize(
    ("planned", "real"),
    [
        ("Close Date", "Closed Date"),
        ("Closing Date", "Closed Time"),
        ("Close Date", "Completed Date"),
        ("Close Date", "Date Closed"),
        ("Close Date", "Closed On"),
        ("Close Date", "Actual Close Date"),
        ("Close Date", "Real close date"),
        ("Close Date", "Close Date (actual)"),
        ("Close Date", "Deal closed date"),
        ("Close Date", "Resolved at"),
        ("Close Date", "Won/Lost on"),
        ("Close Date", "Status changed on"),
        ("Closed At", "Close Date"),
        ("Fecha de cierre", "Close Date"),
        ("Abschlussdatum", "Geschlossen am"),
        ("Expected close date", "Tatsächliches Abschlussdatum"),
    ],
)
def test_the_date_that_only_closed_deals_have_is_the_real_one(
    tmp_path: Path, planned: str, real: str
) -> None:
    history = deals(tmp_path, f"Deal ID,Created Date,{planned},{real},Stage,Amount", *ROWS)
    assert closings(history) == ["02-03", "02-13", None, "03-01"]
    assert list(history.meta.stages) == ["open"]
    if planned != "Expected close date":
        assert columns(history)["planned close"] == planned


def test_two_dates_that_only_closed_deals_have_are_named_with_the_line_for_the_other(tmp_path: Path) -> None:
    header = "Deal ID,Created Date,Close Date,Resolved at,Stage,Amount"
    rows = [row.replace("2024-06-30", "") for row in ROWS]
    history = deals(tmp_path, header, *rows)
    look = history.meta.audit["checks"][0]
    assert look["text"] == (
        '"Close Date" and "Resolved at" of deals.csv may both be the closing date (differ in 3 of 3 rows): '
        '"Close Date" is read. To read the other:'
    )
    rules = mapping(tmp_path, "\n".join(look["mapping"]))
    again = import_history([write(tmp_path, "deals.csv", header, *rows)], "deals", rules)
    assert closings(again) == ["02-03", "02-13", None, "03-01"]
    assert again.meta.audit["amounts"]["won_sum"] == 3600, "the other columns are guessed as before"
    assert "two_columns" not in check_names(again)
    assert list(again.meta.stages) == ["open"]


def test_equal_closing_dates_are_no_question(tmp_path: Path) -> None:
    rows = ("1,2024-01-02,2024-02-03,2024-02-03 10:00,Won", "2,2024-01-05,2024-02-13,2024-02-13 11:00,Lost")
    history = deals(tmp_path, "id,created,Close Date,Closed At,stage", *rows)
    assert "two_columns" not in check_names(history)
    assert list(history.meta.stages) == ["open"]


def test_the_end_of_something_else_after_won_deals_closes_no_deal(tmp_path: Path) -> None:
    """Deals are won before their delivery is completed; lost ones never are."""
    history = deals(
        tmp_path,
        "id,created,Close Date,Completed Date,stage",
        "1,2024-01-02,2024-02-03,2024-06-03,Won",
        "2,2024-01-05,2024-02-13,,Lost",
        "3,2024-01-06,2024-07-01,,Proposal",
    )
    assert closings(history) == ["02-03", "02-13", None]
    assert "completed" not in history.meta.stages


@pytest.mark.parametrize(
    "name", ["Previous close date", "Initial close date", "Close date (original)", "Close Month"]
)
def test_what_the_closing_date_once_was_plays_no_part(tmp_path: Path, name: str) -> None:
    assert closing_kind(name) == "former"
    history = deals(tmp_path, f"Deal ID,Created Date,{name},Close Date,Stage,Amount", *ROWS)
    assert list(history.meta.stages) == ["open"]
    assert closings(history) == ["02-03", "02-13", None, "03-01"]


def test_a_closing_with_a_time_is_one(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,Close Date/Time,stage",
        "1,2024-01-02,2024-02-03,Won",
        "2,2024-01-05,2024-02-13,Lost",
    )
    assert closings(history) == ["02-03", "02-13"]


def test_a_mapping_can_make_a_stage_of_a_closing(tmp_path: Path) -> None:
    file = write(tmp_path, "deals.csv", "Deal ID,Created Date,Close Date,Closed Date,Stage,Amount", *ROWS)
    rules = mapping(tmp_path, '[deals.dates]\ndelivered = "Close Date"\n')
    history = import_history([file], "deals", rules)
    assert columns(history)["closed"] == "Closed Date"
    assert columns(history)["entry to delivered"] == "Close Date"


def test_a_column_that_is_no_stage_must_be_there(tmp_path: Path) -> None:
    file = write(tmp_path, "deals.csv", "Deal ID,Created Date,Close Date,Closed Date,Stage,Amount", *ROWS)
    rules = mapping(tmp_path, '[deals]\nnot_stages = "Comit date"\n')
    with pytest.raises(HistoryError, match=r'deals\.not_stages: there is no column "Comit date"'):
        import_history([file], "deals", rules)
