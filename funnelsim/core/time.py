"""Time: days as floats since an origin, durations and rates as a person writes them, fiscal periods."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Any

from funnelsim.core.errors import did_you_mean

MONTH_DAYS = 30.4375
YEAR_DAYS = 365.25
KINDS = ("week", "month", "quarter", "year")

#: Days in one of each unit of a duration.
UNIT_DAYS = {
    "s": 1 / 86400,
    "min": 1 / 1440,
    "h": 1 / 24,
    "d": 1.0,
    "w": 7.0,
    "months": MONTH_DAYS,
    "month": MONTH_DAYS,
}
_RATE_DAYS = {"day": 1.0, "week": 7.0, "month": MONTH_DAYS, "quarter": YEAR_DAYS / 4, "year": YEAR_DAYS}
_NUMBER = r"[-+]?(?:\d[\d_]*)?\.?\d+(?:[eE][-+]?\d+)?"
_DURATION = re.compile(rf"\s*({_NUMBER})\s*([a-zA-Z]*)\s*")
_RATE = re.compile(rf"\s*({_NUMBER})\s*(?:per|/)\s*([a-zA-Z]+)\s*")
_GROWTH = re.compile(rf"\s*({_NUMBER})\s*(%?)\s*(?:per|/)\s*(month|year)\s*")


def parse_duration_days(value: Any) -> float:
    """``"6d"``, ``"90min"``, ``"2w"`` or a bare number of days, as days.

    Raises
    ------
    ValueError
        If it is no duration, is negative, or its unit is unknown.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f'expected a duration such as "6d", found {value!r}')
    if isinstance(value, str):
        found = _DURATION.fullmatch(value)
        if found is None:
            raise ValueError(f'expected a duration such as "6d" or "90min", found "{value}"')
        unit = found[2] or "d"
        if unit not in UNIT_DAYS:
            raise ValueError(
                f'unknown unit "{unit}" in "{value}"; choose from s, min, h, d, w, months. '
                + did_you_mean(unit, list(UNIT_DAYS))
            )
        days = float(found[1].replace("_", "")) * UNIT_DAYS[unit]
    else:
        days = float(value)
    if not (days >= 0 and math.isfinite(days)):
        raise ValueError(f"a duration must not be negative, found {value}")
    return days


def parse_rate_per_day(value: Any) -> float:
    """``"12 per day"``, ``"40 per month"`` as leads per day; a bare number is per day.

    Raises
    ------
    ValueError
        If it is no rate, is negative, or its span is unknown.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f'expected a rate such as "12 per day", found {value!r}')
    if isinstance(value, str):
        found = _RATE.fullmatch(value)
        if found is None:
            raise ValueError(f'expected a rate such as "12 per day" or "40 per month", found "{value}"')
        if found[2] not in _RATE_DAYS:
            raise ValueError(
                f'unknown span "{found[2]}" in "{value}"; choose from {", ".join(_RATE_DAYS)}. '
                + did_you_mean(found[2], list(_RATE_DAYS))
            )
        rate = float(found[1].replace("_", "")) / _RATE_DAYS[found[2]]
    else:
        rate = float(value)
    if not (rate >= 0 and math.isfinite(rate)):
        raise ValueError(f"a rate must not be negative, found {value}")
    return rate


def parse_growth(value: Any) -> float:
    """``"2% per month"`` as 0.02; a yearly growth is spread evenly over its months.

    Raises
    ------
    ValueError
        If it is no growth, or shrinks by everything.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        growth = float(value)
    else:
        found = _GROWTH.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f'expected a growth such as "2% per month", found {value!r}')
        growth = float(found[1].replace("_", "")) / (100 if found[2] else 1)
        if found[3] == "year":
            growth = (1 + growth) ** (1 / 12) - 1
    if not (growth > -1 and math.isfinite(growth)):
        raise ValueError(f"a growth must be above -100 %, found {value}")
    return growth


def format_duration(days: float) -> str:
    """A duration for people: ``45 min``, ``3.5 h``, ``6.2 d``."""
    if days < 1 / 24:
        return f"{days * 1440:.0f} min"
    if days < 2:
        return f"{days * 24:.1f} h"
    return f"{days:.1f} d" if days < 100 else f"{days:.0f} d"


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


_PERIOD = re.compile(r"(FY)?(\d{4})(?:(Q)(\d)|-(\d{2})|(W)(\d{2}))?", re.IGNORECASE)


def parse_period(
    text: str, *, fiscal_year_starts: str = "01-01", fiscal_year_named_by: str = "end"
) -> Period:
    """``2026Q1``, ``2026-03``, ``2026W07``, ``2026`` (calendar), ``FY2027Q1``, ``FY2027`` (fiscal).

    Parameters
    ----------
    text : str
    fiscal_year_starts : str, default "01-01"
        Month and day of the first day of a fiscal year.
    fiscal_year_named_by : {"end", "start"}, default "end"
        Whether FY2027 is the fiscal year that ends, or starts, in 2027.

    Raises
    ------
    ValueError
        If it names no period.
    """
    found = _PERIOD.fullmatch(text.strip())
    allowed = "choose from 2026Q1, 2026-03, 2026W07, 2026, FY2027Q1, FY2027"
    if found is None:
        raise ValueError(f'unknown period "{text}"; {allowed}')
    fiscal, year, is_quarter, quarter, month, is_week, week = found.groups()
    if fiscal and (month or is_week):
        raise ValueError(f'unknown period "{text}": a fiscal period is a year or a quarter; {allowed}')
    if is_week:
        return _week(text, int(year), int(week))
    if month:
        if not 1 <= int(month) <= 12:
            raise ValueError(f'unknown period "{text}": months are 01 to 12')
        first = dt.date(int(year), int(month), 1)
        return Period(f"{int(year)}-{int(month):02d}", first, _add_months(first, 1))
    first = _fiscal_start(int(year), fiscal_year_starts, fiscal_year_named_by) if fiscal else dt.date(int(year), 1, 1)
    name = f"FY{year}" if fiscal else year
    if not is_quarter:
        return Period(name, first, _add_months(first, 12))
    if not 1 <= int(quarter) <= 4:
        raise ValueError(f'unknown period "{text}": quarters are Q1 to Q4')
    begins = _add_months(first, 3 * (int(quarter) - 1))
    return Period(f"{name}Q{quarter}", begins, _add_months(begins, 3))


def period_containing(
    day: dt.date, kind: str, *, fiscal_year_starts: str = "01-01", fiscal_year_named_by: str = "end"
) -> Period:
    """The week, month, (fiscal) quarter or (fiscal) year that holds a day."""
    if kind == "week":
        year, week, _ = day.isocalendar()
        return _week("", year, week)
    if kind == "month":
        first = day.replace(day=1)
        return Period(f"{day:%Y-%m}", first, _add_months(first, 1))
    if kind not in KINDS:
        raise ValueError(f'unknown kind of period "{kind}"; choose from {", ".join(KINDS)}')
    month, first_day = (int(part) for part in fiscal_year_starts.split("-"))
    began = dt.date(day.year, month, first_day)
    if began > day:
        began = dt.date(day.year - 1, month, first_day)
    calendar = (month, first_day) == (1, 1)
    year = began.year if calendar or fiscal_year_named_by == "start" else _add_months(began, 12).year
    name = f"{year}" if calendar else f"FY{year}"
    if kind == "year":
        return Period(name, began, _add_months(began, 12))
    quarter = next(q for q in range(4) if day < _add_months(began, 3 * (q + 1)))
    return Period(f"{name}Q{quarter + 1}", _add_months(began, 3 * quarter), _add_months(began, 3 * quarter + 3))


def periods_between(
    start: dt.date,
    end: dt.date,
    kind: str,
    *,
    fiscal_year_starts: str = "01-01",
    fiscal_year_named_by: str = "end",
) -> list[Period]:
    """All periods of a kind that touch ``[start, end)``, whole."""
    periods: list[Period] = []
    day = start
    while day < end:
        periods.append(
            period_containing(
                day, kind, fiscal_year_starts=fiscal_year_starts, fiscal_year_named_by=fiscal_year_named_by
            )
        )
        day = periods[-1].end
    return periods


def _week(text: str, year: int, week: int) -> Period:
    try:
        monday = dt.date.fromisocalendar(year, week, 1)
    except ValueError as error:
        raise ValueError(f'unknown period "{text}": {year} has no week {week}') from error
    return Period(f"{year}W{week:02d}", monday, monday + dt.timedelta(days=7))


def _fiscal_start(year: int, starts: str, named_by: str) -> dt.date:
    month, day = (int(part) for part in starts.split("-"))
    calendar = (month, day) == (1, 1)
    return dt.date(year if calendar or named_by == "start" else year - 1, month, day)


def _add_months(day: dt.date, months: int) -> dt.date:
    place = day.year * 12 + day.month - 1 + months
    return dt.date(place // 12, place % 12 + 1, day.day)
