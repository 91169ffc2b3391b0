"""The parts of a funnel, typed. Each record is frozen and knows only its own fields.

Rules between parts (sums of probabilities, names that must exist) are in `rules`.
Times are naive local dates; durations are days; rates are leads per day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from funnelsim.model.fields import (
    Amount,
    AmountFactor,
    Day,
    Days,
    Duration,
    Entries,
    Factor,
    Growth,
    NotNegative,
    Number,
    Part,
    Probability,
    RatePerDay,
)
from funnelsim.model.roles import Role, Task, WorkCalendar

#: Name of the exit of leads that abandoned the queue.
ABANDONED = "abandoned"

PeriodKind = Literal["week", "month", "quarter", "year"]

YearStart = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$")]


class Recognise(Part):
    """Revenue is recognised evenly over a period from entering a stage or outcome, or from a later booking
    on."""

    start: str = Field(alias="from")
    over: Days

    model_config = ConfigDict(populate_by_name=True)


class MetricTarget(Part):
    """A target for a metric, in addition to the quota."""

    metric: str
    at_least: Number | None = None
    at_most: Number | None = None
    by: Day


class Process(Part):
    """Who looks after the process map, and the buyer's journey that its stages follow."""

    owner: str = ""
    reviewed: Day | None = None
    review_every: Days | None = None
    phases: tuple[str, ...] = ()  # of the buyer's journey, in order; default: the usual ones


class Goal(Part):
    quota: Number | dict[str, Number] | None = None
    period: PeriodKind = "quarter"
    fiscal_year_starts: YearStart = "01-01"
    fiscal_year_named_by: Literal["end", "start"] = "end"
    books_at: str = "won"
    credits_at: str | None = None  # default: books_at
    recognise: Recognise | None = None  # default: at booking
    target: MetricTarget | None = None


class Holiday(Part):
    """Factor of the holidays of a calendar, relative to the same day without a holiday."""

    calendar: str
    factor: NotNegative


class Clock(Part):
    """The buyer's tempo; factors are divided by their mean over the `over` span."""

    over: PeriodKind | None = None
    fiscal_year_starts: YearStart | None = None  # of its quarters and years; default: the goal's
    month: tuple[Number, ...] | None = None
    week: tuple[Number, ...] | None = None
    day: tuple[Number, ...] | None = None  # 31 numbers by day of the month; the last for every month's last
    weekday: tuple[Number, ...] | None = None
    holiday: Holiday | None = None


#: What a "no" leads to: the end, a later attempt, or no further contact.
No = Literal["now", "later", "never"]


class Exit(Part):
    to: str  # default: the name of the exit
    p: Probability
    no: No | None = None  # None: derived from the target (lint.process.ways_out)
    after: Duration | None = None  # None: the stage's `after`, or 0 for `never`
    clock: str | None = None
    wait_half_life: Days | None = None  # half-life of p, in time from entry to first start


def _tasks(value: Any) -> Any:
    return [value] if isinstance(value, dict | Task) else value


Tasks = Annotated[tuple[Task, ...], BeforeValidator(_tasks)]


def _named_targets(given: Any) -> Any:
    """An exit without `to` has its name as target."""
    exits = given.get("exits") if isinstance(given, dict) else None
    if not isinstance(exits, dict):
        return given
    named = {k: {"to": k, **e} if isinstance(e, dict) else e for k, e in exits.items()}
    return given | {"exits": named}


class Planned(Part):
    """Exits of open leads with a planned close; their dwells start `before` days ahead of the planned
    date."""

    before: Days
    until: Days  # time after the planned date after which the stage's own exits apply
    exits: dict[str, Exit] = Field(default_factory=dict)

    _name_targets = model_validator(mode="before")(_named_targets)


class Credit(Part):
    bookings: NotNegative = 0.0
    quota: NotNegative = 0.0


class Targets(Part):
    dwell: Days | None = None
    conversion: Probability | None = None


class Spawns(Part):
    """New leads spawned by an entry: a Poisson number, each after a delay."""

    source: str
    leads: NotNegative
    after: Duration


class Stage(Part):
    name: str = ""
    department: str = ""
    owner: str = ""
    involves: tuple[str, ...] = ()
    phase: str = ""
    entry: str = ""
    activities: str = ""
    checklist: tuple[str, ...] = ()
    buyer_needs: str = ""
    parent: str = ""
    targets: Targets = Targets()
    work: Tasks = ()  # sequential
    patience: Duration | None = None  # maximum wait for the first task
    abandons_to: str | None = None
    spawns: Spawns | None = None
    touches: NotNegative | None = None
    clock: str | None = None
    credit: Credit | None = None
    amount: AmountFactor = 1.0  # factor applied to the lead's amount on entry ("x1.05")
    after: Duration | None = None
    exits: dict[str, Exit] = Field(default_factory=dict)  # in file order
    planned: Planned | None = None  # replaces `exits` for open leads with a planned close

    _name_targets = model_validator(mode="before")(_named_targets)

    @property
    def every_exit(self) -> dict[str, Exit]:
        """All exits, including those of planned leads and of abandonment; one target per name."""
        planned = {} if self.planned is None else self.planned.exits
        gives_up = {} if self.abandons_to is None else {ABANDONED: Exit(to=self.abandons_to, p=0.0)}
        return gives_up | planned | self.exits

    @property
    def lost_exit(self) -> str | None:
        """The exit for leads that waited too long: the one named ``lost``, else the first to ``lost``."""
        leading = [name for name, e in self.exits.items() if e.to == "lost"]
        return "lost" if "lost" in leading else next(iter(leading), None)


class Campaign(Part):
    """Additional leads over a number of whole days."""

    on: Day
    leads: NotNegative
    over: Days = 1.0


class Source(Part):
    name: str = ""
    enters: Entries  # stage -> share, summing to 1
    rate: RatePerDay  # leads per day, average at `start`
    weekday: tuple[Number, ...] | None = None  # 7 numbers, Monday first
    month: tuple[Number, ...] | None = None  # 12 numbers, January first
    holiday: Holiday | None = None
    hours: str | None = None  # calendar: hours in which leads arrive
    growth: Growth = 0.0  # per month: 0.02 for "2% per month"
    dispersion: Annotated[Number, Field(ge=1, le=10_000)] = 1.0  # variance / mean of weekly counts
    campaigns: dict[str, Campaign] = Field(default_factory=dict)
    segments: dict[str, Probability] = Field(default_factory=dict)  # segment -> share, summing to 1
    amount: Amount | None = None
    cost_per_lead: NotNegative = 0.0


class Segment(Part):
    """Overrides for leads of this segment: path in the model -> value as in a model file."""

    name: str = ""
    amount: Amount | None = None
    overrides: dict[str, Any] = Field(default_factory=dict)  # "stages.demo.exits.proposal.p": 0.5

    @model_validator(mode="before")
    @classmethod
    def _gather_overrides(cls, given: Any) -> Any:
        """Flatten nested tables of a segment to paths: ``stages.demo.exits.proposal.p = 0.5``."""
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


class Shock(Part):
    """Month-to-month variability on the log scale: AR(1) of this standard deviation."""

    sd: Annotated[Number, Field(ge=0, le=5)]  # at 5, a good month has 22,000 times the leads of a bad one
    rho: Annotated[Number, Field(gt=-1, lt=1)] = 0.0


class Model(Part):
    """A complete funnel, as described by one file.

    Examples
    --------
    >>> model = fs.read_model("model.toml").model
    >>> list(model.stages)
    ['qualified', 'demo', 'proposal']
    >>> model.stages["demo"].exits["proposal"].p
    0.6
    """

    name: str = ""
    noun: Annotated[str, Field(min_length=1)] = "lead"
    currency: str = ""
    amount_is: str = ""
    start: Day
    outcomes: tuple[str, ...] = ()  # in addition to won, lost, churned
    process: Process = Process()
    goal: Goal = Goal()
    clocks: dict[str, Clock] = Field(default_factory=dict)
    calendars: dict[str, WorkCalendar] = Field(default_factory=dict)
    roles: dict[str, Role] = Field(default_factory=dict)  # in the order of service
    sources: dict[str, Source] = Field(default_factory=dict)
    segments: dict[str, Segment] = Field(default_factory=dict)
    stages: dict[str, Stage] = Field(default_factory=dict)  # funnel order
    shocks: dict[str, Shock] = Field(default_factory=dict)  # "sources.KEY.rate" or "odds"
    listed_factor: Factor | None = None  # amount if won / amount listed, for open leads
    draws: str | None = None  # parquet files, relative to the model file
    pipeline: str | None = None
    history: str | None = None  # the history folder used for the fit
    fit: str | None = None  # id of the fit that wrote this file and its tables

    @property
    def all_outcomes(self) -> tuple[str, ...]:
        return ("won", "lost", "churned", *self.outcomes)
