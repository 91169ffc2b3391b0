"""The parts of a funnel, typed. Each record is frozen and knows only its own fields.

What holds between parts (sums of probabilities, names that must exist) is in `checks.py`.
Times are naive local dates; durations are days; rates are leads per day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from funnelsim.core.time import parse_duration_days, parse_growth, parse_rate_per_day
from funnelsim.distributions import Distribution, parse_distribution
from funnelsim.distributions.quantities import read_quantity
from funnelsim.model.words import shown

PeriodKind = Literal["week", "month", "quarter", "year"]


def _law(kind: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        return value if isinstance(value, Distribution) else parse_distribution(value, kind=kind)  # type: ignore[arg-type]

    return BeforeValidator(read)


_AS_TEXT = PlainSerializer(lambda law: law.text(), return_type=str)
Duration = Annotated[Distribution, _law("duration"), _AS_TEXT]
Amount = Annotated[Distribution, _law("amount"), _AS_TEXT]
Factor = Annotated[Distribution, _law("factor"), _AS_TEXT]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # neither true nor "3"


def _written(words: str) -> WithJsonSchema:
    """What an editor is told: text with a unit, or a bare number."""
    return WithJsonSchema({"type": ["string", "number"], "description": words})


RatePerDay = Annotated[
    float, BeforeValidator(parse_rate_per_day), Field(ge=0), _written('a rate, such as "12 per day"')
]
Growth = Annotated[float, BeforeValidator(parse_growth), _written('a growth, such as "2% per month"')]
Days = Annotated[float, BeforeValidator(parse_duration_days), _written('a duration, such as "7d"')]
Probability = Annotated[Number, Field(ge=0, le=1)]
NotNegative = Annotated[Number, Field(ge=0)]


def _factor(value: Any) -> Any:
    """``"x1.05"`` as 1.05."""
    if isinstance(value, str):
        if not value.startswith("x"):
            raise ValueError(f'expected a factor such as "x1.05", found "{value}"')
        return read_quantity(value[1:], "factor")
    return value


def _day(value: Any) -> Any:
    """A date, also in quotes; not a time of day."""
    try:
        found = dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if isinstance(found, dt.datetime) or not isinstance(found, dt.date):
        raise ValueError(f"expected a date such as 2026-01-01, found {shown(value)}")
    if not 1900 <= found.year < 2200:
        raise ValueError(f"expected a date between 1900 and 2199, found {shown(value)}")
    return found


def _entries(value: Any) -> Any:
    """A plain word enters there alone."""
    if not isinstance(value, str | dict):
        raise ValueError(
            f"expected a stage or shares such as {{ mql = 0.8, sql = 0.2 }}, found {shown(value)}"
        )
    return {value: 1.0} if isinstance(value, str) else value


AmountFactor = Annotated[NotNegative, BeforeValidator(_factor), _written('a factor, such as "x1.05"')]
Entries = Annotated[
    dict[str, Probability],
    BeforeValidator(_entries),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "additionalProperties": {"type": "number"},
            "description": "a stage, or shares such as { mql = 0.8, sql = 0.2 }",
        }
    ),
]
Day = Annotated[dt.date, BeforeValidator(_day)]


class Part(BaseModel):
    """Frozen; an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


YearStart = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$")]


class Goal(Part):
    quota: Number | dict[str, Number] | None = None
    period: PeriodKind = "quarter"
    fiscal_year_starts: YearStart = "01-01"
    fiscal_year_named_by: Literal["end", "start"] = "end"
    books_at: str = "won"
    credits_at: str | None = None  # default: books_at


class Clock(Part):
    """The buyer's tempo; factors are divided by their mean over the `over` span."""

    over: PeriodKind | None = None
    fiscal_year_starts: YearStart | None = None  # of its quarters and years; default: the goal's
    month: tuple[Number, ...] | None = None
    week: tuple[Number, ...] | None = None
    day: tuple[Number, ...] | None = None  # 31 numbers by day of the month; the last for every month's last
    weekday: tuple[Number, ...] | None = None


class Exit(Part):
    to: str  # filled from the exit's name where the file leaves it out
    p: Probability
    after: Duration | None = None  # None: the stage's `after`, or at once for `never`
    clock: str | None = None


def _named_targets(given: Any) -> Any:
    """An exit without `to` is named by its target."""
    exits = given.get("exits") if isinstance(given, dict) else None
    if not isinstance(exits, dict):
        return given
    named = {k: {"to": k, **e} if isinstance(e, dict) else e for k, e in exits.items()}
    return given | {"exits": named}


class Planned(Part):
    """How open leads with a planned close leave; their dwells run from `before` ahead of the plan on."""

    before: Days
    until: Days  # after the plan these exits hold for so long, then the stage's own do
    exits: dict[str, Exit] = Field(default_factory=dict)

    _name_targets = model_validator(mode="before")(_named_targets)


class Credit(Part):
    bookings: NotNegative = 0.0
    quota: NotNegative = 0.0


class Targets(Part):
    dwell: Days | None = None
    conversion: Probability | None = None


class Stage(Part):
    name: str = ""
    department: str = ""
    involves: tuple[str, ...] = ()
    phase: str = ""
    entry: str = ""
    activities: str = ""
    checklist: tuple[str, ...] = ()
    buyer_needs: str = ""
    parent: str = ""
    targets: Targets = Targets()
    touches: NotNegative | None = None
    clock: str | None = None
    credit: Credit | None = None
    amount: AmountFactor = 1.0  # factor applied to the lead's amount on entry ("x1.05")
    after: Duration | None = None
    exits: dict[str, Exit] = Field(default_factory=dict)  # in file order
    planned: Planned | None = None  # instead of `exits`, for open leads with a planned close

    _name_targets = model_validator(mode="before")(_named_targets)

    @property
    def every_exit(self) -> dict[str, Exit]:
        """Its exits with those of planned leads; what has one name leads to one place."""
        return self.exits if self.planned is None else self.planned.exits | self.exits


class Source(Part):
    name: str = ""
    enters: Entries  # stage -> share, summing to 1
    rate: RatePerDay  # leads per day, average at `start`
    weekday: tuple[Number, ...] | None = None  # 7 numbers, Monday first
    month: tuple[Number, ...] | None = None  # 12 numbers, January first
    growth: Growth = 0.0  # per month: 0.02 for "2% per month"
    dispersion: Annotated[Number, Field(ge=1)] = 1.0  # variance / mean of weekly counts
    segments: dict[str, Probability] = Field(default_factory=dict)  # segment -> share, summing to 1
    amount: Amount | None = None
    cost_per_lead: NotNegative = 0.0


class Segment(Part):
    """Overrides for leads of this segment: path in the model -> value as a file would give it."""

    name: str = ""
    amount: Amount | None = None
    overrides: dict[str, Any] = Field(default_factory=dict)  # "stages.demo.exits.proposal.p": 0.5

    @model_validator(mode="before")
    @classmethod
    def _gather_overrides(cls, given: Any) -> Any:
        """Tables below a segment are paths of the model: ``stages.demo.exits.proposal.p = 0.5``."""
        if not isinstance(given, dict):
            return given
        own = {k: v for k, v in given.items() if k in cls.model_fields}
        paths = dict(_leaves({k: v for k, v in given.items() if k not in cls.model_fields}))
        return own | {"overrides": own.get("overrides", {}) | paths}


def _leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


class Model(Part):
    """A whole funnel, as one file describes it."""

    name: str = ""
    noun: Annotated[str, Field(min_length=1)] = "lead"
    currency: str = ""
    amount_is: str = ""
    start: Day
    outcomes: tuple[str, ...] = ()  # beside won, lost, churned
    goal: Goal = Goal()
    clocks: dict[str, Clock] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    segments: dict[str, Segment] = Field(default_factory=dict)
    stages: dict[str, Stage] = Field(default_factory=dict)  # funnel order
    listed_factor: Factor | None = None  # amount if won / amount listed, for open leads
    draws: str | None = None  # parquet files beside the model
    pipeline: str | None = None
    history: str | None = None  # the history folder a fit came from

    @property
    def all_outcomes(self) -> tuple[str, ...]:
        return ("won", "lost", "churned", *self.outcomes)
