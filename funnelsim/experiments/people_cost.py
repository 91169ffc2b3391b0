"""What the people on the roster cost in a window of a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.open_time import open_time
from funnelsim.engines.plan import Plan
from funnelsim.results.run import Run, Window


def people_cost(plan: Plan, run: Run, w: int, a_day: Mapping[str, float]) -> Floats:
    """Cost of the people present in window `w` of a run, in each replication; shape (R,).

    Each rep costs every day of the window, nights and weekends included. Seats that are empty after somebody
    has left are deducted, by the share of the planned open hours that the simulated roster held.

    Parameters
    ----------
    plan : Plan
        That of the run, of any parameter draw: the roster is the same in all.
    run : Run
    w : int
        Index of the window.
    a_day : mapping of str to float
        Cost of a rep of each role in a day, in any unit; roles that are missing cost nothing.
    """
    cost, window = np.zeros(run.size), run.windows[w]
    for place, role in enumerate(run.roles):
        if not a_day.get(role):
            continue
        days = np.full(run.size, _planned_days(plan, place, window, None))
        if np.isfinite(plan.roles.stay_mean[place]):
            planned = _planned_days(plan, place, window, int(plan.roles.calendar[place]))
            days = days * run.tallies["rostered_days"][:, w, place] / planned if planned else days
        cost += a_day[role] * days
    return cost


def cost_before(plan: Plan, run: Run, a_day: Mapping[str, float]) -> Floats:
    """`people_cost` from the start to the last window of a run, whose first one is the whole; shape (R,)."""
    last = len(run.windows) - 1
    if run.windows[last].start_day <= run.windows[0].start_day:
        return np.zeros(run.size)
    return people_cost(plan, run, 0, a_day) - people_cost(plan, run, last, a_day)


def _planned_days(plan: Plan, role: int, window: Window, calendar: int | None) -> float:
    """Days of reps on the planned roster in a window, without attrition; with a calendar, its open days."""
    roles, days = plan.roles, 0.0
    for change in range(roles.change_first[role], roles.change_first[role + 1]):
        begin = max(float(roles.change_day[change]), window.start_day)
        if begin >= window.end_day:
            continue
        length = window.end_day - begin
        if calendar is not None:
            length = float(open_time(roles.hours, calendar, begin, window.end_day))
        days += int(roles.change_count[change]) * length
    return max(days, 0.0)
