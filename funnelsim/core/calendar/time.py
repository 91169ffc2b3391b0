"""Time: days since an origin, durations and rates in text form, and fiscal periods."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from funnelsim.core.calendar.dates import MONTHS
from funnelsim.core.errors import did_you_mean

MONTH_DAYS = 30.4375
YEAR_DAYS = 365.25
KINDS = ("week", "month", "quarter", "year")

#: Days in one of each unit of a duration, exactly: 90min, 1.5h and 0.0625d are the same float.
UNIT_DAYS = {
    "s": Fraction(1, 86400),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "w": Fraction(7),
    "months": Fraction(MONTH_DAYS),
    "month": Fraction(MONTH_DAYS),
}
_UNITS = "s, min, h, d, w, months"
_RATE_DAYS = {"day": 1.0, "week": 7.0, "month": MONTH_DAYS, "quarter": YEAR_DAYS / 4, "year": YEAR_DAYS}
_GROWTH_MONTHS = {"month": 1, "quarter": 3, "year": 12}

#: Common wrong units, and what to suggest.
_OTHER_UNITS = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), '"s"'),
    **dict.fromkeys(("mins", "minute", "minutes"), '"min"'),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), '"h"'),
    **dict.fromkeys(("day", "days"), '"d"'),
    **dict.fromkeys(("wk", "wks", "week", "weeks"), '"w"'),
    **dict.fromkeys(("mo", "mon", "mth", "mths"), '"months"'),
    "m": '"min" or "months"',
    "q": '"months", 3 to a quarter',
    "y": '"months", 12 to a year',
}

# At most three digits in the exponent: exact parsing of larger ones would take too long.
_NUMBER = r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]{1,3})?"
_DURATION = re.compile(rf"\s*({_NUMBER})\s*([^\W\d_]*)\s*")
_RATE = re.compile(rf"\s*({_NUMBER})\s*(?:(?:per\s|/)\s*([^\W\d_]+)\s*)?")
_GROWTH = re.compile(rf"\s*({_NUMBER})\s*(%?)\s*(?:per\s|/)\s*([^\W\d_]+)\s*")


def parse_duration_days(value: Any) -> float:
    """``"6d"``, ``"90min"``, ``"2w"`` or a bare number of days, as days.

    Raises
    ------
    ValueError
        If it is not a duration, is negative, or has an unknown unit.
    """
    if isinstance(value, str):
        found = _DURATION.fullmatch(value)
        if found is None:
            raise ValueError(f'expected a duration such as "6d" or "90min", found "{value}"')
        days = _exact_days(found[1], found[2] or "d", value)
    else:
        days = _plain(value, 'a duration such as "6d"')
    return _not_negative(days, value, "a duration")


def parse_rate_per_day(value: Any) -> float:
    """``"12 per day"``, ``"40 per month"`` as leads per day; a bare number is per day.

    A month is 30.4375 days, a quarter 91.3125, a year 365.25.

    Raises
    ------
    ValueError
        If it is not a rate, is negative, or has an unknown span.
    """
    if isinstance(value, str):
        found = _RATE.fullmatch(value)
        if found is None:
            raise ValueError(f'expected a rate such as "12 per day" or "40 per month", found "{value}"')
        rate = _number(found[1]) / _RATE_DAYS[_span(found[2] or "day", list(_RATE_DAYS), value)]
    else:
        rate = _plain(value, 'a rate such as "12 per day"')
    return _not_negative(rate, value, "a rate")


def parse_growth(value: Any) -> float:
    """``"2% per month"`` as 0.02; a bare number is per month.

    Growth per quarter or year is spread evenly: the months of a year at ``"12% per year"`` compound to 12 %.

    Raises
    ------
    ValueError
        If it is not a growth rate, has an unknown span, or is -100 % or less.
    """
    if isinstance(value, str):
        found = _GROWTH.fullmatch(value)
        if found is None:
            raise ValueError(f'expected a growth such as "2% per month", found "{value}"')
        growth = _number(found[1]) / (100 if found[2] else 1)
        months = _GROWTH_MONTHS[_span(found[3], list(_GROWTH_MONTHS), value)]
    else:
        growth, months = _plain(value, 'a growth such as "2% per month"'), 1
    if not (growth > -1 and math.isfinite(growth)):
        raise ValueError(f"a growth must be above -100 %, found {value}")
    return growth if months == 1 else math.expm1(math.log1p(growth) / months)


def parse_annual_rate(value: Any) -> float:
    """``"18% per year"`` or ``"1.5% per month"`` as 0.18 a year; a bare number is per year.

    Raises
    ------
    ValueError
        If it is not a rate, has an unknown span, or is negative.
    """
    if isinstance(value, str):
        found = _GROWTH.fullmatch(value)
        if found is None:
            raise ValueError(f'expected a rate such as "18% per year", found "{value}"')
        months = _GROWTH_MONTHS[_span(found[3], list(_GROWTH_MONTHS), value)]
        rate = _number(found[1]) / (100 if found[2] else 1) * (12 / months)
    else:
        rate = _plain(value, 'a rate such as "18% per year"')
    return _not_negative(rate, value, "a rate")


def format_duration(days: float) -> str:
    """Format a duration for display: ``45 min``, ``3.5 h``, ``6.2 d``; a dash for None."""
    if math.isnan(days):
        return "–"
    size = abs(days)
    if size == 0 or size >= 99.95:
        return f"{days:.0f} d"
    if size < 1 / 1440:
        return f"{days * 86400:.0f} s"
    if size < 1 / 24:
        return f"{days * 1440:.0f} min"
    return f"{days * 24:.1f} h" if size < 2 else f"{days:.1f} d"


def days_since(origin: dt.date, when: dt.date | dt.datetime) -> float:
    """Days from the midnight that starts `origin` to `when`; a day has 24 hours."""
    start = dt.datetime(origin.year, origin.month, origin.day)
    instant = when if isinstance(when, dt.datetime) else dt.datetime(when.year, when.month, when.day)
    return (instant - start) / dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar or fiscal span of days, ``[start, end)``."""

    label: str
    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> dt.date:
        return self.end - dt.timedelta(days=1)


_PERIOD = re.compile(r"\s*(FY\s?)?(\d{4})(?:\s?-?(?:Q(\d)|W(\d{2}))|-(\d{2}))?\s*", re.A | re.I)
_YEAR_LAST = re.compile(r"\s*(?:(Q\d|W\d\d)|(\d\d?)(?=[-/]))\s?[-/]?\s?((?:FY\s?)?\d{4})\s*", re.A | re.I)
_NAMED_MONTH = re.compile(r"\s*(?:(\d{4})[\s-])?\s*([a-z]+)\.?(?:[\s,-]+(\d{4}))?\s*", re.A | re.I)
_NO_YEAR = re.compile(r"\s*Q([1-4])\s*", re.A | re.I)
_SHORT_YEAR = re.compile(r"\s*(Q\d)?\s?'?(FY\s?)?'?(\d\d)(Q\d)?\s*", re.A | re.I)
_PERIODS = "choose from 2026Q1, 2026-03, 2026W07, 2026, FY2027Q1, FY2027"


def parse_period(
    text: str,
    *,
    fiscal_year_starts: str = "01-01",
    fiscal_year_named_by: str = "end",
    near: dt.date | None = None,
) -> Period:
    """``2026Q1``, ``2026-03``, ``2026W07``, ``2026`` (calendar), ``FY2027Q1``, ``FY2027`` (fiscal).

    Also ``Q1 2026``, ``2026-Q1``, ``March 2026`` and ``03/2026``; with `near` a quarter or month without a
    year, ``Q1`` or ``March``. Weeks are those of ISO 8601: they start on Monday, and week 1 holds the first
    Thursday of the year.

    Parameters
    ----------
    text : str
    fiscal_year_starts : str, default "01-01"
        Month and day of the first day of a fiscal year.
    fiscal_year_named_by : {"end", "start"}, default "end"
        Whether FY2027 is the fiscal year whose last day, or first day, lies in 2027.
    near : date, optional
        A period without a year is the first one that is not over on this day.

    Raises
    ------
    ValueError
        If it is not a period, or is ambiguous; the message lists the alternatives.
    """
    if _NO_YEAR.fullmatch(text) or text.strip().rstrip(".").lower() in MONTHS:
        return _without_year(text, near, fiscal_year_starts, fiscal_year_named_by)
    found = _PERIOD.fullmatch(_year_first(text))
    if found is None:
        raise ValueError(f'unknown period "{text}"; {_PERIODS}{_period_hint(text)}')
    fiscal, digits, quarter, week, month = found.groups()
    year = int(digits)
    if not 1900 <= year <= 2999:
        raise ValueError(f'unknown period "{text}": years are 1900 to 2999')
    if fiscal and (month or week):
        raise ValueError(f'unknown period "{text}": a fiscal period is a year or a quarter; {_PERIODS}')
    if week:
        return _week(year, int(week))
    if month:
        return _month(year, int(month))
    begins = _fiscal_start(year, fiscal_year_starts, fiscal_year_named_by) if fiscal else dt.date(year, 1, 1)
    name = f"FY{year}" if fiscal else f"{year}"
    return _quarter(name, begins, int(quarter)) if quarter else Period(name, begins, _add_months(begins, 12))


def period_containing(
    day: dt.date, kind: str, *, fiscal_year_starts: str = "01-01", fiscal_year_named_by: str = "end"
) -> Period:
    """The week, month, (fiscal) quarter or (fiscal) year that contains a day (or instant).

    Raises
    ------
    ValueError
        If `kind` is not week, month, quarter or year, or the fiscal year is invalid.
    """
    day = dt.date(day.year, day.month, day.day)
    if kind == "week":
        return _week(*day.isocalendar()[:2])
    if kind == "month":
        return _month(day.year, day.month)
    if kind not in KINDS:
        raise ValueError(f'unknown kind of period "{kind}"; choose from {", ".join(KINDS)}')
    month, first = _month_and_day(fiscal_year_starts)
    begins = dt.date(day.year - ((day.month, day.day) < (month, first)), month, first)
    year = Period("", begins, _add_months(begins, 12))
    named_year = _named_by_start(fiscal_year_named_by, year.start.year, year.last_day.year)
    name = f"{named_year}" if (month, first) == (1, 1) else f"FY{named_year}"
    if kind == "year":
        return Period(name, year.start, year.end)
    quarters = (_quarter(name, begins, q) for q in range(1, 5))
    return next(quarter for quarter in quarters if day < quarter.end)


def periods_between(
    start: dt.date,
    end: dt.date,
    kind: str,
    *,
    fiscal_year_starts: str = "01-01",
    fiscal_year_named_by: str = "end",
) -> list[Period]:
    """All periods of a kind that overlap the days of ``[start, end)``, in full.

    Raises
    ------
    ValueError
        As `period_containing`.
    """
    periods: list[Period] = []
    day = start
    while days_since(day, end) > 0:
        periods.append(
            period_containing(
                day, kind, fiscal_year_starts=fiscal_year_starts, fiscal_year_named_by=fiscal_year_named_by
            )
        )
        day = periods[-1].end
    return periods


def _period_hint(text: str) -> str:
    if short := _SHORT_YEAR.fullmatch(text):
        quarter = (short[1] or short[4] or "").upper()
        return f'; did you mean "{"FY" if short[2] else ""}20{short[3]}{quarter}"?'
    words = [did_you_mean(word.lower(), list(MONTHS)) for word in re.findall("[^\\W\\d_]{3,}", text)]
    return f"; {words[0]}" if any(words) and words[0] else ""


def _year_first(text: str) -> str:
    """``Q1 2026`` as ``2026Q1``, ``March 2026`` and ``03/2026`` as ``2026-03``; any other text unchanged."""
    if found := _YEAR_LAST.fullmatch(text):
        part, month, year = found.groups()
        return f"{year}{part}" if part else f"{year}-{int(month):02d}"
    if (found := _NAMED_MONTH.fullmatch(text)) and found[2].lower() in MONTHS and (found[1] or found[3]):
        return f"{found[1] or found[3]}-{MONTHS[found[2].lower()]:02d}"
    return text


def _without_year(text: str, near: dt.date | None, fiscal_year_starts: str, named_by: str) -> Period:
    """The first quarter or month with this name that is not over on a day."""
    if near is None:
        raise ValueError(f'"{text}" names no year; write for example "{text.strip()} 2026"')
    years = range(near.year - 1, near.year + 3)
    quarter = _NO_YEAR.fullmatch(text)
    if quarter is None:
        month = MONTHS[text.strip().rstrip(".").lower()]
        return next(p for p in (_month(year, month) for year in years) if near < p.end)
    fiscal = (
        _quarter(f"FY{year}", _fiscal_start(year, fiscal_year_starts, named_by), int(quarter[1]))
        for year in years
    )
    own = next(p for p in fiscal if near < p.end)
    plain = (_quarter(f"{year}", dt.date(year, 1, 1), int(quarter[1])) for year in years)
    usual = next(p for p in plain if near < p.end)
    if own.start != usual.start:
        raise ValueError(
            f'"{text.strip()}" may be {own.label} ({own.start} to {own.last_day}) or {usual.label} '
            f"({usual.start} to {usual.last_day}); write {own.label} or {usual.label}"
        )
    return usual


def _month(year: int, month: int) -> Period:
    if not 1 <= month <= 12:
        raise ValueError(f'unknown period "{year}-{month:02d}": months are 01 to 12')
    first = dt.date(year, month, 1)
    return Period(f"{year}-{month:02d}", first, _add_months(first, 1))


def _week(year: int, week: int) -> Period:
    try:
        monday = dt.date.fromisocalendar(year, week, 1)
    except ValueError:
        last = dt.date(year, 12, 28).isocalendar().week  # 28 December is always in the last week of its year
        raise ValueError(f'unknown period "{year}W{week:02d}": weeks of {year} are W01 to W{last}') from None
    return Period(f"{year}W{week:02d}", monday, monday + dt.timedelta(days=7))


def _quarter(name: str, year_begins: dt.date, quarter: int) -> Period:
    if not 1 <= quarter <= 4:
        raise ValueError(f'unknown period "{name}Q{quarter}": quarters are Q1 to Q4')
    begins = _add_months(year_begins, 3 * (quarter - 1))
    return Period(f"{name}Q{quarter}", begins, _add_months(begins, 3))


def _fiscal_start(year: int, starts: str, named_by: str) -> dt.date:
    month, first = _month_and_day(starts)
    ends_a_year_later = (month, first) != (1, 1)
    return dt.date(_named_by_start(named_by, year, year - ends_a_year_later), month, first)


def _named_by_start(named_by: str, if_start: int, if_end: int) -> int:
    if named_by not in ("start", "end"):
        raise ValueError(f'fiscal_year_named_by must be "end" or "start", found "{named_by}"')
    return if_start if named_by == "start" else if_end


def _month_and_day(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{2})-(\d{2})", text)
    if found is None or not (1 <= int(found[1]) <= 12 and 1 <= int(found[2]) <= 28):
        raise ValueError(
            'fiscal_year_starts must be a month and a day up to 28, such as "02-01" for 1 February, '
            f'found "{text}"'
        )
    return int(found[1]), int(found[2])


def _add_months(day: dt.date, months: int) -> dt.date:
    place = day.year * 12 + day.month - 1 + months
    return dt.date(place // 12, place % 12 + 1, day.day)


def _exact_days(number: str, unit: str, text: str) -> float:
    if unit not in UNIT_DAYS:
        raise ValueError(f'unknown unit "{unit}" in "{text}"; choose from {_UNITS}{_unit_hint(unit.lower())}')
    try:
        return float(Fraction(number.replace("_", "")) * UNIT_DAYS[unit])
    except OverflowError:
        return math.inf


def _unit_hint(unit: str) -> str:
    if unit in UNIT_DAYS:
        return f'; did you mean "{unit}"?'
    if unit in _OTHER_UNITS:
        return f"; did you mean {_OTHER_UNITS[unit]}?"
    near = did_you_mean(unit, list(UNIT_DAYS))
    return near and f"; {near}"


def _number(text: str) -> float:
    return float(text.replace("_", ""))


def _plain(value: Any, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected {expected}, found {value!r}")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _not_negative(number: float, value: Any, what: str) -> float:
    if number < 0:
        raise ValueError(f"{what} must not be negative, found {value}")
    if not math.isfinite(number):
        raise ValueError(f"{what} must be a finite number, found {value}")
    return number


def _span(span: str, allowed: list[str], text: str) -> str:
    if span not in allowed:
        hint = did_you_mean(span, allowed)
        raise ValueError(
            f'unknown span "{span}" in "{text}"; choose from {", ".join(allowed)}' + (hint and f"; {hint}")
        )
    return span
