"""Where leads go round at one instant."""

from __future__ import annotations

import numpy as np
import scipy

from funnelsim.distributions.quantile_table import QuantileTable, TableBank
from funnelsim.engines.plan import NO_TABLE, Plan


def stages_of_round(plan: Plan, stage: int) -> list[int]:
    """Stages that a lead may pass in no time before it comes back to a stage, itself included."""
    n = len(plan.stages.hash)
    moves = [(row % n, target) for row in range(len(plan.stages.amount)) for target in _at_once(plan, row)]
    left, entered = np.array(moves, dtype=np.int64).reshape(-1, 2).T
    inside = (entered >= 0) & (entered < n)
    graph = scipy.sparse.coo_array((np.ones(inside.sum()), (left[inside], entered[inside])), shape=(n, n))
    group = scipy.sparse.csgraph.connected_components(graph, directed=True, connection="strong")[1]
    return [int(place) for place in np.flatnonzero(group == group[stage])]


def _at_once(plan: Plan, row: int) -> list[int]:
    """Targets of exits that may take no time, and of those who have no patience."""
    exits = plan.exits
    own = range(plan.stages.exit_first[row], plan.stages.exit_first[row + 1])
    taken = [e for e in own if exits.p[e] > 0 and _may_take_no_time(plan, int(exits.table[e]))]
    abandoned = int(plan.work.abandon_exit[row])
    return [int(exits.target[e]) for e in [*taken, *([abandoned] if abandoned >= 0 else [])]]


def _may_take_no_time(plan: Plan, table: int) -> bool:
    if table == NO_TABLE:
        return True
    quantiles = QuantileTable(TableBank(plan.tables.headers[table : table + 1], plan.tables.cells))
    return bool(quantiles.quantile(np.zeros(1, np.uint32))[0] <= 0)
