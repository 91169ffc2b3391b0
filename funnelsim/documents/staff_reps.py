"""What the top-down mode of ``funnelsim staff`` learns from a history: reps, ramp, attrition, leads."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Record


class Range(Record):
    """An estimate with its 90 % interval."""

    mean: Known = None
    low: Known = None
    high: Known = None


class LearntRep(Record):
    """One rep: `per_month` is deals won per ramped month, as counted and after shrinkage to the team."""

    name: str
    role: str = ""
    team: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    share: float = 1.0
    wins: int = 0
    rep_months: Known = None
    counted_per_month: Known = None
    per_month: Range = Range()
    deal_size: Known = None


class LearntRamp(Record):
    """Share of ramped productivity in each month after the start."""

    source: Literal["history", "sales cycle", "given"] = "history"
    new_reps: int = 0
    months: tuple[Range, ...] = ()
    months_lost: Range = Range()


class LearntAttrition(Record):
    """Departures per rep and year."""

    source: Literal["history", "given"] = "history"
    departures: int = 0
    rep_years: Known = None
    rate: Range = Range()
    backfill_days: Known = None


class YearlyChange(Record):
    """Relative change per year, with its 90 % interval; -0.2 is a fall by a fifth."""

    per_year: Known = None
    low: Known = None
    high: Known = None
    p_value: KnownProbability = None


class LeadCheck(Record):
    """Whether leads may be the limit: how leads per rep and wins per ramped rep have changed."""

    verdict: Literal["no sign", "may become the limit", "probably the limit", "unknown"] = "unknown"
    leads_per_rep: YearlyChange | None = None
    wins_per_rep: YearlyChange | None = None
    reps: YearlyChange | None = None


class Learnt(Record):
    """Productivity as learnt from the history.

    `wins_per_month` and `bookings_per_month` are those of a ramped rep; `spread` is the coefficient of
    variation of wins per month between reps.
    """

    counted_from: dt.date | None = None
    counted_to: dt.date | None = None
    wins_per_month: Range = Range()
    bookings_per_month: Known = None
    spread: Known = None
    reps: tuple[LearntRep, ...] = ()
    ramp: LearntRamp = LearntRamp()
    attrition: LearntAttrition = LearntAttrition()
    leads: LeadCheck = LeadCheck()
    left_out: tuple[str, ...] = ()
    forecast_probability: KnownProbability = None


class StartOfHires(Record):
    """What the same hires are worth if they start on another day."""

    on: dt.date
    count: int
    probability: KnownProbability = None
    bookings_per_hire: Known = None
    ramped_months_per_hire: Known = None


class SheetDifference(Record):
    """One reason why the simulation differs from the spreadsheet, for today's team."""

    reason: str
    amount: float


class TopDownAnswer(Record):
    """The part of a staff document that only the top-down mode has."""

    learnt: Learnt = Learnt()
    starts: tuple[StartOfHires, ...] = Field(default=())
    differences: tuple[SheetDifference, ...] = ()
