"""Movement of leads in the event engine: arrival, entry, draws and exit, without waiting."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.distributions.lookup import quantile_given_survival, quantile_of_word
from funnelsim.engines.counts.recognition import reset_recognition
from funnelsim.engines.counts.tally_credits import count_client
from funnelsim.engines.counts.tally_visits import count_entry, count_new_lead, count_outcome, count_visit
from funnelsim.engines.events.world import LEADS, TO_MOVE, free_lead, place_for_lead
from funnelsim.engines.kernels.instants import (
    arrivals,
    lead_words,
    leave_instant,
    pick,
    pick_at_odds,
    pick_forward,
    recover_words,
    uniform,
    visit_words,
)
from funnelsim.engines.kernels.lead_traits import amount_of_open, last_begun, traits_of_new
from funnelsim.engines.kernels.shocks import factor_at
from funnelsim.engines.kernels.spawning import spawned_count, spawned_lead
from funnelsim.engines.kernels.working_time import waiting_costs
from funnelsim.engines.plan import NEVER, NO_SHOCK, NONE
from funnelsim.engines.status import NO_ROOM, OK


@inner_step
def _new_lead(world, lead_id, source, segment, place, created, amount):  # type: ignore[no-untyped-def]
    """Add a lead that has yet to enter its stage; returns its index, or `NO_ROOM`."""
    lead = place_for_lead(world)
    if lead < 0:
        return lead
    who = world.leads[at(lead)]
    who.id = lead_id
    who.created = created
    who.entered = created
    who.amount = amount
    who.won_at = np.inf
    who.place = place
    who.segment = segment
    who.source = source
    who.open_index = NONE
    who.era = 0
    who.bin = 0
    who.rounds = 0
    who.booked = 0
    who.responded = False
    who.here = True
    for stage in range(world.visits.shape[1]):
        world.visits[at(lead), at(stage)] = 0
    for role in range(world.owner.shape[1]):
        world.owner[at(lead), at(role)] = NONE
    reset_recognition(world.revenue[at(lead)], False)
    return lead


@inner_step
def _to_move(world, lead):  # type: ignore[no-untyped-def]
    """Push a lead onto the list of leads that have yet to move."""
    world.leads[at(lead)].next = world.counters[TO_MOVE]
    world.counters[TO_MOVE] = lead


@inner_step
def lead_to_move(world):  # type: ignore[no-untyped-def]
    """Pop one of the leads that have yet to move; -1 if there is none."""
    lead = np.int64(world.counters[TO_MOVE])
    if lead != NONE:
        world.counters[TO_MOVE] = world.leads[at(lead)].next
    return lead


@inner
def find_open_leads(rules, world, k0, k1):  # type: ignore[no-untyped-def]
    """Add the open leads at their current stages."""
    for place in range(rules.open_leads.size):
        found = rules.open_leads[at(place)]
        amount = amount_of_open(
            rules.tables, rules.listed_table, found.id, found.amount, found.amount_table, k0, k1
        )
        lead = _new_lead(world, found.id, NONE, found.segment, found.stage, found.created, amount)
        if lead < 0:
            return lead
        who = world.leads[at(lead)]
        who.entered = -found.age
        who.open_index = place
        who.booked = found.bookings_before
        if who.booked > 0:
            who.won_at = -np.inf
        recognised_since = False
        for k in range(found.visit_first, found.visit_last):
            world.visits[lead, rules.visited[at(k)].stage] = rules.visited[at(k)].visits
            recognised_since |= rules.visited[at(k)].stage == rules.recognition.place
        reset_recognition(world.revenue[at(lead)], recognised_since)
        _to_move(world, lead)
    return np.int64(OK)


@inner
def find_arrivals(rules, sources, world, k0, k1):  # type: ignore[no-untyped-def]
    """Draw the arrival times of all streams; `NO_ROOM` if there are too many."""
    for stream in range(sources.id_base.size):
        world.arrived[stream] = 0
        world.arrivals[stream] = arrivals(
            sources,
            rules.hours,
            rules.shocks,
            rules.tables,
            rules.unit_exponential,
            stream,
            rules.horizon.begin,
            rules.horizon.end,
            k0,
            k1,
            world.times[stream],
            world.words[stream],
            world.gaps,
            world.monthly,
        )
        if world.arrivals[stream] < 0:
            return np.int64(NO_ROOM)
    return np.int64(OK)


@inner_step
def next_arrival(world):  # type: ignore[no-untyped-def]
    """The stream of the next arrival, and its time; infinite if there is none."""
    first = np.int64(NONE)
    comes = np.inf
    for stream in range(world.arrivals.size):
        n = world.arrived[at(stream)]
        if n < world.arrivals[at(stream)] and world.times[at(stream), at(n)] < comes:
            first = np.int64(stream)
            comes = world.times[at(stream), at(n)]
    return first, comes


@inner_step
def arrive(rules, sources, world, stream, ledger):  # type: ignore[no-untyped-def]
    """Add the next lead of a stream; returns its index, or `NO_ROOM`."""
    n = world.arrived[at(stream)]
    world.arrived[at(stream)] = n + 1
    words = world.words[at(stream)]
    lead_id = sources.id_base[at(stream)] + np.uint64(n)
    instant = world.times[at(stream), at(n)]
    return _add_lead(
        rules,
        sources,
        world,
        lead_id,
        stream,
        instant,
        words[0, at(n)],
        words[1, at(n)],
        words[2, at(n)],
        ledger,
    )


@inner_step
def _add_lead(  # type: ignore[no-untyped-def]
    rules, sources, world, lead_id, stream, instant, word_amount, word_segment, word_entry, ledger
):
    """Add a lead of a stream, from its random words; returns its index, or `NO_ROOM`."""
    era = last_begun(rules.era_start, 0, instant)
    segment, stage, amount = traits_of_new(
        sources, rules.tables, stream, era, word_amount, word_segment, word_entry
    )
    lead = _new_lead(world, lead_id, sources.source[at(stream)], segment, stage, instant, amount)
    if lead >= 0:
        count_new_lead(rules, world.leads[at(lead)], ledger)
    return lead


@inner
def spawn(rules, sources, world, lead, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """Add the leads that an entry spawns; false if there is no room."""
    who = world.leads[lead]
    spawns = rules.spawns
    row = who.row
    stream = spawns.source[row]
    if stream < 0 or who.resumed or not who.seen:
        return True
    stage_hash = rules.stages[who.stage].hash
    headers = rules.tables.headers
    cells = rules.tables.cells
    count = spawned_count(spawns.p0[row], spawns.mean[row], who.id, stage_hash, who.visit, k0, k1)
    for number in range(1, count + 1):
        lead_id, word = spawned_lead(who.id, stage_hash, who.visit, number, k0, k1)
        comes = who.entered + quantile_of_word(headers, cells, spawns.table[row], word)
        if not comes < rules.horizon.end:
            continue
        _, word_amount, word_segment, word_entry = lead_words(lead_id, k0, k1)
        child = _add_lead(
            rules, sources, world, lead_id, stream, comes, word_amount, word_segment, word_entry, ledger
        )
        if child < 0:
            return False
        _to_move(world, child)
    return True


@inner_step
def enter(rules, world, lead, found, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """A lead enters its stage, or (`found`) is in it at the start."""
    who = world.leads[at(lead)]
    stage = who.place
    era = last_begun(rules.era_start, who.era, max(who.entered, rules.horizon.begin))
    who.era = era
    who.stage = stage
    who.row = (era * rules.segments + who.segment) * rules.stages.size + stage
    passes = who.entered >= rules.stages[at(stage)].removed_from
    who.seen = found or not passes
    who.resumed = found
    who.abandoned = False
    who.begins = who.entered
    who.started = np.nan
    who.finished = np.inf
    visit = world.visits[at(lead), at(stage)]
    if not found:
        visit += 1
        world.visits[at(lead), at(stage)] = visit
        if not passes:
            who.amount *= rules.rows[at(who.row)].amount
            count_entry(rules, world, lead, ledger)
    who.visit = visit
    exit_, dwell, effort, patience = visit_words(who.id, rules.stages[at(stage)].hash, visit, k0, k1)
    who.word_exit = exit_
    who.word_dwell = dwell
    who.word_effort = effort
    who.word_patience = patience


@inner_step
def first_task(rules, who):  # type: ignore[no-untyped-def]
    """Time from which a lead needs a rep in its visit; infinite if it needs none."""
    row = rules.rows[at(who.row)]
    if row.task_first == row.task_last:
        return np.inf
    now = who.entered
    if who.resumed:
        if not rules.open_leads[at(who.open_index)].waits:
            return np.inf
        now = max(now, 0.0)
    return np.inf if now >= rules.stages[at(who.stage)].removed_from else who.entered


@inner_step
def _pick_exit(rules, world, first, last, u, who):  # type: ignore[no-untyped-def]
    """Pick an exit by the odds of the month of entry; also returns the cumulative p before it, and its p."""
    if rules.shocks.odds != NO_SHOCK and not who.resumed:
        odds = factor_at(rules.shocks, world.odds, rules.horizon.begin, who.entered)
        return pick_at_odds(rules.exits.p, rules.exits.forward, first, last, u, odds)
    chosen = pick(rules.upto, first, last, u)
    return chosen, rules.upto[chosen - 1] if chosen > first else 0.0, rules.exits[chosen].p


@inner_step
def _draw_exit(rules, world, who):  # type: ignore[no-untyped-def]
    """Draw the exit of a visit; also returns its index among exits of open leads (-1 for a new dwell)."""
    u = uniform(who.word_exit)
    if who.resumed:
        found = rules.open_leads[at(who.open_index)]
        if not found.waits:
            k = pick(rules.open_upto, found.exit_first, found.exit_last, u)
            return np.int64(rules.open_exits[at(k)].exit), np.int64(k)
    row = rules.rows[at(who.row)]
    chosen, before, chance = _pick_exit(rules, world, row.exit_first, row.exit_last, u, who)
    half_life = rules.exits[at(chosen)].half_life
    if half_life < np.inf and who.started >= who.entered:
        waited = who.started - who.entered
        if waiting_costs(rules.tables, rules.unit_exponential, half_life, chance, before, u, waited):
            return np.int64(row.lost_exit), np.int64(NONE)
    return np.int64(chosen), np.int64(NONE)


@inner_step
def leave(rules, world, lead, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """A lead leaves its stage; false if the visit is open at the horizon."""
    who = world.leads[at(lead)]
    stage = rules.stages[at(who.stage)]
    if who.abandoned:
        chosen = np.int64(rules.rows[at(who.row)].abandon_exit)
        return _go(rules, world, lead, chosen, rules.exits[at(chosen)].target, who.begins, ledger)
    headers = rules.tables.headers
    cells = rules.tables.cells
    chosen, found_exit = _draw_exit(rules, world, who)
    exit_ = rules.exits[at(chosen)]
    target = exit_.target
    now = max(who.begins, 0.0) if who.resumed else who.begins
    removed = now >= stage.removed_from
    left = now
    if not removed:
        left = np.inf
        if target != NEVER:
            if found_exit >= 0 and rules.open_exits[at(found_exit)].survival < 1.0:
                survival = rules.open_exits[at(found_exit)].survival
                dwell = quantile_given_survival(headers, cells, exit_.table, who.word_dwell, survival)
            else:
                dwell = quantile_of_word(headers, cells, exit_.table, who.word_dwell)
            since = who.begins
            if who.resumed and not rules.open_leads[at(who.open_index)].waits:
                since = rules.open_leads[at(who.open_index)].since
            left = leave_instant(rules.clocks.integral, rules.clocks.first_day, exit_.clock, since, dwell)
            left = max(left, now)
        if left > stage.removed_from:
            left = stage.removed_from
            removed = True
    if removed:
        chosen, target = _pass_removed(rules, world, who, chosen, target, left, k0, k1)
    return _go(rules, world, lead, chosen, target, left, ledger)


@inner_step
def _pass_removed(rules, world, who, chosen, target, left, k0, k1):  # type: ignore[no-untyped-def]
    """Exit and target of a lead that passes a removed stage."""
    stage = rules.stages[at(who.stage)]
    era = last_begun(rules.era_start, who.era, max(left, rules.horizon.begin))
    row = rules.rows[(era * rules.segments + who.segment) * rules.stages.size + who.stage]
    if target == who.stage:
        u = uniform(who.word_exit)
        chosen = np.int64(_pick_exit(rules, world, row.exit_first, row.exit_last, u, who)[0])
        target = rules.exits[at(chosen)].target
    elif target == NEVER:
        target = np.int32(rules.lost)
    if target == rules.lost and stage.recovered > 0.0:
        goes_on, where, _, _ = recover_words(who.id, stage.hash, who.visit, k0, k1)
        if uniform(goes_on) < stage.recovered:
            chosen = np.int64(
                pick_forward(
                    rules.exits.p, rules.exits.forward, row.exit_first, row.exit_last, uniform(where)
                )
            )
            target = rules.exits[at(chosen)].target
    return chosen, target


@inner_step
def _go(rules, world, lead, chosen, target, left, ledger):  # type: ignore[no-untyped-def]
    """The lead leaves for a target; false if that is not before the end."""
    if not left < rules.horizon.end:
        return False
    who = world.leads[at(lead)]
    count_visit(rules, who, left, chosen, ledger)
    if left == who.entered:
        who.rounds += 1
    else:
        who.rounds = 0
    who.entered = left
    who.place = target
    return True


@inner_step
def count_open_visit(rules, world, lead, ledger):  # type: ignore[no-untyped-def]
    """Count a visit that is open at the horizon."""
    who = world.leads[at(lead)]
    count_visit(rules, who, np.inf, np.int64(NONE), ledger)
    count_client(rules.horizon, who.won_at, np.inf, ledger)
    free_lead(world, lead)


@inner_step
def next_active_lead(world, after):  # type: ignore[no-untyped-def]
    """The first active lead after an index; -1 if there is none."""
    lead = after + 1
    while lead < world.counters[LEADS] and not world.leads[at(lead)].here:
        lead += 1
    return lead if lead < world.counters[LEADS] else np.int64(NONE)


@inner_step
def end(rules, world, lead, ledger):  # type: ignore[no-untyped-def]
    """The lead reaches an outcome."""
    count_outcome(rules, world, lead, ledger)
    free_lead(world, lead)
