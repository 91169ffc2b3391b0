"""The document of ``funnelsim fit``."""

from __future__ import annotations

import datetime as dt

from funnelsim.documents.record import Probability, Record
from funnelsim.documents.shared import Titled
from funnelsim.documents.stages import FunnelStage


class FitExit(Record):
    to: str
    exit: str = ""
    count: float | None = None
    p: Probability | None = None
    p_low: Probability | None = None
    p_high: Probability | None = None
    law: str = ""
    median_days: float | None = None
    borrowed: bool = False


class FitTarget(Record):
    """All exits of a stage to one target, where there are several."""

    to: str
    p: Probability
    p_low: Probability | None = None
    p_high: Probability | None = None


class FitNever(Record):
    share: Probability = 0.0


class FitHoliday(Record):
    """What public holidays do to the leads or moves of a day; used: the model has it."""

    factor: float
    low: float
    high: float
    holidays: float
    seen: float
    expected: float
    used: bool


class FitHolidays(Record):
    country: str
    source: str = ""


class FitMoving(Record):
    to: str
    month: tuple[float, ...] | None = None
    week: tuple[float, ...] | None = None
    day: tuple[float, ...] | None = None
    weekday: tuple[float, ...] | None = None
    level: float = 1.0
    level_low: float = 1.0
    level_high: float = 1.0
    holiday: FitHoliday | None = None


class FitIncidence(Record):
    to: str
    days: tuple[float, ...] = ()
    seen: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    fitted: tuple[float, ...] = ()
    gap: float = 0.0


class FitQuarter(Record):
    quarter: str
    seen: tuple[float | None, ...] = ()


class FitCloses(Record):
    """Deals that ended one way, by week of the quarter."""

    to: str
    seen: tuple[float | None, ...] = ()
    expected: tuple[float | None, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    quarters: tuple[FitQuarter, ...] = ()
    outside: float = 0.0


class FitStage(Record):
    stage: str
    name: str = ""
    visits: float | None = None
    open: float | None = None
    exits: tuple[FitExit, ...] = ()
    longest_follow_up_days: float | None = None
    mass_beyond: float | None = None
    seen_late: float | None = None
    oldest_open_beyond: float | None = None
    never: FitNever | None = None
    moving: tuple[FitMoving, ...] = ()
    incidence: tuple[FitIncidence, ...] = ()
    targets: tuple[FitTarget, ...] = ()

    def together(self, to: str) -> FitTarget | None:
        """What the exits to a target say together; None where there is one at most."""
        return next((target for target in self.targets if target.to == to), None)

    @property
    def title(self) -> str:
        return self.name or self.stage.replace("_", " ")


class FitSource(Record):
    source: str
    name: str = ""
    deals: float | None = None
    rate_per_day: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    rests_on_days: float | None = None
    wins: float | None = None
    amount_mean: float | None = None
    amount_kind: str = ""
    win_probability: Probability | None = None
    holiday: FitHoliday | None = None

    @property
    def title(self) -> str:
        return self.name or self.source.replace("_", " ")


class FitLevel(Record):
    level: str
    deals: float | None = None
    seen: float | None = None
    expected: float | None = None
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    clear: bool = False


class FitDriver(Record):
    covariate: str
    stage: str = ""
    to: str = ""
    kind: str = ""
    p_value: Probability | None = None
    q_value: Probability | None = None
    levels: tuple[FitLevel, ...] = ()


class FitNotUsed(Record):
    covariate: str
    reason: str = ""
    name: str = ""


class FitDrivers(Record):
    found: tuple[FitDriver, ...] = ()
    not_used: tuple[FitNotUsed, ...] = ()
    fast_days: float | None = None
    fast_share: Probability | None = None


class FitSegment(Record):
    segment: str
    name: str = ""
    deals: float | None = None
    win_probability: Probability | None = None
    win_low: Probability | None = None
    win_high: Probability | None = None


class FitRole(Record):
    role: str
    name: str = ""
    reps: float | None = None
    seen: float | None = None
    hours: str = ""
    borrowed: bool = False
    tasks: float | None = None
    work_hours: float | None = None
    log_hours_a_week: float | None = None
    model_hours_a_week: float | None = None

    @property
    def title(self) -> str:
        return self.name or self.role.replace("_", " ")

    @property
    def difference(self) -> float | None:
        """Work in the model over that in the log, less one."""
        if not self.log_hours_a_week or self.model_hours_a_week is None:
            return None
        return self.model_hours_a_week / self.log_hours_a_week - 1


class FitTask(Record):
    stage: str
    role: str
    by_role: Probability | None = None
    tasks: float | None = None
    effort_hours: float | None = None
    standard_error_hours: float | None = None
    law: str = ""


class FitDependence(Record):
    question: str
    stage: str
    before: str = ""
    visits: float | None = None
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    p_value: Probability | None = None
    q_value: Probability | None = None
    clear: bool = False


class FitDocument(Titled):
    stages: tuple[FitStage, ...]
    sources: tuple[FitSource, ...] = ()
    since: dt.date | None = None
    deals: float | None = None
    open_deals: float | None = None
    open_listed: float | None = None
    closed_won_share: Probability | None = None
    visits: float | None = None
    win_probability: Probability | None = None
    win_low: Probability | None = None
    win_high: Probability | None = None
    cannot_tell: tuple[str, ...] = ()
    funnel: tuple[FunnelStage, ...] = ()
    drivers: FitDrivers | None = None
    dependences: tuple[FitDependence, ...] = ()
    segments_by: str = ""
    no_segments: str = ""
    segments: tuple[FitSegment, ...] = ()
    roles: tuple[FitRole, ...] = ()
    tasks: tuple[FitTask, ...] = ()
    closes: tuple[FitCloses, ...] = ()
    holidays: FitHolidays | None = None
