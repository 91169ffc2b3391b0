"""F6-NC: one quarter of six stages without reps, about 7,970 visits a replication."""

from __future__ import annotations

from benchmarks.f6_with import f6_workload
from benchmarks.peers.numpy_f6 import numpy_flat
from benchmarks.workload import Workload
from tests.oracles import f6


def workload() -> Workload:
    return f6_workload(
        name="F6-NC",
        title="six stages, no reps",
        scenario="f6",
        staffing=f6.NO_REPS,
        replications=3_000,
        also=(numpy_flat(),),
    )
