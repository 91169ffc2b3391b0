"""Two columns of amounts: what deals were won for, and what they are listed at."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from funnelsim.history.drafting.draft import draft_mapping
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.history.presets.amount_names import amount_kind
from tests.unit.history.exports import check_names, mapping, write

ROWS = (
    "1,2024-01-02,2024-02-03,Won,100,90",
    "2,2024-01-05,2024-02-13,Won,200,180",
    "3,2024-01-05,2024-02-13,Lost,300,",
    "4,2024-01-06,,Demo,400,",
)


def read(folder: Path, names: str, *rows: str, rules: str = "") -> History:
    table = write(folder, "data.csv", f"Deal ID,Created,Closed,Stage,{names}", *rows)
    return import_history([table], mapping=mapping(folder, rules) if rules else None)


def money(history: History) -> tuple[float, float]:
    amounts = history.meta.audit["amounts"]
    return amounts["won_sum"], amounts["open_listed_sum"]


@pytest.mark.parametrize(
    "names",
    [
        *("Amount,Closed Amount", "Value,Won value", "Amount,Final_Amount", "Amount,ClosedAmount (EUR)"),
        *(
            "Betrag,Abschlusswert",
            "Amount,Close Value",
            "Deal Value,Actual deal value",
            "Umsatz,Umsatz gewonnen",
        ),
        "Offer amount,Signed amount",
    ],
)
def test_the_amount_that_only_won_deals_have_is_what_they_were_won_for(tmp_path: Path, names: str) -> None:
    history = read(tmp_path, names, *ROWS)
    assert money(history) == (270, 400)
    assert "two_columns" not in check_names(history)
    assert f'amount = "{names.split(",")[1]}"' in draft_mapping([tmp_path / "data.csv"])


def test_zeros_of_deals_that_are_not_won_say_nothing(tmp_path: Path) -> None:
    assert money(read(tmp_path, "Amount,Closed amount", *ROWS[:2], *(f"{row}0" for row in ROWS[2:]))) == (
        270,
        400,
    )


def test_events_say_which_deals_are_won(tmp_path: Path) -> None:
    events = write(
        tmp_path,
        "moves.csv",
        "Deal ID,Stage,Entered",
        *("1,Demo,2024-01-02", "1,Closed Won,2024-02-03", "2,Demo,2024-01-02", "2,Closed Lost,2024-02-03"),
        "3,Demo,2024-01-09",
    )
    deals = write(tmp_path, "deals.csv", "Deal ID,Amount,Closed Amount", "1,100,90", "2,200,", "3,300,")
    assert money(import_history([events, deals])) == (90, 300)


def test_a_person_is_asked_where_open_deals_have_both(tmp_path: Path) -> None:
    rows = (*ROWS[:2], "3,2024-01-05,2024-02-13,Lost,300,310", "4,2024-01-06,,Demo,400,420")
    history = read(tmp_path, "Amount,Closed Amount", *rows)
    look = next(check for check in history.meta.audit["checks"] if check["check"] == "two_columns")
    assert '"Amount" is read' in look["text"]
    assert "differ in 2 won deals" in look["text"]
    assert money(history) == (300, 400)
    again = read(tmp_path, "Amount,Closed Amount", *rows, rules="\n".join(look["mapping"]))
    assert money(again)[0] == 270
    assert "two_columns" not in check_names(again)


def test_equal_amounts_and_a_mapping_change_nothing(tmp_path: Path) -> None:
    rows = ("1,2024-01-02,2024-02-03,Won,100,100", "2,2024-01-06,,Demo,400,0")
    assert "two_columns" not in check_names(read(tmp_path, "Amount,Closed Deal Amount", *rows))
    named = '[deals]\nguess_others = true\namount = "Amount"'
    history = read(tmp_path, "Amount,Closed Amount", *ROWS, rules=named)
    assert money(history) == (300, 400)
    assert "two_columns" not in check_names(history)


def test_other_columns_of_money_are_no_final_amounts() -> None:
    names = ["Closed amount %", "Close Date", "Actual cost", "Real estate value", "Expected final amount"]
    assert [amount_kind(name) for name in names] == [None] * len(names)
    assert [amount_kind(name) for name in ("Amount", "Quoted price", "HS Closed Amount")] == [
        *("plain", "listed", "final")
    ]


def test_the_usual_name_comes_before_a_rare_one_of_the_same_stage(tmp_path: Path) -> None:
    rows = [
        f"{deal},{stage},2024-01-{day:02}"
        for deal in range(9)
        for stage, day in (("Demo", 1), ("Intro", 0 + 2))
    ]
    rows += [f"{deal},{'Offer sent' if deal == 0 else 'Offer'},2024-01-05" for deal in range(9)]
    rows += ["1,Legal,2024-01-03", *(f"{deal},Sign,2024-01-09" for deal in range(9))]
    history = import_history([write(tmp_path, "moves.csv", "deal,stage,entered", *rows)])
    assert list(history.meta.stages) == ["demo", "intro", "legal", "offer", "offer_sent", "sign"]
    assert history.visits.filter(pl.col("stage") == "offer_sent").height == 1
