"""Exits and exit times of the leads of a wave."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.distributions.lookup import quantile_given_survival, quantile_of_word
from funnelsim.engines.kernels.instants import (
    leave_instant,
    pick,
    pick_at_odds,
    pick_forward,
    recover_words,
    uniform,
)
from funnelsim.engines.kernels.shocks import factor_at
from funnelsim.engines.plan import NEVER, NO_SHOCK, NO_TABLE


@inner_step
def draw_exits(plan, batch, n):  # type: ignore[no-untyped-def]
    """Draw the exit, target and exit time of each lead."""
    wave = batch.wave
    exits = plan.exits
    exit_first = plan.stages.exit_first
    headers = plan.tables.headers
    cells = plan.tables.cells
    for a in range(n):
        row = at(wave.row[a])
        u = uniform(wave.word_exit[a])
        chosen = pick(exits.upto, exit_first[row], exit_first[row + np.uint64(1)], u)
        wave.chosen[a] = chosen
        wave.next[a] = exits.target[at(chosen)]
        # Without a distribution (`never`, or lost at once because the stage is removed) the first table
        # stands in: the instant is overwritten.
        dwell = quantile_of_word(headers, cells, max(exits.table[at(chosen)], 0), wave.word_dwell[a])
        wave.left[a] = batch.begins[at(wave.lead[a])] + dwell
    if plan.shocks.odds != NO_SHOCK:
        _draw_exits_at_odds(plan, batch, n)
    if plan.any_clock or plan.any_never:
        for a in range(n):
            chosen = wave.chosen[a]
            if wave.next[a] == NEVER:
                wave.left[a] = np.inf
            elif exits.clock[chosen] >= 0:
                dwell = quantile_of_word(headers, cells, max(exits.table[chosen], 0), wave.word_dwell[a])
                wave.left[a] = leave_instant(
                    plan.clocks.integral,
                    plan.clocks.first_day,
                    exits.clock[chosen],
                    batch.begins[at(wave.lead[a])],
                    dwell,
                )


@inner
def _draw_exits_at_odds(plan, batch, n):  # type: ignore[no-untyped-def]
    """Redraw the exits of a wave for months with other odds."""
    wave = batch.wave
    for a in range(n):
        j = at(wave.lead[a])
        chosen = _pick_exit(plan, batch, wave.row[a], uniform(wave.word_exit[a]), batch.entered[j])
        wave.chosen[a] = chosen
        wave.next[a] = plan.exits.target[chosen]
        dwell = quantile_of_word(
            plan.tables.headers, plan.tables.cells, max(plan.exits.table[chosen], 0), wave.word_dwell[a]
        )
        wave.left[a] = batch.begins[j] + dwell


@inner
def _pick_exit(plan, batch, row, u, entered):  # type: ignore[no-untyped-def]
    """The exit of a visit by the odds of the month of entry."""
    exits = plan.exits
    first = plan.stages.exit_first[row]
    last = plan.stages.exit_first[row + 1]
    if plan.shocks.odds != NO_SHOCK and entered >= plan.horizon.begin:
        odds = factor_at(plan.shocks, batch.odds, plan.horizon.begin, entered)
        return pick_at_odds(exits.p, exits.forward, first, last, u, odds)[0]
    return pick(exits.upto, first, last, u)


@inner
def draw_open_exits(plan, batch, n):  # type: ignore[no-untyped-def]
    """The same for open leads in their stage at the start, conditional on their age."""
    pipeline = plan.pipeline
    wave = batch.wave
    for a in range(n):
        open_index = batch.open_index[at(wave.lead[a])]
        u = uniform(wave.word_exit[a])
        k = pick(pipeline.upto, pipeline.exit_first[open_index], pipeline.exit_first[open_index + 1], u)
        chosen = pipeline.exit[k]
        left = np.inf
        table = plan.exits.table[chosen]
        if table != NO_TABLE:
            dwell = quantile_given_survival(
                plan.tables.headers, plan.tables.cells, table, wave.word_dwell[a], pipeline.survival[k]
            )
            left = leave_instant(
                plan.clocks.integral,
                plan.clocks.first_day,
                plan.exits.clock[chosen],
                pipeline.since[open_index],
                dwell,
            )
        wave.chosen[a] = chosen
        wave.next[a] = plan.exits.target[chosen]
        wave.left[a] = max(left, 0.0)


@inner
def pass_removed(plan, batch, n, resuming, k0, k1):  # type: ignore[no-untyped-def]
    """Leads pass a removed stage at once, or at the instant it is removed while they are in it."""
    stages = plan.stages
    exits = plan.exits
    wave = batch.wave
    for a in range(n):
        j = at(wave.lead[a])
        stage = batch.place[j]
        removed_from = stages.removed_from[stage]
        now = 0.0 if resuming else batch.entered[j]
        wave.seen[a] = True
        if now < removed_from and wave.left[a] <= removed_from:
            continue
        era = batch.era[j]
        if now >= removed_from:
            wave.left[a] = now
            wave.seen[a] = resuming
        else:
            wave.left[a] = removed_from
            while removed_from >= stages.era_start[era + 1]:
                era += 1
        row = (era * plan.segments + batch.segment[j]) * stages.hash.size + stage
        if wave.next[a] == stage:
            entered = -np.inf if resuming else batch.entered[j]
            wave.chosen[a] = _pick_exit(plan, batch, row, uniform(wave.word_exit[a]), entered)
            wave.next[a] = exits.target[wave.chosen[a]]
        elif wave.next[a] == NEVER:
            wave.next[a] = plan.lost
        if wave.next[a] == plan.lost and stages.recovered[stage] > 0.0:
            goes_on, where, _, _ = recover_words(batch.id[j], stages.hash[stage], wave.visit[a], k0, k1)
            if uniform(goes_on) < stages.recovered[stage]:
                wave.chosen[a] = pick_forward(
                    exits.p, exits.forward, stages.exit_first[row], stages.exit_first[row + 1], uniform(where)
                )
                wave.next[a] = exits.target[wave.chosen[a]]
