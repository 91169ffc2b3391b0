"""A FIFO pool of reps whose arrivals are all known, so that it can be simulated lead by lead."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar.open_time import open_from
from funnelsim.core.numeric.compiled import at, inner, inner_step, maker
from funnelsim.distributions.lookup import quantile_of_word
from funnelsim.engines.counts.tally_work import count_response, count_roster, count_task
from funnelsim.engines.kernels.lead_traits import last_begun
from funnelsim.engines.kernels.working_time import (
    AVAILABLE,
    HIRED,
    N_SPELL,
    RAMP_FROM,
    SEAT,
    UNTIL,
    finish_instant,
    roster,
)
from funnelsim.engines.plan import NO_CALENDAR, NONE

Floats = NDArray[np.float64]
Places = NDArray[np.int32]


class Pool(NamedTuple):
    """Working memory: the reps of one role by idle time, and buckets to sort arrivals."""

    spells: Floats  # (reps, N_SPELL)
    idle_since: Floats
    rep: Places  # row in `spells`
    upto: Places  # (buckets + 1,)
    list: Places  # (capacity,)


@maker
def new_pool(capacity, reps):  # type: ignore[no-untyped-def]
    return Pool(
        np.empty((reps, N_SPELL), np.float64),
        np.empty(reps, np.float64),
        np.empty(reps, np.int32),
        np.empty(capacity + 1, np.int32),
        np.empty(capacity, np.int32),
    )


@inner
def sort_by_entry(batch, pool, n, begin, end):  # type: ignore[no-untyped-def]
    """Sort the active leads by time of entry, then of creation, then by id.

    Into buckets of equal time first, then by insertion.
    """
    lead = batch.wave.lead
    entered = batch.entered
    upto = pool.upto
    list_ = pool.list
    for b in range(n + 1):
        upto[b] = 0
    scale = n / (end - begin)
    for a in range(n):
        j = lead[a]
        list_[a] = j
        upto[at(min(np.int64((entered[at(j)] - begin) * scale), n - 1) + 1)] += 1
    for b in range(n):
        upto[b + 1] += upto[b]
    for a in range(n):
        j = list_[a]
        b = at(min(np.int64((entered[at(j)] - begin) * scale), n - 1))
        lead[at(upto[b])] = j
        upto[b] += 1
    for a in range(1, n):
        j = lead[a]
        k = a
        while k > 0 and _comes_before(batch, j, lead[at(k - 1)]):
            lead[at(k)] = lead[at(k - 1)]
            k -= 1
        lead[at(k)] = j


@inner
def _comes_before(batch, one, other):  # type: ignore[no-untyped-def]
    if batch.entered[at(one)] != batch.entered[at(other)]:
        return batch.entered[at(one)] < batch.entered[at(other)]
    if batch.created[at(one)] != batch.created[at(other)]:
        return batch.created[at(one)] < batch.created[at(other)]
    return batch.id[at(one)] < batch.id[at(other)]


@inner
def seat_pool(plan, pool, role, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """Set up the reps of a role, ordered by availability; returns their number, or -1 if there is no
    room."""
    begin = plan.horizon.begin
    end = plan.horizon.end
    n = roster(plan.roles, plan.tables, plan.unit_exponential, role, begin, end, k0, k1, pool.spells)
    calendar = plan.roles.calendar[role]
    for k in range(n):
        spell = pool.spells[k]
        _make_room(pool, k, spell[AVAILABLE], k)
        count_roster(plan, plan.roles.hours, calendar, role, spell[HIRED], spell[UNTIL], ledger.by_role)
    return n


@inner_step
def _make_room(pool, n, idle_since, rep):  # type: ignore[no-untyped-def]
    """Insert a rep among `n` others, by start of idle time, then by seat."""
    place = n
    seat = pool.spells[at(rep), SEAT]
    while place > 0 and (
        pool.idle_since[at(place - 1)] > idle_since
        or (
            pool.idle_since[at(place - 1)] == idle_since
            and pool.spells[at(pool.rep[at(place - 1)]), SEAT] > seat
        )
    ):
        pool.idle_since[at(place)] = pool.idle_since[at(place - 1)]
        pool.rep[at(place)] = pool.rep[at(place - 1)]
        place -= 1
    pool.idle_since[at(place)] = idle_since
    pool.rep[at(place)] = rep


@inner
def serve_all(plan, batch, pool, n, role, reps):  # type: ignore[no-untyped-def]
    """Serve the active leads in order of arrival, which sets the start of each dwell."""
    headers = plan.tables.headers
    cells = plan.tables.cells
    task_first = plan.work.task_first
    effort_of = plan.work.effort
    hours = plan.roles.hours
    calendar = plan.roles.calendar[role]
    ramp = plan.roles.ramp[plan.roles.ramp_first[role] : plan.roles.ramp_first[role + 1]]
    ramp_days = plan.roles.ramp_days
    end = plan.horizon.end
    for a in range(n):
        j = at(batch.wave.lead[a])
        row = at(batch.wave.row[a])
        ready = batch.entered[j]
        batch.started[j] = np.nan
        batch.begins[j] = ready
        task = task_first[row]
        if task == task_first[row + np.uint64(1)]:
            continue
        batch.begins[j] = np.inf
        start = np.inf
        while reps > 0:
            start = max(ready, pool.idle_since[0])
            if calendar != NO_CALENDAR:
                start = open_from(hours, calendar, start)
            if pool.spells[at(pool.rep[0]), UNTIL] > start:
                break
            start = np.inf
            reps -= 1
            for k in range(reps):
                pool.idle_since[at(k)] = pool.idle_since[at(k + 1)]
                pool.rep[at(k)] = pool.rep[at(k + 1)]
        if not start < end:
            continue
        rep = pool.rep[0]
        spell = pool.spells[at(rep)]
        effort = quantile_of_word(headers, cells, effort_of[at(task)], batch.wave.word_effort[a])
        done = finish_instant(hours, calendar, ramp, ramp_days, spell[RAMP_FROM], start, effort)
        place = 0
        while place + 1 < reps and (
            pool.idle_since[at(place + 1)] < done
            or (
                pool.idle_since[at(place + 1)] == done
                and pool.spells[at(pool.rep[at(place + 1)]), SEAT] < spell[SEAT]
            )
        ):
            pool.idle_since[at(place)] = pool.idle_since[at(place + 1)]
            pool.rep[at(place)] = pool.rep[at(place + 1)]
            place += 1
        pool.idle_since[at(place)] = done
        pool.rep[at(place)] = rep
        batch.begins[j] = done
        batch.started[j] = start
        batch.role[j] = role
        batch.seat[j] = np.int32(spell[SEAT])


@inner
def count_tasks(plan, batch, n, role, ledger):  # type: ignore[no-untyped-def]
    """Count the tasks that reps have started in a wave."""
    hours = plan.roles.hours
    calendar = plan.roles.calendar[role]
    for a in range(n):
        j = at(batch.wave.lead[a])
        started = batch.started[j]
        if np.isnan(started):
            continue
        b = last_begun(plan.horizon.bin_edges, np.int64(batch.bin[j]), started)
        if not batch.responded[j]:
            batch.responded[j] = True
            if batch.open_index[j] == NONE:
                count_response(plan, b, batch.created[j], started, ledger)
        count_task(
            plan,
            hours,
            calendar,
            role,
            batch.place[j],
            b,
            batch.entered[j],
            started,
            batch.begins[j],
            ledger,
        )
