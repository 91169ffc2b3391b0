"""The document of ``funnelsim fit``."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from funnelsim.documents.fit_drivers import FitDependence, FitDrivers
from funnelsim.documents.fit_sources import FitSource
from funnelsim.documents.fit_stages import FitStage
from funnelsim.documents.record import Known, KnownProbability, Record
from funnelsim.documents.shared import Titled
from funnelsim.documents.stages import FunnelStage


class FitHolidays(Record):
    """The public holidays of a country; `source` names the library and its version."""

    country: str
    source: str = ""
    first: dt.date | None = None
    last: dt.date | None = None
    days: int | None = None


class FitQuarter(Record):
    """Counts of one calendar quarter by week, scaled to seven days; None outside the history."""

    quarter: str
    seen: tuple[Known, ...] = ()


class FitCloses(Record):
    """Deals with one outcome by week of the quarter: observed, and expected with a 90 % band.

    Attributes
    ----------
    outside : float
        Share of the weeks with observed counts outside the band.
    """

    to: str
    seen: tuple[Known, ...] = ()
    expected: tuple[Known, ...] = ()
    low: tuple[Known, ...] = ()
    high: tuple[Known, ...] = ()
    quarters: tuple[FitQuarter, ...] = ()
    outside: Known = 0.0


class FitSegment(Record):
    """One segment of the model; probabilities are for a lead that starts in the first stage."""

    segment: str
    name: str = ""
    deals: int | None = None
    win_probability: KnownProbability = None
    win_low: KnownProbability = None
    win_high: KnownProbability = None


class FitRole(Record):
    """One role.

    Attributes
    ----------
    reps, seen : int
        Active now; ever observed.
    hours : str
        Empty: around the clock.
    borrowed : bool
        The role has too few tasks, so its hours are those of all roles.
    tasks : int
    work_hours : float
        Office hours spent on tasks.
    log_hours_a_week, model_hours_a_week : float
        Hours of work: observed while arrival rates were estimated, and in the model at steady state.
    """

    role: str
    name: str = ""
    reps: int | None = None
    seen: int | None = None
    hours: str = ""
    borrowed: bool = False
    tasks: int | None = None
    work_hours: Known = None
    log_hours_a_week: Known = None
    model_hours_a_week: Known = None

    @property
    def title(self) -> str:
        return self.name or self.role.replace("_", " ")

    @property
    def difference(self) -> float | None:
        """Relative difference of work in the model to work in the log."""
        if not self.log_hours_a_week or self.model_hours_a_week is None:
            return None
        return self.model_hours_a_week / self.log_hours_a_week - 1


class FitTask(Record):
    """The task of one stage: its effort in hours of work, with the standard error of the mean."""

    stage: str
    role: str
    by_role: KnownProbability = None
    tasks: int | None = None
    effort_hours: Known = None
    standard_error_hours: Known = None
    law: str = ""


class FitDocument(Titled):
    """The result of ``fit``: counts, distributions, coverage of the data and their limitations.

    Attributes
    ----------
    as_of, known_until : date, datetime
        The last day of the history, and the instant at which it ends.
    win_probability, win_low, win_high : float
        Probability that a new lead is eventually won, with its 90 % interval.
    closed_won_share : float
        Share of closed deals that were won, as a spreadsheet would compute it.
    draws_over : {"deal", "account"}
        Unit of the bootstrap.
    cannot_tell : tuple of str
        Limitations of the data, and what the model assumes instead.
    drivers : FitDrivers or None
        Hazard ratios by source, segment, rep, account and amount; None if not estimated.
    dependences : tuple of FitDependence
        Association tests of quantities that the model treats as independent.
    segments_by : str
        The covariate whose levels are the segments of the model; empty without segments.
    no_segments : str
        Why ``auto`` created no segments; else empty.
    roles, tasks : tuple
        Empty without task data in the history.
    holidays : FitHolidays or None
        None if no country is named.
    """

    last: ClassVar[tuple[str, ...]] = (
        "warnings",
        "drivers",
        "dependences",
        "segments_by",
        "no_segments",
        "segments",
        "roles",
        "tasks",
        "holidays",
        "known_until",
        "stage_names",
    )

    start: dt.date | None = None
    observed_from: dt.datetime | None = None
    since: dt.date | None = None
    resolution: str = ""
    deals: int | None = None
    open_deals: int | None = None
    open_listed: Known = None
    visits: int | None = None
    stages: tuple[FitStage, ...]
    stages_left_out: tuple[str, ...] = ()
    sources: tuple[FitSource, ...] = ()
    listed_factor: str = ""
    listed_factor_mean: Known = None
    win_probability: KnownProbability = None
    win_low: KnownProbability = None
    win_high: KnownProbability = None
    closed_won_share: KnownProbability = None
    funnel: tuple[FunnelStage, ...] = ()
    closes: tuple[FitCloses, ...] = ()
    draws: int | None = None
    draws_over: str = ""
    seed: int | None = None
    cannot_tell: tuple[str, ...] = ()
    drivers: FitDrivers | None = None
    dependences: tuple[FitDependence, ...] = ()
    segments_by: str = ""
    no_segments: str = ""
    segments: tuple[FitSegment, ...] = ()
    roles: tuple[FitRole, ...] = ()
    tasks: tuple[FitTask, ...] = ()
    holidays: FitHolidays | None = None
    known_until: dt.datetime | None = None
