"""Totals of groups between the rows of a report: rows of no deal."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.history.imports import import_history
from funnelsim.history.readers.source import read_source
from tests.unit.history.exports import write
from tests.unit.history.test_workbooks import workbook

HEADER = ("Deal ID", "Owner", "Created", "Closed", "Stage", "Amount")
NORTH = [
    ("D-1", "Ana", "2024-01-02", "2024-02-03", "Won", "100"),
    ("D-2", "Ana", "2024-01-05", "", "Demo", "50"),
]
SOUTH = [
    ("D-3", "Bo", "2024-01-02", "2024-02-03", "Lost", "70"),
    ("D-4", "Bo", "2024-01-05", "", "Demo", "30"),
]
TOTALS = [
    ("Summe Nord", "", "", "", "", "150"),
    ("North Total", "", "", "", "", "150"),
    ("Subtotal EMEA:", "", "2024-03-31", "", "", "150"),
    ("Total Q1 2024", "", "2024-01-01", "2024-03-31", "", "150"),
    ("", "Total Ana", "", "", "", "150"),
    ("Nord Ergebnis", "", "", "", "", "2"),
]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("total", TOTALS)
def test_the_total_of_a_group_is_no_deal(tmp_path: Path, kind: str, total: tuple[str, ...]) -> None:
    rows = [HEADER, *NORTH, total, *SOUTH, ("Grand Total", "", "", "", "", "250")]
    if kind == "csv":
        path = write(tmp_path, "deals.csv", *(",".join(row) for row in rows))
    else:
        path = workbook(tmp_path, {"Deals": rows})
    history = import_history([path], "deals")
    assert history.deals["deal"].to_list() == ["D-1", "D-2", "D-3", "D-4"]
    assert history.meta.audit["amounts"]["open_listed_sum"] == 80
    looks = [
        check["text"] for check in history.meta.audit["checks"] if check["check"] == "rows_outside_table"
    ]
    assert any("2 rows of totals or notes left out (row 4, 7)" in text for text in looks)


def ids(path: Path) -> list[str]:
    return read_source(path)[0].frame["Deal"].to_list()


def test_deals_that_are_named_like_a_total_stay(tmp_path: Path) -> None:
    header = "Deal,Account,Created,Closed,Stage,Amount"
    rows = ("Total Energies,Total,2024-01-02,2024-02-03,Won,100", "Sum Up,Sum Up Ltd,2024-01-05,,Demo,50")
    sparse = ("Count Dracula,Castle,2024-01-05,,,60", "Acme,Acme Inc,2024-01-05,2024-02-05,Lost,70")
    assert len(ids(write(tmp_path, "deals.csv", header, *rows, *sparse))) == 4
    bare = ("Total Gas,2024-01-05,,50", "Acme,2024-01-02,2024-02-03,70", "Beta,2024-01-02,2024-02-03,80")
    assert len(ids(write(tmp_path, "bare.csv", "Deal,Created,Closed,Amount", *bare))) == 3


def test_without_words_a_total_lacks_a_date_or_the_digits_of_an_id(tmp_path: Path) -> None:
    rows = ["A-1,2024-01-02,2024-02-03,70", "A-2,2024-01-05,,50"]
    for total in ("Summe Nord,,,120", "Summe Nord,2024-03-31,,120"):
        more = ("A-3,2024-01-05,,60", "A-4,2024-01-05,,60")
        path = write(tmp_path, "deals.csv", "Deal,Created,Closed,Amount", *rows, total, *more)
        assert ids(path) == ["A-1", "A-2", "A-3", "A-4"]
