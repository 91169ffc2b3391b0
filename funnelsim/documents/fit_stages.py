"""The stages of a fit: where visits go, how long they take, how closely the model follows them."""

from __future__ import annotations

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Number, Probability, Record


class FitExit(Record):
    """One way out of a stage.

    Attributes
    ----------
    count, at_once : int
        Moves seen; those that took under a minute.
    p, p_low, p_high : float
        Probability and its 90 % interval (None without parameter draws).
    median_days, mean_days : float
        Of the dwell of those who leave this way.
    criteria : dict of str to float
        AICc of each family above the best; empty where the family was not chosen by the data.
    borrowed : bool
        Seen too seldom: the law leans on all exits of the stage.
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
    """All exits of a stage to one target, where there are several."""

    to: str
    p: Probability
    p_low: KnownProbability = None
    p_high: KnownProbability = None


class FitNever(Record):
    """Whether some visits never end, and why that was or was not assumed; see `NeverVerdict`."""

    reason: str = ""
    share: Probability = 0.0
    at_most: Known = None
    gain: Known = None
    older: int = 0


class FitRecent(Record):
    """Moves out of a stage in the last `days` days: seen, and expected by the fitted laws."""

    stage: str = ""
    to: str
    days: float
    seen: int
    expected: float


class FitHoliday(Record):
    """What public holidays do to the leads or moves of a day; used: the model has it."""

    factor: float
    low: float
    high: float
    holidays: int
    seen: Number
    expected: float
    used: bool


class FitMoving(Record):
    """How moves to one target follow the calendar and the last weeks.

    Attributes
    ----------
    month, week, day, weekday : tuple of float or None
        Factors on the pace by month of the year or the calendar quarter and by week of the quarter, by day of
        the month (the last of the 31 for the last day of each), and from Monday on; None where even.
    times_seen : float or None
        How many whole quarters or years the pattern of months was seen; None without one.
    level, level_low, level_high : float
        Strength of the exit as the model takes it, over that of the whole history, with its 90 % range.
    months : tuple of str
        Calendar months, with moves seen, and expected of a steady exit that follows the calendar.
    holiday : FitHoliday or None
        Where a country is named and enough holidays were seen.
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
    """Share of visits that left to one target by age: seen (Aalen-Johansen, 90 % band), and fitted.

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
        Visits that began before observation did; that ended before it, and so tell nothing.
    median_days, mean_days : float
        Of the dwell of those who leave at all.
    longest_follow_up_days, mass_beyond : float
        The longest stay ever watched, and the share of stays that the laws take to be longer.
    oldest_open_beyond : int
        Open visits older than 99 % of the stays of those who leave.
    largest_gap : float
        Largest difference between fitted and observed share still there, over the whole history.
    half_life_days : float or None
        What was seen so long ago counts half; None where all the past counts alike.
    recent : tuple of FitRecent
        Moves of the last quarter beside what the whole history expects: a sign of drift.
    moving : tuple of FitMoving
        What the model makes of the calendar and of drift, by target.
    incidence : tuple of FitIncidence
        How closely the laws follow the whole history, by target.
    targets : tuple of FitTarget
        Those that several of `exits` lead to.
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
        """What the exits to a target say together; None where there is one at most."""
        return next((target for target in self.targets if target.to == to), None)

    @property
    def title(self) -> str:
        return self.name or self.stage.replace("_", " ")
