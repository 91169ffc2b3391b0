"""The compiled engine for leads that never wait for a shared rep.

The reference engine defines the correct results. Leads of one stream are processed in batches; each wave
moves all active leads of a batch by one visit: enter, draw, leave. All draws of a wave are made at once,
which makes it fast.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.numeric.compiled import inner
from funnelsim.core.numeric.draws import replication_key
from funnelsim.engines.counts.ledger import ledger_of
from funnelsim.engines.counts.reset_replication import reset_replication
from funnelsim.engines.kernels.instants import BATCH
from funnelsim.engines.kernels.shocks import month_factors
from funnelsim.engines.plan import NO_SHOCK, NONE
from funnelsim.engines.status import OK
from funnelsim.engines.waves.arrivals import (
    draw_stream_arrivals,
    reset_batch_recognition,
    room_for_arrivals,
    room_for_spawned,
    take_new_leads,
    take_open_leads,
    take_spawned,
)
from funnelsim.engines.waves.entering import draw, enter, spawn
from funnelsim.engines.waves.leaving import draw_exits, draw_open_exits, pass_removed
from funnelsim.engines.waves.tally_waves import end, leave, log_wave


@njit(nogil=True, cache=True)
def run_freeflow(plan, acts, batch, seed, replications, tallies, log, wins, credits):  # type: ignore[no-untyped-def]
    """Run some replications of a plan.

    Parameters
    ----------
    plan : Plan
    acts : bool array, shape (rows,)
        From `rows_that_act`.
    batch : Batch
        Working memory.
    seed : uint64
    replications : int64 array, shape (n,)
    tallies : Tallies
        Zeros, with ``n`` replications; filled.
    log : VisitLog
    wins : OpenLeadWins
    credits : CreditLog

    Returns
    -------
    int
        The stage of an endless loop at one instant, or -1.
    """
    stream_arrivals = room_for_arrivals(4 * BATCH, plan.shocks.number.size)
    spawned = room_for_spawned(4 * BATCH if plan.any_spawns else 0)
    # np.int64(0), not 0, which would make numba compile the callees again.
    i = np.int64(0)
    while i < replications.size:
        k0, k1 = replication_key(seed, replications[i])
        if plan.shocks.odds != NO_SHOCK:
            month_factors(plan.shocks, plan.tables, plan.shocks.odds, k0, k1, batch.odds)
        ledger = ledger_of(tallies, log, wins, credits, i, replications[i])
        logged = log.size[0]
        credited = credits.size[0]
        spawned.size[0] = 0
        endless_stage = _move_open(plan, acts, batch, k0, k1, ledger, spawned)
        stream = np.int64(0)
        while endless_stage == OK and stream < plan.sources.id_base.size:
            leads = draw_stream_arrivals(plan, stream, k0, k1, stream_arrivals)
            if leads < 0:
                stream_arrivals = room_for_arrivals(2 * stream_arrivals.times.size, plan.shocks.number.size)
                continue
            endless_stage = _move_new(
                plan, acts, batch, stream, leads, stream_arrivals, k0, k1, ledger, spawned
            )
            stream += 1
        if endless_stage == OK:
            endless_stage = _move_spawned(plan, acts, batch, k0, k1, ledger, spawned)
        if endless_stage != OK:
            return endless_stage
        if spawned.size[0] > spawned.id.size:
            spawned = room_for_spawned(2 * spawned.size[0])
            log.size[0] = logged
            credits.size[0] = credited
            reset_replication(tallies, i)
            continue
        i += 1
    return np.int64(OK)


@inner
def _move_open(plan, acts, batch, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move the leads that are open at the start."""
    endless_stage = np.int64(OK)
    first = np.int64(0)
    while endless_stage == OK and first < plan.pipeline.id.size:
        n = take_open_leads(plan, batch, first, k0, k1)
        endless_stage = _move(plan, acts, batch, n, k0, k1, ledger, spawned)
        first += n
    return endless_stage


@inner
def _move_new(plan, acts, batch, stream, leads, stream_arrivals, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move the new leads of a stream."""
    endless_stage = np.int64(OK)
    first = np.int64(0)
    while endless_stage == OK and first < leads:
        n = take_new_leads(plan, batch, np.int64(0), stream, first, leads, stream_arrivals, ledger)
        endless_stage = _move(plan, acts, batch, n, k0, k1, ledger, spawned)
        first += n
    return endless_stage


@inner
def _move_spawned(plan, acts, batch, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move the spawned leads, and the leads that these spawn, while all fit into the list."""
    endless_stage = np.int64(OK)
    first = np.int64(0)
    while endless_stage == OK and first < spawned.size[0] <= spawned.id.size:
        n = take_spawned(plan, batch, spawned, first, k0, k1, ledger)
        endless_stage = _move(plan, acts, batch, n, k0, k1, ledger, spawned)
        first += n
    return endless_stage


@inner
def _move(plan, acts, batch, n, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move a batch until every lead has ended; returns the stage of an endless loop, or -1."""
    resuming = batch.open_index[0] != NONE
    reset_batch_recognition(plan, batch, n)
    for j in range(n):
        batch.wave.lead[j] = j
    while n > 0:
        enter(plan, acts, batch, n, resuming, ledger)
        if plan.any_spawns and not resuming:
            spawn(plan, batch, n, k0, k1, spawned)
        draw(batch.wave, n, k0, k1)
        if resuming:
            draw_open_exits(plan, batch, n)
        else:
            draw_exits(plan, batch, n)
        if plan.any_removed:
            pass_removed(plan, batch, n, resuming, k0, k1)
        if ledger.log.lead.size > 0:
            log_wave(plan, batch, n, ledger)
        n, ended, endless_stage = leave(plan, batch, n, ledger)
        if endless_stage != OK:
            return endless_stage
        end(plan, batch, ended, ledger)
        resuming = False
    return np.int64(OK)
