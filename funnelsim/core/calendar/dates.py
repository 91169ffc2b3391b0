"""Parse dates: as people write them, or as Python objects."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Any

from funnelsim.core.errors import did_you_mean

#: Every way to write a month's name: in full, or its first three letters ("sept" is common too).
MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if number
} | {"sept": 9}

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.A)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.A)
_NO_SIGNS = re.compile(r"(\d{4})(\d{2})(\d{2})", re.A)
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]+([a-z]+)[\s.,-]+(\d{4})", re.A)
_MONTH_DAY = re.compile(r"([a-z]+)[\s.-]+(\d{1,2})(?:st|nd|rd|th)?[\s,-]+(\d{4})", re.A)
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.](?:\d{1,2}|[a-z]+)[-/.]\d{2}", re.A)
_EXAMPLE = "write it as 2026-03-31"


def parse_date(text: str) -> dt.date:
    """``2026-03-31``, ``31/03/2026``, ``31.03.2026``, ``31 March 2026`` or ``Mar 31, 2026``, as a date.

    With points the day comes first. With slashes or hyphens the order varies, so an ambiguous date is
    refused.

    Raises
    ------
    ValueError
        If it is not a date, or is ambiguous; the message lists the alternatives.
    """
    plain = " ".join(text.split()).lower()
    if found := _YEAR_FIRST.fullmatch(plain):
        return _date(text, found[1], found[3], found[4])
    if found := _NO_SIGNS.fullmatch(plain):
        return _date(text, *found.groups())
    if found := _YEAR_LAST.fullmatch(plain):
        return _year_last(text, int(found[1]), int(found[3]), int(found[4]), day_first=found[2] == ".")
    if found := _DAY_MONTH.fullmatch(plain):
        return _date(text, found[3], _month(text, found[2]), found[1])
    if found := _MONTH_DAY.fullmatch(plain):
        return _date(text, found[3], _month(text, found[1]), found[2])
    if _SHORT_YEAR.fullmatch(plain):
        raise ValueError(f'"{text}" has a year of two digits; {_EXAMPLE}')
    raise ValueError(f'"{text}" is not a date; {_EXAMPLE}')


def as_date(value: Any) -> dt.date:
    """Convert a date, a datetime at midnight or text (see `parse_date`) to a date.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if isinstance(value, dt.datetime):
        if value.time() != dt.time(0):
            raise ValueError(f"expected a date, found the time {value:%Y-%m-%d %H:%M}")
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        moment = _moment(value)
        return parse_date(value) if moment is None else as_date(moment)
    raise _no_date(value)


def as_instant(value: Any, *, end_of_day: bool = False) -> dt.datetime:
    """Convert a date, a datetime or text to an instant: a date is the midnight at its start, or at its end.

    Raises
    ------
    ValueError
        If it is anything else, or names a time zone.
    """
    if isinstance(value, str):
        value = _moment(value) or parse_date(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            raise ValueError(
                f'"{value.isoformat()}" names a time zone; histories keep local time, write it without'
            )
        return value
    if not isinstance(value, dt.date):
        raise _no_date(value)
    try:
        return dt.datetime.combine(value, dt.time(0)) + dt.timedelta(days=int(end_of_day))
    except OverflowError:
        raise ValueError(f"{value} is too far ahead") from None


def _moment(text: str) -> dt.datetime | None:
    """Parse an ISO 8601 date with a time of day; None for a date alone."""
    if ":" not in text and "T" not in text:
        return None
    try:
        return dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _year_last(text: str, first: int, second: int, year: int, *, day_first: bool) -> dt.date:
    """``30/09/2017`` or ``09/30/2017``."""
    if day_first or first > 12 or first == second:
        return _date(text, year, second, first)
    if second > 12:
        return _date(text, year, first, second)
    one, other = _date(text, year, second, first), _date(text, year, first, second)
    raise ValueError(
        f'"{text}" may be {one.day} {calendar.month_name[one.month]} or {other.day} '
        f"{calendar.month_name[other.month]} {year}; write {one} or {other}"
    )


def _month(text: str, name: str) -> int:
    if name not in MONTHS:
        hint = did_you_mean(name, list(MONTHS))
        raise ValueError(f'"{text}" is not a date: "{name}" is no month' + (hint and f"; {hint}"))
    return MONTHS[name]


def _date(text: str, year: str | int, month: str | int, day: str | int) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError as error:
        raise ValueError(f'"{text}" is not a date: {error}') from None


def _no_date(value: Any) -> ValueError:
    return ValueError(f"expected a date such as 2026-03-31, found {type(value).__name__} {value!r}")
