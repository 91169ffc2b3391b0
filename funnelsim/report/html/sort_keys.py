"""The number that a cell of a table is sorted by: ``1,068``, ``+97 [ +88, +106]``, ``38 %``, ``3 hours``."""

from __future__ import annotations

import datetime as dt
import re

_NUMBER = re.compile(r"[+\-−]?\d[\d,]*(?:\.\d+)?")
_UNITS = {
    "second": 1 / 86400,
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 30.4375,
    "year": 365.25,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
_DAY = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def sort_key(text: str) -> float | None:
    """The first number of a cell in one unit, a date as its day; None of a cell without a number."""
    if (day := _DAY.search(text)) and day[2] in _MONTHS:
        return float(dt.date(int(day[3]), _MONTHS.index(day[2]) + 1, int(day[1])).toordinal())
    found = _NUMBER.search(text)
    if found is None:
        return {"none": 0.0, "at once": 0.0}.get(text)
    number = float(found[0].replace(",", "").replace("−", "-"))
    unit = re.match(r"\s*([a-z]+?)s?\b", text[found.end() :])
    number *= _UNITS.get(unit[1] if unit else "", 1.0)
    # "under 1 %" comes before "1 %", and "over 99 %" behind "99 %".
    said = text[: found.start()]
    beyond = (">" in said or "over" in said) - ("<" in said or "under" in said)
    return number * (1 + 1e-9 * beyond)
