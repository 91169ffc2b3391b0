"""Amounts are readable: three digits, one unit, never 1e6."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.report.words.money import (
    MISSING,
    money,
    money_range,
    quota_money,
    sentence_scale,
    table_scale,
)

SIZES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "USD 0"),
        (0.004, "USD 0"),
        (3.257, "USD 3.26"),
        (85, "USD 85"),
        (999.6, "USD 1,000"),
        (8_450, "USD 8,450"),
        (9_739, "USD 9,740"),
        (12_400, "USD 12.4 thousand"),
        (870_000, "USD 870 thousand"),
        (999_600, "USD 1 million"),
        (1_068_000, "USD 1.07 million"),
        (1_200_000, "USD 1.2 million"),
        (-1_068_000, "USD -1.07 million"),
        (2.5e9, "USD 2.5 billion"),
        (3e15, "USD 3,000 trillion"),
        (None, MISSING),
        (float("nan"), MISSING),
        (float("inf"), MISSING),
    ],
)
def test_an_amount_in_words_has_three_digits_and_a_unit(amount: float | None, words: str) -> None:
    assert money(amount, "USD") == words


def test_yen_have_no_decimals() -> None:
    assert money(3.257, "JPY") == "JPY 3"
    assert money(85.4, "JPY") == "JPY 85"


def test_without_a_currency_only_number_and_unit_stand() -> None:
    assert money(1_068_000) == "1.07 million"
    assert money(850) == "850"


def test_a_quota_keeps_the_digits_it_was_given() -> None:
    """With the three digits of estimates it would read 1.23 million."""
    assert quota_money(1_225_000, "USD") == "USD 1.225 million"
    assert quota_money(1_200_000, "USD") == "USD 1.2 million"
    assert quota_money(12_345, "USD") == "USD 12.345 thousand"


def test_a_range_has_one_unit_for_both_ends() -> None:
    """Without rounding before the unit is chosen, the second would read ``400 to 1,000 thousand``."""
    assert money_range(870_000, 1_310_000, "USD") == "USD 0.87 to 1.31 million"
    assert money_range(400_000, 999_600, "USD") == "USD 0.40 to 1.00 million"
    assert money_range(0, 55_000, "USD") == "USD 0 to 55.0 thousand"
    assert money_range(-50_000, 2e6, "EUR") == "EUR -0.05 to 2.00 million"


def test_a_table_keeps_four_digits_before_it_takes_the_larger_unit() -> None:
    scale = table_scale([412_000, 1_068_000, None], "USD")
    assert scale.unit == "USD thousand"
    assert [scale.number(x) for x in (412_000, 1_068_000, None)] == ["412", "1,068", MISSING]
    assert table_scale([12_400_000], "USD").unit == "USD million"
    assert table_scale([9_000], "USD").unit == "USD"


def test_a_difference_has_its_sign_unless_it_is_nothing() -> None:
    scale = table_scale([97_000, 158_000], "USD")
    assert [scale.signed(x) for x in (97_000, -12_000, 0, 0.4, -0.4)] == ["+97", "-12", "0", "0", "0"]


def test_a_small_amount_beside_a_large_one_is_no_negative_zero() -> None:
    assert table_scale([1e6]).number(-3.0) == "0"


@given(st.floats(min_value=0.1, max_value=9e14), st.sampled_from(["USD", "EUR", ""]))
def test_words_say_the_amount_within_half_a_per_cent(amount: float, currency: str) -> None:
    number, _, unit = money(amount, currency).removeprefix(currency).strip().partition(" ")
    told = float(number.replace(",", "")) * SIZES[unit]
    assert told == pytest.approx(amount, rel=0.0051, abs=0.0051)
    assert "e" not in number


@given(st.lists(st.floats(min_value=-1e13, max_value=1e13), min_size=1, max_size=5))
def test_the_largest_amount_of_a_sentence_has_at_most_four_digits_before_the_point(
    amounts: list[float],
) -> None:
    scale = sentence_scale(amounts)
    longest = max(abs(round(amount / scale.divisor)) for amount in amounts)
    assert longest <= 9_999
