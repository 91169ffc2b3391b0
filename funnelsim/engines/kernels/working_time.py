"""Rosters, effort and finish times of tasks, computed by functions shared by all engines."""

from __future__ import annotations

import numpy as np

from funnelsim.core.calendar.open_time import instant_after, open_time
from funnelsim.core.numeric.compiled import kernel, step
from funnelsim.core.numeric.draws import Purpose, keyed_block
from funnelsim.distributions.lookup import quantile_at_survival, quantile_given_survival, quantile_of_word
from funnelsim.engines.plan import NO_TABLE

_TASK = int(Purpose.TASK)
_SEAT = int(Purpose.SEAT)
_LN2 = float(np.log(2.0))

# Columns of a spell: one rep in one seat.
SEAT, HIRED, AVAILABLE, UNTIL, RAMP_FROM, CLOSED = range(6)
N_SPELL = 6


@kernel
def _life(roles, tables, unit_exponential, role, seat, spell, k0, k1):  # type: ignore[no-untyped-def]
    """Days until a rep leaves by attrition."""
    if roles.stay_mean[role] == np.inf:
        return np.inf
    word = keyed_block(np.uint64(seat), roles.hash[role], spell, _SEAT, 0, k0, k1)[0]
    life = quantile_of_word(tables.headers, tables.cells, unit_exponential, word)
    return roles.stay_mean[role] * life


@kernel
def _begin_spell(roles, role, seat, hired, until, ramps, spells, n):  # type: ignore[no-untyped-def]
    """Write spell `n`: the seat, and the time at which the rep leaves by attrition."""
    ramp_from = hired if ramps else -np.inf
    available = hired
    if ramps:
        for month in range(roles.ramp_first[role + 1] - roles.ramp_first[role]):
            if roles.ramp[roles.ramp_first[role] + month] > 0.0:
                break
            available = hired + (month + 1) * roles.ramp_days
    spells[n, SEAT] = seat
    spells[n, HIRED] = hired
    spells[n, AVAILABLE] = available
    spells[n, UNTIL] = until
    spells[n, RAMP_FROM] = ramp_from
    spells[n, CLOSED] = 0.0


@kernel
def roster(roles, tables, unit_exponential, role, begin, end, k0, k1, spells):  # type: ignore[no-untyped-def]
    """The spells of reps in the seats of a role, in order of hiring.

    Seats are numbered as they are first filled. Departures vacate the highest seats; an empty seat that
    would be refilled is closed before an occupied one.

    Parameters
    ----------
    begin, end : float
        The simulated span; the headcount of the file applies from its beginning.
    spells : float64 array, shape (capacity, N_SPELL)
        Output, also used as working memory.

    Returns
    -------
    int
        Number of spells, or -1 if the capacity is too small.
    """
    capacity = spells.shape[0]
    n = 0
    n_seats = 0
    change = roles.change_first[role]
    last_change = roles.change_first[role + 1]
    while True:
        day = roles.change_day[change] if change < last_change else np.inf
        refill = np.inf
        seat = -1
        for k in range(n):
            again = spells[k, UNTIL] + roles.backfill_after[role]
            if spells[k, CLOSED] == 0.0 and again < refill and _last_of_its_seat(spells, n, k):
                refill = again
                seat = k
        if min(day, refill) >= end:
            return n
        if refill < day:
            if n == capacity:
                return -1
            number = np.int64(spells[seat, SEAT])
            spell = np.int64(0)
            for k in range(n):
                spell += np.int64(spells[k, SEAT] == number)
            until = refill + _life(roles, tables, unit_exponential, role, number, spell, k0, k1)
            _begin_spell(roles, role, number, refill, until, True, spells, n)
            n += 1
            continue
        day = max(day, begin)
        count = roles.change_count[change]
        ramps = roles.change_ramps[change]
        change += 1
        if count > 0:
            if n + count > capacity:
                return -1
            for _ in range(count):
                until = day + _life(roles, tables, unit_exponential, role, n_seats, 0, k0, k1)
                _begin_spell(roles, role, n_seats, day, until, ramps, spells, n)
                n_seats += 1
                n += 1
        for _ in range(-count):
            _close_seat(spells, n, day, roles.backfill_after[role])


@kernel
def _last_of_its_seat(spells, n, k):  # type: ignore[no-untyped-def]
    later = 0
    for other in range(k + 1, n):
        later += spells[other, SEAT] == spells[k, SEAT]
    return later == 0


@kernel
def _close_seat(spells, n, day, backfill_after):  # type: ignore[no-untyped-def]
    """Close a seat: an empty one that would be refilled, else the highest occupied one."""
    chosen = -1
    empty = -1
    for k in range(n):
        if spells[k, CLOSED] > 0.0 or not _last_of_its_seat(spells, n, k):
            continue
        if spells[k, UNTIL] > day:
            if chosen < 0 or spells[k, SEAT] > spells[chosen, SEAT]:
                chosen = k
        elif backfill_after < np.inf and (empty < 0 or spells[k, SEAT] > spells[empty, SEAT]):
            empty = k
    if empty >= 0:
        chosen = empty
    if chosen >= 0:
        spells[chosen, UNTIL] = min(spells[chosen, UNTIL], day)
        spells[chosen, CLOSED] = 1.0


@step
def effort_of(tables, effort, place, lead, stage_hash, visit, word, k0, k1):  # type: ignore[no-untyped-def]
    """Working time of a visit's task number `place`, in days; `word` is the visit's own, for the first."""
    if place > 0:
        word = keyed_block(lead, stage_hash, visit, _TASK, place, k0, k1)[0]
    return quantile_of_word(tables.headers, tables.cells, effort, word)


@step
def finish_instant(hours, calendar, ramp, ramp_days, ramp_from, start, effort):  # type: ignore[no-untyped-def]
    """Finish time of a task: W^-1(W(start) + effort), where W is the integral of productivity over open
    hours."""
    now = start
    if now < ramp_from + ramp.size * ramp_days:
        for month in range(ramp.size):
            until = ramp_from + (month + 1) * ramp_days
            if now >= until:
                continue
            done = ramp[month] * open_time(hours, calendar, now, until)
            if effort <= done:
                if ramp[month] > 0.0:
                    effort = effort / ramp[month]
                return instant_after(hours, calendar, now, effort)
            effort -= done
            now = until
    return instant_after(hours, calendar, now, effort)


@step
def waits_until(tables, patience, entered, word, patient):  # type: ignore[no-untyped-def]
    """Time at which a lead abandons the wait for its first task; infinite without patience.

    For open leads it may be before the start.

    Parameters
    ----------
    patience : int
        Table of the patience, or `NO_TABLE`.
    patient : float
        Survival probability of the patience at the lead's age; 1 for a new visit.
    """
    if patience == NO_TABLE:
        return np.inf
    if patient == 1.0:
        return entered + quantile_of_word(tables.headers, tables.cells, patience, word)
    return entered + quantile_given_survival(tables.headers, tables.cells, patience, word, patient)


@step
def waiting_costs(tables, unit_exponential, half_life, p, before, u, waited):  # type: ignore[no-untyped-def]
    """Whether a lead lost the exit that it drew by waiting: v >= 2^(-waited / half-life).

    With v = (u - `before`) / p, where `before` is the cumulated p of the exits before, this is half-life
    times -ln v <= waited times ln 2.
    """
    if half_life == np.inf:
        return False
    v = min(max((u - before) / p, 0.0), 1.0)
    gap = quantile_at_survival(tables.headers, tables.cells, unit_exponential, v)
    return half_life * gap <= waited * _LN2
