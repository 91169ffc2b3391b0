"""F6-SHARED: one role of 14 reps does the tasks of four stages, the latest stage first."""

from __future__ import annotations

from benchmarks.f6_with import f6_workload
from benchmarks.workload import Workload
from tests.oracles import f6


def workload() -> Workload:
    return f6_workload(
        name="F6-SHARED",
        title="14 reps for the tasks of four stages, latest stage first",
        scenario="f6_shared",
        staffing=f6.SHARED,
        replications=1_000,
    )
