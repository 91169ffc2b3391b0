"""Parse and format quantities of a model file: days, hours, money and factors."""

from __future__ import annotations

import math
import re
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from funnelsim.core.calendar.time import UNIT_DAYS, parse_duration_days
from funnelsim.distributions.base import Kind

_EFFORT = re.compile(r".*[0-9.]\s*(h|min)\s*", re.DOTALL)
_PLAIN = re.compile(r"\s*([-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?)\s*([kM]?)\s*")
_SUFFIX = {"": 1.0, "k": 1e3, "M": 1e6}
_MANY_DIGITS = Context(prec=25)


def read_quantity(value: Any, kind: Kind) -> float:
    """Parse a quantity: a duration or effort in days, money or a factor.

    Durations take ``s min h d w months`` (bare: days); effort must name ``h`` or ``min``; amounts and
    factors are plain numbers, such as ``12_000``, ``12k`` or ``1.2M``.

    Raises
    ------
    ValueError
        If it is invalid, negative or not finite.
    """
    if kind == "duration":
        return parse_duration_days(value)
    if kind == "effort":
        return _effort(value)
    number = read_number(value, "an amount" if kind == "amount" else "a factor")
    if number < 0:
        raise ValueError(f"{kind} must not be negative, found {value}")
    return number


def read_number(value: Any, what: str) -> float:
    """Parse a plain number; underscores and the suffixes k and M are allowed. `what` names it in errors.

    Raises
    ------
    ValueError
        If it is not a plain number, or not finite.
    """
    if isinstance(value, str):
        found = _PLAIN.fullmatch(value)
        if found is None:
            raise ValueError(f'{what} must be a plain number such as 0.8, 12_000 or 12k, found "{value}"')
        number = float(found[1].replace("_", "")) * _SUFFIX[found[2]]
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} must be a plain number, found {value!r}")
    else:
        number = float(value) if abs(value) < 1e300 else math.inf
    if not math.isfinite(number):
        raise ValueError(f"{what} must be a finite number, found {value}")
    return number


def number_text(value: float) -> str:
    """Format a number as the shortest text that parses to the same float."""
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def quantity_text(value: float, kind: Kind) -> str:
    """Format a quantity for a model file; it parses to the same float.

    Durations of a day or more are in days, shorter ones in the unit that needs the fewest digits.
    """
    if kind == "effort":
        return min(_in_unit(value, "h"), _in_unit(value, "min"), key=len)
    if kind != "duration":
        return number_text(value)
    if value >= 1 or value == 0:
        return _in_unit(value, "d")
    return min((_in_unit(value, unit) for unit in ("d", "h", "min", "s")), key=len)


def _in_unit(days: float, unit: str) -> str:
    number = Fraction(days) / UNIT_DAYS[unit]
    text = number_text(float(number))
    if float(Fraction(text) * UNIT_DAYS[unit]) != days:
        text = str(_MANY_DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator)))
    return text + unit


def _effort(value: Any) -> float:
    if not isinstance(value, str) or not _EFFORT.fullmatch(value):
        raise ValueError(
            f'effort must name h or min of working time, such as "3h", found {value!r}'
            + (": a day of effort is ambiguous" if str(value).rstrip().endswith("d") else "")
        )
    return parse_duration_days(value)
