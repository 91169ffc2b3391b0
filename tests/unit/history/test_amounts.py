"""Money as people write it."""

from __future__ import annotations

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.values.amount_style import AmbiguousAmounts, Evidence
from funnelsim.history.values.amounts import AmountColumn, read_amounts


def read(*values: object, **options: object) -> AmountColumn:
    column = pl.Series("amount", values)
    return read_amounts(column, file="deals.csv", at=lambda place: f"row {place + 2}", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234.5", 1234.5),
        ("1,234.50", 1234.5),
        ("$1,234,567", 1234567.0),
        ("USD 12", 12.0),
        ("12 EUR", 12.0),
        ("€ 7", 7.0),
        ("1'234.5", 1234.5),
        ("CHF 1’234.–", 1234.0),
        ("CHF 1'234.50", 1234.5),
        ("1e3", 1000.0),
        ("1.5E+06", 1_500_000.0),
        (".5", 0.5),
        ("$ .50", 0.5),
        ("1,23,456.7", 123456.7),
        ("₹ 12,34,56,789.00", 123456789.0),
        ("Rs.500", 500.0),
        ("Rs. 1,234.50", 1234.5),
        ("S/.500.00", 500.0),
        ("Fr. 12.50", 12.5),
        ("A$1,000.00", 1000.0),
        ("US$ 5 USD", 5.0),
        ("１，２３４．５", 1234.5),
        ("١٢٣٤", 1234.0),
        ("١٬٢٣٤٫٥", 1234.5),
        ("\u200e1,234.50\u200f", 1234.5),
        ("0.500", 0.5),
        ("1,234,567", 1234567.0),
        ("'1500", 1500.0),
        ('="1500.5"', 1500.5),
        ('"1,234.5"', 1234.5),
    ],
)
def test_points_are_decimal(written: str, amount: float) -> None:
    assert read(written).values[0] == amount


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1.234,50", 1234.5),
        ("12,5", 12.5),
        ("1 234,5 €", 1234.5),
        ("1\u202f234,56", 1234.56),
        ("1\u00a0234,5 kr", 1234.5),
        ("1\u2009234,5", 1234.5),
        ("R$ 1.234,50", 1234.5),
        ("12,50 zł", 12.5),
        ("100,50 kr.", 100.5),
        ("500,-", 500.0),
        ("1.500,- Kč", 1500.0),
        ("1.234.567", 1234567.0),
        ("1,5E+03", 1500.0),
    ],
)
def test_commas_are_decimal_where_points_cannot_be(written: str, amount: float) -> None:
    assert read(written).values[0] == amount


@pytest.mark.parametrize(
    "written",
    [
        *("-5", "−5", "–5", "$-5", "-$5", "- 5 €", "5-", "5 €-", "(5)", "($5)", "$(5)", "USD (5)", "(5) EUR"),
        *("(5.00)", "-5.00", "5.00-", "5.00 CR", "5 Cr."),
    ],
)
def test_minus_signs_and_brackets_make_an_amount_negative(written: str) -> None:
    assert read(written).values[0] == -5


def test_two_dashes_after_a_decimal_sign_mean_no_cents() -> None:
    """Catches the price tag ``500.-`` taken for a credit note."""
    assert read("500.-", "CHF 20.--", "1'000.– CHF").values.to_list() == [500.0, 20.0, 1000.0]


@pytest.mark.parametrize(
    "written",
    [
        *(
            "15%",
            "15 %",
            "1.2k",
            "3M",
            "5 TEUR",
            "T€ 5",
            "1_000",
            "½",
            "2²",
            "nan",
            "inf",
            "1/2",
            "10:30",
            "1.2.3",
        ),
        *(
            "2026-01-01",
            "03.01.2025",
            "12,345,67",
            "5 00",
            "1 234 5",
            "(5",
            "5)",
            "--5",
            "5--",
            "(-5)",
            "+-5",
        ),
        *("5 EUR/month", "€5 USD", "Top 5", "USD.50", "5 x 3", "EUR", "-", "#REF!", "৫", "1e999", "12 EUR 5"),
    ],
)
def test_what_is_no_amount_is_refused(written: str) -> None:
    """Catches percent, shorthand and dates read as money."""
    with pytest.raises(HistoryError, match="row 3"):
        read("7", written)


def test_the_whole_column_has_one_style() -> None:
    """Alone, 1.234 says nothing; beside 5,5 it is a thousand. Catches guessing value by value."""
    assert read("1.234", "5,5").values[0] == 1234.0
    assert read("1.234", decimal=",").values[0] == 1234.0
    assert read("1.234", decimal=".").values[0] == 1.234
    assert read("1.234", "5.5").values[0] == 1.234
    with pytest.raises(HistoryError, match=r"two ways: like 1,234.56 \(row 3 .* like 1.234,56 \(row 2"):
        read("1.234,5", "1,234.5")
    with pytest.raises(HistoryError, match="for this column only"):
        read("1.234,5", "1,234.5", decimal=",")


def test_decimals_and_thousands_in_one_column_are_asked_about() -> None:
    """1.500 beside 99.99 is neither a program's nor a person's way to write decimals."""
    with pytest.raises(HistoryError, match=r'"1\.500" \(row 2\) may be written with thousands'):
        read("1.500", "99.99")
    assert read("1.500", "99.99", decimal=".").values.to_list() == [1.5, 99.99]
    assert read("1.505", "99.99").values.to_list() == [1.505, 99.99], "as programs print floats"


def test_points_before_three_digits_are_read_by_evidence_or_asked_about() -> None:
    with pytest.raises(
        AmbiguousAmounts, match=r'may be 1500 or 1\.5, .* decimal = "," \(1\.500 is 1500\) or'
    ):
        read("1.500", "12.000", "950")
    german = Evidence(decimal=",", reason="dates are dd.mm.yyyy")
    american = Evidence(decimal=".", reason="dates are mm/dd/yyyy")
    column = read("1.500", "12.000", "950", evidence=[german])
    assert column.values.to_list() == [1500.0, 12000.0, 950.0]
    (asked,) = column.attention
    assert asked.text == (
        'amount: "1.500" may be 1500 or 1.5. Read as 1500, because dates are dd.mm.yyyy. If not:'
    )
    assert asked.mapping == ('decimal = "."',)
    assert asked.count == 2
    for evidence in ([american], [german, american]):
        with pytest.raises(AmbiguousAmounts):
            read("1.500", evidence=evidence)
    elsewhere = Evidence(decimal=".", reason='column "price" is written like 1,234.56', strong=True)
    column = read("1.500", evidence=[elsewhere])
    assert column.values.to_list() == [1.5]
    assert column.attention[0].mapping == ('decimal = ","',)


def test_commas_before_three_digits_are_thousands_unless_something_hints_at_a_decimal_comma() -> None:
    column = read("$1,500", "$12,000")
    assert column.values.to_list() == [1500.0, 12000.0]
    assert column.attention[0].mapping == ('decimal = ","',)
    with pytest.raises(AmbiguousAmounts):
        read("1,500", evidence=[Evidence(decimal=",", reason="columns are separated by ;")])
    with pytest.raises(AmbiguousAmounts):
        read("KWD 1,500")  # the dinar has three decimals
    with pytest.raises(AmbiguousAmounts):
        read("1,500", "1.500")


def test_the_place_and_the_decimals_of_a_currency_are_evidence() -> None:
    assert read("1.500 €").values[0] == 1500
    assert read("R$ 1.500").values[0] == 1500
    assert read("JPY 1.500", "JPY 12.000").values.to_list() == [1500, 12000]
    with pytest.raises(AmbiguousAmounts):
        read("£1.500")


def test_plain_and_clearly_grouped_numbers_ask_nothing() -> None:
    for values in (["1500", "12"], ["1,234.56", "1,500"], ["1 500", "12 000"], ["1'500"], ["1500.25"]):
        assert read(*values).attention == ()


def test_the_currency_beside_each_amount_is_kept() -> None:
    column = read("USD 5", "5 €", "$5", "US$5", "kr 5", "5", "Rs. 5", "5 Kč", "")
    assert column.currency.to_list() == ["USD", "EUR", "$", "USD", "kr", None, "Rs", "CZK", None]


def test_negative_amounts_keep_their_sign_and_are_counted() -> None:
    column = read("-5", "(1,200)", "300-", "0", "10", "", None)
    assert column.values.to_list() == [-5.0, -1200.0, -300.0, 0.0, 10.0, None, None]
    assert (column.negative, column.zero, column.missing) == (3, 1, 2)


def test_credit_and_debit_marks_are_pointed_at() -> None:
    column = read("1,234.00 CR", "5.00 DR")
    assert column.values.to_list() == [-1234.0, 5.0]
    assert column.attention[0].mapping == ('negative_amount = "positive"',)


def test_words_are_listed_with_their_rows_unless_they_mean_missing() -> None:
    with pytest.raises(HistoryError, match=r'column amount: .* row 3 "tbd", row 4 "call me"; if these mean'):
        read("5", "tbd", "call me")
    assert read("5", "tbd", missing=["tbd"]).values.to_list() == [5.0, None]


def test_numbers_of_a_parquet_file_are_taken_as_they_are() -> None:
    assert read(1, 2, None).values.to_list() == [1.0, 2.0, None]
    assert read(1.5, float("nan")).values.to_list() == [1.5, None]
    money = pl.Series("amount", ["1500.25", "-3.10"]).cast(pl.Decimal(12, 2))
    assert read_amounts(money, file="d.parquet", at=str).values.to_list() == [1500.25, -3.1]


def test_infinite_amounts_are_refused_unless_they_mean_missing() -> None:
    with pytest.raises(HistoryError, match='too large to be numbers: row 3 "inf"'):
        read(1.5, float("inf"))
    assert read(1.5, float("inf"), missing=["inf"]).values.to_list() == [1.5, None]
    assert read(1, -1, missing=["-1"]).values.to_list() == [1.0, None]
