"""The fast engine where reps work in pools that leads pass one after another: stage by stage, compiled.

`reference.py` defines what is right. All leads of a replication are taken at once and moved through one part
of the funnel after another (`route.py`). A part in which a pool works is one stage: its leads are sorted by
the instant of coming and served in that order. A part without one is moved wave by wave, as in `freeflow.py`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.compiled import at, inner
from funnelsim.core.draws import replication_key
from funnelsim.engines.freeflow import (
    arrivals_of,
    draw_exits,
    draw_open_exits,
    end_batch,
    enter,
    leave,
    log_visits,
    new_batch,
    owe_nothing,
    rows_that_act,
    take_new_leads,
    take_open_leads,
)
from funnelsim.engines.instants import BATCH, visit_words
from funnelsim.engines.plan import NO_PLACE, NO_SHOCK
from funnelsim.engines.pools import (
    count_tasks,
    in_order_of_coming,
    new_pool,
    serve_all,
    sit_down_in,
)
from funnelsim.engines.route import NO_POOL
from funnelsim.engines.shocks import month_factors
from funnelsim.engines.tallies import forget
from funnelsim.engines.world import NO_ROOM, OK


@njit(nogil=True, cache=True)
def run_staged(plan, route, capacity, first, seed, replications, tallies, log, wins):  # type: ignore[no-untyped-def]
    """Run replications of a plan that has a route, from number `first` on.

    Parameters
    ----------
    plan : Plan
    route : Route
    capacity : int
        Leads of a replication for which there is room.
    first : int
    seed : uint64
    replications : int64 array, shape (n,)
    tallies, log, wins
        As of `freeflow.run_freeflow`.

    Returns
    -------
    found : int
        -1 if all is done, the stage where leads went round at one instant without end, or `NO_ROOM`.
    done : int
        Replications done.
    """
    parts = route.role.size
    times = np.empty(capacity + BATCH, np.float64)
    words = np.empty((3, capacity + BATCH), np.uint32)
    gaps = np.empty(BATCH, np.uint32)
    monthly = np.empty(plan.shocks.number.size, np.float64)
    batch = new_batch(capacity, plan.stages.hash.size, plan.shocks.number.size, True)
    pool = new_pool(capacity, max(capacity // 64, 64))
    lists = np.empty((parts, capacity), np.int32)
    listed = np.empty(parts, np.int64)
    acts = rows_that_act(plan)
    for i in range(first, replications.size):
        k0, k1 = replication_key(seed, replications[i])
        logged = log.size[0]
        if plan.shocks.odds != NO_SHOCK:
            month_factors(plan.shocks, plan.tables, plan.shocks.odds, k0, k1, batch.odds)
        n = _take_all(plan, batch, times, words, gaps, monthly, i, k0, k1, tallies)
        found = np.int64(NO_ROOM)
        if n >= 0:
            found = _move_all(
                plan,
                route,
                acts,
                batch,
                pool,
                lists,
                listed,
                n,
                i,
                replications[i],
                k0,
                k1,
                tallies,
                log,
                wins,
            )
        if found == NO_ROOM:
            forget(tallies, i)
            log.size[0] = logged
        if found != OK:
            return found, i
    return np.int64(OK), replications.size


@inner
def _take_all(plan, batch, times, words, gaps, monthly, i, k0, k1, tallies):  # type: ignore[no-untyped-def]
    """Take all leads of a replication; how many, or `NO_ROOM`."""
    n = np.int64(plan.pipeline.id.size)
    if n > batch.lead.size:
        return np.int64(NO_ROOM)
    take_open_leads(plan, batch, 0, k0, k1)
    for stream in range(plan.sources.id_base.size):
        leads = arrivals_of(plan, stream, k0, k1, times, words, gaps, monthly)
        if leads < 0 or n + leads > batch.lead.size:
            return np.int64(NO_ROOM)
        take_new_leads(plan, batch, n, stream, 0, leads, times, words, i, tallies)
        n += leads
    for j in range(n):
        batch.responded[j] = False
    if plan.recognition.place != NO_PLACE:
        owe_nothing(plan, batch, n)
    return n


@inner
def _move_all(  # type: ignore[no-untyped-def]
    plan, route, acts, batch, pool, lists, listed, n, i, replication, k0, k1, tallies, log, wins
):
    """Move all leads through all parts; what is returned is that of `run_staged`."""
    for k in range(listed.size):
        listed[k] = 0
    n_open = plan.pipeline.id.size
    for a in range(n_open):
        batch.on_its_way[a] = a
    resuming = n_open > 0
    left = np.int64(n_open)
    for j in range(n_open, n):
        _list(route, batch, lists, listed, j)
    part = np.int64(-1)
    role = np.int64(NO_POOL)
    reps = np.int64(0)
    while True:
        if left == 0:
            part += 1
            if part == listed.size:
                for idle in route.idle:
                    if sit_down_in(plan, pool, idle, i, k0, k1, tallies) < 0:
                        return np.int64(NO_ROOM)
                return np.int64(OK)
            left = listed[part]
            role = route.role[part]
            for a in range(left):
                batch.on_its_way[a] = lists[part, a]
            if role != NO_POOL:
                in_order_of_coming(batch, pool, left, plan.horizon.begin, plan.horizon.end)
                reps = sit_down_in(plan, pool, role, i, k0, k1, tallies)
                if reps < 0:
                    return np.int64(NO_ROOM)
            continue
        enter(plan, acts, batch, left, resuming, i, tallies, wins)
        _draw(batch, left, k0, k1)
        if resuming or role == NO_POOL:
            _no_work(batch, left)
        else:
            serve_all(plan, batch, pool, left, role, reps)
            count_tasks(plan, batch, left, role, i, tallies)
        if resuming:
            draw_open_exits(plan, batch, left)
        else:
            draw_exits(plan, batch, left)
        if log.lead.size > 0:
            log_visits(plan, batch, left, replication, log)
        going_on, ended, stuck = leave(plan, batch, left, i, tallies)
        if stuck >= 0:
            return stuck
        end_batch(plan, batch, ended, i, tallies, wins)
        left = np.int64(0)
        for a in range(going_on):
            j = batch.on_its_way[a]
            if not resuming and route.part[batch.place[at(j)]] == part:
                batch.on_its_way[left] = j
                left += 1
            else:
                _list(route, batch, lists, listed, j)
        resuming = False


@inner
def _list(route, batch, lists, listed, j):  # type: ignore[no-untyped-def]
    """Put a lead among those who come to its part."""
    part = at(route.part[at(batch.place[at(j)])])
    lists[part, at(listed[part])] = j
    listed[part] += 1


@inner
def _no_work(batch, n):  # type: ignore[no-untyped-def]
    for a in range(n):
        j = at(batch.on_its_way[a])
        batch.begins[j] = batch.entered[j]
        batch.started[j] = np.nan


@inner
def _draw(batch, n, k0, k1):  # type: ignore[no-untyped-def]
    """The blocks of a wave: a plain loop over arrays, which the compiler turns into vector code."""
    low = batch.low
    high = batch.high
    hashes = batch.hash
    visit = batch.visit
    word_exit = batch.word_exit
    word_dwell = batch.word_dwell
    word_effort = batch.word_effort
    for a in range(n):
        lead = np.uint64(low[a]) | (np.uint64(high[a]) << np.uint64(32))
        exit_, dwell, effort, _ = visit_words(lead, hashes[a], visit[a], k0, k1)
        word_exit[a] = exit_
        word_dwell[a] = dwell
        word_effort[a] = effort
