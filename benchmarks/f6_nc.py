"""F6-NC: one quarter of six stages without reps, about 7,970 visits a replication."""

from __future__ import annotations

from benchmarks.contender import Contender
from benchmarks.limit import philox_limit
from benchmarks.ours import funnelsim
from benchmarks.peers.numpy_f6 import numpy_flat
from benchmarks.peers.simpy_f6 import simpy_callbacks, simpy_processes
from tests.oracles import f6

NAME = "F6-NC"
#: Peers that get a column of ratios -> its heading.
PEERS = {"SimPy 4.1, a process a lead": "SimPy processes", "SimPy 4.1, event callbacks": "SimPy callbacks"}
LIMIT = "limit: one Philox block a visit"


def expected_wins() -> float:
    return f6.exact().wins


def visits_per_replication() -> float:
    entered = f6.exact().entered
    return sum(entered[stage] for stage in f6.STAGES)


def contenders() -> list[Contender]:
    """Slowest first, with peers and the limit on either side of funnelsim."""
    return [
        simpy_processes(),
        simpy_callbacks(),
        funnelsim("reference", replications=10),
        numpy_flat(),
        funnelsim("fast", replications=3_000),
        philox_limit(visits_per_replication()),
    ]
