"""Dates in words, in English whatever the machine's locale."""

from __future__ import annotations

import datetime as dt

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def date_words(day: dt.date, *, short: bool = False) -> str:
    """``9 February 2026``, or ``9 Feb 2026``."""
    return f"{_day_month(day, short)} {day.year}"


def span_words(first: dt.date, last: dt.date, *, short: bool = False) -> str:
    """First to last day, both included: ``1 January to 31 March 2026``; one year is named once."""
    if first == last:
        return date_words(first, short=short)
    if first.year != last.year:
        return f"{date_words(first, short=short)} to {date_words(last, short=short)}"
    if first.month == last.month:
        return f"{first.day} to {date_words(last, short=short)}"
    return f"{_day_month(first, short)} to {date_words(last, short=short)}"


def _day_month(day: dt.date, short: bool) -> str:
    month = _MONTHS[day.month - 1]
    return f"{day.day} {month[:3] if short else month}"
