"""The fast engine where no rep is shared: batches of leads, stay after stay, compiled.

`reference.py` defines what is right. Leads of one stream are taken in batches; each wave moves every lead
of a batch that is still on its way by one stay: enter, draw, leave. All draws of a wave are made at once,
which is what makes it fast.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.numeric.compiled import inner
from funnelsim.core.numeric.draws import replication_key
from funnelsim.engines.counts.forget import forget
from funnelsim.engines.counts.ledger import ledger_of
from funnelsim.engines.kernels.instants import BATCH
from funnelsim.engines.kernels.shocks import month_factors
from funnelsim.engines.plan import NO_SHOCK, NONE
from funnelsim.engines.status import OK
from funnelsim.engines.waves.arrivals import (
    find_comers,
    owe_nothing_yet,
    room_for_comers,
    room_for_spawned,
    take_new_leads,
    take_open_leads,
    take_spawned,
)
from funnelsim.engines.waves.entering import draw, enter, spawn
from funnelsim.engines.waves.leaving import draw_exits, draw_open_exits, pass_removed
from funnelsim.engines.waves.tally_waves import end, leave, log_wave


@njit(nogil=True, cache=True)
def run_freeflow(plan, acts, batch, seed, replications, tallies, log, wins):  # type: ignore[no-untyped-def]
    """Run some replications of a plan.

    Parameters
    ----------
    plan : Plan
    acts : bool array, shape (rows,)
        As of `rows_that_act`.
    batch : Batch
        Room to work in.
    seed : uint64
    replications : int64 array, shape (n,)
    tallies : Tallies
        Zeros, with ``n`` replications; filled.
    log : VisitLog
    wins : OpenLeadWins

    Returns
    -------
    int
        The stage where leads went round at one instant without end, or -1.
    """
    comers = room_for_comers(4 * BATCH, plan.shocks.number.size)
    spawned = room_for_spawned(4 * BATCH if plan.any_spawns else 0)
    # np.int64(0), not 0: numba would compile all that it is handed to once more.
    i = np.int64(0)
    while i < replications.size:
        k0, k1 = replication_key(seed, replications[i])
        if plan.shocks.odds != NO_SHOCK:
            month_factors(plan.shocks, plan.tables, plan.shocks.odds, k0, k1, batch.odds)
        ledger = ledger_of(tallies, log, wins, i, replications[i])
        logged = log.size[0]
        spawned.size[0] = 0
        stuck = _move_open(plan, acts, batch, k0, k1, ledger, spawned)
        stream = np.int64(0)
        while stuck == OK and stream < plan.sources.id_base.size:
            leads = find_comers(plan, stream, k0, k1, comers)
            if leads < 0:
                comers = room_for_comers(2 * comers.times.size, plan.shocks.number.size)
                continue
            stuck = _move_new(plan, acts, batch, stream, leads, comers, k0, k1, ledger, spawned)
            stream += 1
        if stuck == OK:
            stuck = _move_spawned(plan, acts, batch, k0, k1, ledger, spawned)
        if stuck != OK:
            return stuck
        if spawned.size[0] > spawned.id.size:
            spawned = room_for_spawned(2 * spawned.size[0])
            log.size[0] = logged
            forget(tallies, i)
            continue
        i += 1
    return np.int64(OK)


@inner
def _move_open(plan, acts, batch, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move the leads that are open at the start."""
    stuck = np.int64(OK)
    first = np.int64(0)
    while stuck == OK and first < plan.pipeline.id.size:
        n = take_open_leads(plan, batch, first, k0, k1)
        stuck = _move(plan, acts, batch, n, k0, k1, ledger, spawned)
        first += n
    return stuck


@inner
def _move_new(plan, acts, batch, stream, leads, comers, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move the new leads of a stream."""
    stuck = np.int64(OK)
    first = np.int64(0)
    while stuck == OK and first < leads:
        n = take_new_leads(plan, batch, np.int64(0), stream, first, leads, comers, ledger)
        stuck = _move(plan, acts, batch, n, k0, k1, ledger, spawned)
        first += n
    return stuck


@inner
def _move_spawned(plan, acts, batch, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move the leads that entries brought, and those that theirs bring, while all are listed."""
    stuck = np.int64(OK)
    first = np.int64(0)
    while stuck == OK and first < spawned.size[0] <= spawned.id.size:
        n = take_spawned(plan, batch, spawned, first, k0, k1, ledger)
        stuck = _move(plan, acts, batch, n, k0, k1, ledger, spawned)
        first += n
    return stuck


@inner
def _move(plan, acts, batch, n, k0, k1, ledger, spawned):  # type: ignore[no-untyped-def]
    """Move a batch until every lead has ended; the stage of an endless round, or -1."""
    resuming = batch.open_place[0] != NONE
    owe_nothing_yet(plan, batch, n)
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
        n, ended, stuck = leave(plan, batch, n, ledger)
        if stuck != OK:
            return stuck
        end(plan, batch, ended, ledger)
        resuming = False
    return np.int64(OK)
