"""How often reps leave: an exponential life, right-censored for those who are still there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import YEAR_DAYS
from funnelsim.fitting.productivity.roster import Rep


@dataclass(frozen=True, kw_only=True)
class Attrition:
    """Departures over the years that reps were observed.

    Attributes
    ----------
    departures : int
    rep_years : float
    """

    departures: int
    rep_years: float

    @property
    def rate(self) -> float:
        """Departures per rep and year (maximum likelihood)."""
        return self.departures / self.rep_years if self.rep_years > 0 else 0.0

    @property
    def expected(self) -> float:
        """Mean of `draws`."""
        return (self.departures + 0.5) / self.rep_years if self.rep_years > 0 else 0.0

    def draws(self, rng: np.random.Generator, count: int) -> Floats:
        """Rates per year that the data allow, shape (count,): Gamma(departures + 1/2, rep-years).

        The posterior with the prior of Jeffreys (1946), whose intervals hold about as often as they say even
        with few departures.
        """
        if self.rep_years <= 0:
            return np.zeros(count)
        return rng.gamma(self.departures + 0.5, 1 / self.rep_years, size=count)


def observed_attrition(reps: Sequence[Rep], first_day: float) -> Attrition:
    """Departures and rep-years from `first_day` on.

    A rep who fell silent less than their longest usual silence ago may or may not have left, so each is
    observed up to `Rep.known_until` only: counting departures up to today would miss the latest ones.
    """
    departures, days = 0, 0.0
    for rep in reps:
        begin = max(first_day, rep.first_day)
        if rep.end_day is not None and begin <= rep.end_day <= rep.known_until:
            departures += 1
            days += rep.end_day - begin
        else:
            days += max(0.0, min(rep.known_until, rep.last_day) - begin)
    return Attrition(departures=departures, rep_years=days / YEAR_DAYS)
