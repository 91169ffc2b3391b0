"""Tally the visits of a wave, and move its leads to their targets."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts.tallies import CHURNED, DWELL, ENDED, FORWARD, LOST, N_COUNTS, WIP
from funnelsim.engines.counts.tally_credits import count_client
from funnelsim.engines.counts.visit_log import log_visit, log_work
from funnelsim.engines.plan import NONE, ROUNDS_AT_ONE_INSTANT
from funnelsim.engines.waves.entering import credit_entry


@inner
def log_wave(plan, batch, n, ledger):  # type: ignore[no-untyped-def]
    """Log the visits of a wave."""
    wave = batch.wave
    end = plan.horizon.end
    for a in range(n):
        if not wave.seen[a]:
            continue
        j = at(wave.lead[a])
        row = log_visit(
            ledger.log,
            ledger.replication,
            batch.id[j],
            batch.source[j],
            batch.segment[j],
            batch.place[j],
            wave.visit[a],
            batch.entered[j],
            wave.left[a],
            wave.chosen[a] if wave.left[a] < end else NONE,
            batch.amount[j],
        )
        if plan.any_work:
            log_work(ledger.log, row, batch.started[j], batch.begins[j], batch.role[j], batch.seat[j], end)


@inner_step
def leave(plan, batch, n, ledger):  # type: ignore[no-untyped-def]
    """Count the visits of a wave; list the leads that go on to a stage, and those that ended.

    Returns
    -------
    going_on, ended : int
        How many.
    endless_stage : int
        The stage of an endless loop, or -1.
    """
    wave = batch.wave
    era_start = plan.stages.era_start
    has_eras = era_start.size > 2
    edges = plan.horizon.bin_edges
    end = plan.horizon.end
    n_stages = plan.stages.hash.size
    counts = ledger.by_stage.reshape(-1)
    going_on = np.int64(0)
    ended = np.int64(0)
    # Consecutive visits of one stage are summed in registers: the same additions with fewer memory accesses.
    run = np.int64(NONE)
    run_ended = np.int64(0)
    run_forward = np.int64(0)
    run_wip = 0.0
    run_dwell = 0.0
    for a in range(n):
        j = at(wave.lead[a])
        stage = batch.place[j]
        entered = batch.entered[j]
        bin_ = np.int64(batch.bin[j])
        left = wave.left[a]
        ends = left < end
        if wave.seen[a]:
            seen_to = min(left, end)
            seen_from = max(entered, edges[at(bin_)])
            count = (bin_ * n_stages + stage) * N_COUNTS
            while seen_to >= edges[at(bin_ + 1)]:
                wip = in_units(edges[at(bin_ + 1)] - seen_from, plan.day_unit)
                if run == count:
                    run_wip += wip
                else:
                    counts[at(count + WIP)] += wip
                bin_ += 1
                seen_from = edges[at(bin_)]
                count += n_stages * N_COUNTS
            if count != run:
                if run != NONE:
                    counts[at(run + ENDED)] += run_ended
                    counts[at(run + FORWARD)] += run_forward
                    counts[at(run + WIP)] = run_wip
                    counts[at(run + DWELL)] = run_dwell
                run = count
                run_ended = np.int64(0)
                run_forward = np.int64(0)
                run_wip = counts[at(run + WIP)]
                run_dwell = counts[at(run + DWELL)]
            run_ended += np.int64(ends)
            run_forward += np.int64(plan.exits.forward[at(wave.chosen[a])] and ends)
            run_wip += in_units(seen_to - seen_from, plan.day_unit)
            run_dwell += in_units(left - batch.begins[j], plan.day_unit) if ends else 0.0
        if left == entered:
            batch.rounds[j] += 1
            if batch.rounds[j] > ROUNDS_AT_ONE_INSTANT:
                return going_on, ended, np.int64(stage)
        elif batch.rounds[j] > 0:
            batch.rounds[j] = 0
        if has_eras and ends:
            era = batch.era[j]
            while left >= era_start[era + 1]:
                era += 1
            batch.era[j] = era
        batch.bin[j] = bin_
        batch.entered[j] = left
        place = wave.next[a] if ends else np.int32(NONE)
        batch.place[j] = place
        goes = np.int64(0 <= place < n_stages)
        wave.lead[at(going_on)] = j
        going_on += goes
        wave.ended[at(ended)] = j
        ended += 1 - goes
    if run != NONE:
        counts[at(run + ENDED)] += run_ended
        counts[at(run + FORWARD)] += run_forward
        counts[at(run + WIP)] = run_wip
        counts[at(run + DWELL)] = run_dwell
    return going_on, ended, np.int64(NONE)


@inner_step
def end(plan, batch, ended, ledger):  # type: ignore[no-untyped-def]
    """Count leads that reached an outcome, or (-1) are open at the horizon."""
    outcomes = plan.outcomes
    n_stages = plan.stages.hash.size
    run = 0
    lost = 0
    for a in range(ended):
        j = at(batch.wave.ended[a])
        place = batch.place[j]
        churned_at = np.inf
        if place != NONE:
            bin_ = batch.bin[j]
            outcome = at(place - n_stages)
            bookings = outcomes.bookings[outcome]
            quota = outcomes.quota[outcome]
            books = bookings > 0.0 or quota > 0.0 or place == plan.books_at
            if books or place == plan.recognition.place:
                credit_entry(plan, batch, j, bookings, quota, ledger)
            if place == plan.churned:
                ledger.by_bin[at(bin_), CHURNED] += 1.0
                churned_at = batch.entered[j]
            if place != plan.won and batch.won_at[j] == np.inf:
                if bin_ != run:
                    ledger.by_bin[at(run), LOST] += lost
                    run = bin_
                    lost = 0
                lost += 1
        count_client(plan.horizon, batch.won_at[j], churned_at, ledger)
    ledger.by_bin[at(run), LOST] += lost
