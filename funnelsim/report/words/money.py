"""Amounts as people read them: one unit for a table or an axis, words for a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

#: The amount from which a unit is used: in a sentence, and in a table, which keeps up to four digits
#: before it takes the larger unit (1,068 thousand, not 1.07 million).
_UNITS = (
    ("trillion", 1e12, 1e12, 1e13),
    ("billion", 1e9, 1e9, 1e10),
    ("million", 1e6, 1e6, 1e7),
    ("thousand", 1e3, 1e4, 1e4),
)

#: ISO 4217 currencies without a minor unit: no decimals below one.
_WITHOUT_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"

MISSING = "n/a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One unit for all amounts of a table, an axis or a sentence.

    Attributes
    ----------
    currency : str
        As the model names it; empty where it names none.
    divisor : float
        1, a thousand, a million, a billion or a trillion.
    word : str
        The divisor in words, empty for 1.
    decimals : int
        Digits after the point, the same for all amounts.
    """

    currency: str
    divisor: float = 1.0
    word: str = ""
    decimals: int = 0

    @property
    def unit(self) -> str:
        """Unit for a column head: ``USD thousand``; without a currency ``thousand``, or nothing."""
        return " ".join(part for part in (self.currency, self.word) if part)

    def number(self, amount: float | None) -> str:
        """The amount in this unit, without the unit: ``1,068``."""
        if amount is None or not math.isfinite(amount):
            return MISSING
        if amount == 0:
            return "0"
        # Adding zero turns a negative zero into a plain one.
        scaled = round(amount / self.divisor, self.decimals) + 0.0
        return f"{scaled:,.{self.decimals}f}"

    def signed(self, amount: float | None) -> str:
        """A difference in this unit: ``+97``, ``-12``, ``0``."""
        text = self.number(amount)
        if text == MISSING or text.startswith("-") or not text.strip("0.,"):
            return text
        return "+" + text

    def words(self, amount: float | None) -> str:
        """The amount with its unit: ``USD 1.07 million``."""
        text = self.number(amount)
        return text if text == MISSING else _with_unit(self, text)

    def span(self, low: float | None, high: float | None) -> str:
        """Two amounts with one unit: ``USD 0.87 to 1.31 million``."""
        return _with_unit(self, f"{self.number(low)} to {self.number(high)}")


def table_scale(amounts: Iterable[float | None], currency: str = "") -> Scale:
    """The unit for a table of amounts: small enough to tell them apart, large enough to be read.

    The largest amount decides, and keeps at least three digits: ``USD thousand`` from 10,000 on, without
    decimals from 100,000 on.
    """
    return _scale(_largest(amounts), currency, table=True)


def sentence_scale(amounts: Iterable[float | None], currency: str = "") -> Scale:
    """The unit for a sentence or an axis: the largest amount has one to three digits before the point."""
    return _scale(_largest(amounts), currency, table=False)


def money(amount: float | None, currency: str = "", *, digits: int = 3) -> str:
    """One amount in words: ``USD 1.07 million``, ``JPY 870 thousand``, ``USD 8.5``.

    Three digits suit what was simulated; take more for what somebody stated, such as a quota.
    """
    if amount is None or not math.isfinite(amount):
        return MISSING
    rounded = float(f"{amount:.{digits}g}")
    scale = sentence_scale([rounded], currency)
    scale = replace(scale, decimals=scale.decimals + (digits - 3 if scale.divisor > 1 else 0))
    text = scale.number(rounded)
    return _with_unit(scale, text.rstrip("0").rstrip(".") if "." in text else text)


def exact_money(amount: float, currency: str = "") -> str:
    """One amount to the cent, to compare with another program's: ``USD 2,718,412``, ``USD 8.50``."""
    figure = f"{amount:,.2f}".removesuffix(".00").removeprefix("-" if abs(amount) < 0.005 else "")
    return " ".join(part for part in (currency, figure) if part)


def quota_money(quota: float | None, currency: str = "") -> str:
    """A quota in words, with as many digits as people set quotas: ``USD 1.225 million``."""
    return money(quota, currency, digits=5)


def money_range(low: float | None, high: float | None, currency: str = "") -> str:
    """Two amounts in words with one unit: ``USD 0.87 to 1.31 million``."""
    return sentence_scale([low, high], currency).span(low, high)


def _scale(largest: float, currency: str, *, table: bool) -> Scale:
    size = _three_digits(largest)
    for word, divisor, in_sentence, in_table in _UNITS:
        if size >= (in_table if table else in_sentence):
            decimals = _decimals(size / divisor)
            return Scale(currency=currency, divisor=divisor, word=word, decimals=decimals)
    cents = 0 < size < 100 and currency not in _WITHOUT_CENTS.split()
    return Scale(currency=currency, decimals=2 if cents else 0)


def _decimals(largest: float) -> int:
    if largest >= 100:
        return 0
    return 1 if largest >= 10 else 2


def _three_digits(amount: float) -> float:
    """Rounded to three digits, so that 999,600 counts as a million."""
    return float(f"{amount:.3g}")


def _largest(amounts: Iterable[float | None]) -> float:
    return max((abs(a) for a in amounts if a is not None and math.isfinite(a)), default=0.0)


def _with_unit(scale: Scale, text: str) -> str:
    return " ".join(part for part in (scale.currency, text, scale.word) if part)
