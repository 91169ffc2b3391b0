"""Reps and their queues in the event engine: requests, seats and service."""

from __future__ import annotations

import numpy as np

from funnelsim.core.calendar.open_time import open_from
from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.engines.counts.tally_work import count_response, count_roster, count_task
from funnelsim.engines.events.event_queue import push_event
from funnelsim.engines.events.waiting import joined, waiting_first, without_first
from funnelsim.engines.events.world import free_request, place_for_request
from funnelsim.engines.kernels.lead_traits import last_begun
from funnelsim.engines.kernels.working_time import (
    AVAILABLE,
    HIRED,
    RAMP_FROM,
    SEAT,
    UNTIL,
    effort_of,
    finish_instant,
    roster,
    waits_until,
)
from funnelsim.engines.plan import NO_TABLE, NONE
from funnelsim.engines.status import NO_ROOM, OK

# Kinds of events, in their order within one instant.
LOOK, DONE, READY, STOP, RELEASE, PATIENCE = (np.int64(kind) for kind in range(6))
FIFO, LIFO, LARGEST, OLDEST, LATEST_STAGE = range(5)


@inner
def seat_reps(rules, roles, world, k0, k1):  # type: ignore[no-untyped-def]
    """Set up all reps of the replication with their start times; `NO_ROOM` if there are too many."""
    reps = world.reps
    spells = world.spells
    begin = rules.horizon.begin
    end = rules.horizon.end
    rep = 0
    for role in range(rules.roles.size):
        queue = world.queues[at(role)]
        queue.checks_at = -np.inf
        queue.anybody = NONE
        queue.waiting = 0
        queue.busy = 0
        queue.due = False
        queue.first_rep = rep
        n = roster(roles, rules.tables, rules.unit_exponential, role, begin, end, k0, k1, spells)
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
            reps[at(rep)].queue = NONE
            reps[at(rep)].busy = False
            if reps[at(rep)].available > rules.horizon.begin and not happens_at(
                rules, world, reps[at(rep)].available, LOOK, role
            ):
                return np.int64(NO_ROOM)
            if rules.roles[at(role)].owner and not happens_at(rules, world, reps[at(rep)].until, LOOK, role):
                return np.int64(NO_ROOM)
            rep += 1
        queue.last_rep = rep
    return np.int64(OK)


@inner_step
def happens_at(rules, world, time, kind, what):  # type: ignore[no-untyped-def]
    """Schedule an event if it is before the horizon; false if there is no room."""
    if time < rules.horizon.end:
        share = (time - rules.horizon.begin) / (rules.horizon.end - rules.horizon.begin)
        return push_event(world.events, world.buckets, world.counters, share, time, kind, what)
    return True


@inner_step
def request_rep(rules, world, lead, number, ready, k0, k1):  # type: ignore[no-untyped-def]
    """Schedule a request of a lead for a rep, for task `number` of its visit; false if there is no room."""
    place = place_for_request(world)
    if place < 0:
        return False
    who = world.leads[at(lead)]
    request = world.requests[at(place)]
    stage = who.stage
    row = rules.rows[at(who.row)]
    task = rules.tasks[at(row.task_first + number)]
    stage_hash = rules.stages[at(stage)].hash
    request.effort = effort_of(
        rules.tables, task.effort, number, who.id, stage_hash, who.visit, who.word_effort, k0, k1
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
    request.stage = stage
    request.lead = lead
    request.role = task.role
    request.number = number
    request.held = 0
    request.waiting = True
    who.finished = np.inf
    joins = max(ready, 0.0) if who.resumed else ready
    if not _wakes_at(rules, world, joins, READY, place):
        return False
    if not _wakes_at(rules, world, rules.stages[at(stage)].removed_from, STOP, place):
        return False
    if number > 0 or row.patience == NO_TABLE:
        return True
    patient = rules.open_leads[at(who.open_index)].patient if who.resumed else 1.0
    gives_up = waits_until(rules.tables, row.patience, ready, who.word_patience, patient)
    return _wakes_at(rules, world, max(gives_up, joins), PATIENCE, place)


@inner_step
def _wakes_at(rules, world, instant, kind, request):  # type: ignore[no-untyped-def]
    """Schedule an event of a request if it is before the horizon; false if there is no room."""
    if instant < rules.horizon.end:
        world.requests[at(request)].held += 1
        return happens_at(rules, world, instant, kind, request)
    return True


@inner_step
def join(rules, world, request):  # type: ignore[no-untyped-def]
    """Add a request to the queue."""
    requests = world.requests
    requests[at(request)].held += 1
    role = requests[at(request)].role
    queue = world.queues[at(role)]
    queue.due = True
    queue.waiting += 1
    owners = rules.roles[at(role)].owner
    if owners:
        rep = world.owner[requests[at(request)].lead, role]
        if rep != NONE and world.reps[at(rep)].until > requests[at(request)].ready:
            world.reps[at(rep)].queue = joined(requests, False, world.reps[at(rep)].queue, request)
            return
    queue.anybody = joined(requests, owners, queue.anybody, request)


@inner_step
def release(rules, world, lead, stage, when):  # type: ignore[no-untyped-def]
    """Release the owners whose role a lead in this stage (-1: ended) will not need again."""
    if not rules.any_owner:
        return True
    for role in range(world.owner.shape[1]):
        rep = np.int64(world.owner[at(lead), at(role)])
        if rep != NONE and (stage == NONE or not rules.needed[at(role), at(stage)]):
            world.owner[at(lead), at(role)] = NONE
            if not happens_at(rules, world, when, RELEASE, rep):
                return False
    return True


@inner_step
def check_queue(rules, world, role, now):  # type: ignore[no-untyped-def]
    """Determine when reps of a role next serve its queue: now, at opening time, or at the next event."""
    queue = world.queues[at(role)]
    queue.due = False
    if rules.roles[at(role)].owner:
        _assign_owners(rules, world, role, now)
    if queue.waiting == 0:
        return np.inf
    opens = open_from(rules.hours, rules.roles[at(role)].calendar, now)
    if opens > now:
        if queue.checks_at == opens:
            return np.inf
        queue.checks_at = opens
    return opens


@inner_step
def next_service(rules, world, role, now):  # type: ignore[no-untyped-def]
    """Match a free rep with a request; -1 if there is no match."""
    requests = world.requests
    reps = world.reps
    queue = world.queues[at(role)]
    if queue.waiting == 0 or queue.busy == queue.last_rep - queue.first_rep:
        return np.int64(NONE), np.int64(NONE)
    if rules.roles[at(role)].owner:
        for rep in range(queue.first_rep, queue.last_rep):
            if _is_free(reps[at(rep)], now):
                request = waiting_first(requests, world.counters, False, reps[at(rep)].queue)
                reps[at(rep)].queue = request
                if request != NONE:
                    reps[at(rep)].queue = without_first(requests, False, request)
                    return np.int64(rep), np.int64(request)
        return np.int64(NONE), np.int64(NONE)
    rep = _idle_longest(reps, queue.first_rep, queue.last_rep, now)
    if rep == NONE:
        return rep, np.int64(NONE)
    request = waiting_first(requests, world.counters, False, queue.anybody)
    queue.anybody = without_first(requests, False, request)
    return rep, np.int64(request)


@inner_step
def _is_free(rep, now):  # type: ignore[no-untyped-def]
    return not rep.busy and rep.available <= now < rep.until


@inner_step
def _idle_longest(reps, first, last, now):  # type: ignore[no-untyped-def]
    """The free rep with the longest idle time, then the lowest seat; -1 if nobody is free."""
    chosen = np.int64(NONE)
    idle_since = np.inf
    for rep in range(first, last):
        if _is_free(reps[at(rep)], now) and reps[at(rep)].idle_since <= idle_since:
            if reps[at(rep)].idle_since == idle_since and reps[at(rep)].seat > reps[at(chosen)].seat:
                continue
            chosen = np.int64(rep)
            idle_since = reps[at(rep)].idle_since
    return chosen


@inner_step
def _assign_owners(rules, world, role, now):  # type: ignore[no-untyped-def]
    """Assign each lead without an owner to the rep who owns the fewest leads."""
    requests = world.requests
    reps = world.reps
    queue = world.queues[at(role)]
    for rep in range(queue.first_rep, queue.last_rep):
        while reps[at(rep)].until <= now and reps[at(rep)].queue != NONE:
            request = np.int64(reps[at(rep)].queue)
            reps[at(rep)].queue = without_first(requests, False, request)
            queue.anybody = joined(requests, True, queue.anybody, request)
    while True:
        request = waiting_first(requests, world.counters, True, queue.anybody)
        queue.anybody = request
        if request == NONE:
            return
        chosen = _least_loaded_owner(
            reps, queue.first_rep, queue.last_rep, rules.roles[at(role)].open_max, now
        )
        if chosen == NONE:
            return
        queue.anybody = without_first(requests, True, request)
        reps[at(chosen)].owned += 1
        world.owner[requests[at(request)].lead, role] = chosen
        reps[at(chosen)].queue = joined(requests, False, reps[at(chosen)].queue, request)


@inner_step
def _least_loaded_owner(reps, first, last, open_max, now):  # type: ignore[no-untyped-def]
    """The active rep who owns the fewest leads, below `open_max`, then the lowest seat; or -1."""
    chosen = np.int64(NONE)
    for k in range(first, last):
        rep = reps[at(k)]
        if rep.available <= now < rep.until and rep.owned < open_max:
            if chosen != NONE and (
                rep.owned > reps[at(chosen)].owned
                or (rep.owned == reps[at(chosen)].owned and rep.seat > reps[at(chosen)].seat)
            ):
                continue
            chosen = np.int64(k)
    return chosen


@inner_step
def serve(rules, world, role, rep, request, now, ledger):  # type: ignore[no-untyped-def]
    """Start a task; returns when it will be finished."""
    requested = world.requests[at(request)]
    who = world.leads[at(requested.lead)]
    part = rules.roles[at(role)]
    requested.waiting = False
    world.queues[at(role)].waiting -= 1
    world.reps[at(rep)].busy = True
    world.queues[at(role)].busy += 1
    done = finish_instant(
        rules.hours,
        part.calendar,
        rules.ramp[part.ramp_first : part.ramp_last],
        rules.ramp_days,
        world.reps[at(rep)].ramp_from,
        now,
        requested.effort,
    )
    done = min(done, rules.stages[at(who.stage)].removed_from)
    if requested.number == 0:
        who.started = now
        who.role = role
        who.seat = world.reps[at(rep)].seat
    who.finished = done
    who.begins = done
    b = last_begun(rules.horizon.bin_edges, who.bin, now)
    if not who.responded:
        who.responded = True
        if who.open_index == NONE:
            count_response(rules, b, who.created, now, ledger)
    count_task(
        rules, rules.hours, part.calendar, role, requested.stage, b, requested.ready, now, done, ledger
    )
    free_request(world.requests, world.counters, request)
    return done


@inner
def count_rosters(rules, world, ledger):  # type: ignore[no-untyped-def]
    """Count the working hours of all reps."""
    for role in range(world.queues.size):
        calendar = rules.roles[at(role)].calendar
        for place in range(world.queues[at(role)].first_rep, world.queues[at(role)].last_rep):
            rep = world.reps[at(place)]
            count_roster(rules, rules.hours, calendar, role, rep.hired, rep.until, ledger.by_role)
