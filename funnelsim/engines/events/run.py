"""The compiled discrete-event engine, for reps who are shared between stages.

The reference engine defines the correct results. Events are requests for a rep, finished tasks and ends of
waits only: visits that do not depend on waiting are computed immediately, up to the next task. A lead is
stored from its arrival until it ends, and tallies are updated as soon as possible. Functions that run out of
room return `NO_ROOM` or false.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.core.numeric.draws import replication_key
from funnelsim.engines.counts.ledger import ledger_of
from funnelsim.engines.counts.reset_replication import reset_replication
from funnelsim.engines.events.event_queue import drop_event, next_event
from funnelsim.engines.events.moving import (
    arrive,
    count_open_visit,
    end,
    enter,
    find_arrivals,
    find_open_leads,
    first_task,
    lead_to_move,
    leave,
    next_active_lead,
    next_arrival,
    spawn,
)
from funnelsim.engines.events.queues import (
    DONE,
    LOOK,
    PATIENCE,
    READY,
    RELEASE,
    STOP,
    check_queue,
    count_rosters,
    happens_at,
    join,
    next_service,
    release,
    request_rep,
    seat_reps,
    serve,
)
from funnelsim.engines.events.world import DONE_REPLICATIONS, empty_world, free_request
from funnelsim.engines.kernels.shocks import month_factors
from funnelsim.engines.plan import NO_SHOCK, NONE, ROUNDS_AT_ONE_INSTANT
from funnelsim.engines.status import NO_ROOM, OK


@njit(nogil=True, cache=True)
def run_contended(rules, roles, sources, world, seed, replications, tallies, log, wins, credits):  # type: ignore[no-untyped-def]
    """Run replications of a plan in which reps work, from number ``counters[DONE_REPLICATIONS]`` on.

    Parameters
    ----------
    rules : Rules
    roles : Roles
    sources : Sources
    world : World
        Working memory.
    seed : uint64
    replications : int64 array, shape (n,)
    tallies, log, wins, credits
        As of `freeflow.run_freeflow`.

    Returns
    -------
    int
        -1 if done, the stage of an endless loop at one instant, or `NO_ROOM`.
    """
    while world.counters[DONE_REPLICATIONS] < replications.size:
        i = world.counters[DONE_REPLICATIONS]
        k0, k1 = replication_key(seed, replications[i])
        logged = log.size[0]
        credited = credits.size[0]
        ledger = ledger_of(tallies, log, wins, credits, i, replications[i])
        found = _replicate(rules, roles, sources, world, k0, k1, ledger)
        if found == NO_ROOM:
            reset_replication(tallies, i)
            log.size[0] = logged
            credits.size[0] = credited
        if found != OK:
            return found
        world.counters[DONE_REPLICATIONS] += 1
    return np.int64(OK)


@inner
def _replicate(rules, roles, sources, world, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """Run one replication; returns the same codes as `run_contended`."""
    empty_world(world)
    if rules.shocks.odds != NO_SHOCK:
        month_factors(rules.shocks, rules.tables, rules.shocks.odds, k0, k1, world.odds)
    found = seat_reps(rules, roles, world, k0, k1)
    if found == OK:
        found = find_open_leads(rules, world, k0, k1)
    if found == OK:
        found = find_arrivals(rules, sources, world, k0, k1)
    if found == OK:
        found = _event_loop(rules, sources, world, k0, k1, ledger)
    if found == OK:
        count_rosters(rules, world, ledger)
    return found


@inner
def _event_loop(rules, sources, world, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """The event loop of one replication.

    Priorities: move a lead until it needs a rep, ends or reaches the horizon; then serve the queue of a role
    that is being checked, as long as possible; then the next arrival, the next event, or queue checks that
    are due.
    """
    events = world.events
    queues = world.queues
    n_stages = rules.stages.size
    now = -np.inf
    any_due = False
    serving = np.int64(NONE)  # role
    lead = np.int64(NONE)  # that moves
    leaves = False  # its stage, else it enters one
    over = False  # the visit is open at the horizon
    swept = np.int64(NONE)  # the last lead in the final pass over open visits
    found = False  # in its stage, at the start
    number = np.int64(NONE)  # of the task that needs a rep
    ready = 0.0  # since when it needs one
    stream, comes = next_arrival(world)
    while True:
        if number != NONE:
            if not request_rep(rules, world, lead, number, ready, k0, k1):
                return np.int64(NO_ROOM)
            number = np.int64(NONE)
            lead = np.int64(NONE)
            continue
        if lead != NONE:
            if leaves:
                if over or not leave(rules, world, lead, k0, k1, ledger):
                    count_open_visit(rules, world, lead, ledger)
                    lead = np.int64(NONE)
                    over = False
                    continue
                if world.leads[at(lead)].rounds > ROUNDS_AT_ONE_INSTANT:
                    return np.int64(world.leads[at(lead)].stage)
            place = np.int64(world.leads[at(lead)].place)
            if not release(
                rules, world, lead, place if place < n_stages else NONE, world.leads[at(lead)].entered
            ):
                return np.int64(NO_ROOM)
            if place >= n_stages:
                end(rules, world, lead, ledger)
                lead = np.int64(NONE)
                continue
            enter(rules, world, lead, found, k0, k1, ledger)
            if rules.any_spawns and not spawn(rules, sources, world, lead, k0, k1, ledger):
                return np.int64(NO_ROOM)
            found = False
            leaves = True
            ready = first_task(rules, world.leads[at(lead)])
            if ready < np.inf:
                number = np.int64(0)
            continue
        lead = lead_to_move(world)
        if lead != NONE:
            leaves = False
            found = world.leads[at(lead)].open_index != NONE
            continue
        if serving != NONE:
            rep, request = next_service(rules, world, serving, now)
            if request == NONE:
                serving = np.int64(NONE)
                continue
            lead = np.int64(world.requests[at(request)].lead)
            next_task = np.int64(world.requests[at(request)].number) + 1
            done = serve(rules, world, serving, rep, request, now, ledger)
            if not happens_at(rules, world, done, DONE, rep):
                return np.int64(NO_ROOM)
            leaves = True
            over = not done < rules.horizon.end
            row = rules.rows[at(world.leads[at(lead)].row)]
            removed_from = rules.stages[at(world.leads[at(lead)].stage)].removed_from
            if done < min(removed_from, rules.horizon.end) and row.task_first + next_task < row.task_last:
                number = next_task
                ready = done
            continue
        event = next_event(world.buckets, world.counters)
        if stream != NONE and (event == NONE or comes <= events[at(event)].time):
            lead = arrive(rules, sources, world, stream, ledger)
            if lead < 0:
                return np.int64(NO_ROOM)
            leaves = False
            found = False
            stream, comes = next_arrival(world)
            continue
        if any_due and (event == NONE or events[at(event)].time > now or events[at(event)].kind == PATIENCE):
            role = np.int64(0)
            while role < queues.size and not queues[at(role)].due:
                role += 1
            if role == queues.size:
                any_due = False
                continue
            opens = check_queue(rules, world, role, now)
            if opens == now:
                serving = role
            elif not happens_at(rules, world, opens, LOOK, role):
                return np.int64(NO_ROOM)
            continue
        if event == NONE:
            swept = next_active_lead(world, swept)
            if swept == NONE:
                return np.int64(OK)
            lead = swept
            leaves = True
            over = True
            continue
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
            world.reps[at(what)].busy = False
            queues[at(world.reps[at(what)].role)].busy -= 1
            world.reps[at(what)].idle_since = now
            queues[at(world.reps[at(what)].role)].due = True
            any_due = True
        elif kind == READY:
            join(rules, world, what)
            any_due = True
        elif kind == RELEASE:
            world.reps[at(what)].owned -= 1
            queues[at(world.reps[at(what)].role)].due = True
            any_due = True
        elif world.requests[at(what)].waiting:
            world.requests[at(what)].waiting = False
            queues[at(world.requests[at(what)].role)].waiting -= 1
            lead = np.int64(world.requests[at(what)].lead)
            leaves = True
            world.leads[at(lead)].begins = now
            world.leads[at(lead)].abandoned = kind == PATIENCE
        if kind in (STOP, READY, PATIENCE):
            free_request(world.requests, world.counters, what)


@inner_step
def _oldest_gives_up(requests, events, event):  # type: ignore[no-untyped-def]
    """If the patience of several leads ends at one instant, process the oldest lead first."""
    other = np.int64(events[at(event)].next)
    while other != NONE and events[at(other)].time == events[at(event)].time:
        one = np.int64(events[at(event)].what)
        two = np.int64(events[at(other)].what)
        older = requests[at(two)].created < requests[at(one)].created
        same = requests[at(two)].created == requests[at(one)].created
        if older or (same and requests[at(two)].id < requests[at(one)].id):
            events[at(event)].what = two
            events[at(other)].what = one
        other = np.int64(events[at(other)].next)
