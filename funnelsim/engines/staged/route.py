"""Whether leads can be moved stage by stage: no lead returns to reps that it has passed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from funnelsim.distributions.lookup import quantile_of_word
from funnelsim.engines.plan import DISCIPLINES, NO_TABLE, Plan

NO_POOL = -1
Ints = NDArray[np.int64]


class Route(NamedTuple):
    """Parts of a funnel in an order in which no lead goes back from one to another."""

    part: Ints  # (S,) of each stage
    role: Ints  # (parts,) the pool of the part, or `NO_POOL`
    idle: Ints  # roles without a stage


def route_of(plan: Plan) -> Route | None:
    """The route of a plan; None if a discrete-event simulation is needed.

    Each role must be a FIFO pool for one stage with one task, to which no lead returns, without abandonment
    or cost of waiting. Every task must take time: if reps were free again at the instant of their start, the
    order of service would depend on other events at that instant.
    """
    role = _pools(plan)
    if role is None or _more_than_pools(plan) or not _tasks_take_time(plan):
        return None
    links = _links(plan)
    graph: Any = scipy.sparse.csr_array(links)
    n, part = scipy.sparse.csgraph.connected_components(graph, directed=True, connection="strong")
    alone = np.bincount(part, minlength=n)[part] == 1
    if ((role >= 0) & ~(alone & ~links.diagonal())).any():
        return None
    return _in_order(links, part.astype(np.int64), role, np.setdiff1d(np.arange(plan.roles.hash.size), role))


def _more_than_pools(plan: Plan) -> bool:
    roles, stages = plan.roles, plan.stages
    return bool(
        plan.any_spawns
        or plan.any_removed
        or roles.owner.any()
        or (roles.discipline != DISCIPLINES.index("fifo")).any()
        or (plan.work.patience != NO_TABLE).any()
        or np.isfinite(plan.exits.half_life).any()
        or plan.pipeline.waits.any()
        or not stages.hash.size
    )


def _tasks_take_time(plan: Plan) -> bool:
    """Whether even the shortest task ends later than it starts, at any instant and productivity."""
    horizon = plan.horizon
    fastest = plan.roles.ramp.max(initial=1.0)
    least = np.spacing(max(abs(horizon.begin), abs(horizon.end))) * fastest
    return all(
        quantile_of_word(*plan.tables, table, np.uint32(0)) > least for table in np.unique(plan.work.effort)
    )


def _pools(plan: Plan) -> Ints | None:
    """The role of each stage; None if a stage has several tasks, or a role several stages."""
    n_stages = plan.stages.hash.size
    first = plan.work.task_first
    role = np.full(n_stages, NO_POOL)
    for row in range(len(first) - 1):
        own = plan.work.role[first[row] : first[row + 1]]
        stage = row % n_stages
        if own.size > 1 or (own.size == 1 and role[stage] not in (NO_POOL, own[0])):
            return None
        if own.size:
            role[stage] = own[0]
    works = role[role >= 0]
    return role if np.unique(works).size == works.size else None


def _links(plan: Plan) -> NDArray[np.bool_]:
    """Whether an exit leads from one stage to another, shape (S, S)."""
    n_stages = plan.stages.hash.size
    links = np.zeros((n_stages, n_stages), np.bool_)
    first = plan.stages.exit_first
    for row in range(plan.stages.amount.size):  # without planned exits; those of open leads follow
        targets = plan.exits.target[first[row] : first[row + 1]]
        links[row % n_stages, targets[(targets >= 0) & (targets < n_stages)]] = True
    found = np.repeat(plan.pipeline.stage, np.diff(plan.pipeline.exit_first))
    targets = plan.exits.target[plan.pipeline.exit]
    ahead = (targets >= 0) & (targets < n_stages)
    links[found[ahead], targets[ahead]] = True
    return links


def _in_order(links: NDArray[np.bool_], part: Ints, role: Ints, idle: Ints) -> Route:
    """Sort the parts topologically; consecutive parts without a pool are merged."""
    n = int(part.max()) + 1
    leads_to = np.zeros((n, n), np.bool_)
    for stage, other in np.argwhere(links):
        leads_to[part[stage], part[other]] |= part[stage] != part[other]
    left = list(range(n))
    number: dict[int, int] = {}
    roles: list[int] = []
    while left:
        free = [p for p in left if not any(leads_to[other, p] for other in left)]
        # Those without a pool first, to be merged with the previous part.
        p = min(free, key=lambda p: (role[part == p].max() >= 0, p))
        own = int(role[part == p].max())
        if not roles or own >= 0 or roles[-1] >= 0:
            roles.append(own)
        number[p] = len(roles) - 1
        left.remove(p)
    return Route(np.array([number[p] for p in part.tolist()], np.int64), np.array(roles, np.int64), idle)
