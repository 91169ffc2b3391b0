"""One amount of money as a person types it."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_THOUSAND, _MILLION, _BILLION = 1e3, 1e6, 1e9
_SUFFIXES = {
    "": 1.0,
    **dict.fromkeys(("k", "thousand"), _THOUSAND),
    **dict.fromkeys(("m", "mn", "mm", "mio", "million", "millions"), _MILLION),
    **dict.fromkeys(("b", "bn", "billion", "billions"), _BILLION),
}
_BY_LENGTH = "|".join(sorted(filter(None, _SUFFIXES), key=len, reverse=True))
#: A currency before or behind, digits with their signs, a suffix: "US$ 1.5m", "500k EUR".
_WRITTEN = re.compile(
    rf"(?P<before>[^\d\s.,+-]*?)\s*(?P<digits>[+-]?[\d.][\d.,_' \u00a0\u202f]*(?:e\+?\d+)?)\s*"
    rf"(?:(?P<suffix>{_BY_LENGTH})(?![^\W\d_]))?\s*(?P<behind>[^\d\s.,+-]*\.?)",
    re.I,
)
_SIGNS = r"[,_ '.\u00a0\u202f]"
_GROUPED = re.compile(rf"\d{{1,3}}(?:({_SIGNS})\d{{3}})(?:\1\d{{3}})*")


class Money(NamedTuple):
    """An amount, and the currency or shared sign it was written with; empty where there is none."""

    amount: float
    currency: str = ""


def parse_money(text: str) -> Money:
    """An amount as people write it.

    Raises
    ------
    ValueError
        If it is not an amount, is negative, or could be two amounts; the message asks which.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise _no_amount(text)
    marks = [mark for mark in (found["before"], found["behind"]) if mark]
    factor = _SUFFIXES[(found["suffix"] or "").lower()]
    number = _number(found["digits"].strip(), text, found["suffix"] or "") * factor
    if number < 0 or not math.isfinite(number):
        raise ValueError(f'"{text}" is below 0' if number < 0 else f'"{text}" is not an amount')
    return Money(number, _currency(marks, text))


def is_in(money: Money, currency: str) -> bool:
    """Whether an amount may be in this currency: written in it, with a shared sign, or without any."""
    if not money.currency or not currency:
        return True
    from funnelsim.history.values.currency_names import SHARED, currency_named

    held = currency_named(currency)
    return money.currency == held or held in SHARED.get(money.currency, ())


def _number(digits: str, text: str, suffix: str) -> float:
    if _GROUPED.fullmatch(digits):
        return _grouped(digits, text, suffix)
    decimal = max(".,", key=digits.rfind)  # the last sign, if any
    whole, _, rest = digits.rpartition(decimal) if decimal in digits else (digits, "", "")
    grouped = _GROUPED.fullmatch(whole)
    if decimal in whole or (re.search(_SIGNS, whole) and not grouped):
        raise _no_amount(text)
    try:
        return float(f"{re.sub(_SIGNS, '', whole)}.{rest}" if decimal in digits else whole)
    except ValueError:
        raise _no_amount(text) from None


def _grouped(digits: str, text: str, suffix: str) -> float:
    """``1,500,000``. A single point, or a single comma before a suffix, may be the decimal sign: an error."""
    whole = re.sub(r"\D", "", digits)
    signs = re.sub(r"\d", "", digits)
    if len(signs) == 1 and (signs == "." or (signs == "," and suffix)):
        small = digits.replace(",", ".").rstrip("0").rstrip(".")
        raise ValueError(
            f'"{text}" may be {whole}{suffix} or {small}{suffix}; write {whole}{suffix} or {small}{suffix}'
        )
    return float(whole)


def _currency(marks: list[str], text: str) -> str:
    from funnelsim.history.values.currency_names import currency_of, joined_currency

    named = [currency_of(mark) for mark in marks]
    if None in named:
        unknown = marks[named.index(None)]
        raise ValueError(f'"{text}" is not an amount: funnelsim does not know the currency "{unknown}"')
    return joined_currency(*[*named, None, None][:2]) or ""


def _no_amount(text: str) -> ValueError:
    return ValueError(f'"{text}" is not an amount; write it out, such as 1200000, or 1.2m, or 500k')
