"""Who was a rep, from when to when: from the activity on their deals, or as a file of reps says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats

#: A rep is silent for good if chance explains the silence less than once in this many reps. Smaller: reps on
#: holiday count as gone. Larger: reps who left are noticed later.
ONE_IN = 100.0
#: No shorter silence counts: holidays and illness last as long.
SHORTEST_SILENCE_DAYS = 30.0
#: Activity comes in bursts, so a silence must also exceed the longest one before by this factor.
OVER_LONGEST = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """One rep. Days count from the as-of time, so those of the past are negative.

    Attributes
    ----------
    name, role, team : str
    start_day : float or None
        First day at work; None if it lies before the history begins and is unknown (taken as ramped).
    end_day : float or None
        Last day; None for a rep who is still there. May lie in the future if a file of reps says so.
    share : float
        Share of full time.
    known_until : float
        Up to this day it is known whether the rep has left: later, silence would not be noticed yet.
    """

    name: str
    role: str = "rep"
    team: str = ""
    start_day: float | None = None
    end_day: float | None = None
    share: float = 1.0
    known_until: float = 0.0

    @property
    def left(self) -> bool:
        """Whether the rep has left by the as-of time."""
        return self.end_day is not None and self.end_day <= 0

    @property
    def first_day(self) -> float:
        """The first day, minus infinity if it lies before the history."""
        return -math.inf if self.start_day is None else self.start_day

    @property
    def last_day(self) -> float:
        """The last known day: the end, or the as-of time."""
        return 0.0 if self.end_day is None else min(self.end_day, 0.0)


def from_activity(active_days: Mapping[str, Floats], first_day: float) -> tuple[Rep, ...]:
    """Reps as their activity suggests.

    A rep has begun within the history if the silence before their first active day is longer than chance
    explains, and has left if the silence after their last one is. Chance explains a silence of
    ``log(100) / rate`` days, where `rate` is the rep's own active days per day (one in 100 silences of a
    Poisson process is longer); and it must be longer than 30 days, and than 1.5 times the longest silence
    between two active days. Start and end are set one mean silence outside the first and last active day,
    which is unbiased for a Poisson process.

    Parameters
    ----------
    active_days : dict of str to ndarray
        Days of the past (negative) on which a deal of the rep was created, moved on or won.
    first_day : float
        First day of the history.
    """
    return tuple(_rep(name, np.sort(days), first_day) for name, days in sorted(active_days.items()))


def _rep(name: str, days: Floats, first_day: float) -> Rep:
    first, last = float(days[0]), float(days[-1])
    gaps = np.diff(days)
    mean_gap = float(gaps.mean()) if gaps.size else -first
    longest = float(gaps.max()) if gaps.size else 0.0
    noticed = max(SHORTEST_SILENCE_DAYS, math.log(ONE_IN) * mean_gap, OVER_LONGEST * longest)
    begun = first - first_day > noticed
    left = -last > noticed
    return Rep(
        name=name,
        start_day=max(first_day, first - mean_gap) if begun else None,
        end_day=min(0.0, last + mean_gap) if left else None,
        known_until=-noticed,
    )
