"""The stages of a fit: exits, time in stage, and goodness of fit."""

from __future__ import annotations

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Number, Probability, Record


class FitExit(Record):
    """One exit of a stage.

    Attributes
    ----------
    count, at_once : int
        Observed exits; those after less than a minute.
    p, p_low, p_high : float
        Probability and its 90 % interval (None without parameter draws).
    median_days, mean_days : float
        Dwell of visits with this exit.
    criteria : dict of str to float
        AICc of each family minus the best; empty if the family was not chosen by AICc.
    borrowed : bool
        Too few events, so the prior from all exits of the stage dominates.
    """

    exit: str = ""
    to: str
    count: int | None = None
    at_once: int | None = None
    p: KnownProbability = None
    p_low: KnownProbability = None
    p_high: KnownProbability = None
    law: str = ""
    median_days: Known = None
    mean_days: Known = None
    criteria: dict[str, Known] = Field(default_factory=dict)
    borrowed: bool = False


class FitTarget(Record):
    """All exits of a stage to one target, if there are several."""

    to: str
    p: Probability
    p_low: KnownProbability = None
    p_high: KnownProbability = None


class FitNever(Record):
    """The cure fraction of a stage, and why it was or was not assumed; see `CureFraction`."""

    reason: str = ""
    share: Probability = 0.0
    at_most: Known = None
    gain: Known = None
    older: int = 0


class FitRecent(Record):
    """Exits of a stage in the last `days` days: observed, and expected by the fit."""

    stage: str = ""
    to: str
    days: float
    seen: int
    expected: float


class FitHoliday(Record):
    """The effect of public holidays on daily leads or exits; `used` if it is in the model."""

    factor: float
    low: float
    high: float
    holidays: int
    seen: Number
    expected: float
    used: bool


class FitMoving(Record):
    """Seasonality and current level of the exits to one target.

    Attributes
    ----------
    month, week, day, weekday : tuple of float or None
        Factors on the hazard by month of the year or the calendar quarter and by week of the quarter, by day
        of the month (the last of the 31 for the last day of each), and from Monday on; None if constant.
    times_seen : float or None
        Observed repetitions (quarters or years) of the monthly pattern; None without one.
    level, level_low, level_high : float
        Hazard in the model over that of the whole history, with its 90 % range.
    months : tuple of str
        Calendar months, with exits observed, and expected with seasonality but without drift.
    holiday : FitHoliday or None
        Where a country is named and there are enough holidays.
    """

    to: str
    month: tuple[float, ...] | None = None
    week: tuple[float, ...] | None = None
    day: tuple[float, ...] | None = None
    weekday: tuple[float, ...] | None = None
    times_seen: Known = None
    level: float = 1.0
    level_low: float = 1.0
    level_high: float = 1.0
    months: tuple[str, ...] = ()
    seen: tuple[Known, ...] = ()
    expected: tuple[Known, ...] = ()
    holiday: FitHoliday | None = None


class FitIncidence(Record):
    """Cumulative incidence of one target by age: observed (Aalen-Johansen, 90 % band), and fitted.

    Attributes
    ----------
    gap : float
        Largest difference between the two.
    outside : float
        Share of the ages at which the model leaves the band.
    """

    to: str
    days: tuple[float, ...] = ()
    seen: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    fitted: tuple[float, ...] = ()
    gap: float = 0.0
    outside: Known = None


class FitStage(Record):
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
        Half-life of exponential weights; None if all data have equal weight.
    recent : tuple of FitRecent
        Exits of the last quarter, observed and expected: a sign of drift.
    moving : tuple of FitMoving
        Seasonality and current level, by target.
    incidence : tuple of FitIncidence
        Goodness of fit to the whole history, by target.
    targets : tuple of FitTarget
        Targets with several exits.
    """

    stage: str
    name: str = ""
    visits: int = 0
    open: int = 0
    seen_late: int | None = None
    left_out: int | None = None
    exits: tuple[FitExit, ...] = ()
    median_days: Known = None
    mean_days: Known = None
    longest_follow_up_days: Known = None
    mass_beyond: Known = None
    oldest_open_beyond: int | None = None
    largest_gap: float = 0.0
    never: FitNever = FitNever()
    half_life_days: float | None = None
    recent: tuple[FitRecent, ...] = ()
    moving: tuple[FitMoving, ...] = ()
    incidence: tuple[FitIncidence, ...] = ()
    targets: tuple[FitTarget, ...] = ()

    def together(self, to: str) -> FitTarget | None:
        """The exits to a target combined; None unless there are several."""
        return next((target for target in self.targets if target.to == to), None)

    @property
    def title(self) -> str:
        return self.name or self.stage.replace("_", " ")
