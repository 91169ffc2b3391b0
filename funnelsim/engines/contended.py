"""The fast engine where reps are shared: events in order of time, compiled.

`reference.py` defines what is right. Only a lead that comes to need a rep, a rep that is done and a wait that
ends are events: what does not depend on waiting is worked out at once, stay after stay, up to the next task.
Stays are written down as they are found and counted when the replication is over (`settle.py`).

Functions that may run out of room return `NO_ROOM` then.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.compiled import at, kernel, step
from funnelsim.core.draws import replication_key
from funnelsim.core.workhours import open_from
from funnelsim.distributions.table import quantile_given_survival, quantile_of_word
from funnelsim.engines.eventqueue import clear_events, drop_event, next_event, push_event
from funnelsim.engines.instants import (
    arrivals,
    lead_words,
    leave_instant,
    listed_word,
    pick,
    pick_at_odds,
    pick_forward,
    recover_words,
    uniform,
    visit_words,
)
from funnelsim.engines.plan import NEVER, NO_SHOCK, NO_TABLE
from funnelsim.engines.settle import order_spawned, settle
from funnelsim.engines.shocks import factor_at, month_factors
from funnelsim.engines.spawning import spawned_count, spawned_lead
from funnelsim.engines.waiting import joined, waiting_first, without_first
from funnelsim.engines.working import (
    AVAILABLE,
    HIRED,
    RAMP_FROM,
    SEAT,
    UNTIL,
    effort_of,
    finish_instant,
    roster,
    waiting_costs,
    waits_until,
)
from funnelsim.engines.world import DONE_REPLICATIONS, LEADS, REQUESTS, SPAWNED_FROM, STAYS

ROUNDS_AT_ONE_INSTANT = 10_000
# Kinds of events, in the order of the steps of an instant.
LOOK, DONE, READY, STOP, RELEASE, PATIENCE = range(6)
FIFO, LIFO, LARGEST, OLDEST, LATEST_STAGE = range(5)
OK = -1
NO_ROOM = -2
_NONE = -1


@njit(nogil=True, cache=True)
def run_contended(rules, roles, sources, world, seed, replications, tallies, log, wins):  # type: ignore[no-untyped-def]
    """Run replications of a plan in which reps work, from number ``counters[DONE_REPLICATIONS]`` on.

    Parameters
    ----------
    rules : Rules
    roles : Roles
    sources : Sources
    world : World
        Room to work in.
    seed : uint64
    replications : int64 array, shape (n,)
    tallies, log, wins
        As of `freeflow.run_freeflow`.

    Returns
    -------
    int
        -1 if all is done, the stage where leads went round at one instant without end, or `NO_ROOM`.
    """
    while world.counters[DONE_REPLICATIONS] < replications.size:
        i = world.counters[DONE_REPLICATIONS]
        k0, k1 = replication_key(seed, replications[i])
        if rules.shocks.odds != NO_SHOCK:
            month_factors(rules.shocks, rules.tables, rules.shocks.odds, k0, k1, world.odds)
        found = _sit_down(rules, roles, world, k0, k1)
        if found == OK:
            found = _find_open_leads(rules, world, k0, k1)
        if found == OK:
            found = _find_new_leads(rules, sources, world, k0, k1)
        if found == OK:
            world.counters[SPAWNED_FROM] = world.counters[LEADS]
            found = _play(rules, sources, world, k0, k1)
        if found != OK:
            return found
        if rules.any_spawns:
            order_spawned(world)
        settle(rules, world, i, replications[i], tallies, log, wins)
        world.counters[DONE_REPLICATIONS] += 1
    return np.int64(OK)


@kernel
def _play(rules, sources, world, k0, k1):  # type: ignore[no-untyped-def]
    """Let everything happen.

    A lead that moves goes on until it needs a rep, ends, or the horizon comes; else a role whose reps look at
    their queue serves as long as it can; else the next event happens, or roles that are due look.
    """
    events = world.events
    queues = world.queues
    n_stages = rules.stages.size
    now = -np.inf
    any_due = False
    serving = np.int64(_NONE)  # role
    lead = np.int64(_NONE)  # that moves
    stay = np.int64(_NONE)  # that it leaves, if it is in one
    known = np.int64(0)  # leads that have begun to move
    number = np.int64(_NONE)  # of the task for which the lead comes to need a rep
    ready = 0.0  # since when it needs one
    while True:
        if number != _NONE:
            if not _ask(rules, world, lead, stay, number, ready, k0, k1):
                return np.int64(NO_ROOM)
            number = np.int64(_NONE)
            lead = np.int64(_NONE)
            continue
        if lead != _NONE:
            if stay != _NONE:
                if not _leave(rules, world, lead, stay, k0, k1):
                    lead = np.int64(_NONE)
                    continue
                if world.leads[at(lead)].rounds > ROUNDS_AT_ONE_INSTANT:
                    return np.int64(world.stays[at(stay)].stage)
            if world.leads[at(lead)].place >= n_stages:
                if not _end(rules, world, lead):
                    return np.int64(NO_ROOM)
                lead = np.int64(_NONE)
                continue
            stay = _enter(rules, world, lead, stay, k0, k1)
            if stay == NO_ROOM or not _release(
                rules, world, lead, world.stays[at(stay)].stage, world.stays[at(stay)].entered
            ):
                return np.int64(NO_ROOM)
            if rules.any_spawns and not _spawn(rules, sources, world, lead, stay, k0, k1):
                return np.int64(NO_ROOM)
            ready = _first_task(rules, world, lead, stay)
            if ready < np.inf:
                number = np.int64(0)
            continue
        if known < world.counters[LEADS]:
            lead = known
            known += 1
            stay = np.int64(_NONE)
            continue
        if serving != _NONE:
            rep, request = _next_service(rules, world, serving, now)
            if request == _NONE:
                serving = np.int64(_NONE)
                continue
            done = _serve(rules, world, serving, rep, request, now)
            if not done < rules.end:
                continue
            if not _at(rules, world, done, DONE, request):
                return np.int64(NO_ROOM)
            lead = np.int64(world.requests[at(request)].lead)
            stay = np.int64(world.requests[at(request)].stay)
            row = rules.rows[at(world.stays[at(stay)].row)]
            next_task = np.int64(world.requests[at(request)].number) + 1
            removed_from = rules.stages[at(world.stays[at(stay)].stage)].removed_from
            if done < removed_from and row.task_first + next_task < row.task_last:
                number = next_task
                ready = done
            continue
        event = next_event(world.buckets, world.counters)
        if any_due and (event == _NONE or events[at(event)].time > now or events[at(event)].kind == PATIENCE):
            role = np.int64(0)
            while role < queues.size and not queues[at(role)].due:
                role += 1
            if role == queues.size:
                any_due = False
                continue
            opens = _look(rules, world, role, now)
            if opens == now:
                serving = role
            elif not _at(rules, world, opens, LOOK, role):
                return np.int64(NO_ROOM)
            continue
        if event == _NONE:
            return np.int64(OK)
        now = events[at(event)].time
        kind = events[at(event)].kind
        if kind == PATIENCE:
            _oldest_gives_up(world.requests, events, event)
        what = np.int64(events[at(event)].what)
        drop_event(events, world.buckets, world.counters, event)
        if kind == LOOK:
            queues[at(what)].due = True
            any_due = True
        elif kind == DONE:
            rep = np.int64(world.requests[at(what)].rep)
            world.reps[at(rep)].busy = False
            world.reps[at(rep)].idle_since = now
            queues[at(world.requests[what].role)].due = True
            any_due = True
        elif kind == READY:
            _join(rules, world, what)
            any_due = True
        elif kind == RELEASE:
            world.reps[at(what)].owned -= 1
            queues[at(world.reps[at(what)].role)].due = True
            any_due = True
        elif world.requests[at(what)].waiting:
            world.requests[at(what)].waiting = False
            queues[at(world.requests[what].role)].waiting -= 1
            lead = np.int64(world.requests[at(what)].lead)
            stay = np.int64(world.requests[at(what)].stay)
            world.stays[at(stay)].begins = now
            world.stays[at(stay)].abandoned = kind == PATIENCE


@step
def _oldest_gives_up(requests, events, event):  # type: ignore[no-untyped-def]
    """Of all whose patience ends at the instant of an event, let it be the turn of the oldest lead."""
    other = np.int64(events[at(event)].next)
    while other != _NONE and events[at(other)].time == events[at(event)].time:
        one = np.int64(events[at(event)].what)
        two = np.int64(events[at(other)].what)
        older = requests[at(two)].created < requests[at(one)].created
        same = requests[at(two)].created == requests[at(one)].created
        if older or (same and requests[at(two)].id < requests[at(one)].id):
            events[at(event)].what = two
            events[at(other)].what = one
        other = np.int64(events[at(other)].next)


@step
def _at(rules, world, time, kind, what):  # type: ignore[no-untyped-def]
    """Something will happen, unless the horizon comes first; false where there is no room."""
    if time < rules.end:
        share = (time - rules.begin) / (rules.end - rules.begin)
        return push_event(world.events, world.buckets, world.counters, share, time, kind, what)
    return True


@kernel
def _sit_down(rules, roles, world, k0, k1):  # type: ignore[no-untyped-def]
    """Nothing has happened yet, and all reps of the replication are known."""
    world.counters[LEADS] = 0
    world.counters[STAYS] = 0
    world.counters[REQUESTS] = 0
    clear_events(world)
    reps = world.reps
    spells = world.spells
    rep = 0
    for role in range(rules.roles.size):
        queue = world.queues[at(role)]
        queue.looks_at = -np.inf
        queue.anybody = _NONE
        queue.waiting = 0
        queue.due = False
        queue.first_rep = rep
        n = roster(roles, rules.tables, rules.unit_exponential, role, rules.begin, rules.end, k0, k1, spells)
        if n < 0 or rep + n > reps.size:
            return np.int64(NO_ROOM)
        for k in range(n):
            reps[at(rep)].hired = spells[k, HIRED]
            reps[at(rep)].available = spells[k, AVAILABLE]
            reps[at(rep)].until = spells[k, UNTIL]
            reps[at(rep)].ramp_from = spells[k, RAMP_FROM]
            reps[at(rep)].idle_since = spells[k, AVAILABLE]
            reps[at(rep)].seat = np.int32(spells[k, SEAT])
            reps[at(rep)].owned = 0
            reps[at(rep)].role = role
            reps[at(rep)].queue = _NONE
            reps[at(rep)].busy = False
            if reps[at(rep)].available > rules.begin and not _at(
                rules, world, reps[at(rep)].available, LOOK, role
            ):
                return np.int64(NO_ROOM)
            if rules.roles[at(role)].owner and not _at(rules, world, reps[at(rep)].until, LOOK, role):
                return np.int64(NO_ROOM)
            rep += 1
        queue.last_rep = rep
    return np.int64(OK)


@step
def _new_lead(world, lead_id, source, segment, place, created, entered, amount):  # type: ignore[no-untyped-def]
    """The place of a new lead, or `NO_ROOM`."""
    n = world.counters[LEADS]
    if n == world.leads.size:
        return np.int64(NO_ROOM)
    world.counters[LEADS] = n + 1
    lead = world.leads[at(n)]
    lead.id = lead_id
    lead.created = created
    lead.entered = entered
    lead.amount = amount
    lead.ended = np.inf
    lead.place = place
    lead.segment = segment
    lead.source = source
    lead.open_place = _NONE
    lead.generation = 0
    lead.era = 0
    lead.rounds = 0
    lead.first_stay = _NONE
    lead.outcome = _NONE
    for stage in range(world.visits.shape[1]):
        world.visits[n, stage] = 0
    for role in range(world.owner.shape[1]):
        world.owner[n, role] = _NONE
    return n


@kernel
def _find_open_leads(rules, world, k0, k1):  # type: ignore[no-untyped-def]
    """Open leads are found where they are."""
    headers = rules.tables.headers
    cells = rules.tables.cells
    for place in range(rules.open_leads.size):
        found = rules.open_leads[at(place)]
        amount = found.amount
        if np.isnan(amount):
            amount = 0.0
            if found.amount_table != NO_TABLE:
                word = lead_words(found.id, k0, k1)[1]
                amount = quantile_of_word(headers, cells, found.amount_table, word)
        elif rules.listed_table != NO_TABLE:
            amount *= quantile_of_word(headers, cells, rules.listed_table, listed_word(found.id, k0, k1))
        lead = _new_lead(
            world, found.id, _NONE, found.segment, found.stage, found.created, -found.age, amount
        )
        if lead < 0:
            return lead
        world.leads[at(lead)].open_place = place
        for k in range(found.visit_first, found.visit_last):
            world.visits[lead, rules.visited[at(k)].stage] = rules.visited[at(k)].visits
    return np.int64(OK)


@kernel
def _find_new_leads(rules, sources, world, k0, k1):  # type: ignore[no-untyped-def]
    """The leads of all streams."""
    times = world.times
    words = world.words
    for stream in range(sources.id_base.size):
        n = arrivals(
            sources,
            rules.hours,
            rules.shocks,
            rules.tables,
            rules.unit_exponential,
            stream,
            rules.begin,
            rules.end,
            k0,
            k1,
            times,
            words,
            world.gaps,
            world.monthly,
        )
        if n < 0:
            return np.int64(NO_ROOM)
        segment_first = sources.segment_first[stream]
        segment_last = sources.segment_first[stream + 1]
        entry_first = sources.entry_first[stream]
        entry_last = sources.entry_first[stream + 1]
        era = 0
        for k in range(n):
            instant = times[k]
            era = _era(rules.era_start, era, instant)
            member = pick(sources.segment_upto, segment_first, segment_last, uniform(words[1, k]))
            segment = sources.segment[member]
            member = pick(sources.entry_upto, entry_first, entry_last, uniform(words[2, k]))
            table = sources.amount_table[era, stream, segment]
            amount = 0.0
            if table != NO_TABLE:
                amount = quantile_of_word(rules.tables.headers, rules.tables.cells, table, words[0, k])
            lead_id = sources.id_base[stream] + np.uint64(k)
            lead = _new_lead(
                world,
                lead_id,
                sources.source[stream],
                segment,
                sources.entry[member],
                instant,
                instant,
                amount,
            )
            if lead < 0:
                return lead
    return np.int64(OK)


@kernel
def _spawn(rules, sources, world, lead, stay, k0, k1):  # type: ignore[no-untyped-def]
    """The leads that an entry brings; false where there is no room."""
    here = world.stays[stay]
    spawns = rules.spawns
    stream = spawns.source[here.row]
    if stream < 0 or not here.acts:
        return True
    parent = world.leads[lead].id
    stage_hash = rules.stages[here.stage].hash
    headers = rules.tables.headers
    cells = rules.tables.cells
    count = spawned_count(spawns.p0[here.row], spawns.mean[here.row], parent, stage_hash, here.visit, k0, k1)
    for number in range(1, count + 1):
        lead_id, word = spawned_lead(parent, stage_hash, here.visit, number, k0, k1)
        comes = here.entered + quantile_of_word(headers, cells, spawns.table[here.row], word)
        if not comes < rules.end:
            continue
        _, word_amount, word_segment, word_entry = lead_words(lead_id, k0, k1)
        first = sources.segment_first[stream]
        k = pick(sources.segment_upto, first, sources.segment_first[stream + 1], uniform(word_segment))
        segment = sources.segment[k]
        first = sources.entry_first[stream]
        k = pick(sources.entry_upto, first, sources.entry_first[stream + 1], uniform(word_entry))
        table = sources.amount_table[_era(rules.era_start, 0, comes), stream, segment]
        amount = 0.0
        if table != NO_TABLE:
            amount = quantile_of_word(headers, cells, table, word_amount)
        child = _new_lead(world, lead_id, stream, segment, sources.entry[k], comes, comes, amount)
        if child < 0:
            return False
        world.leads[child].generation = world.leads[lead].generation + 1
    return True


@step
def _era(era_start, era, instant):  # type: ignore[no-untyped-def]
    """The last era that has begun, from one that has on."""
    while era_start[at(era + 1)] <= instant:
        era += 1
    return era


@step
def _enter(rules, world, lead, last, k0, k1):  # type: ignore[no-untyped-def]
    """The stay of a lead that enters its stage, or is found there; or `NO_ROOM`.

    Parameters
    ----------
    last : int
        The stay before this one, or -1.
    """
    n = world.counters[STAYS]
    if n == world.stays.size:
        return np.int64(NO_ROOM)
    world.counters[STAYS] = n + 1
    who = world.leads[at(lead)]
    stay = world.stays[at(n)]
    resuming = last == _NONE and who.open_place != _NONE
    stage = who.place
    entered = who.entered
    era = _era(rules.era_start, who.era, max(entered, rules.begin))
    who.era = era
    row = (era * rules.segments + who.segment) * rules.stages.size + stage
    passes = entered >= rules.stages[at(stage)].removed_from
    visit = world.visits[lead, stage]
    if not resuming:
        visit += 1
        world.visits[lead, stage] = visit
        if not passes:
            who.amount *= rules.rows[at(row)].amount
    exit_, dwell, effort, patience = visit_words(who.id, rules.stages[at(stage)].hash, visit, k0, k1)
    stay.entered = entered
    stay.begins = entered
    stay.left = np.nan
    stay.amount = who.amount
    stay.stage = stage
    stay.row = row
    stay.visit = visit
    stay.exit = _NONE
    stay.first_request = _NONE
    stay.last_request = _NONE
    stay.next = _NONE
    stay.word_exit = exit_
    stay.word_dwell = dwell
    stay.word_effort = effort
    stay.word_patience = patience
    stay.seen = resuming or not passes
    stay.resumed = resuming
    stay.acts = not resuming and not passes
    stay.abandoned = False
    if last == _NONE:
        who.first_stay = n
    else:
        world.stays[at(last)].next = n
    return n


@step
def _first_task(rules, world, lead, stay):  # type: ignore[no-untyped-def]
    """Since when a lead needs a rep for its stay; infinite where it needs none."""
    here = world.stays[at(stay)]
    row = rules.rows[at(here.row)]
    if row.task_first == row.task_last:
        return np.inf
    now = here.entered
    if here.resumed:
        if not rules.open_leads[at(world.leads[lead].open_place)].waits:
            return np.inf
        now = max(now, 0.0)
    return np.inf if now >= rules.stages[at(here.stage)].removed_from else here.entered


@step
def _ask(rules, world, lead, stay, number, ready, k0, k1):  # type: ignore[no-untyped-def]
    """A lead will ask for a rep for its visit's task `number`; false where there is no room."""
    n = world.counters[REQUESTS]
    if n == world.requests.size:
        return False
    world.counters[REQUESTS] = n + 1
    who = world.leads[at(lead)]
    here = world.stays[at(stay)]
    request = world.requests[at(n)]
    stage = here.stage
    row = rules.rows[at(here.row)]
    task = rules.tasks[row.task_first + number]
    stage_hash = rules.stages[at(stage)].hash
    request.effort = effort_of(
        rules.tables, task.effort, number, who.id, stage_hash, here.visit, here.word_effort, k0, k1
    )
    discipline = rules.roles[at(task.role)].discipline
    key = 0.0
    if discipline == LIFO:
        key = -ready
    elif discipline == LARGEST:
        key = -who.amount
    elif discipline == OLDEST:
        key = who.created
    elif discipline == LATEST_STAGE:
        key = -np.float64(stage)
    request.key = key
    request.ready = ready
    request.created = who.created
    request.id = who.id
    request.started = np.nan
    request.finished = np.inf
    request.stage = stage
    request.left = _NONE
    request.right = _NONE
    request.lead = lead
    request.stay = stay
    request.role = task.role
    request.number = number
    request.rep = _NONE
    request.next = _NONE
    request.waiting = True
    if here.last_request == _NONE:
        here.first_request = n
    else:
        world.requests[at(here.last_request)].next = n
    here.last_request = n
    joins = max(ready, 0.0) if here.resumed else ready
    if not _at(rules, world, joins, READY, n):
        return False
    if not _at(rules, world, rules.stages[at(stage)].removed_from, STOP, n):
        return False
    if number > 0 or row.patience == NO_TABLE:
        return True
    patient = rules.open_leads[at(who.open_place)].patient if here.resumed else 1.0
    gives_up = waits_until(rules.tables, row.patience, ready, here.word_patience, patient)
    return _at(rules, world, max(gives_up, joins), PATIENCE, n)


@step
def _pick_exit(rules, world, first, last, u, here):  # type: ignore[no-untyped-def]
    """An exit by the odds of the month in which a stay began, the cumulated p before it, and its own."""
    if rules.shocks.odds != NO_SHOCK and not here.resumed:
        odds = factor_at(rules.shocks, world.odds, rules.begin, here.entered)
        return pick_at_odds(rules.exits.p, rules.exits.forward, first, last, u, odds)
    chosen = pick(rules.upto, first, last, u)
    return chosen, rules.upto[chosen - 1] if chosen > first else 0.0, rules.exits[chosen].p


@step
def _draw_exit(rules, world, lead, stay):  # type: ignore[no-untyped-def]
    """The exit of a stay, and the share of its law that is left given the age (1 for a dwell that begins)."""
    here = world.stays[at(stay)]
    u = uniform(here.word_exit)
    if here.resumed:
        found = rules.open_leads[at(world.leads[lead].open_place)]
        if not found.waits:
            k = pick(rules.open_upto, found.exit_first, found.exit_last, u)
            return np.int64(rules.open_exits[at(k)].exit), rules.open_exits[at(k)].survival
    row = rules.rows[at(here.row)]
    chosen, before, chance = _pick_exit(rules, world, row.exit_first, row.exit_last, u, here)
    half_life = rules.exits[at(chosen)].half_life
    if half_life < np.inf and here.first_request != _NONE:
        started = world.requests[at(here.first_request)].started
        if started >= here.entered and waiting_costs(
            rules.tables,
            rules.unit_exponential,
            half_life,
            chance,
            before,
            u,
            started - here.entered,
        ):
            return np.int64(row.lost_exit), 1.0
    return np.int64(chosen), 1.0


@step
def _leave(rules, world, lead, stay, k0, k1):  # type: ignore[no-untyped-def]
    """Where the lead goes, and when; false where it is still there at the end."""
    here = world.stays[at(stay)]
    stage = rules.stages[at(here.stage)]
    headers = rules.tables.headers
    cells = rules.tables.cells
    if here.abandoned:
        chosen = np.int64(rules.rows[at(here.row)].abandon_exit)
        return _go(rules, world, lead, stay, chosen, rules.exits[at(chosen)].target, here.begins)
    chosen, survival = _draw_exit(rules, world, lead, stay)
    exit_ = rules.exits[at(chosen)]
    target = exit_.target
    begins = here.begins
    now = max(begins, 0.0) if here.resumed else begins
    removed = now >= stage.removed_from
    left = now
    if not removed:
        left = np.inf
        if target != NEVER:
            if survival == 1.0:
                dwell = quantile_of_word(headers, cells, exit_.table, here.word_dwell)
            else:
                dwell = quantile_given_survival(headers, cells, exit_.table, here.word_dwell, survival)
            since = begins
            if here.resumed and not rules.open_leads[at(world.leads[lead].open_place)].waits:
                since = rules.open_leads[at(world.leads[lead].open_place)].since
            left = leave_instant(rules.clocks.integral, rules.clocks.first_day, exit_.clock, since, dwell)
            left = max(left, now)
        if left > stage.removed_from:
            left = stage.removed_from
            removed = True
    if removed:
        chosen, target = _pass_removed(rules, world, lead, stay, chosen, target, left, k0, k1)
    return _go(rules, world, lead, stay, chosen, target, left)


@step
def _pass_removed(rules, world, lead, stay, chosen, target, left, k0, k1):  # type: ignore[no-untyped-def]
    """Exit and target of a lead that passes a removed stage."""
    who = world.leads[at(lead)]
    here = world.stays[at(stay)]
    stage = rules.stages[at(here.stage)]
    era = _era(rules.era_start, who.era, max(left, rules.begin))
    row = rules.rows[(era * rules.segments + who.segment) * rules.stages.size + here.stage]
    if target == here.stage:
        u = uniform(here.word_exit)
        chosen = np.int64(_pick_exit(rules, world, row.exit_first, row.exit_last, u, here)[0])
        target = rules.exits[at(chosen)].target
    elif target == NEVER:
        target = np.int32(rules.lost)
    if target == rules.lost and stage.recovered > 0.0:
        goes_on, where, _, _ = recover_words(who.id, stage.hash, here.visit, k0, k1)
        if uniform(goes_on) < stage.recovered:
            chosen = np.int64(
                pick_forward(
                    rules.exits.p, rules.exits.forward, row.exit_first, row.exit_last, uniform(where)
                )
            )
            target = rules.exits[at(chosen)].target
    return chosen, target


@step
def _go(rules, world, lead, stay, chosen, target, left):  # type: ignore[no-untyped-def]
    """The lead leaves for a target; false where that is not before the end."""
    if not left < rules.end:
        return False
    who = world.leads[at(lead)]
    world.stays[at(stay)].left = left
    world.stays[at(stay)].exit = chosen
    if left == who.entered:
        who.rounds += 1
    else:
        who.rounds = 0
    who.entered = left
    who.place = target
    return True


@step
def _end(rules, world, lead):  # type: ignore[no-untyped-def]
    """The lead has come to an outcome; false where there is no room."""
    who = world.leads[at(lead)]
    who.outcome = who.place
    who.ended = who.entered
    return _release(rules, world, lead, _NONE, who.ended)


@step
def _join(rules, world, request):  # type: ignore[no-untyped-def]
    """A lead begins to wait."""
    requests = world.requests
    role = requests[at(request)].role
    queue = world.queues[at(role)]
    queue.due = True
    queue.waiting += 1
    owners = rules.roles[at(role)].owner
    if owners:
        rep = world.owner[requests[at(request)].lead, role]
        if rep != _NONE and world.reps[at(rep)].until > requests[at(request)].ready:
            world.reps[at(rep)].queue = joined(requests, False, world.reps[at(rep)].queue, request)
            return
    queue.anybody = joined(requests, owners, queue.anybody, request)


@step
def _release(rules, world, lead, stage, when):  # type: ignore[no-untyped-def]
    """Reps whose role a lead in this stage (-1: one that has ended) will not need again may own another."""
    for role in range(world.owner.shape[1]):
        rep = np.int64(world.owner[at(lead), at(role)])
        if rep != _NONE and (stage == _NONE or not rules.needed[at(role), at(stage)]):
            world.owner[at(lead), at(role)] = _NONE
            if not _at(rules, world, when, RELEASE, rep):
                return False
    return True


@step
def _look(rules, world, role, now):  # type: ignore[no-untyped-def]
    """When reps of a role serve its queue: now, when the office opens, or not before something happens."""
    queue = world.queues[at(role)]
    queue.due = False
    if rules.roles[at(role)].owner:
        _give_owners(rules, world, role, now)
    if queue.waiting == 0:
        return np.inf
    opens = open_from(rules.hours, rules.roles[at(role)].calendar, now)
    if opens > now:
        if queue.looks_at == opens:
            return np.inf
        queue.looks_at = opens
    return opens


@step
def _next_service(rules, world, role, now):  # type: ignore[no-untyped-def]
    """A free rep and the request that he takes; -1 where there is none."""
    requests = world.requests
    reps = world.reps
    queue = world.queues[at(role)]
    if queue.waiting == 0:
        return np.int64(_NONE), np.int64(_NONE)
    if rules.roles[at(role)].owner:
        for rep in range(queue.first_rep, queue.last_rep):
            if _is_free(reps[at(rep)], now):
                request = waiting_first(requests, False, reps[at(rep)].queue)
                reps[at(rep)].queue = request
                if request != _NONE:
                    reps[at(rep)].queue = without_first(requests, False, request)
                    return np.int64(rep), np.int64(request)
        return np.int64(_NONE), np.int64(_NONE)
    rep = _idle_longest(reps, queue.first_rep, queue.last_rep, now)
    if rep == _NONE:
        return rep, np.int64(_NONE)
    request = waiting_first(requests, False, queue.anybody)
    queue.anybody = without_first(requests, False, request)
    return rep, np.int64(request)


@step
def _is_free(rep, now):  # type: ignore[no-untyped-def]
    return not rep.busy and rep.available <= now < rep.until


@step
def _idle_longest(reps, first, last, now):  # type: ignore[no-untyped-def]
    """The free rep idle longest, then in the lowest seat; -1 where nobody is free."""
    chosen = np.int64(_NONE)
    idle_since = np.inf
    for rep in range(first, last):
        if _is_free(reps[at(rep)], now) and reps[at(rep)].idle_since <= idle_since:
            if reps[at(rep)].idle_since == idle_since and reps[at(rep)].seat > reps[at(chosen)].seat:
                continue
            chosen = np.int64(rep)
            idle_since = reps[at(rep)].idle_since
    return chosen


@step
def _give_owners(rules, world, role, now):  # type: ignore[no-untyped-def]
    """Each lead whose rep has gone, or that has none yet, gets the one who owns fewest leads."""
    requests = world.requests
    reps = world.reps
    queue = world.queues[at(role)]
    for rep in range(queue.first_rep, queue.last_rep):
        while reps[at(rep)].until <= now and reps[at(rep)].queue != _NONE:
            request = np.int64(reps[at(rep)].queue)
            reps[at(rep)].queue = without_first(requests, False, request)
            requests[at(request)].left = _NONE
            requests[at(request)].right = _NONE
            queue.anybody = joined(requests, True, queue.anybody, request)
    while True:
        request = waiting_first(requests, True, queue.anybody)
        queue.anybody = request
        if request == _NONE:
            return
        chosen = _owns_fewest(reps, queue.first_rep, queue.last_rep, rules.roles[at(role)].open_max, now)
        if chosen == _NONE:
            return
        queue.anybody = without_first(requests, True, request)
        requests[at(request)].left = _NONE
        requests[at(request)].right = _NONE
        reps[at(chosen)].owned += 1
        world.owner[requests[at(request)].lead, role] = chosen
        reps[at(chosen)].queue = joined(requests, False, reps[at(chosen)].queue, request)


@step
def _owns_fewest(reps, first, last, open_max, now):  # type: ignore[no-untyped-def]
    """The present rep who owns fewest leads, below `open_max`, then in the lowest seat; or -1."""
    chosen = np.int64(_NONE)
    for k in range(first, last):
        rep = reps[at(k)]
        if rep.available <= now < rep.until and rep.owned < open_max:
            if chosen != _NONE and (
                rep.owned > reps[at(chosen)].owned
                or (rep.owned == reps[at(chosen)].owned and rep.seat > reps[at(chosen)].seat)
            ):
                continue
            chosen = np.int64(k)
    return chosen


@step
def _serve(rules, world, role, rep, request, now):  # type: ignore[no-untyped-def]
    """A rep starts a task; when it will be done."""
    asked = world.requests[at(request)]
    part = rules.roles[at(role)]
    asked.waiting = False
    world.queues[at(role)].waiting -= 1
    world.reps[at(rep)].busy = True
    here = world.stays[at(asked.stay)]
    done = finish_instant(
        rules.hours,
        part.calendar,
        rules.ramp[part.ramp_first : part.ramp_last],
        rules.ramp_days,
        world.reps[at(rep)].ramp_from,
        now,
        asked.effort,
    )
    done = min(done, rules.stages[at(here.stage)].removed_from)
    asked.started = now
    asked.finished = done
    asked.rep = rep
    here.begins = done
    return done
