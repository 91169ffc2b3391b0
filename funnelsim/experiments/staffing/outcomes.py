"""What plans come to: simulated on common random numbers, kept, and extended where a decision needs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.experiments.staffing.plans import Hiring, Plan
from funnelsim.experiments.staffing.targets import response_percentile
from funnelsim.experiments.staffing.wanted import REACHED, Requirement, Wanted
from funnelsim.experiments.variants import Variants
from funnelsim.metrics.quota import attained
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
    """A plan's metrics by replication, for the replications simulated so far."""

    plan: Plan
    values: dict[str, Floats] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return next((len(values) for values in self.values.values()), 0)

    def mean(self, name: str) -> float:
        """Mean over the replications in which it is defined; NaN if in none."""
        return mean_of(self.values[name])

    def error(self, name: str) -> float:
        """Standard error of the mean."""
        return error_of(self.values[name])


def mean_of(values: Floats) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else math.nan


def error_of(values: Floats) -> float:
    """Standard error of the mean of independent values; NaN for a single one."""
    defined = values[~np.isnan(values)]
    return float(defined.std(ddof=1)) / math.sqrt(defined.size) if defined.size > 1 else math.nan


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
            for name, values in self._simulated(plan, outcome.size, wanted).items():
                old = outcome.values.get(name)
                outcome.values[name] = values if old is None else np.concatenate([old, values])
            if self.tried is not None:
                self.tried(len(self.known))
        return outcome

    def meets(self, plan: Plan) -> bool:
        """Whether the estimates meet all requirements; takes more replications where that is not clear."""
        return all(self._meets(plan, one) for one in self.wanted.requirements)

    def _meets(self, plan: Plan, requirement: Requirement) -> bool:
        size, most = self.first, max(self.first, int(_OF_MOST * self.most))
        while True:
            slack = requirement.slack(self.of(plan, size).values)
            mean, error = mean_of(slack), error_of(slack)
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

    def _simulated(self, plan: Plan, first: int, last: int) -> dict[str, Floats]:
        chosen = self.variants.replications[first:last]
        changes = self.hiring.changes(plan)
        run = self.variants.run(changes, replications=chosen)
        return self.kept(run, plan) | self._responses(changes, chosen)

    def kept(self, run: Run, plan: Plan) -> dict[str, Floats]:
        """The values that are kept of a run of a plan."""
        found = {name: self.variants.measured.values(run, name) for name in self.names}
        if self.wanted.quota is not None:
            found[REACHED] = attained(found["quota_credit"], self.wanted.quota)
        if self.hiring.priced:
            found["profit"] = found["bookings"] - self.hiring.cost(plan)
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
