"""Money as people write it."""

from __future__ import annotations

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.amounts import AmountColumn, read_amounts


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
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1,23,456.7", 123456.7),
    ],
)
def test_points_are_decimal(written: str, amount: float) -> None:
    assert read(written).values[0] == amount


@pytest.mark.parametrize(("written", "amount"), [("1.234,50", 1234.5), ("12,5", 12.5), ("1 234,5 €", 1234.5)])
def test_commas_are_decimal_where_points_cannot_be(written: str, amount: float) -> None:
    assert read(written).values[0] == amount


def test_the_whole_column_has_one_style() -> None:
    """Alone, 1.234 is a small number; beside 5,5 it is a thousand. Catches guessing value by value."""
    assert read("1.234").values[0] == 1.234
    assert read("1.234", "5,5").values[0] == 1234.0
    assert read("1.234", decimal=",").values[0] == 1234.0
    with pytest.raises(HistoryError, match="not numbers"):
        read("1.234,5", "1,234.5")


def test_negative_amounts_are_not_known_and_counted() -> None:
    column = read("-5", "(1,200)", "300-", "0", "10", "", None)
    assert column.values.to_list() == [None, None, None, 0.0, 10.0, None, None]
    assert (column.negative, column.zero, column.missing) == (3, 1, 2)


def test_words_are_listed_with_their_rows_unless_they_mean_missing() -> None:
    with pytest.raises(
        HistoryError, match=r'column amount: .* row 3 "tbd", row 4 "call me"; if these stand for'
    ):
        read("5", "tbd", "call me")
    assert read("5", "tbd", missing=["tbd"]).values.to_list() == [5.0, None]


def test_numbers_of_a_parquet_file_are_taken_as_they_are() -> None:
    assert read(1, 2, None).values.to_list() == [1.0, 2.0, None]
    assert read(1.5, float("nan"), float("inf")).values.to_list() == [1.5, None, None]
