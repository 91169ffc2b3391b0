"""Tables without a column of ids, as Airtable and Notion export them: names stand in where each is unique."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.drafting.draft import draft_mapping
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, check_names, mapping, table, write

HEADER = "Name,Status,Owner,Estimated value,Created,Close date"
ROWS = (
    "Acme,Closed Won,Eve,1500,2025-01-15,2025-02-20",
    "Bolt,Closed Lost,Luc,700,2025-01-16,2025-02-21",
    "Cora,Proposal,Luc,300,2025-01-17,",
)


def test_unique_names_stand_in_for_ids_and_that_is_at_the_top(tmp_path: Path) -> None:
    path = write(tmp_path, "deals.csv", HEADER, *ROWS)
    history = import_history([path])
    assert history.deals.select("deal", "outcome").rows() == [
        ("Acme", "won"),
        ("Bolt", "lost"),
        ("Cora", None),
    ]
    look = next(item for item in history.meta.audit["checks"] if item["check"] == "names_as_ids")
    assert look["level"] == "warning"
    assert look["mapping"] == ["[deals]", 'deal = "Name"']
    settled = import_history([path], mapping=mapping(tmp_path, "\n".join(look["mapping"])))
    assert settled.deals.equals(history.deals)
    assert "names_as_ids" not in check_names(settled)
    assert_consistent(history)


def test_names_that_two_rows_share_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "deals.csv", HEADER, *ROWS, "Acme ,Proposal,Eve,100,2025-03-01,")
    with pytest.raises(HistoryError, match=r'1 name has several rows \(such as "Acme" in row 2, row 5\)'):
        import_history([path])


def test_dates_of_stages_beside_names_are_enough(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "deals.csv",
        "Name,Amount,Qualified on,Demo on,Won on",
        'Acme,10,"January 3, 2025","January 9, 2025","February 1, 2025"',
        'Bolt,20,"January 4, 2025",,',
    )
    assert list(import_history([path]).meta.stages) == ["qualified", "demo"]


def test_names_alone_do_not_make_a_table_of_deals(tmp_path: Path) -> None:
    path = write(
        tmp_path, "people.csv", "Name,Email,Created", "Eve,e@x.org,2025-01-01", "Luc,l@x.org,2025-01-02"
    )
    with pytest.raises(HistoryError, match="cannot be recognised from the columns"):
        import_history([path])


def test_a_table_with_names_beside_one_with_ids_is_no_table_of_deals(tmp_path: Path) -> None:
    deals = write(tmp_path, "deals.csv", "Deal ID,Stage,Created,Closed", "1,Won,2025-01-01,2025-02-01")
    teams = write(tmp_path, "teams.csv", "Name,Status,Created", "North,Active,2020-01-01")
    assert import_history([deals, teams]).deals["deal"].to_list() == ["1"]


def test_the_draft_of_a_table_with_names_can_be_imported(tmp_path: Path) -> None:
    path = write(tmp_path, "deals.csv", HEADER, *ROWS)
    text = draft_mapping([path])
    assert 'deal = "Name"' in text
    assert "import fails" not in text
    assert import_history([path], mapping=mapping(tmp_path, text)).deals.height == 3


def test_a_board_with_groups_is_one_table(tmp_path: Path) -> None:
    """The name of a group stands above each repeated header, a sum below its rows."""
    header = ["Name", "Owner", "Stage", "Deal Value", "Created", "Close Date", "Item ID (auto generated)"]
    groups = {
        "Active Deals": [["A", "Jo", "Proposal", 10, "2025-01-03", None, 101]],
        "Closed Won": [["C", "Jo", "Won", 20, "2025-01-05", "2025-02-03", 103]],
        "Lost": [["D", "Jo", "Lost", 5, "2025-01-06", "2025-02-09", 104]],
    }
    book = openpyxl.Workbook()
    book.active.append(["Deals"])
    for name, rows in groups.items():
        total = [None, None, None, sum(row[3] for row in rows)]
        for row in ([name], header, *rows, total, []):
            book.active.append(row)
    book.save(tmp_path / "board.xlsx")
    history = import_history([tmp_path / "board.xlsx"])
    assert history.deals.select("deal", "outcome").rows() == [("101", None), ("103", "won"), ("104", "lost")]
    assert table(history, "deals")["set_aside"]["repeated header"] == 2
    titles = next(item for item in history.meta.audit["checks"] if item["check"] == "rows_outside_table")
    assert titles["count"] == 6
    assert_consistent(history)
