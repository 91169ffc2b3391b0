"""Working hours: in text form, ``"Mon-Fri 09:00-17:00"``, and as open spans of a calendar."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from funnelsim.core.arrays import Floats, Ints

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_A_DAY = 1440
_HOURS = re.compile(r"\s*(.+?)\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """An open span on one weekday (0 = Monday), in minutes of the day (0 to 1440)."""

    weekday: int
    opens: int
    closes: int


def parse_hours(texts: Sequence[str]) -> tuple[OpenSpan, ...]:
    """Parse the open spans of a week, in order; adjacent spans are merged, spans over midnight are split.

    Raises
    ------
    ValueError
        If a text is invalid or two spans overlap.
    """
    cut = sorted(span for text in texts for span in _spans(text))
    joined: list[OpenSpan] = []
    for span in cut:
        last = joined[-1] if joined else None
        if last is None or last.weekday != span.weekday or last.closes < span.opens:
            joined.append(span)
        elif last.closes == span.opens:
            joined[-1] = OpenSpan(last.weekday, last.opens, span.closes)
        else:
            raise ValueError(f"hours overlap on {WEEKDAYS[span.weekday]}: {', '.join(texts)}")
    return tuple(joined)


def hours_text(spans: Sequence[OpenSpan]) -> tuple[str, ...]:
    """Format open spans, grouping days with the same hours: the inverse of `parse_hours`."""
    days: dict[tuple[int, int], list[int]] = {}
    for span in spans:
        days.setdefault((span.opens, span.closes), []).append(span.weekday)
    return tuple(
        f"{_days_text(sorted(weekdays))} {_clock_text(opens)}-{_clock_text(closes)}"
        for (opens, closes), weekdays in days.items()
    )


def _days_text(weekdays: Sequence[int]) -> str:
    """``Mon-Wed,Fri``."""
    runs: list[list[int]] = []
    for day in weekdays:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs)


def _clock_text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _spans(text: str) -> list[OpenSpan]:
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f'expected hours such as "Mon-Fri 09:00-17:00", found "{text}"')
    opens, closes = _minutes(found[2], found[3], text), _minutes(found[4], found[5], text)
    if opens in (closes, MINUTES_A_DAY):
        raise ValueError(f'hours must have a length, found "{text}"; all day is 00:00-24:00')
    spans = []
    for day in _days(found[1], text):
        if opens < closes:
            spans.append(OpenSpan(day, opens, closes))
            continue
        spans.append(OpenSpan(day, opens, MINUTES_A_DAY))
        if closes:
            spans.append(OpenSpan((day + 1) % 7, 0, closes))
    return spans


def _minutes(hour: str, minute: str, text: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > MINUTES_A_DAY:
        raise ValueError(f'a time lies between 00:00 and 24:00, found "{hour}:{minute}" in "{text}"')
    return minutes


def _days(words: str, text: str) -> list[int]:
    days: list[int] = []
    for part in words.split(","):
        ends = [_day(word, text) for word in part.split("-")]
        if len(ends) > 2:
            raise ValueError(f'expected days such as Mon-Fri or Sat, found "{part}" in "{text}"')
        days += [(ends[0] + i) % 7 for i in range((ends[-1] - ends[0]) % 7 + 1)]
    return days


def _day(word: str, text: str) -> int:
    short = word.strip().lower()[:3].capitalize()
    if short not in WEEKDAYS or not word.strip().isalpha():
        raise ValueError(f'unknown weekday "{word.strip()}" in "{text}"; choose from {", ".join(WEEKDAYS)}')
    return WEEKDAYS.index(short)


class OpenHours(NamedTuple):
    """Open spans of several calendars, as instants in days, concatenated.

    ``day_first[c, d]`` is the first span of
    calendar ``c`` that closes after the midnight that starts day ``d`` of the grid.
    """

    first: Ints  # (calendars + 1,)
    opens: Floats
    closes: Floats
    day_first: Ints  # (calendars, days + 1)
    first_day: float


def open_hours(
    calendars: Sequence[tuple[Sequence[OpenSpan], Collection[dt.date]]],
    dates: Sequence[dt.date],
    first_day: int,
) -> OpenHours:
    """The open spans of calendars, each with its holidays, over consecutive days."""
    first, day_first = [0], []
    opens: list[float] = []
    closes: list[float] = []
    for spans, holidays in calendars:
        by_weekday = [[span for span in spans if span.weekday == day] for day in range(7)]
        starts = []
        for place, date in enumerate(dates):
            starts.append(len(opens))
            if date in holidays:
                continue
            for span in by_weekday[date.weekday()]:
                opens.append(first_day + place + span.opens / MINUTES_A_DAY)
                closes.append(first_day + place + span.closes / MINUTES_A_DAY)
        first.append(len(opens))
        day_first.append([*starts, len(opens)])
    return OpenHours(
        np.array(first, np.int64),
        np.array(opens, np.float64),
        np.array(closes, np.float64),
        np.array(day_first, np.int64).reshape(len(calendars), len(dates) + 1),
        float(first_day),
    )
