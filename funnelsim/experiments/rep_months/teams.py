"""Plans of hires for a team, simulated on common random numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.experiments.known_plan import REACHED, KnownPlan
from funnelsim.experiments.rep_months.seats import Seat, SeatResult, Seats
from funnelsim.metrics.quota import attained, attainment

#: Called with the number of plans simulated so far.
Tried = Callable[[int], None]


@dataclass(frozen=True, slots=True, order=True)
class Hires:
    """So many reps who start on one day; no hires without a day."""

    count: int = 0
    on: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class TeamResult:
    """What a plan comes to.

    Attributes
    ----------
    hires : Hires
    total : SeatResult
        Of all seats, from the as-of time on.
    credit : ndarray, shape (R,)
        What counts against the quota, with what is booked already.
    probability, mc_error : float
    """

    hires: Hires
    total: SeatResult
    credit: Floats
    probability: float
    mc_error: float


class Teams:
    """Simulates a team with hires; each seat is simulated once and serves all plans that have it.

    Because the draws of a seat do not depend on the plan, one more hire never lowers the bookings of any
    future: the probability to reach the quota rises with their number, exactly.

    Parameters
    ----------
    seats : Seats
    quota : float
    booked : float
        Booked in the period before the as-of time.
    tried : callable, optional
        Called with the number of plans simulated so far.
    """

    def __init__(
        self, seats: Seats, *, quota: float, booked: float = 0.0, tried: Tried | None = None
    ) -> None:
        self.seats = seats
        self.quota = quota
        self.booked = booked
        self.tried = tried
        self._hired: dict[tuple[dt.date, int], SeatResult] = {}
        self._results: dict[Hires, TeamResult] = {}

    @property
    def as_of(self) -> dt.date:
        """The day from which everything is simulated."""
        return self.seats.productivity.as_of

    @cached_property
    def seats_today(self) -> tuple[Seat, ...]:
        """Seats of those who are there, or whose start is known."""
        return tuple(
            Seat(
                name=rep.name,
                rep=place,
                start_day=rep.first_day,
                end_day=np.inf if rep.end_day is None else rep.end_day,
                share=rep.share,
            )
            for place, rep in enumerate(self.seats.productivity.reps)
            if not rep.left
        )

    @cached_property
    def today(self) -> SeatResult:
        """The team without hires."""
        total = SeatResult.nothing(self.seats.replications)
        for seat in self.seats_today:
            total = total + self.seats.run(seat)
        return total

    def hired(self, on: dt.date, place: int) -> SeatResult:
        """One hire who starts on a day: the first has place 1."""
        if (on, place) not in self._hired:
            start = float((on - self.as_of).days)
            self._hired[on, place] = self.seats.run(Seat(name=f"hire/{place}", start_day=start))
        return self._hired[on, place]

    def of(self, hires: Hires) -> TeamResult:
        """The team with some hires."""
        if hires not in self._results:
            total = self.today
            if hires.count:
                assert hires.on is not None
                fewer = Hires(hires.count - 1, hires.on) if hires.count > 1 else Hires()
                total = self.of(fewer).total + self.hired(hires.on, hires.count)
            credit = total.bookings + self.booked
            p, error = attainment(credit, self.quota, self.seats.draw)
            self._results[hires] = TeamResult(
                hires=hires, total=total, credit=credit, probability=p, mc_error=error
            )
            if self.tried is not None:
                self.tried(len(self._results))
        return self._results[hires]

    def known_plans(self) -> list[KnownPlan]:
        """All teams simulated so far, fewest hires first."""
        return [
            KnownPlan(
                hires=(("", hires.on, hires.count),) if hires.count else (),
                means={REACHED: one.probability},
                futures=one.credit.size,
            )
            for hires, one in sorted(self._results.items(), key=lambda item: item[0].count)
        ]

    def reached(self, hires: Hires) -> Floats:
        """1 in the futures in which a plan reaches the quota, shape (R,)."""
        return attained(self.of(hires).credit, self.quota)
