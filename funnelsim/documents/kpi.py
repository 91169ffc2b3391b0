"""The document of ``funnelsim kpi``: key figures by period, and which have changed beyond noise."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from funnelsim.documents.record import Known, Record
from funnelsim.documents.shared import Titled


class KpiPeriod(Record):
    """One key figure in one period.

    Attributes
    ----------
    complete : bool
        False where the records cover only a part of the period.
    baseline : bool
        Whether later periods are compared with it.
    value : float or None
        None where it is undefined, such as a cycle without wins.
    low, high : float or None
        Of a history, the interval of the value at the document's `level`; of a simulated model, the range
        that holds this share of the futures.
    n : float or None
        Cases that the value rests on: what it divides by, or the events; of a model the mean.
    limit_low, limit_high : float or None
        Control limits, of the periods that are compared and of the baseline.
    """

    period: str
    start: dt.date
    end: dt.date
    complete: bool = True
    baseline: bool = False
    value: Known = None
    low: Known = None
    high: Known = None
    n: Known = None
    limit_low: Known = None
    limit_high: Known = None


class KpiFigure(Record):
    """One key figure.

    Attributes
    ----------
    unit : {"count", "money", "days", "share", "ratio"}
    chart : str
        The control chart: ``p``, ``u`` or ``X``.
    target : float or None
        What is aimed at; `target_is` says whether it is ``at_least`` or ``at_most``.
    current : str
        The last complete period, which is compared with the baseline; empty if there is none.
    beyond_noise : bool or None
        Whether the current value lies outside its control limits; None where that is unknown.
    direction : {"up", "down", ""}
        Of a change beyond noise.
    better : bool or None
        Whether it is a change for the better.
    untested : str
        Why `beyond_noise` is null.
    same_as : str
        Another figure that is the same by definition.
    """

    name: str
    unit: Literal["count", "money", "days", "share", "ratio"]
    periods: tuple[KpiPeriod, ...]
    chart: str = ""
    more_is_better: bool = True
    target: Known = None
    target_is: str = ""
    current: str = ""
    beyond_noise: bool | None = None
    direction: str = ""
    better: bool | None = None
    untested: str = ""
    same_as: str = ""

    @property
    def now(self) -> KpiPeriod | None:
        """The current period."""
        return next((one for one in self.periods if one.period == self.current), None)


class KpiGroup(Record):
    """The figures of one segment, source, rep or team.

    Attributes
    ----------
    n : float
        Leads that ended in the current period.
    small : bool
        Whether these are too few to say much.
    """

    name: str
    n: float
    small: bool = False
    kpis: tuple[KpiFigure, ...]


class KpiDocument(Titled):
    """The result of ``kpi``.

    Attributes
    ----------
    simulated : bool
        Whether the figures are those of a simulated model.
    by : {"week", "month", "quarter"}
    split : str
        What the groups are, empty for none.
    records_from, observed_from : date or None
        The first record; the day from which on exits are recorded.
    baseline_from : date or None
        Periods that start earlier are not compared: only quick deals could have ended by then.
    level : float
        Of the intervals.
    false_alarms : float
        Probability of any false alarm in `kpis` if nothing has changed, and the same in all `groups`.
    tests, group_tests : int
        Over how many comparisons it is divided.
    history : str
        Of a simulated model, the history that it was fitted to.
    can_split : tuple of str
        Groups that `split` could compare: fields of which several values occur.
    missing : dict
        Key figures that are not available, with the reason.
    """

    simulated: bool = False
    by: Literal["week", "month", "quarter"] = "month"
    split: str = ""
    records_from: dt.date | None = None
    observed_from: dt.date | None = None
    baseline_from: dt.date | None = None
    sales_stage: str = ""
    level: float = 0.9
    false_alarms: float = 0.05
    tests: int = 0
    group_tests: int = 0
    history: str = ""
    can_split: tuple[str, ...] = ()
    kpis: tuple[KpiFigure, ...]
    groups: tuple[KpiGroup, ...] = ()
    missing: dict[str, str] = Field(default_factory=dict)

    last = ("missing", "assumptions", "warnings")

    @property
    def changed(self) -> list[KpiFigure]:
        """The figures that have changed beyond noise, the worse ones first."""
        found = [one for one in self.kpis if one.beyond_noise and not one.same_as]
        return sorted(found, key=lambda one: one.better is not False)
