"""The last candidates, compared with a guarantee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.experiments.selection import (
    FIRST_STAGE,
    batch_means,
    meets_requirement,
    select_best,
    shared_confidence,
)
from funnelsim.experiments.staffing.outcomes import Outcomes
from funnelsim.experiments.staffing.plans import Plan
from funnelsim.experiments.staffing.wanted import Requirement

#: Replications in a batch: their mean is close to normal, as the procedures assume. Of few replications
#: the batches are smaller, because a variance from few batches makes the procedure very long.
_BATCH, _SMALLEST_BATCH = 20, 5
#: Probability that all decisions are right.
CONFIDENCE = 0.95
_FEWEST_BATCHES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """What the comparison of the last candidates promises.

    Attributes
    ----------
    method, procedure : str
        Name with reference, and what was compared.
    confidence : float
    indifference : dict of str to float
        By requirement, or of the profit.
    candidates, futures : int
        Plans compared, and the largest number of futures of one.
    cheaper : int
        How many of them come before the chosen one.
    complete : bool
        False if the largest number of replications came first.
    futures_needed : int
        With so many it would be complete.
    given_draws : bool
        Whether the confidence is that of means over the model's parameter draws as they are: batches are
        alike and independent given the draws only, see `_Batches`.
    rejected : tuple of Plan
        Decided not to meet the requirements, although the estimate of one may be on the other side.
    """

    method: str
    confidence: float
    indifference: dict[str, float]
    candidates: int
    cheaper: int
    futures: int
    complete: bool
    futures_needed: int
    given_draws: bool = False
    rejected: tuple[Plan, ...] = ()


def first_that_meets(outcomes: Outcomes, candidates: Sequence[Plan]) -> tuple[Plan | None, Guarantee]:
    """The first of the candidates that meets all requirements; they come in the order of their cost.

    Each decision is wrong with probability 0.05 / number of decisions at most, so all are right with 95 %.
    """
    requirements = outcomes.wanted.requirements
    each = shared_confidence(CONFIDENCE, len(candidates) * len(requirements))
    found, futures, complete, needed = None, 0, True, 0
    for plan in candidates:
        meets = True
        for requirement in requirements:
            batches = _Batches(outcomes, plan, requirement)
            decided = meets_requirement(
                batches.slack,
                0.0,
                indifference=requirement.indifference,
                confidence=each,
                first=batches.first,
                most=batches.most,
            )
            futures = max(futures, decided.observations * batches.size)
            if not decided.complete:
                complete, needed = False, max(needed, decided.needed * batches.size)
            if not decided.meets:
                meets = False
                break
        if meets:
            found = plan
            break
    cheaper = candidates.index(found) if found is not None else len(candidates)
    return found, Guarantee(
        method="feasibility check of Andradottir and Kim (2010), from KN of Kim and Nelson (2001)",
        confidence=CONFIDENCE,
        indifference={one.name: one.indifference for one in requirements},
        candidates=len(candidates),
        cheaper=cheaper,
        futures=futures,
        complete=complete,
        futures_needed=needed or futures,
        given_draws=_has_draws(outcomes),
        rejected=tuple(candidates[:cheaper]),
    )


def most_profitable(
    outcomes: Outcomes, candidates: Sequence[Plan], indifference: float
) -> tuple[Plan, Guarantee]:
    """The candidate with the largest expected bookings less people cost, by KN."""
    batches = [_Batches(outcomes, plan, None) for plan in candidates]
    selected = select_best(
        lambda k, n: batches[k].of("profit", n),
        len(candidates),
        indifference=indifference,
        confidence=CONFIDENCE,
        first=batches[0].first,
        most=batches[0].most,
    )
    futures = max(selected.observations) * batches[0].size
    return candidates[selected.best], Guarantee(
        method="KN of Kim and Nelson (2001)",
        confidence=CONFIDENCE,
        indifference={"profit": indifference},
        candidates=len(candidates),
        cheaper=selected.best,
        futures=futures,
        complete=selected.complete,
        futures_needed=futures if selected.complete else selected.needed * batches[0].size,
        given_draws=_has_draws(outcomes),
    )


class _Batches:
    """Means of batches of a plan's replications, simulated as they are needed.

    A batch holds each parameter draw equally often where the model has draws, so that batches are alike.
    """

    def __init__(self, outcomes: Outcomes, plan: Plan, requirement: Requirement | None) -> None:
        self.outcomes, self.plan, self.requirement = outcomes, plan, requirement
        self.size = batch_size(outcomes)
        self.most = max(outcomes.most // self.size, 2)
        self.first = min(FIRST_STAGE, self.most)

    def of(self, name: str, n: int) -> Floats:
        return batch_means(self._values(n)[name], self.size)

    def slack(self, n: int) -> Floats:
        assert self.requirement is not None
        slack = batch_means(self.requirement.slack(self._values(n)), self.size)
        missing = np.isnan(slack)
        if self.requirement.is_missed_if_undefined or missing.all():
            # Where no task was done in a whole batch, nobody was served: the requirement is missed.
            return np.where(missing, -abs(self.requirement.bound), slack)
        return np.where(missing, float(slack[~missing].mean()), slack)

    def _values(self, n: int) -> dict[str, Floats]:
        """At least the first `n` batches; somewhat more at a time than asked, as runs have a fixed cost."""
        known = self.outcomes.of(self.plan).size // self.size
        if known < n:
            ahead = min(max(n, known + max(known // 4, 1)), self.most)
            return self.outcomes.of(self.plan, ahead * self.size).values
        return self.outcomes.of(self.plan).values


def _has_draws(outcomes: Outcomes) -> bool:
    return outcomes.variants.funnel.draws is not None


def batch_size(outcomes: Outcomes) -> int:
    rows = outcomes.variants.funnel.draws.height if outcomes.variants.funnel.draws is not None else 0
    if 0 < rows <= outcomes.most // _FEWEST_BATCHES:
        return rows
    return min(max(outcomes.most // FIRST_STAGE, _SMALLEST_BATCH), _BATCH)
