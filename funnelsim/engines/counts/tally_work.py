"""Tally the work of reps: available hours and tasks."""

from __future__ import annotations

from funnelsim.core.calendar.open_time import open_time
from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts.tallies import BUSY, RESPONSE_DAYS, RESPONSES, ROSTERED, SERVED, WAIT


@inner
def count_roster(plan, hours, calendar, role, hired, until, by_role):  # type: ignore[no-untyped-def]
    """Count the working hours of a rep from the start on."""
    edges = plan.horizon.bin_edges
    until = min(until, plan.horizon.end)
    for b in range(1, edges.size - 1):
        low = max(hired, edges[b])
        high = min(until, edges[b + 1])
        if high > low:
            by_role[b, role, ROSTERED] += in_units(open_time(hours, calendar, low, high), plan.day_unit)


@inner_step
def count_response(plan, b, created, started, ledger):  # type: ignore[no-untyped-def]
    """Count the start of a new lead's first task, in bin `b`."""
    ledger.by_bin[at(b), RESPONSES] += 1.0
    ledger.by_bin[at(b), RESPONSE_DAYS] += in_units(started - created, plan.day_unit)


@inner_step
def count_task(plan, hours, calendar, role, stage, b, ready, started, finished, ledger):  # type: ignore[no-untyped-def]
    """Count a task that a rep starts in bin `b`."""
    edges = plan.horizon.bin_edges
    worked_to = min(finished, plan.horizon.end)
    while True:
        low = max(started, edges[at(b)])
        high = min(worked_to, edges[at(b + 1)])
        if b > 0 and high > low:
            open_days = open_time(hours, calendar, low, high)
            ledger.by_role[at(b), at(role), BUSY] += in_units(open_days, plan.day_unit)
        if worked_to < edges[at(b + 1)]:
            break
        b += 1
    if finished < plan.horizon.end:
        ledger.by_stage[at(b), at(stage), SERVED] += 1.0
        ledger.by_stage[at(b), at(stage), WAIT] += in_units(started - ready, plan.day_unit)
