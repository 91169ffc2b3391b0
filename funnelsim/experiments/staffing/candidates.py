"""Neighbours of a plan: the last candidates, a safer plan, and the frontier of cost against probability."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.experiments.known_plan import REACHED
from funnelsim.experiments.staffing.effects import bottleneck, gains_of_one_more, one_more
from funnelsim.experiments.staffing.outcomes import Outcomes
from funnelsim.experiments.staffing.plans import Hiring, Plan, counts_of, delays_of

#: Steps from today's plan, or from the chosen one, each a rep more or an earlier start.
_STEPS = 6


def cost_key(hiring: Hiring, plan: Plan) -> tuple[float, float]:
    """The order of plans: yearly cost of the people first, then that of the hires to the end of the span."""
    return hiring.yearly(plan), hiring.planned_cost(plan)


def cheaper_and_dearer(outcomes: Outcomes, plan: Plan, largest: Plan) -> list[Plan]:
    """A plan and its neighbours, in the order of their cost.

    Cheaper: one rep fewer of a role (all starting as early as possible), or one role a month later. Dearer: a
    role a month earlier, or one rep more; and the largest plan tried.
    """
    hiring = outcomes.hiring
    counts, delays = counts_of(hiring, plan), delays_of(hiring, plan)
    found = {plan, largest}
    for r, role in enumerate(hiring.roles):
        if counts[r]:
            fewer = [*counts[:r], counts[r] - 1, *counts[r + 1 :]]
            found.add(hiring.plan(fewer))
            if delays[r] + 1 < len(hiring.starts) and not outcomes.wanted.levels:
                found.add(hiring.plan(counts, [*delays[:r], delays[r] + 1, *delays[r + 1 :]]))
            if delays[r]:
                found.add(hiring.plan(counts, [*delays[:r], delays[r] - 1, *delays[r + 1 :]]))
        found.add(one_more(hiring, plan, role))
    return sorted(found, key=lambda one: cost_key(hiring, one))


def safer_plan(outcomes: Outcomes, chosen: Plan, largest: Sequence[int]) -> Plan | None:
    """A plan with half the risk of the chosen one, or, for service levels, the rep more that helps most."""
    hiring, wanted = outcomes.hiring, outcomes.wanted
    if wanted.confidence is None:
        level = wanted.levels[0].metric
        role = bottleneck(gains_of_one_more(outcomes, chosen, level))
        return one_more(hiring, chosen, role) if role else None
    aim = (1 + wanted.confidence) / 2
    plan, best = chosen, outcomes.of(chosen).mean(REACHED)
    for _ in range(_STEPS):
        if best >= aim:
            break
        nearer = max(
            _larger(hiring, plan, largest),
            key=lambda one: outcomes.of(one).mean(REACHED),
            default=None,
        )
        if nearer is None or outcomes.of(nearer).mean(REACHED) <= best:
            break
        plan, best = nearer, outcomes.of(nearer).mean(REACHED)
    return plan if plan != chosen else None


def _larger(hiring: Hiring, plan: Plan, largest: Sequence[int]) -> list[Plan]:
    """Plans with all starts at once, or one rep more of a role."""
    counts, delays = counts_of(hiring, plan), delays_of(hiring, plan)
    if any(delays):
        return [hiring.plan(counts)]
    return [
        hiring.plan([*counts[:r], counts[r] + 1, *counts[r + 1 :]])
        for r in range(len(counts))
        if counts[r] < max(largest[r], counts[r] + 1)
    ]


def frontier(outcomes: Outcomes) -> list[Plan]:
    """The plans simulated that have a higher probability of the quota than all that cost less."""
    found: list[Plan] = []
    best = -1.0

    def cost(plan: Plan) -> tuple[float, float]:
        return outcomes.known[plan].mean("cost"), outcomes.known[plan].mean("cost_before")

    for plan in sorted(outcomes.known, key=lambda one: (*cost(one), one)):
        outcome = outcomes.known[plan]
        if outcome.size < outcomes.first:
            continue
        if outcome.mean(REACHED) > best:
            best = outcome.mean(REACHED)
            found.append(plan)
    return found


def add_path(outcomes: Outcomes, roles: Sequence[str]) -> None:
    """Simulate plans from today's upwards, each step the rep of these roles that adds most for its cost."""
    hiring = outcomes.hiring
    counts = [0] * len(hiring.roles)
    for _ in range(_STEPS):
        now = outcomes.of(hiring.plan(counts)).mean(REACHED)
        choices = []
        for r, role in enumerate(hiring.roles):
            if role in roles:
                more = [*counts[:r], counts[r] + 1, *counts[r + 1 :]]
                plan = hiring.plan(more)
                step = hiring.planned_cost(plan) - hiring.planned_cost(hiring.plan(counts))
                choices.append(((outcomes.of(plan).mean(REACHED) - now) / step, more))
        if not choices or now > 0.99:
            return
        _, counts = max(choices)
