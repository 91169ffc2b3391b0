"""The parts of a funnel, typed. Each record is frozen and knows only its own fields.

What holds between parts (sums of probabilities, names that must exist) is in `checks.py`.
Times are naive local dates; durations are days; rates are leads per day.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from funnelsim.core.time import parse_rate_per_day
from funnelsim.distributions import Distribution, parse_distribution

PeriodKind = Literal["week", "month", "quarter", "year"]


def _law(kind: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        return value if isinstance(value, Distribution) else parse_distribution(value, kind=kind)  # type: ignore[arg-type]

    return BeforeValidator(read)


_AS_TEXT = PlainSerializer(lambda law: law.text(), return_type=str)
Duration = Annotated[Distribution, _law("duration"), _AS_TEXT]
Amount = Annotated[Distribution, _law("amount"), _AS_TEXT]
Factor = Annotated[Distribution, _law("factor"), _AS_TEXT]
RatePerDay = Annotated[float, BeforeValidator(parse_rate_per_day), Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Frozen; an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Goal(Part):
    quota: float | dict[str, float] | None = None
    period: PeriodKind = "quarter"
    fiscal_year_starts: str = "01-01"
    fiscal_year_named_by: Literal["end", "start"] = "end"
    books_at: str = "won"
    credits_at: str | None = None  # default: books_at


class Clock(Part):
    """The buyer's tempo; factors are divided by their mean over the `over` span."""

    over: PeriodKind | None = None
    month: tuple[float, ...] | None = None
    week: tuple[float, ...] | None = None
    weekday: tuple[float, ...] | None = None


class Exit(Part):
    to: str  # filled from the exit's name where the file leaves it out
    p: Probability
    after: Duration | None = None  # None: the stage's `after`, or at once for `never`
    clock: str | None = None


class Credit(Part):
    bookings: float = 0.0
    quota: float = 0.0


class Targets(Part):
    dwell: float | None = None  # days
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
    touches: float | None = None
    clock: str | None = None
    credit: Credit | None = None
    amount: float = 1.0  # factor applied to the lead's amount on entry ("x1.05")
    after: Duration | None = None
    exits: dict[str, Exit] = Field(default_factory=dict)  # file order; `never` keeps its name, to = "never"


class Source(Part):
    name: str = ""
    enters: dict[str, float]  # stage -> share, summing to 1; a plain word is read as {word: 1}
    rate: RatePerDay  # leads per day, average at `start`
    weekday: tuple[float, ...] | None = None  # 7 numbers, Monday first
    month: tuple[float, ...] | None = None  # 12 numbers, January first
    growth: float = 0.0  # per month: 0.02 for "2% per month"
    dispersion: float = Field(default=1.0, ge=1)  # variance / mean of weekly counts
    segments: dict[str, float] = Field(default_factory=dict)  # segment -> share, summing to 1
    amount: Amount | None = None
    cost_per_lead: float = 0.0


class Segment(Part):
    """Overrides for leads of this segment: path in the model -> value as a file would give it."""

    name: str = ""
    amount: Amount | None = None
    overrides: dict[str, Any] = Field(default_factory=dict)  # "stages.demo.exits.proposal.p": 0.5


class Model(Part):
    """A whole funnel, as one file describes it."""

    name: str = ""
    noun: str = "lead"
    currency: str = ""
    amount_is: str = ""
    start: dt.date
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
