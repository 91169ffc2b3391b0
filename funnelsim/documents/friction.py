"""The document of ``funnelsim friction``."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Number, Probability, Record
from funnelsim.documents.shared import PeriodSpan, Summary, Titled


class Effect(Record):
    """An expected difference from the base, with its interval."""

    mean: Known = None
    low: Known = None
    high: Known = None

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class Effects(Record):
    """What one change does to each metric of the period, and to the chance of quota."""

    metrics: dict[str, Effect] = Field(default_factory=dict)
    attainment_probability: Effect | None = None
    clear: bool = False


class Lever(Effects):
    """A small improvement and what it is worth in the period.

    Attributes
    ----------
    kind : {"conversion", "time", "work", "people", "waiting", "leads"}
    path, change : str
        As ``compare --set PATH=CHANGE`` takes them.
    name : str
        The change in words.
    changes_from : date or None
        Where the change acts on visits that begin from this day on; None: from the start.
    stage : str
        Empty for sources and roles.
    hours_saved : float or None
        Of a kind ``waiting``: hours of waiting a task that the change saves; the effects are for one of them.
    """

    kind: str = ""
    path: str
    change: str
    name: str
    stage: str = ""
    changes_from: dt.date | None = None
    hours_saved: Known = None


class Driver(Lever):
    """A group of leads that moves more or less often in the data, and what closing the gap would be worth.

    Attributes
    ----------
    covariate, level : str
        The group: ``source``, ``Referral``.
    to : str
        The move is from `stage` to this stage or outcome.
    moves : str
        ``trigger`` or ``friction``, as the fit reports them.
    ratio, ratio_low, ratio_high : float
        How often the group makes the move, relative to all leads, with the interval of the fit.
    share : float
        Of the leads that belong to the group.
    chance, chance_if_closed : float
        Probability of the move, on average over all leads: now, and if the gap were closed.
    raised : {"others", "group"}
        Which leads would change: all others reach the group, or the group reaches the others.
    """

    covariate: str = ""
    level: str = ""
    to: str = ""
    moves: str = ""
    ratio: Known = None
    ratio_low: Known = None
    ratio_high: Known = None
    share: KnownProbability = None
    chance: KnownProbability = None
    chance_if_closed: KnownProbability = None
    raised: str = ""


class Wait(Record):
    """Mean days of waiting a visit, by cause."""

    no_rep: Known = None
    office_closed: Known = None


class Leak(Record):
    """Where leads and money leave: one stage, in the period.

    Attributes
    ----------
    lost, lost_low, lost_high : float
        Leads lost from the stage, with the interval of the mean.
    value, value_low, value_high : float
        What they would have brought had they gone on; in the unit of the document's ``value_of``.
    won_if_on : float
        Share of the leads that go on from here that are won in the end.
    days : float
        Mean time of a visit, the sum of both waits, ``work_days`` and ``own_days``.
    work_days : float
        From the start of the first task to the end of the last, nights included.
    own_days : float
        The buyer's own time.
    """

    stage: str
    lost: Known = None
    lost_low: Known = None
    lost_high: Known = None
    value: Known = None
    value_low: Known = None
    value_high: Known = None
    won_if_on: KnownProbability = None
    days: Known = None
    wait: Wait = Wait()
    work_days: Known = None
    own_days: Known = None


class Removal(Record):
    """A removed stage: what it is worth if only its time is saved, and if everyone lost there was good."""

    stage: str
    time_only: Effects = Effects()
    all_recovered: Effects = Effects()


class FrictionDocument(Titled):
    """The result of ``friction``.

    Attributes
    ----------
    metric : str
        What the levers are sorted by, and what ``clear`` refers to.
    value_of : str
        Unit of the leaks' ``value``: ``bookings``, ``quota_credit`` or ``deals_won``.
    top : int
        Rows of each list on screen and in the figure.
    level : float
        Of all intervals.
    leaks_replications : int
        Futures that the leaks are counted in.
    unknown_drivers : str
        Why there are no drivers; else empty.
    later_period : str
        The period after this one, where this one is too short to show what early stages are worth.
    """

    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    changes_from: dt.date | None = None
    days: float | None = None
    quota: Number | None = None
    metric: str = "bookings"
    value_of: str = "bookings"
    top: int = 10
    level: Probability = 0.9
    stages: tuple[str, ...] = ()
    base: dict[str, Summary]
    attainment_probability: KnownProbability = None
    leaks: tuple[Leak, ...] = ()
    leaks_replications: int | None = None
    levers: tuple[Lever, ...] = ()
    removals: tuple[Removal, ...] = ()
    drivers: tuple[Driver, ...] = ()
    unknown_drivers: str = ""
    later_period: str = ""

    last = ("assumptions", "warnings")

    @property
    def span(self) -> PeriodSpan:
        """The period."""
        return PeriodSpan(period=self.period, start=self.start, end=self.end, quota=self.quota)

    @property
    def without_money(self) -> bool:
        return self.value_of == "deals_won"

    @property
    def has_waits(self) -> bool:
        """Whether anyone waits for a rep."""
        return any(leak.wait.no_rep or leak.wait.office_closed for leak in self.leaks)
