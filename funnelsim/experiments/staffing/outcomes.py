"""What plans come to: simulated on common random numbers, kept, and extended where a decision needs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.experiments.known_plan import REACHED
from funnelsim.experiments.people_cost import cost_before, people_cost
from funnelsim.experiments.staffing.plans import Hiring, Plan
from funnelsim.experiments.staffing.targets import response_percentile
from funnelsim.experiments.staffing.wanted import Requirement, Wanted
from funnelsim.experiments.variants import Variants
from funnelsim.metrics.quota import attained
from funnelsim.metrics.summary import draws_of, mean_error
from funnelsim.model.changes.changes import SetValue
from funnelsim.results.run import Run

#: Replications simulated at a time where every visit is kept, for percentiles of first responses.
_WITH_VISITS = 25
#: Standard errors between an estimate and its bound at which the search believes the estimate. The answer
#: does not rest on it: the last candidates are decided by the indifference-zone procedure.
_CLEAR = 2.0
#: Share of the most replications that the search takes for one plan, where that is not clear.
_OF_MOST = 0.25


@dataclass(slots=True)
class Outcome:
    """A plan's metrics by replication, for the replications simulated so far.

    Attributes
    ----------
    plan : Plan
    values : dict of str to ndarray, shape (R,)
    draws : int array, shape (R,), or None
        The parameter draw of each replication, see `draws_of`; None without parameter draws.
    """

    plan: Plan
    values: dict[str, Floats] = field(default_factory=dict)
    draws: Ints | None = None

    @property
    def size(self) -> int:
        return next((len(values) for values in self.values.values()), 0)

    def mean(self, name: str) -> float:
        """Mean over the replications in which it is defined; NaN if in none."""
        return mean_of(self.values[name])

    def error(self, name: str) -> float:
        """Standard error of the mean; with parameter draws, that of the mean over them."""
        return error_of(self.values[name], self.draws)

    def extend(self, values: dict[str, Floats], draws: Ints | None) -> None:
        """Add the values of further replications."""
        for name, new in values.items():
            old = self.values.get(name)
            self.values[name] = new if old is None else np.concatenate([old, new])
        if draws is not None:
            self.draws = draws if self.draws is None else np.concatenate([self.draws, draws])


def mean_of(values: Floats) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else math.nan


def error_of(values: Floats, draws: Ints | None = None) -> float:
    """`mean_error` of the values that are defined; `draws` holds the parameter draw of each value."""
    defined = ~np.isnan(values)
    if not defined.any():
        return math.nan
    return mean_error(values[defined], None if draws is None else draws[defined])


@dataclass(slots=True)
class Outcomes:
    """Simulates plans; each replication of each plan once.

    Attributes
    ----------
    variants : Variants
    hiring : Hiring
    wanted : Wanted
    first, most : int
        Replications to begin with, and at most.
    tried : callable or None
        Called with the number of plans after each simulation.
    """

    variants: Variants
    hiring: Hiring
    wanted: Wanted
    first: int
    most: int
    tried: Callable[[int], None] | None = None
    known: dict[Plan, Outcome] = field(default_factory=dict)

    def of(self, plan: Plan, replications: int | None = None) -> Outcome:
        """The outcome of a plan over at least so many replications (default: those to begin with)."""
        wanted = min(replications or self.first, self.most)
        outcome = self.known.setdefault(plan, Outcome(plan))
        if outcome.size < wanted:
            outcome.extend(*self._simulated(plan, outcome.size, wanted))
            if self.tried is not None:
                self.tried(len(self.known))
        return outcome

    def meets(self, plan: Plan) -> bool:
        """Whether the estimates meet all requirements; takes more replications where that is not clear."""
        return all(self._meets(plan, one) for one in self.wanted.requirements)

    def _meets(self, plan: Plan, requirement: Requirement) -> bool:
        size, most = self.first, max(self.first, int(_OF_MOST * self.most))
        while True:
            outcome = self.of(plan, size)
            slack = requirement.slack(outcome.values)
            mean, error = mean_of(slack), error_of(slack, outcome.draws)
            if math.isnan(mean):  # such as the wait for a role without reps: no task is ever done
                return False
            if abs(mean) > _CLEAR * error or slack.size >= most:
                return mean >= 0
            size = min(2 * slack.size, most)

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics kept of each plan."""
        fixed = ["quota_credit", "bookings", "deals_won", "first_response_days"]
        fixed += [f"utilisation.{role}" for role in self.hiring.roles]
        fixed += [f"wait_days.{stage}" for stage in self.hiring.stages]
        fixed += [level.metric for level in self.wanted.levels if level.percentile is None]
        return tuple(dict.fromkeys(fixed))

    def _simulated(self, plan: Plan, first: int, last: int) -> tuple[dict[str, Floats], Ints | None]:
        chosen = self.variants.replications[first:last]
        changes = self.hiring.changes(plan)
        run = self.variants.run(changes, replications=chosen)
        return self.kept(run, plan) | self._responses(changes, chosen), draws_of(run)

    def kept(self, run: Run, plan: Plan) -> dict[str, Floats]:
        """The values that are kept of a run of a plan."""
        found = {name: self.variants.measured.values(run, name) for name in self.names}
        if self.wanted.quota is not None:
            found[REACHED] = attained(found["quota_credit"], self.wanted.quota)
        builder = self.variants.plans_of(self.hiring.changes(plan))
        built = builder.build(0 if builder.draw_rows else None).plan
        found["cost"] = people_cost(built, run, len(run.windows) - 1, self.hiring.a_day)
        found["cost_before"] = cost_before(built, run, self.hiring.a_day)
        if self.hiring.priced:
            found["profit"] = found["bookings"] - found["cost"]
        return found

    def _responses(self, changes: Sequence[SetValue], chosen: range) -> dict[str, Floats]:
        """Percentiles of first responses, in small parts, because every visit is kept."""
        asked = {
            level.metric: level.percentile for level in self.wanted.levels if level.percentile is not None
        }
        if not asked:
            return {}
        found: dict[str, list[Floats]] = {name: [] for name in asked}
        for n in range(0, len(chosen), _WITH_VISITS):
            run = self.variants.simulate(changes, replications=chosen[n : n + _WITH_VISITS], visits=True)
            for name, share in asked.items():
                values = response_percentile(run, self.variants.measured.window, share, self.hiring.stages)
                found[name].append(values)
        return {name: np.concatenate(parts) for name, parts in found.items()}
