"""The document of ``funnelsim reverse``."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from funnelsim.documents.compare import BookedBefore, Interval
from funnelsim.documents.record import Known, KnownProbability, Number, Probability, Record
from funnelsim.documents.shared import PeriodSpan, Titled


class Plan(Record):
    """What happens in a span of time, as means over the futures.

    Attributes
    ----------
    leads : dict of str to float
        New leads by source.
    entered : dict of str to float
        Entries by stage.
    touches : dict of str to float
        Activities by stage: entries times the `touches` of the stage, where the model has them.
    tasks : dict of str to float
        Finished tasks of reps, such as meetings, by stage with work.
    utilisation : dict of str to float or None
        Busy share of the open hours of each role.
    budget : float or None
        Leads times `cost_per_lead`; None where no cost is known.
    """

    leads: dict[str, float] = Field(default_factory=dict)
    entered: dict[str, float] = Field(default_factory=dict)
    touches: dict[str, float] = Field(default_factory=dict)
    tasks: dict[str, float] = Field(default_factory=dict)
    utilisation: dict[str, Known] = Field(default_factory=dict)
    budget: float | None = None
    wins: float = 0.0
    bookings: float = 0.0

    @property
    def all_leads(self) -> float:
        return sum(self.leads.values())


class Needed(Plan):
    """What must happen from the start to the end of the period.

    Attributes
    ----------
    multiplier : float
        Of the rates of the scaled sources.
    interval : Interval
        Of the multiplier, from simulation error; an end beyond the multipliers tried is None.
    """

    multiplier: float
    interval: Interval = Interval()


class Today(Plan):
    """The same at today's rates."""

    probability: Probability
    mc_error: Known = None


class Month(Plan):
    """One calendar month of the plan; the first may have begun before the model's start.

    Attributes
    ----------
    in_period : bool
        False for months before the period begins: their leads count, because they may close in it.
    leads_today : dict of str to float
        New leads by source at today's rates.
    """

    month: str
    start: dt.date
    end: dt.date
    in_period: bool = True
    leads_today: dict[str, float] = Field(default_factory=dict)
    close_in_period: KnownProbability = None


class CurvePoint(Record):
    """Probability of the quota at a multiplier, and the mean of what counts."""

    multiplier: float
    probability: Probability
    mc_error: Known = None
    mean: float


class Remedy(Record):
    """More reps with which the quota can be reached.

    Attributes
    ----------
    added : dict of str to int
        Additional reps by role, fully productive from the model's start on.
    multiplier : float or None
        Needed then; None if the quota is still not reached.
    """

    added: dict[str, int]
    multiplier: float | None = None
    probability: KnownProbability = None


class Capacity(Record):
    """How reps limit what more leads bring.

    Attributes
    ----------
    multiplier : float or None
        At which the roles were looked at: the answer, or the best where there is none.
    utilisation : dict of str to float or None
        Busy share of each role there, in the period; only where the quota is out of reach.
    probability_without_limits : float or None
        The probability there if nobody ever waited for a rep.
    saturates_at : float or None
        Multiplier beyond which another lead brings less than a quarter of what it would bring without waiting
        for reps.
    """

    multiplier: float | None = None
    utilisation: dict[str, Known] = Field(default_factory=dict)
    probability_without_limits: KnownProbability = None
    saturates_at: float | None = None
    remedies: tuple[Remedy, ...] = ()


#: Why the spreadsheet's number of leads is not the answer.
StepKind = Literal["booked", "pipeline", "expansion", "mix", "timing", "reps", "confidence"]


class Step(Record):
    """A part of the difference between the spreadsheet's leads and those needed."""

    kind: StepKind
    leads: float


class Spreadsheet(Record):
    """Quota / deal size / conversion rate.

    Attributes
    ----------
    leads : float
    deal_size : float
        Mean amount of a win of a new lead; 1 where deals are counted.
    win_rate : float
        Share of new leads that ever win.
    steps : tuple of Step
        ``leads + sum of steps`` is the number of leads needed; empty if that is unknown.
    """

    leads: Known = None
    deal_size: Known = None
    win_rate: Known = None
    steps: tuple[Step, ...] = ()


class ReverseDocument(Titled):
    """The result of ``reverse``: from a quota back to what must happen."""

    noun: str = "lead"
    source_names: dict[str, str] = Field(default_factory=dict)
    segment_names: dict[str, str] = Field(default_factory=dict)
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    model_start: dt.date | None = None
    quota: Number
    counts: Literal["quota_credit", "deals_won"] = "quota_credit"
    confidence: Probability
    scaled: tuple[str, ...] = ()
    held_segments: tuple[str, ...] = ()
    scaled_from: dt.date | None = None
    most: float = 20.0
    booked: BookedBefore = BookedBefore()
    today: Today
    reached: bool
    needed: Needed | None = None
    achieved_probability: KnownProbability = None
    achieved_mc_error: Known = None
    best: CurvePoint
    binding_role: str | None = None
    capacity: Capacity | None = None
    naive: Spreadsheet = Spreadsheet()
    late_from: dt.date | None = None
    months: tuple[Month, ...] = ()
    curve: tuple[CurvePoint, ...] = ()

    @property
    def span(self) -> PeriodSpan:
        return PeriodSpan(period=self.period, start=self.start, end=self.end, quota=self.quota)

    @property
    def in_money(self) -> bool:
        return self.counts == "quota_credit"

    def source_name(self, key: str) -> str:
        """The display name of a source."""
        return self.source_names.get(key) or key.replace("_", " ")

    def segment_name(self, key: str) -> str:
        return self.segment_names.get(key) or key.replace("_", " ")
