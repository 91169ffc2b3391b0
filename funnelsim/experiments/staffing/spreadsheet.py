"""What a spreadsheet would say: ramped rep-months times productivity, or hours of work over open hours."""

from __future__ import annotations

import math
from dataclasses import dataclass

from funnelsim.experiments.staffing.bounds import load_in_reps
from funnelsim.experiments.staffing.outcomes import Outcomes
from funnelsim.experiments.staffing.plans import TODAY, Hire, Hiring, Plan
from funnelsim.model.flows.workload import reps_on

#: Months in each kind of goal period.
_MONTHS = {"week": 12 / 52, "month": 1.0, "quarter": 3.0, "year": 12.0}
_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreadsheet:
    """The answer of a spreadsheet.

    Attributes
    ----------
    role : str or None
        Whose productivity it uses; None for hours of work, which it does for every role.
    productivity : float or None
        Quota credit for each ramped rep-month.
    stated : bool
        Whether the productivity is the role's quota; else it is what today's team brings in the simulation.
    rep_months : float or None
        Ramped, of its plan.
    result : float or None
        Rep-months times productivity.
    plan : Plan or None
        None if no plan is enough for it.
    """

    role: str | None = None
    productivity: float | None = None
    stated: bool = False
    rep_months: float | None = None
    result: float | None = None
    plan: Plan | None = None


def spreadsheet(outcomes: Outcomes) -> Spreadsheet | None:
    """The plan of a spreadsheet for the quota, or for the service levels; None for the most profitable
    plan."""
    if outcomes.wanted.quota is not None:
        return _for_quota(outcomes, outcomes.wanted.quota)
    return _for_hours(outcomes) if outcomes.wanted.levels else None


def _for_quota(outcomes: Outcomes, quota: float) -> Spreadsheet:
    hiring = outcomes.hiring
    role = _carries_quota(hiring)
    own = hiring.model.roles[role].quota
    if own:
        productivity = own / _MONTHS[hiring.model.goal.period]
    else:
        months = hiring.ramped_months(role, TODAY)
        productivity = outcomes.of(TODAY).mean("quota_credit") / months if months else 0.0
    for count in range(_MOST):
        plan = (Hire(role, hiring.starts[0], count),) if count else TODAY
        months = hiring.ramped_months(role, plan)
        if months * productivity >= quota:
            return Spreadsheet(
                role=role,
                productivity=productivity,
                stated=bool(own),
                rep_months=months,
                result=months * productivity,
                plan=plan,
            )
    return Spreadsheet(role=role, productivity=productivity, stated=bool(own))


def _carries_quota(hiring: Hiring) -> str:
    """The role with a quota of its own, else that of the latest stage with work."""
    with_quota = [role for role in hiring.roles if hiring.model.roles[role].quota]
    if with_quota:
        return with_quota[-1]
    tasks = [task for key in hiring.stages for task in hiring.model.stages[key].work]
    return tasks[-1].role


def _for_hours(outcomes: Outcomes) -> Spreadsheet:
    """Reps whose open hours hold all the work, or the work over the share allowed by a target."""
    hiring = outcomes.hiring
    loads = load_in_reps(hiring.model)
    allowed = {
        level.metric.partition(".")[2]: level.bound
        for level in outcomes.wanted.levels
        if level.metric.startswith("utilisation.")
    }
    counts = []
    for role in hiring.roles:
        needed = math.ceil(loads[role] / allowed.get(role, 1.0) - 1e-9)
        counts.append(max(needed - reps_on(hiring.model.roles[role], hiring.starts[0]), 0))
    return Spreadsheet(plan=hiring.plan(counts))
