"""Chances, shares, counts and durations as people read them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from funnelsim.core.nouns import plural_noun
from funnelsim.core.percent import percent
from funnelsim.report.words.money import MISSING

_MINUTES_A_DAY = 1440.0
_SMALL_SHARE = 0.01


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


def confidence_share(value: float) -> str:
    """A probability that somebody chose, with all its digits: ``80 %``, ``99.5 %``."""
    return f"{100 * value:g} %"


def error_share(value: float | None) -> str:
    """The error or score of a forecast: ``16.5 %``; one decimal, as methods often differ by less than 1 %."""
    return MISSING if value is None or not math.isfinite(value) else f"{value:.1%}".replace("%", " %")


def shares(values: Sequence[float | None]) -> list[str]:
    """Shares that stand together; two decimals where all are small: ``0.47 %``, ``0.41 %``."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    if not 0 < largest < _SMALL_SHARE:
        return [share(value) for value in values]
    return [share(value) if not value else f"{100 * value:.2f} %" for value in values]


def significant(number: float, digits: int) -> str:
    """A number with this many significant digits, all whole digits kept: ``119.632``, ``1,435,585``."""
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


def count_span(low: float | None, high: float | None) -> str:
    """A range of counts, in whole numbers as counts are: ``57 to 80``."""
    ends = [MISSING if end is None or not math.isfinite(end) else f"{round(end):,}" for end in (low, high)]
    return " to ".join(ends)


def signed_count(number: float | None) -> str:
    """A difference of counts: ``+12.4``."""
    text = count(number)
    return text if text == MISSING or text[0] == "-" or not text.strip("0.") else f"+{text}"


_NUMBER = re.compile(r"([+-]?[\d,]*\d)(\.\d+)?( [a-z]+)?")


def same_decimals(cells: Sequence[str]) -> list[str]:
    """Numbers of a column with their decimal points below each other: ``12`` beside ``5.9`` is ``12.0``.

    Numbers from 100 on, and 0, are exact enough: blanks take the place of decimals. Shares and words stay.
    """
    found = [_NUMBER.fullmatch(cell) for cell in cells]
    most = max((len(number[2] or "") for number in found if number), default=0)
    return [
        cell if n is None else f"{n[1]}{_decimals(n[1], n[2] or '', most)}{n[3] or ''}"
        for cell, n in zip(cells, found, strict=True)
    ]


def _decimals(whole: str, known: str, most: int) -> str:
    if known or not most:
        return known.ljust(most)
    small = whole.strip("+-") not in ("0",) and len(whole.strip("+-")) <= 2
    return "." + "0" * (most - 1) if small and most == 2 else " " * most


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


@dataclass(frozen=True, slots=True)
class TimeUnit:
    """A unit of time for a whole column or row, so that its durations compare at a glance.

    Attributes
    ----------
    one, many : str
    a_day : float
        So many of it are a day.
    digits : int
        Shown after the point.
    nothing : str
        What no time at all is called.
    """

    one: str
    many: str
    a_day: float
    digits: int = 1
    nothing: str = "at once"

    def number(self, duration: float | None) -> str:
        """Without its unit: ``0.4``, ``52``, ``1,204``."""
        if duration is None or not math.isfinite(duration):
            return MISSING
        value, least = abs(duration * self.a_day), 10.0**-self.digits
        if 0 < value < least / 2:
            return f"under {least:g}"
        return ("-" if duration < 0 else "") + self._rounded(value)

    def _rounded(self, value: float) -> str:
        text = f"{value:,.0f}" if value >= 99.5 else f"{value:.{self.digits}f}"
        return text.removesuffix(".0")

    def words(self, duration: float | None) -> str:
        """``52 minutes``, ``1 day``, ``at once``."""
        if duration == 0:
            return self.nothing
        number = self.number(duration)
        if number == MISSING:
            return number
        if number == "under 1":
            return f"under a {self.one}"
        return f"{number} {self.one if number == '1' else self.many}"

    def span(self, low: float | None, high: float | None) -> str:
        """``13 to 16.6 hours``; ``at once`` where both ends are."""
        if low == high == 0:
            return self.nothing
        return f"{self.number(low)} to {self.words(high)}"

    def signed(self, difference: float | None) -> str:
        """``+26.4 hours``; ``0 hours`` for what does not show."""
        if difference is None or not math.isfinite(difference):
            return MISSING
        size = abs(difference * self.a_day)
        # A column of differences shows as many decimals in all its rows: -1.0 days beside -1.2 days.
        text = f"{size:,.0f}" if size >= 99.5 else f"{size:.{self.digits}f}"
        text = text if text.strip("0.") else "0"
        sign = "" if text == "0" else "-" if difference < 0 else "+"
        return f"{sign}{text} {self.many}"


_DAYS = TimeUnit("day", "days", 1.0)
_HOURS = TimeUnit("hour", "hours", 24.0)
_MINUTES = TimeUnit("minute", "minutes", _MINUTES_A_DAY, digits=0)


def time_unit(durations: Iterable[float | None], *, nothing: str = "at once") -> TimeUnit:
    """Days; hours or minutes where the longest is shorter than two of the next larger unit.

    `nothing` is the text for a duration of 0: ``at once`` for a time in stage, ``none`` for a wait.
    """
    longest = max((abs(d) for d in durations if d is not None and math.isfinite(d)), default=0.0)
    if longest == 0 or longest >= 2:
        return replace(_DAYS, nothing=nothing)
    return replace(_HOURS if longest * 24 >= 2 else _MINUTES, nothing=nothing)


def signed_days(difference: float | None) -> str:
    """A difference of durations, in days however small, so that a column compares: ``-11.2 days``."""
    return _DAYS.signed(difference)


def plural(number: float, noun: str) -> str:
    """``1 deal``, ``96 deals``, ``1 visit``."""
    return f"{count(number)} {noun if number == 1 else plural_noun(noun)}"
