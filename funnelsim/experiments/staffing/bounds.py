"""Plans that offered load rules out without simulation, and how many reps are certainly enough."""

from __future__ import annotations

import math

from funnelsim.experiments.staffing.plans import Hiring
from funnelsim.experiments.staffing.wanted import Wanted
from funnelsim.model.flows.warmup import days_to_fill
from funnelsim.model.flows.workload import offered_load, open_hours_a_week, reps_on
from funnelsim.model.parts import Model

#: The search starts from a team this busy at most: at 40 % of their time on tasks, reps hardly make anyone
#: wait, so that still more of them change nothing.
_EASY_LOAD = 0.4
#: More reps than the offered load needs, for work that does not come evenly over the span.
_SPARE = 2


def load_in_reps(model: Model) -> dict[str, float]:
    """Offered load of each role in reps: its work a week over one rep's open hours."""
    return {
        one.role: one.work_hours / hours if (hours := _open_hours(model, one.role)) else 0.0
        for one in offered_load(model)
    }


def _open_hours(model: Model, role: str) -> float:
    return open_hours_a_week(model.calendars.get(model.roles[role].calendar or ""), model.start)


def enough(hiring: Hiring) -> list[int]:
    """More reps of each role with which hardly anyone waits."""
    loads = load_in_reps(hiring.model)
    return [
        max(math.ceil(loads[role] / _EASY_LOAD) - _reps(hiring, role), 0) + _SPARE for role in hiring.roles
    ]


def too_few(hiring: Hiring, wanted: Wanted, warmup_days: float) -> list[int]:
    """More reps of each role below which a service level fails by the fluid bound; 0 where it says nothing.

    The fluid model lets work flow at its mean rates, so it waits less than any queue with the same means.
    With ``c`` reps for a load of ``a > c``, a task that is done at time ``t`` has waited ``t (1 - c / a)``;
    without leads that give up, the mean wait over the span is at least that at its middle. Utilisation cannot
    be below ``a / c``. Both hold for a standing team that has been filled; for a plan with dated hires
    nothing is ruled out.

    References
    ----------
    Newell, G. F. (1982). Applications of Queueing Theory, 2nd ed., chapter 2 (fluid approximation).
    """
    found = [0] * len(hiring.roles)
    model = hiring.model
    if not hiring.standing or warmup_days <= 0 or _may_lose_work(model):
        return found
    loads, window = load_in_reps(model), hiring.measured.window
    middle = max(warmup_days + window.end_day / 2 - days_to_fill(model), 0.0)
    for level in wanted.levels:
        kind, _, part = level.metric.partition(".")
        for n, role in enumerate(hiring.roles):
            load, reps = loads[role], _reps(hiring, role)
            if kind == "utilisation" and part == role:
                needed = math.ceil(load * (1 - _NOISE) / level.bound)
            elif kind == "wait_days" and _only_role(model, part) == role and middle > level.bound:
                needed = math.ceil(load * (1 - _NOISE) * (1 - level.bound / middle))
            else:
                continue
            found[n] = max(found[n], needed - reps)
    return found


#: The work of a finite span differs from its long-run mean: a bound this much weaker still rules out plans.
_NOISE = 0.05


def _may_lose_work(model: Model) -> bool:
    """Whether work can go away or fall, so that the offered load is not all to be done."""
    leaves = any(
        stage.patience is not None or any(e.wait_half_life is not None for e in stage.exits.values())
        for stage in model.stages.values()
    )
    falls = any(source.growth < 0 for source in model.sources.values())
    return leaves or falls or bool(model.shocks)


def _only_role(model: Model, stage: str) -> str:
    """The role of a stage's tasks; empty if there are several, or the role works elsewhere too."""
    roles = {task.role for task in model.stages[stage].work}
    if len(roles) != 1:
        return ""
    (role,) = roles
    elsewhere = [key for key, s in model.stages.items() if any(task.role == role for task in s.work)]
    return role if elsewhere == [stage] else ""


def _reps(hiring: Hiring, role: str) -> int:
    return reps_on(hiring.model.roles[role], hiring.starts[0])
