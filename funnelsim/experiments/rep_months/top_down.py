"""Staffing from the history alone: how many reps, hired when, reach the quota."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from funnelsim.core.calendar.month_starts import joining_days, next_month
from funnelsim.core.errors import FunnelSimError, InputError, Interrupted
from funnelsim.core.nouns import counted
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.rep_months.search import Plans, search_plans
from funnelsim.experiments.rep_months.seats import Seats
from funnelsim.experiments.rep_months.spreadsheet import Spreadsheet, spreadsheet
from funnelsim.experiments.rep_months.teams import Hires, Teams, Tried
from funnelsim.experiments.variants import Variants
from funnelsim.fitting.productivity.fit import DRAWS, Productivity, learn_productivity
from funnelsim.fitting.productivity.reps_file import RepRow, read_reps
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import first_entries
from funnelsim.metrics.past import load_past
from funnelsim.metrics.quota import attained
from funnelsim.model.changes.no_roles import no_effort_hours
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

#: Days until a rep who has left is followed, if nothing else is said: notice, search and start.
BACKFILL_DAYS = 60.0
REPLICATIONS = 4000
#: More futures get more parameter draws, so that the answer becomes more exact.
_FUTURES_OF_A_DRAW = 5
#: Payback is looked for within so many months.
MOST_PAYBACK = 36
#: Futures of the fitted funnel, for the chance that stands beside that of today's team.
_FORECAST_FUTURES = 2000


@dataclass(frozen=True, kw_only=True)
class TopDown:
    """Plans of hires for the team of a history.

    Attributes
    ----------
    funnel : Funnel
    measured : Measured
        The period, its quota and what is booked in it already.
    productivity : Productivity
    teams : Teams
        Simulates further plans on the same random numbers.
    confidence : float
    plans : Plans
    payback_months : int or None
        Months after which the expected bookings of a hire exceed their cost; None if not within
        `MOST_PAYBACK` months, or if the cost is unknown.
    spreadsheet : Spreadsheet
    annual_cost : float or None
        Of one rep.
    attrition : float or None
        Given instead of that in the data.
    backfill_days : float or None
    replications, seed : int
    warnings, assumptions : tuple of str
    """

    funnel: Funnel
    measured: Measured
    productivity: Productivity
    teams: Teams
    confidence: float
    plans: Plans
    payback_months: int | None
    spreadsheet: Spreadsheet
    annual_cost: float | None
    attrition: float | None
    backfill_days: float | None
    replications: int
    seed: int
    #: Chance of the quota by the fitted funnel, with today's team.
    forecast: float

    @property
    def role(self) -> str:
        """The role of hires: that of most of the reps."""
        roles = [rep.role for rep in self.productivity.reps]
        return max(dict.fromkeys(roles), key=roles.count)

    @property
    def seats_in_plan(self) -> float:
        """Reps of the chosen plan (or the largest one tried), relative to today's."""
        plan, today = self.plans.chosen or self.plans.largest, sum(self.headcount(Hires()).values())
        return sum(self.headcount(plan.hires).values()) / today if today else 1.0

    def headcount(self, hires: Hires) -> dict[str, int]:
        """Seats of each role on the last day of the period, without attrition."""
        reps, end = self.productivity.reps, self.teams.seats.end_day
        seats = [seat for seat in self.teams.seats_today if seat.start_day < end <= seat.end_day]
        found = {rep.role: 0 for rep in reps}
        for seat in seats:
            assert seat.rep is not None
            found[reps[seat.rep].role] += 1
        found[self.role] += hires.count
        return found

    @property
    def end(self) -> dt.date:
        """The day after the last simulated one."""
        return self.teams.as_of + dt.timedelta(days=round(self.teams.seats.end_day))

    def cost(self, hires: Hires) -> float:
        """Expected cost of the people present in the counted part of the period, or their rep-months.

        A seat that is empty until somebody follows is deducted, as in `people_cost`.
        """
        return float(self.teams.of(hires).total.rep_months.mean()) * self._a_month

    def cost_before(self, hires: Hires) -> float:
        """The same from the model's start to the period."""
        return float(self.teams.of(hires).total.months_before.mean()) * self._a_month

    @property
    def _a_month(self) -> float:
        return 1.0 if self.annual_cost is None else self.annual_cost / 12


def staff_top_down(
    funnel: Funnel,
    *,
    quota: float | None = None,
    period: str | None = None,
    confidence: float = 0.8,
    history: History | Path | str | None = None,
    reps: Path | str | Sequence[RepRow] = (),
    earliest: dt.date | None = None,
    ramp: Sequence[float] | None = None,
    attrition: float | None = None,
    backfill_days: float | None = BACKFILL_DAYS,
    annual_cost: float | None = None,
    max_hires: int | None = None,
    replications: int | range | None = None,
    seed: int = 1,
    tried: Tried | None = None,
) -> TopDown:
    """Find the cheapest plan of hires that reaches a quota, from what each rep won in the past.

    No effort hours are needed: wins per rep-month, the ramp of new reps and attrition are learnt from the
    owners of the deals. It assumes that leads are not the limit: one more rep wins as much as the others do.

    Parameters
    ----------
    funnel : Funnel
        A fitted model; its roles are not used.
    quota : float, optional
        Instead of the goal's. In deals won if no deal has an amount.
    period : str, optional
        Such as ``2026Q1`` or ``2027``; default the goal's period that contains the model's start.
    confidence : float, default 0.8
        Probability with which the quota is to be reached.
    history : History or path, optional
        Default the one named in the model.
    reps : path or sequence of RepRow, optional
        A file with the columns ``name role team start end share``, which overrides what the data suggest.
    earliest : date, optional
        First possible start of a hire; default the next first day of a month.
    ramp : sequence of float, optional
        Productivity in the months after a hire, such as ``[0.25, 0.5, 0.75]``, instead of that in the data.
    attrition : float, optional
        Departures per rep and year, instead of those in the data.
    backfill_days : float or None, default 60
        Days until somebody follows a rep who has left; None: nobody does.
    annual_cost : float, optional
        Of one rep; without it, cost is in rep-months.
    max_hires : int, optional
        The most hires tried; default 20, or twice the team if that is more.
    replications : int or range, default 4000
    seed : int
    tried : callable, optional
        Called with the number of plans simulated so far.

    Raises
    ------
    FunnelSimError
        If there is no history or quota, no won deal has an owner, the file of reps is wrong, or the period is
        over.
    """
    if not 0 < confidence < 1:
        raise FunnelSimError(f"the confidence lies between 0 and 1, found {confidence:g}")
    span = measured(funnel, period=period, quota=quota, history=history)
    if span.quota is None:
        raise FunnelSimError("the period has no quota: give one with --quota, such as --quota 1.2m")
    past = load_past(funnel, history)
    if past.history is None:
        why = past.missing or "the model names no history, from which to learn what reps win (--history)"
        raise FunnelSimError(f"{why}; and {no_effort_hours(funnel.model)}")
    rows = read_reps(reps) if isinstance(reps, str | Path) else tuple(reps)
    futures = REPLICATIONS if replications is None else replications
    futures = range(futures) if isinstance(futures, int) else futures
    if not futures:
        raise FunnelSimError("nothing to simulate: give at least one replication")
    # As many as for a run of all futures up to the last, so that a part of it has the same.
    draws = max(DRAWS, (futures[-1] + 1) // _FUTURES_OF_A_DRAW)
    learnt = _learn(past.history, funnel.model, rows, reps, ramp, seed, draws)
    # The window counts days from the model's start, seats count them from the end of the history.
    ahead = float((funnel.model.start - learnt.as_of).days)
    seats = Seats(
        learnt,
        start_day=ahead + span.window.start_day,
        end_day=ahead + span.window.end_day,
        from_day=ahead,
        replications=futures,
        seed=seed,
        attrition=attrition,
        backfill_days=backfill_days,
    )
    if learnt.sizes is None and any(source.amount for source in funnel.model.sources.values()):
        raise FunnelSimError(
            "the won deals of the history have no amounts, so reps' productivity is known in wins only, and "
            "cannot be held against a quota in money; import the amounts of won deals"
        )
    booked = span.booked.deals if learnt.sizes is None else span.booked.quota_credit
    teams = Teams(seats, quota=span.quota, booked=float(booked), tried=tried)
    starts = _starts(teams, funnel.model.start, earliest)
    most = max_hires if max_hires is not None else max(20, 2 * len(teams.seats_today))
    try:
        plans = search_plans(teams, starts, confidence, most)
    except KeyboardInterrupt as stop:
        known = teams.known_plans()
        if not known:
            raise
        raise Interrupted(known, f"the {counted(len(known), 'plan')} tried") from stop
    return TopDown(
        funnel=funnel,
        measured=span,
        productivity=learnt,
        teams=teams,
        confidence=confidence,
        plans=plans,
        payback_months=payback_of(learnt, annual_cost),
        spreadsheet=spreadsheet(teams, starts[0], confidence=confidence, most=most),
        annual_cost=annual_cost,
        attrition=attrition,
        backfill_days=backfill_days,
        replications=len(futures),
        seed=seed,
        forecast=_forecast(funnel, span, seed, in_money=learnt.sizes is not None),
    )


def _forecast(funnel: Funnel, span: Measured, seed: int, *, in_money: bool) -> float:
    """The chance of the quota with today's team, by the fitted funnel and its open leads."""
    run = Variants(funnel, span, replications=_FORECAST_FUTURES, seed=seed).base
    assert span.quota is not None
    counted = span.values(run, "quota_credit" if in_money else "deals_won")
    return float(attained(counted, span.quota).mean())


def _learn(
    history: History,
    model: Model,
    rows: Sequence[RepRow],
    reps: Path | str | Sequence[RepRow],
    ramp: Sequence[float] | None,
    seed: int,
    draws: int,
) -> Productivity:
    try:
        wins = first_entries(history, model.goal.credits_at or model.goal.books_at)
        return learn_productivity(history, wins, reps=rows, ramp=ramp, seed=seed, draws=draws)
    except InputError as error:
        if isinstance(reps, str | Path):  # the problems are those of the file
            raise InputError(str(reps), error.problems) from error
        raise


def _starts(teams: Teams, start: dt.date, earliest: dt.date | None) -> tuple[dt.date, ...]:
    """Possible starts of hires, not before the model's: the first one, and the first day of each month."""
    end = teams.as_of + dt.timedelta(days=round(teams.seats.end_day))
    if earliest is not None and not start <= earliest < end:
        last = end - dt.timedelta(days=1)
        raise FunnelSimError(f"hires can join from {start} to {last}, found {earliest}")
    first = earliest or next_month(start)
    return joining_days(first if first < end else start, end)


def payback_of(learnt: Productivity, annual_cost: float | None) -> int | None:
    """Months after which the expected bookings of a hire exceed their cost, see `TopDown`."""
    if annual_cost is None or learnt.sizes is None:
        return None
    ramp = learnt.point.ramp[0]
    a_month = float(learnt.point.mean[0]) * learnt.level * learnt.sizes.mean
    brought = 0.0
    for month in range(MOST_PAYBACK):
        brought += a_month * float(ramp[min(month, ramp.size - 1)])
        if brought >= annual_cost / 12 * (month + 1):
            return month + 1
    return None
