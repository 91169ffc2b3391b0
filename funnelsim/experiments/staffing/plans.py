"""Hiring plans: who joins when, what it costs, and the changes of the model that it means."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from funnelsim.core.calendar.time import MONTH_DAYS, YEAR_DAYS
from funnelsim.experiments.measured import Measured
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.flows.workload import reps_on
from funnelsim.model.parts import Model
from funnelsim.model.roles import Role


@dataclass(frozen=True, slots=True, order=True)
class Hire:
    """Reps of one role who join on one day."""

    role: str
    on: dt.date
    count: int


#: Hires of one plan, at most one entry for each role, in the order of the model's roles.
Plan = tuple[Hire, ...]

TODAY: Plan = ()


@dataclass(frozen=True, kw_only=True)
class Hiring:
    """What plans there are for a model, and their cost.

    Attributes
    ----------
    model : Model
    measured : Measured
    roles, stages : tuple of str
        Roles that have work to do, and the stages with work.
    starts : tuple of date
        The days on which reps may join, rising. A single one: the team stands from the beginning.
    standing : bool
        True: more reps are there from the beginning, fully ramped, in a warm-up too. False: they are hired,
        with the ramp and attrition of their role.
    """

    model: Model
    measured: Measured
    roles: tuple[str, ...]
    stages: tuple[str, ...]
    starts: tuple[dt.date, ...]
    standing: bool

    def plan(self, counts: Sequence[int], delays: Sequence[int] | None = None) -> Plan:
        """So many more reps of each role, each from the start at the given place (default the first)."""
        places = delays or [0] * len(counts)
        return tuple(
            Hire(role, self.starts[place], count)
            for role, count, place in zip(self.roles, counts, places, strict=True)
            if count
        )

    def changes(self, plan: Plan) -> tuple[SetValue, ...]:
        """The plan as changes of the model."""
        if self.standing:
            return tuple(SetValue(path=f"roles.{h.role}.headcount", by=f"+{h.count}") for h in plan)
        return tuple(SetValue(path=f"roles.{h.role}.hires", to=self._hires(h)) for h in plan)

    def _hires(self, hire: Hire) -> list[dict[str, object]]:
        planned = [{"on": one.on, "count": one.count} for one in self.model.roles[hire.role].hires]
        return [*planned, {"on": hire.on, "count": hire.count}]

    @cached_property
    def end(self) -> dt.date:
        """The day after the last simulated one."""
        return self.model.start + dt.timedelta(days=math.ceil(self.measured.window.end_day))

    @cached_property
    def priced(self) -> bool:
        """Whether the cost is money: every role with work has an annual cost."""
        return all(self.model.roles[key].annual_cost > 0 for key in self.roles)

    @cached_property
    def a_day(self) -> dict[str, float]:
        """Cost of a rep of each role in a day: of all roles with a cost, or rep-months of those with work."""
        if not self.priced:
            return dict.fromkeys(self.roles, 1 / MONTH_DAYS)
        return {key: role.annual_cost / YEAR_DAYS for key, role in self.model.roles.items()}

    def planned_cost(self, plan: Plan) -> float:
        """What the plan's hires cost from their start to the end of the span if nobody leaves.

        The order of plans with the same people; what a plan costs is simulated, see `people_cost`.
        """
        return sum(h.count * (self.end - h.on).days * self.a_day[h.role] for h in plan)

    def yearly(self, plan: Plan) -> float:
        """What the plan's hires cost in a full year: a hire stays after the period."""
        return sum(h.count * YEAR_DAYS * self.a_day[h.role] for h in plan)

    def headcount(self, plan: Plan) -> dict[str, int]:
        """Seats of each role on the last day of the span, without attrition."""
        more = {hire.role: hire.count for hire in plan}
        last = self.end - dt.timedelta(days=1)
        return {key: reps_on(self.model.roles[key], last) + more.get(key, 0) for key in self.roles}

    def ramped_months(self, role: str, plan: Plan) -> float:
        """Rep-months of a role in the span, those of new reps counted at their productivity."""
        known = self.model.roles[role]
        months = _seat_days(known, self.model.start, self.end, ramped=True) / MONTH_DAYS
        joining = [(hire.on, hire.count) for hire in plan if hire.role == role]
        ramp = () if self.standing else known.ramp
        return months + sum(count * _ramped_days(on, self.end, ramp) / MONTH_DAYS for on, count in joining)


def counts_of(hiring: Hiring, plan: Plan) -> tuple[int, ...]:
    """More reps of each role, in the order of `hiring.roles`."""
    more = {hire.role: hire.count for hire in plan}
    return tuple(more.get(role, 0) for role in hiring.roles)


def delays_of(hiring: Hiring, plan: Plan) -> tuple[int, ...]:
    """Place of the start of each role's hires among `hiring.starts`; 0 without hires."""
    places = {hire.role: hiring.starts.index(hire.on) for hire in plan}
    return tuple(places.get(role, 0) for role in hiring.roles)


def _seat_days(role: Role, start: dt.date, end: dt.date, *, ramped: bool = False) -> float:
    """Days that planned seats are held in a span, without attrition."""
    ramp = role.ramp if ramped else ()
    total = float(reps_on(role, start - dt.timedelta(days=1)) * (end - start).days)
    total += sum(h.count * _ramped_days(h.on, end, ramp) for h in role.hires if start <= h.on < end)
    return total - sum(g.count * (end - g.on).days for g in role.departures if start <= g.on < end)


def _ramped_days(on: dt.date, end: dt.date, ramp: Sequence[float]) -> float:
    """Days from `on` to `end`, each of the first months at its share of the ramp."""
    left = float(max((end - on).days, 0))
    total = 0.0
    for share in ramp:
        month = min(left, MONTH_DAYS)
        total += share * month
        left -= month
    return total + left
