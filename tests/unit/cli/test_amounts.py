"""Amounts of money as options: as people write them, and in the model's currency."""

from __future__ import annotations

import click
import pytest

from funnelsim.cli.amounts import in_currency_of
from funnelsim.history.values.typed_amounts import Money, parse_money
from funnelsim.model.files.read import read_document

MODEL = {
    "format": 1,
    "start": "2026-01-01",
    "currency": "USD",
    "sources": {"a": {"enters": "demo", "rate": 1}},
    "stages": {"demo": {"after": "2d", "exits": {"won": {"p": 1.0}}}},
}
model, problems = read_document(MODEL)
assert model is not None, problems


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("5M", 5e6, ""),
        ("1.5m", 1.5e6, ""),
        ("1,5m", 1.5e6, ""),
        ("500k", 5e5, ""),
        ("$1,500,000", 1.5e6, "$"),
        ("1.500.000", 1.5e6, ""),
        ("1.234,50", 1234.5, ""),
        ("1,234.50", 1234.5, ""),
        ("1_200_000", 1.2e6, ""),
        ("1'500'000 CHF", 1.5e6, "CHF"),
        ("5 million euros", 5e6, "EUR"),
        ("US$ 2bn", 2e9, "USD"),
        ("1e6", 1e6, ""),
    ],
)
def test_an_amount_in_many_spellings(text: str, amount: float, currency: str) -> None:
    assert parse_money(text) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.500", "may be 1500 or 1.5"),
        ("1,500k", "may be 1500k or 1.5k"),
        ("1,500,00", "is not an amount"),
        ("1.5.5", "is not an amount"),
        ("-5", "below 0"),
        ("5Mx", 'does not know the currency "Mx"'),
        ("$5 EUR", "two currencies"),
        ("a lot", "is not an amount"),
    ],
)
def test_what_is_no_amount_or_could_be_two_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_money(text)


def test_the_sign_must_fit_the_currency_of_the_model() -> None:
    assert in_currency_of(model, parse_money("$5M")) == 5e6
    assert in_currency_of(model, parse_money("5M USD")) == 5e6
    assert in_currency_of(model, parse_money("5M")) == 5e6
    assert in_currency_of(model, None) is None
    for other in ("€5M", "5M CAD", "¥5M"):
        with pytest.raises(click.BadParameter, match="the model's currency is USD"):
            in_currency_of(model, parse_money(other))
