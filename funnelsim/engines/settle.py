"""Counts the stays of a replication in which reps work: lead by lead, stay by stay, as `count.py` does."""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.compiled import at, kernel, step
from funnelsim.core.exact import in_days, in_units
from funnelsim.core.workhours import open_time
from funnelsim.engines.plan import NO_PLACE
from funnelsim.engines.recognition import OWED, OWED_EXPANSION, SINCE, recognise
from funnelsim.engines.tallies import (
    ABANDONED,
    BOOKINGS,
    BUSY,
    CHURNED,
    CLIENTS_AT_START,
    CLIENTS_KEPT,
    CREATED,
    CYCLE,
    DWELL,
    ENDED,
    ENTERED,
    EXPANSION,
    FORWARD,
    LOST,
    NEW,
    PIPELINE,
    QUOTA,
    RESPONSE_DAYS,
    RESPONSES,
    ROSTERED,
    SERVED,
    WAIT,
    WINS,
    WIP,
    WON,
)
from funnelsim.engines.world import LEADS, SPAWNED_FROM

_NONE = -1


@kernel
def settle(rules, world, i, replication, tallies, log, wins):  # type: ignore[no-untyped-def]
    """Add all that happened in replication number `i` to the tallies, and its stays to the log."""
    _count_rosters(rules, world, i, tallies)
    for place in range(world.counters[LEADS]):
        lead = np.int64(place if place < world.counters[SPAWNED_FROM] else world.order[place])
        _count_lead(rules, world, lead, i, tallies, wins)
        if log.lead.size > 0:
            _log_lead(rules, world, lead, replication, log)


@njit(nogil=True, cache=True)
def order_spawned(world):  # type: ignore[no-untyped-def]
    """The order in which leads that entries brought are counted: by generation, then by id."""
    done = world.counters[SPAWNED_FROM]
    first = done
    ids = np.empty(world.counters[LEADS] - first, np.uint64)
    for k in range(ids.size):
        ids[k] = world.leads[first + k].id
    order = np.argsort(ids)
    generation = 1
    while done < world.counters[LEADS]:
        for k in order:
            if world.leads[first + k].generation == generation:
                world.order[done] = first + k
                done += 1
        generation += 1


@kernel
def _bin(edges, from_, instant):  # type: ignore[no-untyped-def]
    """The bin of an instant, from one on that is not later."""
    while instant >= edges[from_ + 1]:
        from_ += 1
    return from_


@step
def _count_rosters(rules, world, i, tallies):  # type: ignore[no-untyped-def]
    edges = rules.bin_edges
    for role in range(world.queues.size):
        calendar = rules.roles[at(role)].calendar
        for rep in range(world.queues[at(role)].first_rep, world.queues[at(role)].last_rep):
            end = min(world.reps[at(rep)].until, rules.end)
            for b in range(1, edges.size - 1):
                low = max(world.reps[at(rep)].hired, edges[b])
                high = min(end, edges[b + 1])
                if high > low:
                    tallies.by_role[i, b, role, ROSTERED] += in_days(open_time(rules.hours, calendar, low, high))


@step
def _count_lead(rules, world, lead, i, tallies, wins):  # type: ignore[no-untyped-def]
    leads = world.leads
    stays = world.stays
    edges = rules.bin_edges
    open_place = leads[at(lead)].open_place
    part = PIPELINE if open_place >= 0 else NEW
    booked = 0
    won_at = np.inf
    if part == PIPELINE:
        booked = rules.open_leads[at(open_place)].bookings_before
        if booked > 0:
            won_at = -np.inf
    else:
        tallies.by_bin[i, _bin(edges, 0, leads[at(lead)].created), CREATED] += 1.0
    if rules.recognition.place != NO_PLACE:
        _owe_nothing(rules, world, open_place)
    responded = part == PIPELINE
    stay = np.int64(leads[at(lead)].first_stay)
    b = 0
    while stay != _NONE:
        b = _bin(edges, b, stays[at(stay)].entered)
        stage = stays[at(stay)].stage
        if stays[at(stay)].acts:
            row = stays[at(stay)].row
            booked, won_at = _credit(
                rules,
                stage,
                stays[at(stay)].entered,
                leads[at(lead)].created,
                stays[at(stay)].amount,
                rules.rows[at(row)].bookings,
                rules.rows[at(row)].quota,
                b,
                part,
                open_place,
                booked,
                won_at,
                i,
                tallies,
                wins,
                world.revenue,
            )
        if stays[at(stay)].seen:
            responded = _count_stay(rules, world, lead, stay, b, responded, i, tallies)
        stay = np.int64(stays[at(stay)].next)
    outcome = leads[at(lead)].outcome
    churned_at = np.inf
    if outcome != _NONE:
        at_ = leads[at(lead)].ended
        b = _bin(edges, b, at_)
        place = outcome - rules.stages.size
        booked, won_at = _credit(
            rules,
            outcome,
            at_,
            leads[at(lead)].created,
            leads[at(lead)].amount,
            rules.outcomes[at(place)].bookings,
            rules.outcomes[at(place)].quota,
            b,
            part,
            open_place,
            booked,
            won_at,
            i,
            tallies,
            wins,
            world.revenue,
        )
        if outcome == rules.churned:
            churned_at = at_
            tallies.by_bin[i, b, CHURNED] += 1.0
        if outcome != rules.won and won_at == np.inf:
            tallies.by_bin[i, b, LOST] += 1.0
    if won_at < np.inf:
        for w in range(rules.windows.size):
            if won_at < rules.windows[at(w)].start <= churned_at:
                tallies.by_window[i, w, CLIENTS_AT_START] += 1.0
                if churned_at >= rules.windows[at(w)].end:
                    tallies.by_window[i, w, CLIENTS_KEPT] += 1.0


@kernel
def _owe_nothing(rules, world, open_place):  # type: ignore[no-untyped-def]
    """No booking waits to be recognised; an open lead may know the place where it is."""
    revenue = world.revenue
    revenue[0, SINCE] = np.inf
    revenue[0, OWED] = 0.0
    revenue[0, OWED_EXPANSION] = 0.0
    if open_place >= 0:
        found = rules.open_leads[open_place]
        for k in range(found.visit_first, found.visit_last):
            if rules.visited[k].stage == rules.recognition.place:
                revenue[0, SINCE] = -np.inf


@step
def _credit(  # type: ignore[no-untyped-def]
    rules,
    place,
    at_,
    created,
    amount,
    bookings_factor,
    quota_factor,
    b,
    part,
    open_place,
    booked,
    won_at,
    i,
    tallies,
    wins,
    revenue,
):
    """What entering a place credits: bookings so far, and when the lead was won."""
    booking = amount * bookings_factor
    if bookings_factor > 0.0:
        booked += 1
    credited = EXPANSION if booked > 1 else part
    tallies.money[i, b, BOOKINGS, credited] += in_units(booking, rules.money_unit)
    tallies.money[i, b, QUOTA, credited] += in_units(amount * quota_factor, rules.money_unit)
    if rules.recognition.place != NO_PLACE:
        recognise(
            rules.recognition,
            rules.money_unit,
            rules.bin_edges,
            rules.end,
            revenue,
            0,
            place,
            at_,
            b,
            part,
            credited,
            booking,
            tallies.money,
            i,
        )
    if place == rules.books_at and won_at == np.inf:
        won_at = at_
        tallies.by_bin[i, b, WON] += 1.0
        tallies.by_bin[i, b, CYCLE] += in_days(at_ - created)
        tallies.money[i, b, WINS, part] += 1.0
        if open_place >= 0 and wins.day.shape[1] > 0:
            wins.day[i, open_place] = at_
            wins.amount[i, open_place] = booking
    return booked, won_at


@step
def _count_stay(rules, world, lead, stay, b, responded, i, tallies):  # type: ignore[no-untyped-def]
    """Count one stay that enters in bin `b`; whether the lead has had its first response."""
    stays = world.stays
    edges = rules.bin_edges
    end = rules.end
    stage = stays[at(stay)].stage
    entered = stays[at(stay)].entered
    left = stays[at(stay)].left
    ends = stays[at(stay)].exit != _NONE
    counts = tallies.by_stage
    if not stays[at(stay)].resumed:
        counts[i, b, stage, ENTERED] += 1.0
    request = np.int64(stays[at(stay)].first_request)
    while request != _NONE:
        responded = _count_task(rules, world, lead, request, stage, b, responded, i, tallies)
        request = np.int64(world.requests[at(request)].next)
    seen_to = left if ends else end
    while True:
        low = max(entered, edges[b])
        high = min(seen_to, edges[b + 1])
        if b > 0 and high > low:
            counts[i, b, stage, WIP] += in_days(high - low)
        if seen_to < edges[b + 1]:
            break
        b += 1
    if ends:
        counts[i, b, stage, ENDED] += 1.0
        counts[i, b, stage, DWELL] += in_days(left - stays[at(stay)].begins)
        counts[i, b, stage, FORWARD] += np.float64(rules.exits[at(stays[stay].exit)].forward)
        if stays[at(stay)].abandoned:
            tallies.by_bin[i, b, ABANDONED] += 1.0
    return responded


@step
def _count_task(rules, world, lead, request, stage, b, responded, i, tallies):  # type: ignore[no-untyped-def]
    requests = world.requests
    edges = rules.bin_edges
    end = rules.end
    started = requests[at(request)].started
    if np.isnan(started):
        return responded
    role = requests[at(request)].role
    finished = requests[at(request)].finished
    calendar = rules.roles[at(role)].calendar
    b = _bin(edges, b, started)
    if not responded:
        responded = True
        tallies.by_bin[i, b, RESPONSES] += 1.0
        tallies.by_bin[i, b, RESPONSE_DAYS] += in_days(started - world.leads[at(lead)].created)
    worked_to = min(finished, end)
    while True:
        low = max(started, edges[b])
        high = min(worked_to, edges[b + 1])
        if b > 0 and high > low:
            tallies.by_role[i, b, role, BUSY] += in_days(open_time(rules.hours, calendar, low, high))
        if worked_to < edges[b + 1]:
            break
        b += 1
    if finished < end:
        tallies.by_stage[i, b, stage, SERVED] += 1.0
        tallies.by_stage[i, b, stage, WAIT] += in_days(started - requests[at(request)].ready)
    return responded


@step
def _log_lead(rules, world, lead, replication, log):  # type: ignore[no-untyped-def]
    """Write the stays of a lead that are seen at or after the start."""
    leads = world.leads
    stays = world.stays
    requests = world.requests
    end = rules.end
    stay = np.int64(leads[at(lead)].first_stay)
    while stay != _NONE:
        here = stay
        stay = np.int64(stays[at(stay)].next)
        ends = stays[at(here)].exit != _NONE
        if not stays[at(here)].seen or (ends and stays[at(here)].left < 0.0):
            continue
        row = log.size[0]
        log.size[0] += 1
        if row >= log.lead.size:
            continue
        log.replication[row] = replication
        log.lead[row] = leads[at(lead)].id
        log.source[row] = leads[at(lead)].source
        log.segment[row] = leads[at(lead)].segment
        log.stage[row] = stays[at(here)].stage
        log.visit[row] = stays[at(here)].visit
        log.entered[row] = stays[at(here)].entered
        log.left[row] = stays[at(here)].left
        log.exit[row] = stays[at(here)].exit
        log.amount[row] = stays[at(here)].amount
        request = stays[at(here)].first_request
        if request == _NONE or np.isnan(requests[at(request)].started):
            continue
        log.started[row] = requests[at(request)].started
        log.role[row] = requests[at(request)].role
        log.seat[row] = world.reps[at(requests[request].rep)].seat
        finished = requests.finished[stays[at(here)].last_request]
        if finished < end:
            log.finished[row] = finished
