"""Entry of a wave: active leads enter their stages and draw the random words of their visits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.distributions.lookup import quantile_of_word
from funnelsim.engines.counts.tallies import ENTERED, N_COUNTS
from funnelsim.engines.counts.tally_credits import Entry, credit
from funnelsim.engines.kernels.instants import visit_words
from funnelsim.engines.kernels.spawning import spawned_count, spawned_lead
from funnelsim.engines.plan import Plan

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def rows_that_act(plan: Plan) -> NDArray[np.bool_]:
    """Rows whose entry has effects: credits, a factor on the amount, a win, or a removed stage."""
    stages = plan.stages
    stage = np.arange(stages.amount.size) % stages.hash.size
    return np.asarray(
        (stages.amount != 1.0)
        | (stages.bookings > 0.0)
        | (stages.quota > 0.0)
        | (stages.removed_from[stage] < np.inf)
        | (stage == plan.books_at)
        | (stage == plan.recognition.place)
    )


@inner_step
def enter(plan, acts, batch, n, resuming, ledger):  # type: ignore[no-untyped-def]
    """Each lead of a wave enters its stage, or is in it at the start if `resuming`."""
    stages = plan.stages
    wave = batch.wave
    n_stages = stages.hash.size
    counts = ledger.by_stage.reshape(-1)
    # Consecutive equal entries are counted in a register, without a memory access for each.
    run = ENTERED
    run_entered = 0
    for a in range(n):
        j = at(wave.lead[a])
        place = batch.place[j]
        stage = at(place)
        row = (batch.era[j] * plan.segments + batch.segment[j]) * n_stages + place
        wave.row[a] = row
        wave.hash[a] = stages.hash[stage]
        wave.low[a] = np.uint32(batch.id[j] & _LOW)
        wave.high[a] = np.uint32(batch.id[j] >> _32)
        visit = batch.visits[j, stage]
        if not resuming:
            visit += 1
            batch.visits[j, stage] = visit
            special = acts[at(row)]
            if not special or batch.entered[j] < stages.removed_from[stage]:
                count = (batch.bin[j] * n_stages + place) * N_COUNTS + ENTERED
                if count != run:
                    counts[at(run)] += run_entered
                    run = count
                    run_entered = 0
                run_entered += 1
                if special:
                    batch.amount[j] *= stages.amount[row]
                    credit_entry(plan, batch, j, stages.bookings[row], stages.quota[row], ledger)
        wave.visit[a] = np.uint32(visit)
    counts[at(run)] += run_entered


@inner
def credit_entry(plan, batch, j, bookings_factor, quota_factor, ledger):  # type: ignore[no-untyped-def]
    """Count the credits of a lead's entry."""
    entry = Entry(
        j,
        batch.place[j],
        batch.entered[j],
        batch.bin[j],
        batch.amount[j],
        batch.created[j],
        batch.open_index[j],
        batch.id[j],
        batch.source[j],
        batch.segment[j],
    )
    batch.booked[j], batch.won_at[j] = credit(
        plan, entry, bookings_factor, quota_factor, batch.booked[j], batch.won_at[j], batch.revenue, ledger
    )


@inner
def spawn(plan, batch, n, k0, k1, spawned):  # type: ignore[no-untyped-def]
    """List the leads spawned by the entries of a wave."""
    spawns = plan.spawns
    wave = batch.wave
    for a in range(n):
        j = wave.lead[a]
        row = wave.row[a]
        stream = spawns.source[row]
        if stream < 0 or batch.entered[j] >= plan.stages.removed_from[batch.place[j]]:
            continue
        lead = batch.id[j]
        stage_hash = wave.hash[a]
        visit = wave.visit[a]
        count = spawned_count(spawns.p0[row], spawns.mean[row], lead, stage_hash, visit, k0, k1)
        for number in range(1, count + 1):
            child, word = spawned_lead(lead, stage_hash, visit, number, k0, k1)
            comes = batch.entered[j] + quantile_of_word(
                plan.tables.headers, plan.tables.cells, spawns.table[row], word
            )
            if comes < plan.horizon.end:
                place = spawned.size[0]
                spawned.size[0] += 1
                if place < spawned.id.size:
                    spawned.id[place] = child
                    spawned.stream[place] = stream
                    spawned.created[place] = comes


@inner_step
def draw(wave, n, k0, k1):  # type: ignore[no-untyped-def]
    """Draw the random blocks of a wave, in a simple loop over arrays that the compiler can vectorise."""
    for a in range(n):
        lead = np.uint64(wave.low[a]) | (np.uint64(wave.high[a]) << _32)
        exit_, dwell, effort, _ = visit_words(lead, wave.hash[a], wave.visit[a], k0, k1)
        wave.word_exit[a] = exit_
        wave.word_dwell[a] = dwell
        wave.word_effort[a] = effort
