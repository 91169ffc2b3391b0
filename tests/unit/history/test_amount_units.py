"""Amounts in thousands or cents come out whole, and the audit says so at the top."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.history.values.unit_names import unit_named
from tests.unit.history.exports import mapping, write


def read(folder: Path, header: str, amounts: list[str], rules: str = "") -> History:
    rows = (f'{n},2025-01-{n + 1:02},2025-02-{n + 1:02},won,"{a}"' for n, a in enumerate(amounts, start=1))
    rows = (row.replace("|", '","') for row in rows)
    path = write(folder, "deals.csv", f"id,created,closed,outcome,{header}", *rows)
    return import_history([path], preset="deals", mapping=mapping(folder, rules) if rules else None)


def attention(history: History) -> list[str]:
    return [item["text"] for item in history.meta.audit["checks"] if item["check"] == "amount_unit"]


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Amount (k€)", 1e3),
        ("Amount (€k)", 1e3),
        ("Amount (K)", 1e3),
        ("Amount k$", 1e3),
        ("Amount in thousands", 1e3),
        ("Amount (in thousands EUR)", 1e3),
        ("Value ('000)", 1e3),
        ("amount_keur", 1e3),
        ("Betrag TEUR", 1e3),
        ("Amount (M€)", 1e6),
        ("Amount (EUR mn)", 1e6),
        ("Amount in Mio. EUR", 1e6),
        ("amount_cents", 0.01),
        ("Deal value (in cents)", 0.01),
        ("amount_usd_cents", 0.01),
        ("Amount (USD 000s)", 1e3),
        ("Amount (lakhs)", 1e5),
        ("Amount (千円)", 1e3),
        ("Amount (千元)", 1e3),
        ("Amount (万)", 1e4),
        ("Amount (萬)", 1e4),
        ("Deal Value (万円)", 1e4),
        ("Amount（单位：万元）", 1e4),
        ("Amount (億)", 1e8),
        ("Amount (億円)", 1e8),
        ("Amount (百万円)", 1e6),
        ("Amount (千万円)", 1e7),
        ("Amount (만원)", 1e4),
        ("Amount (천원)", 1e3),
        ("Amount (단위: 백만원)", 1e6),
        ("Amount (тыс.)", 1e3),
        ("Amount, тыс. руб.", 1e3),
        ("Amount (млн)", 1e6),
        ("Amount (tis. Kč)", 1e3),
        ("Amount (bn)", 1e9),
        ("Amount (円)", 1.0),
        ("Amount (税込)", 1.0),
        ("Amount (EUR)", 1.0),
        ("Amount", 1.0),
        ("Amount Network", 1.0),
        ("Recent", 1.0),
        ("Amount (M)", 1.0),
        ("Accents", 1.0),
    ],
)
def test_units_are_those_that_the_name_says(header: str, unit: float) -> None:
    name, found = unit_named(header)
    assert found == unit
    assert (name in ("Amount", "amount", "Value", "Betrag", "Deal value", "Deal Value")) == (unit != 1)


def test_thousands_and_cents_come_out_whole(tmp_path: Path) -> None:
    thousands = read(tmp_path, "Amount (k€)", ["12.5", "3"])
    assert thousands.deals["amount"].to_list() == [12_500, 3_000]
    assert thousands.meta.currency == "EUR"
    assert len(attention(thousands)) == 1
    assert read(tmp_path, "amount_cents", ["12550", "300"]).deals["amount"].to_list() == [125.5, 3]


@pytest.mark.parametrize(
    ("header", "amounts", "told"),
    [
        ("Amount (千円)", [12_500, 3_000], 1),
        ("金額（万円）", [125_000, 30_000], 1),
        ("Amount (тыщ)", [12.5, 3], 1),
        ("Amount (円)", [12.5, 3], 0),
        ("Amount (net)", [12.5, 3], 0),
    ],
)
def test_units_in_other_scripts_are_read_or_told(
    tmp_path: Path, header: str, amounts: list[float], told: int
) -> None:
    history = read(tmp_path, header, ["12.5", "3"], f'[deals]\nguess_others = true\namount = "{header}"')
    assert history.deals["amount"].to_list() == amounts
    assert len(attention(history)) == told


@pytest.mark.parametrize(
    ("header", "rows", "amounts"),
    [
        ("Amount,Unit", ["10|EUR", "2|TEUR"], [10, 2_000]),
        ("Amount,Unit", ["10|€", "2|k€"], [10, 2_000]),
        ("Amount,Scale", ["10|one", "2|thousand"], [10, 2_000]),
        ("Amount,UoM", ["10|000s", "2|000s"], [10_000, 2_000]),
        ("Amount,Amount unit", ["10|K", "2|K"], [10_000, 2_000]),
        ("Amount,Amount unit", ["10|K", "2|M"], [10_000, 2_000_000]),
        ("Amount,Multiplier", ["10|1", "2|1000"], [10, 2_000]),
        ("Amount,単位", ["10|千円", "2|円"], [10_000, 2]),
    ],
)
def test_a_unit_in_a_column_beside_the_amount_holds_for_its_row(
    tmp_path: Path, header: str, rows: list[str], amounts: list[float]
) -> None:
    history = read(tmp_path, header, rows)
    assert history.deals["amount"].to_list() == amounts
    assert "multiplied by the unit in" in attention(history)[0]
    as_they_stand = read(tmp_path, header, rows, "[units]\nAmount = 1")
    assert as_they_stand.deals["amount"].to_list() == [10, 2]


@pytest.mark.parametrize(
    ("header", "rows", "told"),
    [
        ("Amount,Unit", ["10|EUR", "2|"], 0),
        ("Amount,Unit", ["10|k", "2|"], 1),
        ("Amount,Unit", ["10|k", "2|zorks"], 1),
        ("Amount,Unit", ["10|EUR", "2|T"], 1),
        ("Amount,Unit", ["10|1", "2|1000"], 1),
        ("Amount,Multiplier", ["10|1", "2|1.5"], 1),
        ("Amount,Multiplier", ["10|1", "2|1.000"], 1),
        ("Amount,Scale", ["10|1", "2|7"], 0),
        ("Amount,Unit", ["10|seats", "2|licences"], 0),
        ("Amount,Unit", ["10|4", "2|12"], 0),
        ("Amount,Unit price", ["10|1000", "2|1000"], 0),
        ("Amount,Business unit", ["10|K", "2|M"], 0),
    ],
)
def test_a_column_that_may_hold_units_is_told_or_no_unit(
    tmp_path: Path, header: str, rows: list[str], told: int
) -> None:
    history = read(tmp_path, header, rows)
    assert history.deals["amount"].to_list() == [10, 2]
    assert len(attention(history)) == told


def test_thousands_of_two_currencies_in_a_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="amounts are in 2 currencies"):
        read(tmp_path, "Amount,Unit", ["10|k€", "2|$"])
    both = read(tmp_path, "Amount (k€),Unit", ["10|k€", "2|k€"])
    assert both.deals["amount"].to_list() == [10_000, 2_000]
    assert len(attention(both)) == 1


def test_a_column_of_cents_is_known_by_the_one_beside_it(tmp_path: Path) -> None:
    cents = read(tmp_path, "value,value_formatted", ["120000|$1,200", "350050|$3,500.50", "0|$0"])
    assert cents.deals["amount"].to_list() == [1200, 3500.5, 0]
    assert "0.01 times" in attention(cents)[0]
    thousands = read(tmp_path, "amount,amount_full", ["1.2|1200", "3.5|3,500"])
    assert thousands.deals["amount"].to_list() == [1200, 3500]


@pytest.mark.parametrize(
    "shown", ["$1,200 monthly|$3,500.50 annual", "$1.2k|$3.5k", "$1,200 /mo|-", "$1,200|$3,501"]
)
def test_a_column_written_for_people_may_say_more_than_the_amount(tmp_path: Path, shown: str) -> None:
    one, two = shown.split("|")
    cents = read(tmp_path, "value,value_formatted", [f"120000|{one}", f"350050|{two}"])
    assert cents.deals["amount"].to_list() == [1200, 3500.5]
    same = read(tmp_path, "value,value_formatted", ["9900|$99", "9900|$99"])
    assert same.deals["amount"].to_list() == [99, 99]


def test_cents_in_some_rows_only_are_named(tmp_path: Path) -> None:
    history = read(tmp_path, "value,value_formatted", ["120000|$1,200", "3500|$3,500"])
    assert "100 times" in str(history.meta.audit["checks"])


@pytest.mark.parametrize(
    "header",
    [
        "Deal value,Deal quantity",
        "Deal value,Deal discount",
        "amount,tax_amount",
        "amount,Discount amount",
        "amount,Amount %",
        "amount,Weighted amount",
    ],
)
@pytest.mark.parametrize("other", ["1|1", "0.1|0.25", "12|35"])
def test_other_columns_say_nothing_of_the_unit(tmp_path: Path, header: str, other: str) -> None:
    one, two = other.split("|")
    history = read(tmp_path, header, [f"1200|{one}", f"3500|{two}"])
    assert history.deals["amount"].to_list() == [1200, 3500]


def test_amounts_beside_their_cents_or_another_currency_stay(tmp_path: Path) -> None:
    beside = read(tmp_path, "amount,amount_cents", ["1200|120000", "3500|350000"])
    converted = read(tmp_path, "amount,amount_base", ["1200|1300", "3500|3700"])
    for history in (beside, converted):
        assert history.deals["amount"].to_list() == [1200, 3500]
        assert not attention(history)


def test_the_mapping_says_what_one_is_worth(tmp_path: Path) -> None:
    history = read(tmp_path, "Amount (k€)", ["12.5", "3"], '[units]\n"Amount (k€)" = 1')
    assert history.deals["amount"].to_list() == [12.5, 3]
    assert not attention(history)


def test_a_dash_beside_a_currency_is_zero(tmp_path: Path) -> None:
    history = read(tmp_path, "amount", ["$ 1,200", "$ -", " $-   ", "-  $"])
    assert history.deals["amount"].to_list() == [1200, 0, 0, 0]


def test_a_unit_of_a_column_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """Catches amounts that stay as they are, a factor of 1,000 too small."""
    with pytest.raises(HistoryError, match=r'units\.Amuont.*no file has a column "Amuont".*"Amount"'):
        read(tmp_path, "Amount", ["12.5", "3"], "[units]\nAmuont = 1000")


def test_a_unit_of_a_column_that_is_no_amount_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r'units\.Other.*"Other" is not read as an amount'):
        read(tmp_path, "Amount,Other", ["12.5|1", "3|2"], "[units]\nOther = 1000")
