"""Workload: waits, first response, utilisation of each role."""

from __future__ import annotations

from funnelsim.core.arrays import Floats
from funnelsim.metrics.ratio import ratio
from funnelsim.results.run import Run


def wait_days(run: Run, w: int, s: int) -> Floats:
    """Mean days from requesting a rep to the start of work, over tasks of stage `s` done in window `w`; else
    NaN."""
    return ratio(run.tallies["wait_days_sum"][:, w, s], run.tallies["tasks_done"][:, w, s])


def first_response_days(run: Run, w: int) -> Floats:
    """Mean days from a new lead's creation to its first task's start, over those of window `w`."""
    return ratio(run.tallies["first_response_days_sum"][:, w], run.tallies["first_responses"][:, w])


def abandoned(run: Run, w: int) -> Floats:
    """Leads that gave up waiting for a rep in window `w`, shape (R,)."""
    counts: Floats = run.tallies["abandoned"][:, w]
    return counts


def utilisation(run: Run, w: int, role: int) -> Floats:
    """Working hours spent on tasks over working hours available in window `w`; NaN if nobody was
    employed."""
    return ratio(run.tallies["busy_days"][:, w, role], run.tallies["rostered_days"][:, w, role])
