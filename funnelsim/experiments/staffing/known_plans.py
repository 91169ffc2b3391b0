"""The plans that a search has simulated so far, for whoever interrupts it."""

from __future__ import annotations

from funnelsim.experiments.known_plan import KnownPlan
from funnelsim.experiments.staffing.outcomes import Outcomes, mean_of


def known_plans(outcomes: Outcomes) -> list[KnownPlan]:
    """All plans of which some futures are simulated, fewest hires first."""
    hiring, names = outcomes.hiring, [one.name for one in outcomes.wanted.requirements] or ["profit"]
    roles = {key: role.name or key for key, role in hiring.model.roles.items()}
    found = [
        KnownPlan(
            hires=tuple((roles[h.role], None if hiring.standing else h.on, h.count) for h in plan),
            means={name: mean_of(outcome.values[name]) for name in names},
            futures=outcome.size,
        )
        for plan, outcome in outcomes.known.items()
        if outcome.size
    ]
    return sorted(found, key=lambda plan: sum(count for _, _, count in plan.hires))
