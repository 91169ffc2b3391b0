"""Amounts written by an independent formatter in the locales of the world, and read back exactly."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelsim.history.values.amount_style import AmbiguousAmounts
from funnelsim.history.values.amounts import read_amounts


@dataclass(frozen=True)
class Locale:
    """How a place writes money; ``{}`` in `around` is the number."""

    group: str
    decimal: str
    around: str = "{}"
    negative: str = "-{}"
    lakh: bool = False

    def whole(self, number: int) -> str:
        digits = str(number)
        head, tail = digits[:-3], digits[-3:]
        groups: list[str] = []
        size = 2 if self.lakh else 3
        while head:
            groups.insert(0, head[-size:])
            head = head[:-size]
        return self.group.join([*groups, tail])

    def written(self, cents: int, *, decimals: bool) -> str:
        size = abs(cents)
        number = self.whole(size // 100)
        if decimals:
            number += f"{self.decimal}{size % 100:02d}"
        text = self.around.format(number)
        return self.negative.format(text) if cents < 0 else text


LOCALES = {
    "us": Locale(",", ".", "${}", "({})"),
    "uk": Locale(",", ".", "£{}"),
    "germany": Locale(".", ",", "{} €"),
    "germany, a true minus": Locale(".", ",", "{} €", "\u2212{}"),
    "france": Locale("\u202f", ",", "{}\u00a0€"),
    "austria, euro first": Locale("\u00a0", ",", "€ {}"),
    "switzerland": Locale("\u2019", ".", "CHF {}", "{}-"),
    "liechtenstein": Locale("'", ".", "Fr. {}"),
    "india": Locale(",", ".", "₹{}", lakh=True),
    "pakistan": Locale(",", ".", "Rs. {}", lakh=True),
    "brazil": Locale(".", ",", "R$ {}"),
    "sweden": Locale(" ", ",", "{} kr", "\u2013{}"),
    "denmark": Locale(".", ",", "kr. {}", "{}-"),
    "poland": Locale("\u2009", ",", "{} zł"),
    "iso code behind": Locale(",", ".", "{} USD"),
    "iso code before": Locale(".", ",", "EUR {}"),
    "no groups": Locale("", "."),
    "no groups, comma": Locale("", ","),
}
CENTS = st.integers(-(10**13), 10**13)


def read(texts: list[str]):  # type: ignore[no-untyped-def]
    return read_amounts(pl.Series("amount", texts), file="deals.csv", at=str)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(LOCALES)), st.lists(CENTS, min_size=1, max_size=8))
def test_amounts_with_cents_come_back_in_every_locale(name: str, cents: list[int]) -> None:
    """Decimals are evidence enough. Catches a group taken for decimals, a lost sign, a rounded number."""
    texts = [LOCALES[name].written(value, decimals=True) for value in cents]
    column = read(texts)
    exact = [
        float(f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}") for value in cents
    ]
    assert column.values.to_list() == exact
    assert column.attention == ()


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(LOCALES)), st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=8))
def test_whole_amounts_are_right_or_asked_about_and_never_wrong_in_silence(
    name: str, whole: list[int]
) -> None:
    texts = [LOCALES[name].written(100 * value, decimals=False) for value in whole]
    try:
        column = read(texts)
    except AmbiguousAmounts:
        assert LOCALES[name].group == "."
        return
    assert column.values.to_list() == [float(value) for value in whole]
    locale = LOCALES[name]
    groups = max(locale.whole(abs(value)).count(locale.group) for value in whole) if locale.group else 0
    if locale.group in (",", ".") and groups == 1:
        assert [item.check for item in column.attention] == ["amount_style"]
