"""Office hours, roles and tasks."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from funnelsim.core.calendar.workhours import OpenSpan, parse_hours
from funnelsim.model.fields import AnnualRate, Day, Days, Effort, NotNegative, Part

Assignment = Literal["pool", "owner"]
Discipline = Literal["fifo", "lifo", "largest", "oldest", "latest_stage"]


def _whole(value: Any) -> Any:
    """Accept whole floats: a change by ``+2`` or ``+10%`` gives 8.0 or 11.000000000000002."""
    whole = isinstance(value, float) and math.isfinite(value) and abs(value - round(value)) < 1e-9
    return round(value) if whole else value


Count = Annotated[int, Field(strict=True, ge=0, le=10_000), BeforeValidator(_whole)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1, le=10_000), BeforeValidator(_whole)]


def _texts(value: Any) -> Any:
    """Wrap a single text in a list and check each text."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f'expected hours such as "Mon-Fri 09:00-17:00", or a list of them, found {value!r}')
    parse_hours(texts)
    return tuple(texts)


Hours = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema(
        {
            "type": ["string", "array"],
            "items": {"type": "string"},
            "description": 'opening hours, such as "Mon-Fri 09:00-17:00", or a list of them',
        }
    ),
]


#: Open all week except on holidays.
ALWAYS = ("Mon-Sun 00:00-24:00",)


class WorkCalendar(Part):
    """Hours in which a role works or leads arrive, and holidays."""

    name: str = ""
    hours: Hours = ALWAYS
    holidays: tuple[Day, ...] = ()

    @property
    def spans(self) -> tuple[OpenSpan, ...]:
        return parse_hours(self.hours)


class Turnover(Part):
    """Hires or departures on one day."""

    on: Day
    count: AtLeastOne = 1


class Attrition(Part):
    """Reps leave after an exponential time; their seats are refilled after a delay."""

    rate: AnnualRate  # departures per seat and year
    backfill_after: Days | None = None  # None: seats are not refilled


class Role(Part):
    name: str = ""
    headcount: Count  # fully ramped at the start
    calendar: str | None = None  # default: around the clock
    ramp: tuple[NotNegative, ...] = ()  # productivity in the months after a hire, then 1
    hires: tuple[Turnover, ...] = ()
    departures: tuple[Turnover, ...] = ()
    attrition: Attrition | None = None
    assignment: Assignment = "pool"
    open_deals_max: AtLeastOne | None = None  # of each owner
    discipline: Discipline = "fifo"
    annual_cost: NotNegative = 0.0
    quota: NotNegative | None = None  # per rep and period


class Task(Part):
    role: str
    effort: Effort  # working time, as days of 24 working hours
