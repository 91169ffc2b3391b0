"""What a deals table says twice or beside its labels."""

from __future__ import annotations

from pathlib import Path

from tests.unit.history.exports import check_names, deals
from tests.unit.history.test_outcome_labels import check, counts

HEADER = "id,created,closed,outcome,amount"


def test_line_items_of_one_amount_are_named(tmp_path: Path) -> None:
    rows = [f"{key},2025-01-03,2025-02-13,won,100,{part},x" for key in (1, 2) for part in "AB"]
    history = deals(tmp_path, f"{HEADER},product,region", *rows)
    assert history.meta.audit["amounts"]["won_sum"] == 200
    assert '("product")' in check(history, "repeated_rows")["text"]


def test_copies_in_all_columns_are_no_line_items(tmp_path: Path) -> None:
    row = "1,2025-01-03,2025-02-13,won,100,A"
    assert "repeated_rows" not in check_names(deals(tmp_path, f"{HEADER},product", row, row))


def test_a_status_beside_a_stage_that_says_otherwise_is_named(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,closed,status,stage",
        *("1,2025-01-03,2025-02-13,Open,Closed Won", "2,2025-01-03,2025-02-13,Lost,Closed Won"),
        *("3,2025-01-03,2025-02-14,Won,Closed Won", "4,2025-01-03,2025-02-14,Lost,Demo"),
        *("5,2025-01-03,2025-02-14,Lost,Closed Lost", "6,2025-01-03,2025-06-14,Open,Demo"),
    )
    assert check(history, "labels_disagree")["count"] == 2


def test_inactive_rows_are_named_unless_they_are_the_closed_ones(tmp_path: Path) -> None:
    header = "id,stage,created,closed,active"
    odoo = (
        "1,Won,2025-01-03,2025-02-13,True",
        "2,Demo,2025-01-05,2025-02-20,False",
        "3,Demo,2025-01-07,,True",
    )
    history = deals(tmp_path, header, *odoo)
    assert check(history, "inactive_rows")["mapping"] == ["[where]", '"active" = ["True"]']
    closed = ("1,Won,2025-01-03,2025-02-13,False", "3,Demo,2025-01-07,,True")
    history = deals(tmp_path, header, *closed)
    assert "inactive_rows" not in check_names(history)
    assert counts(history) == {"won": 1, "open": 1}
