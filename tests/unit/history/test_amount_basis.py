"""Amounts that may be the price of one unit, of different periods, or in cents in one of two tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, deals, mapping, write
from tests.unit.history.test_outcome_labels import check


def won(folder: Path, header: str, *cells: str, **options: Any) -> History:
    rows = (f"{n},2025-01-0{n},2025-02-0{n},won,{text}" for n, text in enumerate(cells, start=1))
    return deals(folder, f"id,created,closed,outcome,{header}", *rows, **options)


def won_sum(history: History) -> float:
    return float(history.meta.audit["amounts"]["won_sum"])


@pytest.mark.parametrize(
    "header", ["Price,Quantity", "Unit price,Qty", "Price,Units", "Price (EUR),Seats", "Einzelpreis,Menge"]
)
def test_a_price_beside_a_quantity_is_told_with_both_sums(tmp_path: Path, header: str) -> None:
    price = header.split(",")[0]
    rules = mapping(tmp_path, f'[deals]\nguess_others = true\namount = "{price}"')
    if price in ("Price", "Price (EUR)"):
        history = won(tmp_path, header, "1000,10", "500,2")
        told = check(history, "unit_price")
        assert "1,500 in all" in told["text"]
        assert "11,000" in told["text"]
        rules = mapping(tmp_path, "\n".join(told["mapping"]))
    settled = won(tmp_path, header, "1000,10", "500,2", mapping=rules)
    assert won_sum(settled) == 1500
    assert "unit_price" not in check_names(settled)


def test_a_total_beside_price_and_quantity_is_offered(tmp_path: Path) -> None:
    header, cells = "Price,Quantity,Net", ("1000,10,10000", "500,2,1000")
    told = check(won(tmp_path, header, *cells), "unit_price")
    history = won(tmp_path, header, *cells, mapping=mapping(tmp_path, "\n".join(told["mapping"])))
    assert won_sum(history) == 11000


@pytest.mark.parametrize("header", ["Amount,Quantity", "Price,Discount", "Price,Units"])
def test_amounts_and_single_units_raise_no_question(tmp_path: Path, header: str) -> None:
    history = won(tmp_path, header, "1000,1", "500,1")
    assert "unit_price" not in check_names(history)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("value,value_period", ("100,annual", "50,one_time", "10,monthly")),
        ("Amount,Billing period", ("100,Annual", "50,Annual", "10,Monthly")),
        ("Betrag,Abrechnungsintervall", ("100,jährlich", "50,jährlich", "10,monatlich")),
    ],
)
def test_amounts_of_different_periods_are_told_with_their_shares(
    tmp_path: Path, header: str, cells: tuple[str, ...]
) -> None:
    history = won(tmp_path, header, *cells)
    told = check(history, "amount_periods")
    assert "1 (10)" in told["text"]
    settled = won(tmp_path, header, *cells, mapping=mapping(tmp_path, "\n".join(told["mapping"])))
    assert won_sum(settled) == 160
    assert "amount_periods" not in check_names(settled)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Amount,Billing period", ("100,Annual", "50,annual")),
        ("Amount,Newsletter", ("100,monthly", "50,weekly")),
        ("Amount,Payment terms", ("100,30 days", "50,60 days")),
    ],
)
def test_one_period_or_other_columns_raise_no_question(
    tmp_path: Path, header: str, cells: tuple[str, ...]
) -> None:
    assert "amount_periods" not in check_names(won(tmp_path, header, *cells))


@pytest.mark.parametrize(("times", "unit"), [(100, "0.01"), (0.001, "1000")])
def test_amounts_in_cents_in_one_of_two_tables_are_told(tmp_path: Path, times: float, unit: str) -> None:
    """With the line that makes both agree. Catches a sum 100 times too large in silence."""
    steps = write(
        tmp_path, "steps.csv", "deal_id,stage,entered_at,amount",
        "1,Lead,2025-01-01,12000", "1,Closed Won,2025-02-01,12000",
        "2,Lead,2025-01-02,3000", "2,Closed Won,2025-02-02,4000",
    )  # fmt: skip
    rows = write(
        tmp_path, "deals.csv", "deal_id,created,amount",
        f"1,2025-01-01,{12000 * times:g}", f"2,2025-01-02,{4000 * times:g}",
    )  # fmt: skip
    history = import_history([steps, rows])
    told = check(history, "amount_unit")
    assert "those of deals.csv are used" in told["text"]
    assert f"unit = {unit}" in told["mapping"][-1]
    settled = import_history([steps, rows], mapping=mapping(tmp_path, "\n".join(told["mapping"])))
    assert won_sum(settled) == 16000
    assert "amount_unit" not in check_names(settled)
