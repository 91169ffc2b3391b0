"""As-of dates as instants and as words."""

from __future__ import annotations

import datetime as dt


def end_of_day(day: dt.date) -> dt.datetime:
    """Midnight after `day`."""
    return dt.datetime(day.year, day.month, day.day) + dt.timedelta(days=1)


def as_of_text(as_of: dt.datetime) -> str:
    """How people say it: the last whole day that is known, or the time."""
    if as_of.time() == dt.time(0):
        return date_text(as_of - dt.timedelta(days=1))
    return f"{as_of.day} {as_of:%b %Y %H:%M}"


def date_text(day: dt.date) -> str:
    """``9 Feb 2026``"""
    return f"{day.day} {day:%b %Y}"
