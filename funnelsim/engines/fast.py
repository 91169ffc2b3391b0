"""The fast engine: chooses the compiled path that a plan allows and runs a piece of a run on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines import reference
from funnelsim.engines.freeflow import OpenLeadWins, VisitLog, run_freeflow
from funnelsim.engines.plan import Plan
from funnelsim.engines.tallies import Tallies

_FIRST_CAPACITY = 1 << 16


def load(plan: Plan, seed: int) -> None:
    """Compile the engine, or load it, before threads start: all would wait for the first."""
    none = np.zeros((0, 0))
    run_piece(plan, seed, np.zeros(0, dtype=np.int64), Tallies.zeros(plan, 0), False, none, none)


def run_piece(
    plan: Plan,
    seed: int,
    replications: NDArray[np.int64],
    tallies: Tallies,
    visits: bool,
    win_day: NDArray[np.float64],
    win_amount: NDArray[np.float64],
) -> tuple[dict[str, NDArray[Any]], int | None]:
    """Fill `tallies` and the wins of open leads; return the visits and the stage of an endless round."""
    if plan.any_work:
        return reference.run_piece(plan, seed, replications, tallies, visits, win_day, win_amount)
    wins = OpenLeadWins(win_day, win_amount)
    log = VisitLog.empty(_FIRST_CAPACITY if visits else 0)
    stuck = run_freeflow(plan, np.uint64(seed), replications, tallies, log, wins)
    needed = int(log.size[0])
    if needed > log.lead.size:
        log = VisitLog.empty(needed)
        for counts in tallies:
            counts[:] = 0.0
        stuck = run_freeflow(plan, np.uint64(seed), replications, tallies, log, wins)
    columns = {name: column[:needed] for name, column in log._asdict().items() if name != "size"}
    nothing, nobody = np.full(needed, np.nan), np.full(needed, -1)
    columns |= {"started": nothing, "finished": nothing, "role": nobody, "seat": nobody}
    return columns, None if stuck < 0 else int(stuck)
