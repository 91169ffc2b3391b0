"""What a fit rests on: counts, distributions, how far the data reach, and what they cannot tell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from funnelsim import __version__
from funnelsim.fitting.covariates.association_tests import Dependence
from funnelsim.fitting.covariates.hazard_ratios import Drivers
from funnelsim.fitting.dwell.competing.cure_fraction import CureFraction
from funnelsim.fitting.dwell.observed_expected import Recent
from funnelsim.fitting.trend.holidays import HolidayFactor
from funnelsim.fitting.workload.workload_report import RoleReport, TaskReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitReport:
    """One way out of a stage.

    Attributes
    ----------
    count, at_once : int
        Moves seen; those that took under a minute.
    p, p_low, p_high : float
        Probability and its 90 % interval (NaN without parameter draws).
    median_days, mean_days : float
        Of the dwell of those who leave this way.
    criteria : dict of str to float
        AICc of each family above the best; empty where the family was not chosen by the data.
    borrowed : bool
        Seen too seldom: the distribution leans on all exits of the stage.
    """

    exit: str
    to: str
    count: int
    at_once: int
    p: float
    p_low: float
    p_high: float
    law: str
    median_days: float
    mean_days: float
    criteria: dict[str, float]
    borrowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReport:
    """All exits of a stage to one target, where there are several.

    Attributes
    ----------
    p, p_low, p_high : float
        Probability and its 90 % interval (NaN without parameter draws).
    """

    to: str
    p: float
    p_low: float
    p_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidaysReport:
    """The public holidays of a country; `source` says who lists them, in which version."""

    country: str
    source: str
    first: dt.date
    last: dt.date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingReport:
    """How moves to one target follow the calendar and the last weeks.

    Attributes
    ----------
    month, week, day, weekday : tuple of float or None
        Factors on the pace by month of the year or the calendar quarter and by week of the quarter, by day of
        the month (the last of the 31 for the last day of each), and from Monday on; None where even.
    times_seen : float
        How many whole quarters or years the pattern of months was seen; NaN without one.
    level, level_low, level_high : float
        Strength of the exit as the model takes it, over that of the whole history, with its 90 % range.
    holiday : HolidayFactor or None
        Where a country is named and enough holidays were seen.
    months : tuple of str
        Calendar months, with moves seen, and expected of a steady exit that follows the calendar.
    """

    to: str
    month: tuple[float, ...] | None
    week: tuple[float, ...] | None
    day: tuple[float, ...] | None
    weekday: tuple[float, ...] | None
    times_seen: float
    level: float
    level_low: float
    level_high: float
    months: tuple[str, ...]
    seen: tuple[float, ...]
    expected: tuple[float, ...]
    holiday: HolidayFactor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidenceReport:
    """Share of visits that left to one target by age: seen (Aalen-Johansen, 90 % band), and fitted.

    Attributes
    ----------
    gap : float
        Largest difference between the two.
    outside : float
        Share of the ages at which the model leaves the band.
    """

    to: str
    days: tuple[float, ...]
    seen: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    fitted: tuple[float, ...]
    gap: float
    outside: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterReport:
    """What one calendar quarter saw, by week, each over seven days; NaN for weeks that were not seen."""

    quarter: str
    seen: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosesReport:
    """Deals that ended one way by week of the quarter: seen, and expected of those there, with a 90 % band.

    Attributes
    ----------
    outside : float
        Share of the weeks in which what was seen lies outside the band.
    """

    to: str
    seen: tuple[float, ...]
    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    quarters: tuple[QuarterReport, ...]
    outside: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """One stage.

    Attributes
    ----------
    seen_late, left_out : int
        Visits that began before observation did; that ended before it, and so tell nothing.
    median_days, mean_days : float
        Of the dwell of those who leave at all.
    longest_follow_up_days, mass_beyond : float
        The longest stay ever watched, and the share of stays that the distributions take to be longer.
    oldest_open_beyond : int
        Open visits older than 99 % of the stays of those who leave.
    largest_gap : float
        Largest difference between fitted and observed share still there, over the whole history.
    half_life_days : float or None
        What was seen so long ago counts half; None where all the past counts alike.
    recent : tuple of Recent
        Moves of the last quarter beside what the whole history expects: a sign of drift.
    moving : tuple of MovingReport
        What the model makes of the calendar and of drift, by target.
    incidence : tuple of IncidenceReport
        How closely the distributions follow the whole history, by target.
    targets : tuple of TargetReport
        Those that several of `exits` lead to.
    """

    stage: str
    name: str
    visits: int
    open: int
    seen_late: int
    left_out: int
    exits: tuple[ExitReport, ...]
    median_days: float
    mean_days: float
    longest_follow_up_days: float
    mass_beyond: float
    oldest_open_beyond: int
    largest_gap: float
    never: CureFraction
    half_life_days: float | None = None
    recent: tuple[Recent, ...] = ()
    moving: tuple[MovingReport, ...] = ()
    incidence: tuple[IncidenceReport, ...] = ()
    targets: tuple[TargetReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TailReport:
    """The distribution of the largest amounts of a source.

    Attributes
    ----------
    above, largest : float
        Where it begins and ends, in currency.
    share : float
        Of the wins with an amount above 0.
    xi : float
        0: exponential; 1: no mean. `xi_low` to `xi_high` is its 90 % interval (NaN without parameter draws).
    """

    above: float
    largest: float
    share: float
    xi: float
    xi_low: float
    xi_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """One source.

    Attributes
    ----------
    rate_low, rate_high : float
        90 % interval of the rate, leads a day (NaN without parameter draws).
    rests_on_leads, rests_on_days : int, float
        What the rate rests on.
    trend : float
        Change per month over the last year as measured; NaN if unknown. It counts only as `growth`.
    wins, zero_wins : int
        Wins with a known amount; those at 0.
    win_probability : float
        Chance that a new lead is won in the end, by the exits of the model.
    tail : TailReport or None
        Where the largest amounts have a distribution of their own.
    holiday : HolidayFactor or None
        Where a country is named and enough holidays were seen.
    """

    source: str
    name: str
    deals: int
    rate_per_day: float
    rate_low: float
    rate_high: float
    level_from: str
    rests_on_leads: int
    rests_on_days: float
    growth: float
    trend: float
    dispersion: float
    weekday: tuple[float, ...] | None
    month: tuple[float, ...] | None
    enters: dict[str, float]
    wins: int
    zero_wins: int
    amount: str
    amount_kind: str
    amount_mean: float
    observed_mean: float
    win_probability: float
    tail: TailReport | None = None
    holiday: HolidayFactor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReport:
    """One segment of the model; chances are those of a lead that begins in the first stage."""

    segment: str
    name: str
    deals: int
    win_probability: float
    win_low: float
    win_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRow:
    """One stage of the funnel as seen: who entered, the share that goes on, mean dwell, who is there now."""

    stage: str
    name: str
    entered: int
    conversion: float
    dwell_days_mean: float
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FitReport:
    """A whole fit; `as_dict` gives the JSON document.

    Attributes
    ----------
    win_probability, win_low, win_high : float
        Chance that a new lead is won in the end, with its 90 % interval.
    closed_won_share : float
        Share won of the deals that are closed: what a spreadsheet would say.
    draws_over : {"deal", "account"}
        What was weighted as one.
    cannot_tell : tuple of str
        What the data cannot tell, and what is assumed instead.
    drivers : Drivers or None
        What makes leads move or leave, by source, segment, rep, account and amount; None where not asked for.
    dependences : tuple of Dependence
        Tests of what the model takes as independent.
    segments_by : str
        The covariate whose levels are segments of the model; empty where there are none.
    no_segments : str
        Why ``auto`` made none; else empty.
    roles, tasks : tuple
        Where the history tells who did what from when to when.
    holidays : HolidaysReport or None
        Where a country is named.
    """

    name: str
    noun: str
    currency: str
    as_of: dt.datetime
    start: dt.date
    observed_from: dt.datetime | None
    since: dt.datetime | None
    resolution: str
    deals: int
    open_deals: int
    open_listed: float
    visits: int
    stages: tuple[StageReport, ...]
    stages_left_out: tuple[str, ...]
    sources: tuple[SourceReport, ...]
    listed_factor: str
    listed_factor_mean: float
    win_probability: float
    win_low: float
    win_high: float
    closed_won_share: float
    funnel: tuple[FunnelRow, ...]
    closes: tuple[ClosesReport, ...]
    draws: int
    draws_over: str
    seed: int
    cannot_tell: tuple[str, ...]
    warnings: tuple[str, ...]
    drivers: Drivers | None = None
    dependences: tuple[Dependence, ...] = ()
    segments_by: str = ""
    no_segments: str = ""
    segments: tuple[SegmentReport, ...] = ()
    roles: tuple[RoleReport, ...] = ()
    tasks: tuple[TaskReport, ...] = ()
    holidays: HolidaysReport | None = None

    def as_dict(self) -> dict[str, Any]:
        """The document of ``funnelsim fit --json``; a figure that is not known is null."""
        found = _plain({field.name: getattr(self, field.name) for field in dataclasses.fields(self)})
        as_of = self.as_of - dt.timedelta(microseconds=1)
        provenance = {"model": "", "seed": self.seed, "version": __version__}
        return {
            "format": 1,
            "command": "fit",
            "provenance": provenance,
            **found,
            "as_of": as_of.date().isoformat(),
            "known_until": self.as_of.isoformat(),
            "since": self.since.date().isoformat() if self.since else None,
            "stage_names": {stage.stage: stage.name for stage in self.stages},
        }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dt.date):
        return value.isoformat()
    return value
