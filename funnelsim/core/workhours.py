"""Working hours as a person writes them: ``"Mon-Fri 09:00-17:00"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_A_DAY = 1440
_HOURS = re.compile(r"\s*(.+?)\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """Open on one weekday (0 = Monday) from a minute of the day to another, at most 1440."""

    weekday: int
    opens: int
    closes: int


def parse_hours(texts: Sequence[str]) -> tuple[OpenSpan, ...]:
    """The open spans of a week, in order; spans that meet are joined, those over midnight cut there.

    Raises
    ------
    ValueError
        If a text is not understood or two spans overlap.
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


def _spans(text: str) -> list[OpenSpan]:
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f'expected hours such as "Mon-Fri 09:00-17:00", found "{text}"')
    opens, closes = _minutes(found[2], found[3], text), _minutes(found[4], found[5], text)
    if opens in (closes, MINUTES_A_DAY):
        raise ValueError(f'hours must last, found "{text}"; all day is 00:00-24:00')
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
