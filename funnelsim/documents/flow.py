"""The document of the figures of a history: leads in stages over time, cycle times, ages and cohorts."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from funnelsim.documents.record import Known, KnownProbability, Record
from funnelsim.documents.shared import Titled


class CumulativeFlow(Record):
    """Leads by week, counted from the first week shown.

    Attributes
    ----------
    weeks : tuple of date
        Ends of weeks (the day after the last), ``W`` of them.
    open : dict of str to tuple of int
        Leads in each stage at the end of each week.
    won, ended : tuple of int
        Leads won, and ended in any other outcome, since the first week began.
    """

    weeks: tuple[dt.date, ...] = ()
    open: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    won: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()


class Win(Record):
    """A won lead: the day it closed, and the days from its creation."""

    deal: str
    closed: dt.date
    days: float
    amount: Known = None


class CycleTimes(Record):
    """Wins by closing date; of very many, the latest.

    Attributes
    ----------
    p50, p85, p95 : float
        Percentiles of the cycle time over the wins shown.
    n : int
        Wins in the history.
    """

    wins: tuple[Win, ...] = ()
    n: int = 0
    p50: Known = None
    p85: Known = None
    p95: Known = None


class OpenDeal(Record):
    deal: str
    name: str = ""
    account: str = ""
    days: float
    amount: Known = None


class StageAges(Record):
    """Ages of the open leads of a stage beside the time that visits took which went on.

    Attributes
    ----------
    open : tuple of OpenDeal
        Oldest first; of very many, evenly chosen ones.
    open_now : int
        All open leads of the stage.
    went_on : int
        Visits that went on to a later stage or to the win.
    p50, p80, p95, longest : float or None
        Time in stage of those.
    older : int
        Open leads that are older than the longest of them.
    """

    stage: str
    open: tuple[OpenDeal, ...] = ()
    open_now: int = 0
    went_on: int = 0
    p50: Known = None
    p80: Known = None
    p95: Known = None
    longest: Known = None
    older: int = 0


class Cohort(Record):
    """Leads that came in one month: the share won within so many days.

    Attributes
    ----------
    leads, won : int
    days, share : tuple of float
        Aalen-Johansen estimate of the cumulative share won, as a step function.
    complete_to : float
        Days for which every lead of the cohort has been observed; beyond, the estimate rests on the older
        ones of the month.
    """

    month: str
    leads: int
    won: int
    days: tuple[float, ...] = ()
    share: tuple[KnownProbability, ...] = ()
    complete_to: float = 0.0


class FlowDocument(Titled):
    """What the figures of a history are drawn from."""

    flow: CumulativeFlow = CumulativeFlow()
    cycle: CycleTimes = CycleTimes()
    ages: tuple[StageAges, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    observed_from: dt.date | None = None
