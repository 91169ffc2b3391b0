"""F6 with this or that staffing: the same contenders, one implementation of each for all three workloads."""

from __future__ import annotations

from functools import partial

from benchmarks import limit
from benchmarks.contender import Contender, LeftOut
from benchmarks.limit import limit_with_reps, philox_limit
from benchmarks.ours import funnelsim, ready
from benchmarks.peers.heap_f6 import numba_heap
from benchmarks.peers.optional import optional
from benchmarks.peers.simpy_f6 import CALLBACKS, PROCESSES, simpy_callbacks, simpy_processes
from benchmarks.truth import Estimate, Truth
from benchmarks.workload import Workload
from tests.oracles import f6

#: Replications of the hand-written heap that tell what must come out where there is no closed form.
_TOLD_BY, _QUICKLY_TOLD_BY = 4_000, 1_000


def f6_workload(
    *,
    name: str,
    title: str,
    scenario: str,
    staffing: f6.Staffing,
    replications: int,
    also: tuple[Contender | LeftOut, ...] = (),
) -> Workload:
    """`replications` are those of a round of the fast engine."""
    waits_in = tuple(f6.STAGES[place] for place in staffing.staffed)
    ours = partial(funnelsim, scenario=scenario, waits_in=waits_in)
    exact = f6.exact().entered
    entered = tuple(exact[stage] for stage in f6.STAGES)
    return Workload(
        name=name,
        title=title,
        truth=partial(_truth, staffing),
        contenders=[
            optional("salabim", staffing),
            optional("ciw", staffing),
            simpy_processes(staffing),
            simpy_callbacks(staffing),
            ours("reference", replications=2, checked=20, rounds_at_most=3),
            numba_heap(staffing),
            *also,
            ready(ours("fast", replications=replications)),
            limit_with_reps(staffing, entered) if staffing.staffed else philox_limit(sum(entered)),
        ],
        peers={PROCESSES: "SimPy processes", CALLBACKS: "SimPy callbacks"},
        limit=limit.NAME_WITH_REPS if staffing.staffed else limit.NAME,
        visits_per_replication=sum(entered),
    )


def _truth(staffing: f6.Staffing, quick: bool) -> Truth:
    if not staffing.staffed:
        return Truth(Estimate(f6.exact().wins))
    return Truth.found_by(numba_heap(staffing), _QUICKLY_TOLD_BY if quick else _TOLD_BY)
