"""Counts what happens in the event engine as it becomes known, as `count.py` defines it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.compiled import at, inner, inner_step
from funnelsim.core.exact import in_units
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

_NONE = -1
Floats = NDArray[np.float64]


class Ledger(NamedTuple):
    """The tallies of one replication, and where its visits and wins are written."""

    by_bin: Floats
    money: Floats
    by_stage: Floats
    by_role: Floats
    by_window: Floats
    log: Any  # VisitLog
    wins: Any  # OpenLeadWins
    place: int  # of the replication in the run's arrays
    replication: int


@inner
def _bin(edges, from_, instant):  # type: ignore[no-untyped-def]
    """The bin of an instant, from one on that is not later."""
    while instant >= edges[at(from_ + 1)]:
        from_ += 1
    return from_


@inner_step
def count_new_lead(rules, who, ledger):  # type: ignore[no-untyped-def]
    who.bin = _bin(rules.bin_edges, 0, who.created)
    ledger.by_bin[at(who.bin), CREATED] += 1.0


@inner
def owe_nothing(rules, revenue, lead, open_place):  # type: ignore[no-untyped-def]
    """No booking waits to be recognised; an open lead may know the place where it is."""
    revenue[lead, SINCE] = np.inf
    revenue[lead, OWED] = 0.0
    revenue[lead, OWED_EXPANSION] = 0.0
    if open_place >= 0:
        found = rules.open_leads[open_place]
        for k in range(found.visit_first, found.visit_last):
            if rules.visited[k].stage == rules.recognition.place:
                revenue[lead, SINCE] = -np.inf


@inner_step
def count_entry(rules, world, lead, ledger):  # type: ignore[no-untyped-def]
    """A lead has entered its stage."""
    who = world.leads[at(lead)]
    ledger.by_stage[at(who.bin), at(who.stage), ENTERED] += 1.0
    row = rules.rows[at(who.row)]
    if row.acts:
        credit(rules, world, lead, who.stage, row.bookings, row.quota, ledger)


@inner
def credit(rules, world, lead, place, bookings_factor, quota_factor, ledger):  # type: ignore[no-untyped-def]
    """What entering a place is worth, and whether it is the lead's win."""
    who = world.leads[at(lead)]
    part = PIPELINE if who.open_place >= 0 else NEW
    booking = who.amount * bookings_factor
    if bookings_factor > 0.0:
        who.booked += 1
    credited = EXPANSION if who.booked > 1 else part
    ledger.money[at(who.bin), BOOKINGS, credited] += in_units(booking, rules.money_unit)
    ledger.money[at(who.bin), QUOTA, credited] += in_units(who.amount * quota_factor, rules.money_unit)
    if rules.recognition.place != NO_PLACE:
        recognise(
            rules.recognition,
            rules.money_unit,
            rules.bin_edges,
            rules.end,
            world.revenue,
            lead,
            place,
            who.entered,
            who.bin,
            part,
            credited,
            booking,
            ledger.money,
        )
    if place == rules.books_at and who.won_at == np.inf:
        who.won_at = who.entered
        ledger.by_bin[at(who.bin), WON] += 1.0
        ledger.by_bin[at(who.bin), CYCLE] += in_units(who.entered - who.created, rules.day_unit)
        ledger.money[at(who.bin), WINS, part] += 1.0
        if part == PIPELINE and ledger.wins.day.shape[1] > 0:
            ledger.wins.day[ledger.place, who.open_place] = who.entered
            ledger.wins.amount[ledger.place, who.open_place] = booking


@inner_step
def count_task(rules, who, stage, role, ready, started, finished, ledger):  # type: ignore[no-untyped-def]
    """A rep starts a task of a lead, and will be done at an instant."""
    edges = rules.bin_edges
    calendar = rules.roles[at(role)].calendar
    b = _bin(edges, who.bin, started)
    if not who.responded:
        who.responded = True
        if who.open_place == _NONE:
            ledger.by_bin[at(b), RESPONSES] += 1.0
            ledger.by_bin[at(b), RESPONSE_DAYS] += in_units(started - who.created, rules.day_unit)
    worked_to = min(finished, rules.end)
    while True:
        low = max(started, edges[at(b)])
        high = min(worked_to, edges[at(b + 1)])
        if b > 0 and high > low:
            open_days = open_time(rules.hours, calendar, low, high)
            ledger.by_role[at(b), at(role), BUSY] += in_units(open_days, rules.day_unit)
        if worked_to < edges[at(b + 1)]:
            break
        b += 1
    if finished < rules.end:
        ledger.by_stage[at(b), at(stage), SERVED] += 1.0
        ledger.by_stage[at(b), at(stage), WAIT] += in_units(started - ready, rules.day_unit)


@inner_step
def count_stay(rules, who, left, exit_, ledger):  # type: ignore[no-untyped-def]
    """A lead leaves its stage by an exit, or (-1) is there when the horizon comes."""
    edges = rules.bin_edges
    ends = exit_ != _NONE
    b = np.int64(who.bin)
    seen_to = left if ends else rules.end
    if who.seen:
        counts = ledger.by_stage
        stage = at(who.stage)
        while seen_to >= edges[at(b + 1)]:
            if b > 0:
                counts[at(b), stage, WIP] += in_units(
                    edges[at(b + 1)] - max(who.entered, edges[at(b)]), rules.day_unit
                )
            b += 1
        if b > 0 and seen_to > who.entered:
            counts[at(b), stage, WIP] += in_units(seen_to - max(who.entered, edges[at(b)]), rules.day_unit)
        if ends:
            counts[at(b), stage, ENDED] += 1.0
            counts[at(b), stage, DWELL] += in_units(left - who.begins, rules.day_unit)
            counts[at(b), stage, FORWARD] += np.float64(rules.exits[at(exit_)].forward)
            if who.abandoned:
                ledger.by_bin[at(b), ABANDONED] += 1.0
        if ledger.log.lead.size > 0:
            _log_stay(rules, who, left, exit_, ledger)
    elif ends:
        b = np.int64(_bin(edges, b, left))
    who.bin = b


@inner_step
def count_outcome(rules, world, lead, ledger):  # type: ignore[no-untyped-def]
    """A lead has come to its outcome."""
    who = world.leads[at(lead)]
    outcome = rules.outcomes[at(who.place - rules.stages.size)]
    if outcome.acts:
        credit(rules, world, lead, who.place, outcome.bookings, outcome.quota, ledger)
    churned_at = np.inf
    if who.place == rules.churned:
        churned_at = who.entered
        ledger.by_bin[at(who.bin), CHURNED] += 1.0
    if who.place != rules.won and who.won_at == np.inf:
        ledger.by_bin[at(who.bin), LOST] += 1.0
    count_client(rules, who.won_at, churned_at, ledger)


@inner_step
def count_client(rules, won_at, churned_at, ledger):  # type: ignore[no-untyped-def]
    """The windows at whose start a lead was a client, and at whose end it still was."""
    if won_at == np.inf:
        return
    for w in range(rules.windows.size):
        if won_at < rules.windows[at(w)].start <= churned_at:
            ledger.by_window[at(w), CLIENTS_AT_START] += 1.0
            if churned_at >= rules.windows[at(w)].end:
                ledger.by_window[at(w), CLIENTS_KEPT] += 1.0


@inner
def count_rosters(rules, world, ledger):  # type: ignore[no-untyped-def]
    """The open time of all reps, present or not."""
    edges = rules.bin_edges
    for role in range(world.queues.size):
        calendar = rules.roles[at(role)].calendar
        for rep in range(world.queues[at(role)].first_rep, world.queues[at(role)].last_rep):
            end = min(world.reps[at(rep)].until, rules.end)
            for b in range(1, edges.size - 1):
                low = max(world.reps[at(rep)].hired, edges[b])
                high = min(end, edges[b + 1])
                if high > low:
                    open_days = open_time(rules.hours, calendar, low, high)
                    ledger.by_role[b, role, ROSTERED] += in_units(open_days, rules.day_unit)


@inner
def _log_stay(rules, who, left, exit_, ledger):  # type: ignore[no-untyped-def]
    """Write a stay that is seen at or after the start."""
    ends = exit_ != _NONE
    if ends and left < 0.0:
        return
    log = ledger.log
    row = log.size[0]
    log.size[0] += 1
    if row >= log.lead.size:
        return
    log.replication[row] = ledger.replication
    log.lead[row] = who.id
    log.source[row] = who.source
    log.segment[row] = who.segment
    log.stage[row] = who.stage
    log.visit[row] = who.visit
    log.entered[row] = who.entered
    log.left[row] = left if ends else np.nan
    log.exit[row] = exit_
    log.amount[row] = who.amount
    if np.isnan(who.started):
        return
    log.started[row] = who.started
    log.role[row] = who.role
    log.seat[row] = who.seat
    if who.finished < rules.end:
        log.finished[row] = who.finished
