"""Days on which months begin."""

from __future__ import annotations

import datetime as dt


def joining_days(first: dt.date, end: dt.date) -> tuple[dt.date, ...]:
    """`first`, and the first day of each month after it and before `end`."""
    days, year, month = [first], first.year, first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        day = dt.date(year, month, 1)
        if day >= end:
            return tuple(days)
        days.append(day)


def next_month(start: dt.date) -> dt.date:
    """The first day of a month that is not before `start`."""
    if start.day == 1:
        return start
    return dt.date(start.year + start.month // 12, start.month % 12 + 1, 1)
