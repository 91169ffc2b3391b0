"""The compiled engine for pools of reps that leads pass in sequence.

The reference engine defines the correct results. All leads of a replication are moved together through one
part of the funnel after another (`route.py`). A part with a pool is one stage: its leads are sorted by
arrival and served in that order. A part without a pool is moved in waves, as in `engines/waves`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import at, inner
from funnelsim.core.numeric.draws import replication_key
from funnelsim.engines.counts.ledger import ledger_of
from funnelsim.engines.counts.reset_replication import reset_replication
from funnelsim.engines.kernels.instants import BATCH
from funnelsim.engines.kernels.shocks import month_factors
from funnelsim.engines.plan import NO_SHOCK, NONE
from funnelsim.engines.staged.pools import count_tasks, new_pool, seat_pool, serve_all, sort_by_entry
from funnelsim.engines.staged.route import NO_POOL
from funnelsim.engines.status import NO_ROOM, OK
from funnelsim.engines.waves.arrivals import (
    draw_stream_arrivals,
    reset_batch_recognition,
    room_for_arrivals,
    take_new_leads,
    take_open_leads,
)
from funnelsim.engines.waves.entering import draw, enter
from funnelsim.engines.waves.leaving import draw_exits, draw_open_exits
from funnelsim.engines.waves.tally_waves import end, leave, log_wave


class Lists(NamedTuple):
    """Lists of leads to be moved through each part."""

    lead: NDArray[np.int32]  # (parts, capacity) index in the batch
    size: NDArray[np.int64]  # (parts,)


@njit(nogil=True, cache=True)
def run_staged(plan, route, acts, batch, first, seed, replications, tallies, log, wins, credits):  # type: ignore[no-untyped-def]
    """Run replications of a plan that has a route, from number `first` on.

    Parameters
    ----------
    plan : Plan
    route : Route
    acts : bool array, shape (rows,)
        From `rows_that_act`.
    batch : Batch
        Room for all leads of a replication.
    first : int
    seed : uint64
    replications : int64 array, shape (n,)
    tallies, log, wins, credits
        As for `run_freeflow`.

    Returns
    -------
    found : int
        -1 if done, the stage of an endless loop at one instant, or `NO_ROOM`.
    done : int
        Replications done.
    """
    capacity = batch.id.size
    stream_arrivals = room_for_arrivals(capacity + BATCH, plan.shocks.number.size)
    pool = new_pool(capacity, max(capacity // 64, 64))
    lists = Lists(np.empty((route.role.size, capacity), np.int32), np.empty(route.role.size, np.int64))
    for i in range(first, replications.size):
        k0, k1 = replication_key(seed, replications[i])
        if plan.shocks.odds != NO_SHOCK:
            month_factors(plan.shocks, plan.tables, plan.shocks.odds, k0, k1, batch.odds)
        ledger = ledger_of(tallies, log, wins, credits, i, replications[i])
        logged = log.size[0]
        credited = credits.size[0]
        found = np.int64(NO_ROOM)
        n = _take_all(plan, batch, stream_arrivals, k0, k1, ledger)
        if n >= 0:
            found = _move_all(plan, route, acts, batch, pool, lists, n, k0, k1, ledger)
        if found == NO_ROOM:
            reset_replication(tallies, i)
            log.size[0] = logged
            credits.size[0] = credited
        if found != OK:
            return found, i
    return np.int64(OK), replications.size


@inner
def _take_all(plan, batch, stream_arrivals, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """Add all leads of a replication to the batch; returns their number, or `NO_ROOM`."""
    n = np.int64(plan.pipeline.id.size)
    if n > batch.id.size:
        return np.int64(NO_ROOM)
    take_open_leads(plan, batch, np.int64(0), k0, k1)
    for stream in range(plan.sources.id_base.size):
        leads = draw_stream_arrivals(plan, stream, k0, k1, stream_arrivals)
        if leads < 0 or n + leads > batch.id.size:
            return np.int64(NO_ROOM)
        take_new_leads(plan, batch, n, stream, np.int64(0), leads, stream_arrivals, ledger)
        n += leads
    for j in range(n):
        batch.responded[j] = False
    reset_batch_recognition(plan, batch, n)
    return n


@inner
def _move_all(plan, route, acts, batch, pool, lists, n, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """Move all leads through all parts; returns the same codes as `run_staged`."""
    wave = batch.wave
    lists.size[:] = 0
    n_open = np.int64(plan.pipeline.id.size)
    for j in range(n_open):
        wave.lead[j] = j
    for j in range(n_open, n):
        _list(route, batch, lists, j)
    resuming = bool(n_open > 0)
    left = n_open
    part = np.int64(NONE)
    role = np.int64(NO_POOL)
    reps = np.int64(0)
    while True:
        if left == 0:
            part += 1
            if part == route.role.size:
                return _seat_idle(plan, route, pool, k0, k1, ledger)
            role = route.role[part]
            left = lists.size[part]
            for a in range(left):
                wave.lead[a] = lists.lead[part, a]
            if role != NO_POOL:
                sort_by_entry(batch, pool, left, plan.horizon.begin, plan.horizon.end)
                reps = seat_pool(plan, pool, role, k0, k1, ledger)
                if reps < 0:
                    return np.int64(NO_ROOM)
            continue
        enter(plan, acts, batch, left, resuming, ledger)
        draw(wave, left, k0, k1)
        if resuming or role == NO_POOL:
            _no_work(batch, left)
        else:
            serve_all(plan, batch, pool, left, role, reps)
            count_tasks(plan, batch, left, role, ledger)
        if resuming:
            draw_open_exits(plan, batch, left)
        else:
            draw_exits(plan, batch, left)
        if ledger.log.lead.size > 0:
            log_wave(plan, batch, left, ledger)
        going_on, ended, endless_stage = leave(plan, batch, left, ledger)
        if endless_stage != OK:
            return endless_stage
        end(plan, batch, ended, ledger)
        left = np.int64(0)
        for a in range(going_on):
            j = wave.lead[a]
            if not resuming and route.part[batch.place[at(j)]] == part:
                wave.lead[left] = j
                left += 1
            else:
                _list(route, batch, lists, j)
        resuming = False


@inner
def _seat_idle(plan, route, pool, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """Count the rosters of roles without a stage; `NO_ROOM` if there are too many reps."""
    for role in route.idle:
        if seat_pool(plan, pool, role, k0, k1, ledger) < 0:
            return np.int64(NO_ROOM)
    return np.int64(OK)


@inner
def _list(route, batch, lists, j):  # type: ignore[no-untyped-def]
    """Add a lead to the list of its part."""
    part = at(route.part[at(batch.place[at(j)])])
    lists.lead[part, at(lists.size[part])] = j
    lists.size[part] += 1


@inner
def _no_work(batch, n):  # type: ignore[no-untyped-def]
    for a in range(n):
        j = at(batch.wave.lead[a])
        batch.begins[j] = batch.entered[j]
        batch.started[j] = np.nan
