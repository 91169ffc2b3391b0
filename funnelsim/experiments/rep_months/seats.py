"""What one seat books: a rep who may leave, and those who follow, month by month in many futures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import gammaincinv

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.calendar.time import MONTH_DAYS, YEAR_DAYS
from funnelsim.experiments.rep_months.draws import Draws, Use, gamma_quantile
from funnelsim.fitting.productivity.fit import Productivity

#: More reps than this do not follow each other on one seat; the chance that they would is negligible for
#: periods of a few years.
MOST_SPELLS = 8
#: Start of reps who were there before the history began: any day after which they are ramped will do.
LONG_AGO = -1e5
#: A rep-month with more wins than this has its amounts drawn as one sum, from a Gamma distribution with the
#: mean and variance of the sum.
MOST_AMOUNTS = 2000


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A place in the team.

    Attributes
    ----------
    name : str
        Key of its random draws: the rep's name, or that of a hire.
    rep : int or None
        Place of the present rep in `Productivity.reps`; None for a hire.
    start_day : float
        First day of the first rep, from the as-of time; minus infinity for one who was there all along.
    end_day : float
        Last day, if it is known; nobody follows then.
    share : float
        Share of full time.
    """

    name: str
    rep: int | None = None
    start_day: float = -np.inf
    end_day: float = np.inf
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class SeatResult:
    """What a seat does in the counted part of the period, in each of ``R`` futures, shape (R,) each.

    Attributes
    ----------
    bookings : ndarray
        In currency, or wins if no amounts are known.
    wins : ndarray
    rep_months : ndarray
        Months with somebody on the seat, times the share.
    months_before : ndarray
        The same from `Seats.from_day` to the counted part.
    ramped_months : ndarray
        The same, each month counting as its ramp.
    """

    bookings: Floats
    wins: Floats
    rep_months: Floats
    months_before: Floats
    ramped_months: Floats

    @classmethod
    def nothing(cls, size: int) -> SeatResult:
        """Of no seat at all."""
        return cls(**{field.name: np.zeros(size) for field in fields(cls)})

    def __add__(self, other: SeatResult) -> SeatResult:
        return SeatResult(
            bookings=self.bookings + other.bookings,
            wins=self.wins + other.wins,
            rep_months=self.rep_months + other.rep_months,
            months_before=self.months_before + other.months_before,
            ramped_months=self.ramped_months + other.ramped_months,
        )


@dataclass(frozen=True, kw_only=True)
class Month:
    """A calendar month, or the part of it that counts. `number` is months since year 0, a key of draws."""

    number: int
    start_day: float
    end_day: float


def months_between(as_of: dt.date, start_day: float, end_day: float) -> tuple[Month, ...]:
    """Calendar months that overlap a span of days from `as_of`, cut to it."""
    day = (as_of + dt.timedelta(days=int(np.floor(start_day)))).replace(day=1)
    found = []
    while (begin := float((day - as_of).days)) < end_day:
        following = (day + dt.timedelta(days=32)).replace(day=1)
        low, high = max(begin, start_day), min(float((following - as_of).days), end_day)
        if high > low:
            found.append(Month(number=day.year * 12 + day.month, start_day=low, end_day=high))
        day = following
    return tuple(found)


class Seats:
    """Simulates seats over a period, each on its own random draws.

    Parameters
    ----------
    productivity : Productivity
    start_day, end_day : float
        The part of the period that is counted, from the as-of time on.
    from_day : float, default 0
        The first day whose people cost, at `start_day` at the latest: the model's start.
    replications : int or range
        Futures, or their numbers; future ``r`` uses parameter draw ``r mod B``.
    seed : int
    attrition : float, optional
        Departures per rep and year, instead of those learnt.
    backfill_days : float, optional
        Days until somebody follows a rep who has left; None: nobody does.
    """

    def __init__(
        self,
        productivity: Productivity,
        *,
        start_day: float,
        end_day: float,
        from_day: float = 0.0,
        replications: int | range,
        seed: int,
        attrition: float | None = None,
        backfill_days: float | None = 60.0,
    ) -> None:
        self.productivity = productivity
        self.months = months_between(productivity.as_of, start_day, end_day)
        self.from_day, self.start_day, self.end_day = from_day, start_day, end_day
        self.draws = Draws(seed, replications)
        self.replications = self.draws.size
        self.backfill_days = backfill_days
        self.draw: Ints = self.draws.numbers % len(productivity.draws.mean)
        self._ramp = productivity.draws.ramp
        self._ramp_sums = np.concatenate(
            [np.zeros((len(self._ramp), 1)), self._ramp[:, :-1].cumsum(axis=1)], axis=1
        )
        rates = productivity.attrition_draws[self.draw]
        self.leaves_per_day = (
            rates if attrition is None else np.full(self.replications, attrition)
        ) / YEAR_DAYS
        # A hire is the same person on whatever day they start.
        self._people: dict[tuple[str, int], tuple[Floats, Floats]] = {}
        self._posterior = productivity.rep_posterior()
        self._month_factor = {month.number: self._factor_of(month.number) for month in self.months}

    def _factor_of(self, month: int) -> Floats:
        """Factor on the wins of all reps in a month, shape (R,): level and variation beyond chance."""
        u = self.draws.uniforms("team", Use.MONTH, month)[0]
        sd = self.productivity.month_variance**0.5
        return gamma_quantile(u, 1.0, sd) * self.productivity.level

    def run(self, seat: Seat) -> SeatResult:
        """Simulate one seat."""
        total = SeatResult.nothing(self.replications)
        for spell, (begin, end) in enumerate(self._spells(seat)):
            rep = seat.rep if spell == 0 else None
            total = total + self._spell(seat, spell, rep, begin, end)
        return total

    def _spells(self, seat: Seat) -> Iterator[tuple[Floats, Floats]]:
        """First and last day of each rep on the seat, shape (R,) each; equal for an empty spell."""
        begin = np.full(self.replications, max(float(seat.start_day), LONG_AGO))
        for spell in range(MOST_SPELLS):
            u = self.draws.uniforms(seat.name, Use.PERSON, spell)[2]
            with np.errstate(divide="ignore"):
                life = -np.log1p(-u) / self.leaves_per_day
            # Without memory: who is there today stays as long as a new one.
            end = np.minimum(np.maximum(begin, 0.0) + life, seat.end_day)
            yield begin, np.minimum(end, self.end_day)
            if self.backfill_days is None:
                return
            begin = np.where(end < seat.end_day, end + self.backfill_days, np.inf)
            if (begin >= self.end_day).all():
                return
            begin = np.minimum(begin, self.end_day)

    def _spell(self, seat: Seat, spell: int, rep: int | None, begin: Floats, end: Floats) -> SeatResult:
        if (seat.name, spell) not in self._people:
            self._people[seat.name, spell] = self._person(seat.name, spell, rep)
        theta, size_factor = self._people[seat.name, spell]
        bookings, wins, present, ramped = (np.zeros(self.replications) for _ in range(4))
        for month in self.months:
            low = np.clip(begin, month.start_day, month.end_day)
            high = np.clip(end, low, month.end_day)
            days = high - low
            if not days.any():
                continue
            effective = self._ramped_months(begin, low, high) * seat.share
            mean = theta * effective * self._month_factor[month.number]
            index = month.number * MOST_SPELLS + spell
            won = self.draws.counts(seat.name, index, mean)
            wins += won
            bookings += self._amounts(seat.name, index, won, size_factor)
            present += days / MONTH_DAYS * seat.share
            ramped += effective
        low = np.clip(begin, self.from_day, self.start_day)
        before = (np.clip(end, low, self.start_day) - low) / MONTH_DAYS * seat.share
        return SeatResult(
            bookings=bookings, wins=wins, rep_months=present, months_before=before, ramped_months=ramped
        )

    def _person(self, name: str, spell: int, rep: int | None) -> tuple[Floats, Floats]:
        """Wins per ramped month, and the factor on amounts, of one person, shape (R,) each."""
        u, v = self.draws.uniforms(name, Use.PERSON, spell)[:2]
        sizes, draws = self.productivity.sizes, self.productivity.draws
        if rep is None:
            shape, rate = draws.shape, draws.shape / draws.mean
            factor = (1.0, sizes.between_sd) if sizes else (1.0, 0.0)
        else:
            shape, rate = (values[:, rep] for values in self._posterior)
            factor = (sizes.factor[rep], sizes.factor_sd[rep]) if sizes else (1.0, 0.0)
        theta = gammaincinv(shape[self.draw], u) / rate[self.draw]
        scale = sizes.scale[self.draw] if sizes else 1.0
        return theta, gamma_quantile(v, *factor) * scale

    def _ramped_months(self, begin: Floats, low: Floats, high: Floats) -> Floats:
        """Integral of the ramp from `low` to `high`, in months, for reps who began at `begin`."""
        return self._served(high - begin) - self._served(low - begin)

    def _served(self, days: Floats) -> Floats:
        """Integral of the ramp over the first days of service, in months."""
        last = self._ramp.shape[1] - 1
        months = np.maximum(days, 0.0) / MONTH_DAYS
        whole = np.minimum(months.astype(np.int64), last)
        done = self._ramp_sums[self.draw, whole] + self._ramp[self.draw, whole] * (months - whole)
        return np.asarray(done, np.float64)

    def _amounts(self, name: str, index: int, won: Ints, factor: Floats) -> Floats:
        sizes = self.productivity.sizes
        if sizes is None:
            return won.astype(np.float64)
        if won.max(initial=0) > MOST_AMOUNTS:
            u = self.draws.uniforms(name, Use.AMOUNTS, index)[0]
            spread: Floats = np.asarray(float(sizes.shape.std()) * np.sqrt(won), np.float64)
            mean: Floats = np.asarray(sizes.mean * won, np.float64)
            return gamma_quantile(u, mean, spread) * factor
        return self.draws.sums(name, index, won, sizes.shape) * factor
