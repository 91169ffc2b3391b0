"""F6-CAP: four of the six stages with a pool of reps each, first come, first served."""

from __future__ import annotations

from benchmarks.f6_with import f6_workload
from benchmarks.workload import Workload
from tests.oracles import f6


def workload() -> Workload:
    return f6_workload(
        name="F6-CAP",
        title="a pool of reps for each of four stages",
        scenario="f6_cap",
        staffing=f6.CAP,
        replications=2_000,
    )
