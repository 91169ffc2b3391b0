"""What single hires do: the role that is the bottleneck, the latest useful start, and payback."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.month_starts import joining_days
from funnelsim.core.calendar.time import YEAR_DAYS
from funnelsim.experiments.paired import paired_difference
from funnelsim.experiments.staffing.outcomes import Outcomes, mean_of
from funnelsim.experiments.staffing.plans import Hire, Hiring, Plan
from funnelsim.results.run import Window

#: Probability covered by the interval of a gain.
_LEVEL = 0.9
#: A start is useful while it brings this share of what the first possible one would.
_USEFUL = 0.1
#: Months after the start of a hire within which it may pay back.
_PAYBACK_MONTHS = 18
#: Replications for the gain by month: it is an average over all of them, so fewer are enough.
_PAYBACK_REPLICATIONS = 400


class Gain(NamedTuple):
    """An expected gain with its 90 % interval."""

    mean: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        return self.low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """When the bookings that a hire adds exceed what it has cost.

    Attributes
    ----------
    role : str
    months : int or None
        Whole months from the start of the hire; None if not within those simulated.
    within : int
        Months simulated.
    """

    role: str
    months: int | None
    within: int


def measure_of(outcomes: Outcomes, plan: Plan) -> str:
    """What more reps should improve: the requirement that a plan misses most, the quota credit, or
    bookings."""
    requirements = outcomes.wanted.requirements
    if not requirements:
        return "bookings"
    values = outcomes.of(plan).values

    def missed(n: int) -> float:
        slack = mean_of(requirements[n].slack(values)) / requirements[n].indifference
        return -math.inf if math.isnan(slack) else slack

    worst = requirements[min(range(len(requirements)), key=missed)].name
    return "quota_credit" if worst == "reached" else worst


def gain(outcomes: Outcomes, plan: Plan, larger: Plan, measure: str) -> Gain:
    """By how much a larger plan improves a measure, replication by replication; see `paired_difference`."""
    one, two = outcomes.of(plan), outcomes.of(larger)
    size = min(one.size, two.size)
    before, after = one.values[measure][:size], two.values[measure][:size]
    if any(level.metric == measure and level.at_most for level in outcomes.wanted.levels):
        before, after = after, before  # less is better
    draws = None if one.draws is None else one.draws[:size]
    found = paired_difference(before, after, draws, level=_LEVEL)
    return Gain(found.mean, found.low, found.high)


def gains_of_one_more(outcomes: Outcomes, plan: Plan, measure: str) -> dict[str, Gain]:
    """What one more rep of each role improves, hired as early as possible."""
    hiring = outcomes.hiring
    found = {}
    for role in hiring.roles:
        found[role] = gain(outcomes, plan, one_more(hiring, plan, role), measure)
    return found


def one_more(hiring: Hiring, plan: Plan, role: str) -> Plan:
    """The plan with one more rep of a role; in a plan with hires of it, on the same day."""
    held = {hire.role: hire for hire in plan}
    old = held.get(role)
    held[role] = Hire(role, old.on, old.count + 1) if old else Hire(role, hiring.starts[0], 1)
    return tuple(held[key] for key in hiring.roles if key in held)


def bottleneck(gains: dict[str, Gain]) -> str | None:
    """The role of which one more rep helps most, if any does clearly."""
    clear = {role: one for role, one in gains.items() if one.clear}
    return max(clear, key=lambda role: clear[role].mean) if clear else None


def latest_useful_starts(outcomes: Outcomes, plan: Plan, measure: str) -> dict[str, dt.date | None]:
    """The last day of joining on which each role's hires still clearly improve the measure in the span.

    Clearly, and by at least a tenth of what they do from the first possible day; None where even those do
    not. Found by bisection, as a later start helps less.
    """
    hiring = outcomes.hiring
    found: dict[str, dt.date | None] = {}
    for hire in plan:
        without = tuple(other for other in plan if other.role != hire.role)

        def from_(place: int, hire: Hire = hire, without: Plan = without) -> Gain:
            moved = Hire(hire.role, hiring.starts[place], hire.count)
            larger = tuple(moved if other.role == hire.role else other for other in plan)
            return gain(outcomes, without, larger, measure)

        least = _USEFUL * from_(0).mean
        low, high = -1, len(hiring.starts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            now = from_(middle)
            if now.clear and now.mean >= least:
                low = middle
            else:
                high = middle - 1
        found[hire.role] = hiring.starts[low] if low >= 0 else None
    return found


def paybacks(outcomes: Outcomes, plan: Plan) -> list[Payback]:
    """For each role hired: the month from which on added bookings exceed the cost since the start.

    Bookings are counted as they are, without the cost of what is sold. Deals that are only booked earlier
    may exceed the cost for a while; the hire is paid back when that lasts to the end of the months simulated.
    """
    hiring = outcomes.hiring
    if not plan or not hiring.priced or mean_of(outcomes.of(plan).values["bookings"]) == 0:
        return []
    months = _Months(outcomes, plan)
    whole = months.bookings(plan)
    found = []
    for hire in plan:
        without = tuple(other for other in plan if other.role != hire.role)
        added = np.cumsum(whole - months.bookings(without))
        a_day = hire.count * hiring.model.roles[hire.role].annual_cost / YEAR_DAYS
        cost = np.array([max((end - hire.on).days, 0) * a_day for end in months.ends])
        within = int(sum(end > hire.on for end in months.ends))
        found.append(
            Payback(role=hire.role, months=_lasting(added[-within:] >= cost[-within:]), within=within)
        )
    return found


def _lasting(paid: NDArray[np.bool_]) -> int | None:
    """The place, from 1, from which on all are true; None if the last is not."""
    unpaid = np.flatnonzero(~paid)
    first = int(unpaid[-1]) + 2 if unpaid.size else 1
    return first if first <= len(paid) else None


class _Months:
    """Bookings by month, to some months after the last start of a plan."""

    def __init__(self, outcomes: Outcomes, plan: Plan) -> None:
        self.outcomes = outcomes
        start = outcomes.hiring.model.start
        last = max(hire.on for hire in plan)
        year, month = divmod(last.month - 1 + _PAYBACK_MONTHS, 12)
        edges = [start, *joining_days(start, dt.date(last.year + year, month + 1, 2))[1:]]
        self.ends = edges[1:]
        days = [float((day - start).days) for day in edges]
        self.windows = tuple(
            Window(label=f"{edges[n]}", start_day=days[n], end_day=days[n + 1]) for n in range(len(days) - 1)
        )

    def bookings(self, plan: Plan) -> Floats:
        """Mean bookings in each month, shape (months,)."""
        variants = self.outcomes.variants
        whole = Window(label="all", start_day=0.0, end_day=self.windows[-1].end_day)
        size = min(_PAYBACK_REPLICATIONS, self.outcomes.first)
        run = variants.simulate(
            self.outcomes.hiring.changes(plan),
            windows=(whole, *self.windows),
            replications=variants.replications[:size],
        )
        return np.asarray(run.tallies["bookings"].sum(axis=2)[:, 1:].mean(axis=0), np.float64)
