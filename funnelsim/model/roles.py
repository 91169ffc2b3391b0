"""Who works on leads: office hours, roles and the tasks they do."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from funnelsim.core.calendar.workhours import OpenSpan, parse_hours
from funnelsim.model.fields import AnnualRate, Day, Days, Effort, NotNegative, Part

Assignment = Literal["pool", "owner"]
Discipline = Literal["fifo", "lifo", "largest", "oldest", "latest_stage"]


def _whole(value: Any) -> Any:
    """A change by ``+2`` or ``+10%`` gives 8.0 or 11.000000000000002, which are people too."""
    whole = isinstance(value, float) and math.isfinite(value) and abs(value - round(value)) < 1e-9
    return round(value) if whole else value


Count = Annotated[int, Field(strict=True, ge=0, le=10_000), BeforeValidator(_whole)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1, le=10_000), BeforeValidator(_whole)]


def _texts(value: Any) -> Any:
    """One text as a list of one, each checked to be understood."""
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


#: Open all week, but on holidays.
ALWAYS = ("Mon-Sun 00:00-24:00",)


class WorkCalendar(Part):
    """Hours in which a role works, or in which leads come, and the days on which they do not."""

    name: str = ""
    hours: Hours = ALWAYS
    holidays: tuple[Day, ...] = ()

    @property
    def spans(self) -> tuple[OpenSpan, ...]:
        return parse_hours(self.hours)


class Turnover(Part):
    """Hires, or departures, of one day."""

    on: Day
    count: AtLeastOne = 1


class Attrition(Part):
    """Each rep stays for an exponential time; the seat is filled again after a while."""

    rate: AnnualRate  # departures per seat and year
    backfill_after: Days | None = None  # None: the seat stays empty


class Role(Part):
    name: str = ""
    headcount: Count  # fully ramped at the start
    calendar: str | None = None  # default: always on
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
