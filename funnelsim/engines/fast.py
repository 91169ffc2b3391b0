"""The fast engine: choose the compiled path for a plan and run a piece of a run on it.

Each path is imported when needed: loading the kernels of all three would take longer than many runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.counts.credit_log import CreditLog
from funnelsim.engines.counts.ledger import OpenLeadWins
from funnelsim.engines.counts.logged import Logged
from funnelsim.engines.counts.tallies import Tallies
from funnelsim.engines.counts.visit_log import VisitLog
from funnelsim.engines.kernels.instants import BATCH
from funnelsim.engines.plan import Plan
from funnelsim.engines.status import NO_ROOM

if TYPE_CHECKING:
    from funnelsim.engines.staged.route import Route

_FIRST_CAPACITY = 1 << 16
_FIRST_WORLD = 1 << 12
#: Credits beside one for each lead, which most leads never reach; memory that is not written costs nothing.
_MORE_CREDITS = 1 << 12

#: Seed, replications, tallies, visit log, wins of open leads and credit log.
_Piece = tuple[np.uint64, NDArray[np.int64], Tallies, VisitLog, OpenLeadWins, CreditLog]


def load(plan: Plan, seed: int) -> None:
    """Compile or load the engine before threads start; otherwise all would wait for the first."""
    nobody = OpenLeadWins.unknown(0, 0)
    run_piece(plan, seed, np.zeros(0, dtype=np.int64), Tallies.zeros(plan, 0), False, nobody, False)


def run_piece(
    plan: Plan,
    seed: int,
    replications: NDArray[np.int64],
    tallies: Tallies,
    visits: bool,
    wins: OpenLeadWins,
    credits: bool,
) -> Logged:
    """Fill `tallies` and the wins of open leads; return what was logged and the stage of an endless loop."""
    run = _with_reps(plan) if plan.any_work else _freeflow
    log = VisitLog.empty(_FIRST_CAPACITY if visits else 0)
    credited = CreditLog.empty(_credits_expected(plan, replications) if credits else 0)
    endless_stage = run(plan, (np.uint64(seed), replications, tallies, log, wins, credited))
    needed, credits_needed = int(log.size[0]), int(credited.size[0])
    if needed > log.lead.size or credits_needed > credited.lead.size:
        log = VisitLog.empty(needed)
        credited = CreditLog.empty(credits_needed)
        for counts in tallies:
            counts[:] = 0.0
        endless_stage = run(plan, (np.uint64(seed), replications, tallies, log, wins, credited))
    columns = {name: column[:needed] for name, column in log._asdict().items() if name != "size"}
    return Logged(columns, credited.rows(), None if endless_stage < 0 else endless_stage)


def _credits_expected(plan: Plan, replications: NDArray[np.int64]) -> int:
    """Room for a credit of each lead."""
    leads = float(plan.sources.mass.sum()) + plan.pipeline.id.size
    return int(leads * replications.size) + _MORE_CREDITS


def _with_reps(plan: Plan) -> Callable[[Plan, _Piece], int]:
    from funnelsim.engines.staged.route import route_of

    route = route_of(plan)
    return _contended if route is None else partial(_staged, route)


def _freeflow(plan: Plan, piece: _Piece) -> int:
    from funnelsim.engines.waves.batch import Batch
    from funnelsim.engines.waves.entering import rows_that_act
    from funnelsim.engines.waves.run import run_freeflow

    batch = Batch.of_size(BATCH, plan, works=False)
    acts = rows_that_act(plan)
    return int(run_freeflow(plan, acts, batch, *piece))


def _contended(plan: Plan, piece: _Piece) -> int:
    """Run the event engine, allocating more memory if a replication needs it."""
    from funnelsim.engines.events.event_layout import rules_of
    from funnelsim.engines.events.run import run_contended
    from funnelsim.engines.events.world import DONE_REPLICATIONS, World

    rules, size, done = rules_of(plan), _FIRST_WORLD, 0
    while True:
        world = World.of_size(size, plan)
        world.counters[DONE_REPLICATIONS] = done
        endless_stage = run_contended(rules, plan.roles, plan.sources, world, *piece)
        if endless_stage != NO_ROOM:
            return int(endless_stage)
        done, size = int(world.counters[DONE_REPLICATIONS]), 2 * size


def _staged(route: Route, plan: Plan, piece: _Piece) -> int:
    """Run stage by stage, allocating more memory if a replication needs it."""
    from funnelsim.engines.staged.run import run_staged
    from funnelsim.engines.waves.batch import Batch
    from funnelsim.engines.waves.entering import rows_that_act

    acts, size, done = rows_that_act(plan), _FIRST_WORLD, 0
    while True:
        batch = Batch.of_size(size, plan, works=True)
        endless_stage, done = run_staged(plan, route, acts, batch, done, *piece)
        if endless_stage != NO_ROOM:
            return int(endless_stage)
        size *= 2
