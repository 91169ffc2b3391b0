"""Typed records of the report of a fit; their field names are the keys of the JSON document."""

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
    """One exit of a stage.

    Attributes
    ----------
    count, at_once : int
        Observed exits; those that took under a minute.
    p, p_low, p_high : float
        Probability and its 90 % interval (NaN without parameter draws).
    median_days, mean_days : float
        Dwell of visits with this exit.
    criteria : dict of str to float
        AICc of each family above the best; empty where the family was not chosen by the data.
    borrowed : bool
        Too few events: the prior from all exits of the stage decides.
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
    """Seasonality and current level of the exits to one target.

    Attributes
    ----------
    month, week, day, weekday : tuple of float or None
        Factors on the hazard by month of the year or the calendar quarter and by week of the quarter, by day
        of the month (the last of the 31 for the last day of each), and from Monday on; None where even.
    times_seen : float
        Quarters or years observed of the pattern of months; NaN without one.
    level, level_low, level_high : float
        Hazard in the model over that of the whole history, with its 90 % range.
    holiday : HolidayFactor or None
        Where a country is named and there are enough holidays.
    months : tuple of str
        Calendar months, with exits observed, and expected with seasonality but without drift.
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
    """Cumulative incidence of one target by age: observed (Aalen-Johansen, 90 % band), and fitted.

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
    """Counts of one calendar quarter by week, scaled to seven days; NaN outside the history."""

    quarter: str
    seen: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosesReport:
    """Deals with one outcome by week of the quarter: observed, and expected with a 90 % band.

    Attributes
    ----------
    outside : float
        Share of the weeks with observed counts outside the band.
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
        Left-truncated visits; visits that ended before observation began, left out.
    median_days, mean_days : float
        Dwell of visits that end.
    longest_follow_up_days, mass_beyond : float
        The longest observed time in stage, and the share of visits expected to be longer.
    oldest_open_beyond : int
        Open visits older than 99 % of the dwells of visits that end.
    largest_gap : float
        Largest difference between fitted and observed survival curve, over the whole history.
    half_life_days : float or None
        Half-life of exponential weights; None where all data count alike.
    recent : tuple of Recent
        Exits of the last quarter, observed and expected: a sign of drift.
    moving : tuple of MovingReport
        Seasonality and current level, by target.
    incidence : tuple of IncidenceReport
        Goodness of fit to the whole history, by target.
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
        Leads and days from which the rate was estimated.
    trend : float
        Change per month over the last year as measured; NaN if unknown. It counts only as `growth`.
    wins, zero_wins : int
        Wins with a known amount; those at 0.
    win_probability : float
        Probability that a new lead is eventually won.
    tail : TailReport or None
        Where the largest amounts have a distribution of their own.
    holiday : HolidayFactor or None
        Where a country is named and there are enough holidays.
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
    """One stage of the funnel in the history: entries, conversion, mean dwell, open visits."""

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
        Probability that a new lead is eventually won, with its 90 % interval.
    closed_won_share : float
        Share won of the deals that are closed: what a spreadsheet would say.
    draws_over : {"deal", "account"}
        Unit of the bootstrap.
    cannot_tell : tuple of str
        Limitations of the data, and what the model assumes instead.
    drivers : Drivers or None
        Hazard ratios by source, segment, rep, account and amount; None where not estimated.
    dependences : tuple of Dependence
        Association tests of what the model takes as independent.
    segments_by : str
        The covariate whose levels are segments of the model; empty where there are none.
    no_segments : str
        Why ``auto`` made none; else empty.
    roles, tasks : tuple
        Where the history has task data.
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
