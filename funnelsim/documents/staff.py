"""The document of ``funnelsim staff``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from funnelsim.documents.record import Known, KnownProbability, Number, Record, at_least_one
from funnelsim.documents.shared import PeriodSpan, Titled
from funnelsim.documents.staff_reps import TopDownAnswer


class PlannedHire(Record):
    role: str
    count: int
    on: dt.date


class StaffPlan(Record):
    """A team, what it costs and what it comes to.

    `cost` is the expected cost of the people present in the period or span, or rep-months; seats that are
    empty until somebody follows are deducted. `cost_before` is the same from the model's start to a later
    period, and not part of `cost`; `profit` is `bookings` less `cost`. `probability` that of the quota, or of
    all service levels together; `levels` the mean of each service level, with its standard error in
    `level_errors`.
    """

    name: str
    headcount: dict[str, int]
    hires: tuple[PlannedHire, ...] = ()
    cost: Known = None
    cost_before: Known = None
    yearly_cost: Known = None
    probability: KnownProbability = None
    mc_error: Known = None
    meets: bool | None = None
    quota_credit: Known = None
    bookings: Known = None
    profit: Known = None
    levels: dict[str, Known] = Field(default_factory=dict)
    level_errors: dict[str, Known] = Field(default_factory=dict)
    utilisation: dict[str, Known] = Field(default_factory=dict)
    waits: dict[str, Known] = Field(default_factory=dict)
    first_response_days: Known = None


class ServiceLevelBound(Record):
    text: str
    metric: str
    bound: float
    at_most: bool = True


class StaffTarget(Record):
    """What a plan must achieve; nothing for the most profitable plan."""

    quota: Number | None = None
    confidence: KnownProbability = None
    levels: tuple[ServiceLevelBound, ...] = ()


class FrontierPoint(Record):
    """A plan that no cheaper one equals."""

    headcount: dict[str, int]
    hires: tuple[PlannedHire, ...] = ()
    cost: Known = None
    probability: KnownProbability = None


class StaffGuarantee(Record):
    """What is promised about the choice between the last candidates."""

    method: str = ""
    text: str = ""
    confidence: KnownProbability = None
    indifference: dict[str, float] = Field(default_factory=dict)
    candidates: int = 0
    futures: int = 0
    complete: bool = True
    futures_needed: int = 0


class SpreadsheetAnswer(Record):
    """What a spreadsheet says, what the simulation gives for its plan, and why they differ."""

    role: str | None = None
    productivity: Known = None
    stated: bool = False
    rep_months: Known = None
    result: Known = None
    headcount: dict[str, int] = Field(default_factory=dict)
    hires: tuple[PlannedHire, ...] = ()
    cost: Known = None
    probability: KnownProbability = None
    meets: bool | None = None
    why: tuple[str, ...] = ()


class HireTiming(Record):
    """When the hires of a role must start, and when they pay back."""

    role: str
    latest_useful_start: dt.date | None = None
    payback_months: int | None = None
    payback_within: int | None = None


class OneMore(Record):
    """What one more rep of a role adds to `measure`, with its 90 % interval."""

    mean: Known = None
    low: Known = None
    high: Known = None


class SearchCount(Record):
    """Plans simulated, and plans ruled out without it."""

    simulated: int = 0
    ruled_out: int = 0


class StaffDocument(Titled):
    """The result of ``staff``."""

    noun: str = "lead"
    mode: Literal["bottom_up", "top_down"] = "bottom_up"
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    days: float | None = None
    warmup_days: float = 0.0
    standing: bool = False
    target: StaffTarget = StaffTarget()
    cost_unit: Literal["money", "rep-months"] = "money"
    plans: Annotated[tuple[StaffPlan, ...], AfterValidator(at_least_one)]
    chosen: str | None = None
    frontier: tuple[FrontierPoint, ...] = ()
    binding_role: str | None = None
    measure: str = ""
    one_more: dict[str, OneMore] = Field(default_factory=dict)
    unlimited_probability: KnownProbability = None
    timing: tuple[HireTiming, ...] = ()
    guarantee: StaffGuarantee | None = None
    spreadsheet: SpreadsheetAnswer | None = None
    search: SearchCount = SearchCount()
    top_down: TopDownAnswer | None = None

    @property
    def span(self) -> PeriodSpan:
        return PeriodSpan(period=self.period, start=self.start, end=self.end, quota=self.target.quota)

    def plan(self, name: str | None) -> StaffPlan | None:
        """The plan of this name."""
        return next((plan for plan in self.plans if plan.name == name), None)
