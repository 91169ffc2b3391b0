"""Chances, shares, counts and durations as people read them."""

from __future__ import annotations

import math

from funnelsim.core.percent import percent
from funnelsim.report.money import MISSING

_MINUTES_A_DAY = 1440.0


def chance(probability: float | None) -> str:
    """A chance in whole per cent; never 0 or 100, which no simulation can promise."""
    if probability is None or not math.isfinite(probability):
        return MISSING
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return f"{probability * 100:.0f} %"


def error_points(error: float | None) -> str:
    """Simulation error of a chance, in percentage points: ``+/- 0.4``; empty where it is not known."""
    if error is None or not math.isfinite(error):
        return ""
    points = error * 100
    return "+/- under 0.1" if points < 0.05 else f"+/- {points:.1f}"


def chance_with_error(probability: float | None, error: float | None) -> str:
    """``24 % (+/- 0.4)``; the error is one standard error, in percentage points."""
    text, spread = chance(probability), error_points(error)
    return f"{text} ({spread})" if spread and text != MISSING else text


def points(difference: float | None) -> str:
    """A difference of two chances or shares: ``+14 pp``, ``-0.6 pp``."""
    if difference is None or not math.isfinite(difference):
        return MISSING
    size = difference * 100
    text = f"{size:+.0f}" if abs(size) >= 9.5 else f"{size:+.1f}"
    return f"{text} pp" if text.strip("+-0.") else "0 pp"


def share(value: float | None) -> str:
    """A measured share, which may well be 0 or 1: ``62 %``, ``4.5 %``."""
    if value is None or not math.isfinite(value):
        return MISSING
    return percent(value)


def significant(number: float, digits: int) -> str:
    """A number with so many digits that count, whole ones all of them: ``119.632``, ``1,435,585``."""
    size = math.floor(math.log10(abs(number))) if number else 0
    return f"{number:,.{max(digits - 1 - size, 0)}f}"


def count(number: float | None) -> str:
    """A number of leads or deals; means keep a decimal while they are small: ``1,204``, ``12.4``."""
    if number is None or not math.isfinite(number):
        return MISSING
    if abs(number) < 0.005:
        return "0"
    if float(number).is_integer() or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 1 else f"{number:.2f}"


def signed_count(number: float | None) -> str:
    """A difference of counts: ``+12.4``."""
    text = count(number)
    return text if text == MISSING or text[0] == "-" or not text.strip("0.") else f"+{text}"


def days(duration: float | None) -> str:
    """A duration: ``11.2 days``; hours or minutes below one day."""
    if duration is None or not math.isfinite(duration):
        return MISSING
    size = abs(duration)
    if size >= 99.5:
        return f"{duration:,.0f} days"
    if size >= 1 or size == 0:
        text = f"{duration:.1f}".removesuffix(".0")
        return f"{text} day" if text == "1" else f"{text} days"
    if size * 24 >= 1:
        return f"{duration * 24:.1f} hours"
    minutes = f"{duration * _MINUTES_A_DAY:.0f}"
    return f"{minutes} minutes" if minutes.strip("-0") else "under a minute"


def signed_days(difference: float | None) -> str:
    """A difference of durations, in days however small, so that a column compares: ``-11.2 days``."""
    if difference is None or not math.isfinite(difference):
        return MISSING
    text = f"{difference:+,.0f}" if abs(difference) >= 99.5 else f"{difference:+.1f}".removesuffix(".0")
    return f"{text} days" if text.strip("+-0.") else "0 days"


def plural(number: float, noun: str) -> str:
    """``1 deal``, ``96 deals``, ``1 visit``."""
    return f"{count(number)} {noun if number == 1 else plural_noun(noun)}"


def plural_noun(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"
