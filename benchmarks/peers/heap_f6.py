"""F6 in numba, by hand: one binary heap for every event, from a stream (no keyed luck).

What somebody gets who writes this one funnel for speed, in the way of the textbooks.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from benchmarks.contender import Contender, Outcome
from benchmarks.peers.luck import LOG_MEAN_DWELLS
from tests.oracles import f6

_STAGES = len(f6.STAGES)
_ARRIVAL = 2 * _STAGES  # 2 s: a task of stage s is finished; 2 s + 1: its dwell ends
_ROOM = 4096  # events pending, or leads in a line, at most: both are some hundreds


@njit(cache=True)
def _push(times, codes, size, time, code):
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if times[above] <= time:
            break
        times[place], codes[place] = times[above], codes[above]
        place = above
    times[place], codes[place] = time, code
    return size + 1


@njit(cache=True)
def _pop(times, codes, size):
    size -= 1
    time, code = times[size], codes[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and times[below + 1] < times[below]:
            below += 1
        if times[below] >= time:
            break
        times[place], codes[place] = times[below], codes[below]
        place = below
    times[place], codes[place] = time, code
    return size


@njit(cache=True)
def _simulate(
    rng, days, leads_per_day, pool, reps, effort_days, log_mean, sigma, p_on, log_mean_amount, sigma_amount
):
    times, codes = np.empty(_ROOM), np.empty(_ROOM, np.int64)
    lines = np.empty((_STAGES, _ROOM))  # rings of the times at which leads began to wait
    head, waiting = np.zeros(_STAGES, np.int64), np.zeros(_STAGES, np.int64)
    free = reps.copy()
    waited, tasks = np.zeros(_STAGES), np.zeros(_STAGES)
    visits, wins, bookings = 0, 0, 0.0
    size = _push(times, codes, 0, rng.standard_exponential() / leads_per_day, _ARRIVAL)
    while times[0] < days:
        now, code = times[0], codes[0]
        size = _pop(times, codes, size)
        entered = -1
        dwells = -1
        if code == _ARRIVAL:
            size = _push(times, codes, size, now + rng.standard_exponential() / leads_per_day, _ARRIVAL)
            entered = 0
        elif code & 1:
            stage = code >> 1
            if rng.random() < p_on[stage]:
                entered = stage + 1
        else:
            dwells = code >> 1
            role = pool[dwells]
            free[role] += 1
            for stage in range(_STAGES - 1, -1, -1):
                if pool[stage] == role and waiting[stage] > 0:
                    free[role] -= 1
                    waiting[stage] -= 1
                    finish = now + effort_days[stage] * rng.standard_exponential()
                    if finish < days:
                        waited[stage] += now - lines[stage, head[stage]]
                        tasks[stage] += 1
                    head[stage] = (head[stage] + 1) % _ROOM
                    size = _push(times, codes, size, finish, 2 * stage)
                    break
        if entered == _STAGES:
            wins += 1
            bookings += np.exp(log_mean_amount + sigma_amount * rng.standard_normal())
        elif entered >= 0:
            visits += 1
            role = pool[entered]
            if role < 0:
                dwells = entered
            elif free[role] > 0:
                free[role] -= 1
                finish = now + effort_days[entered] * rng.standard_exponential()
                if finish < days:
                    tasks[entered] += 1
                size = _push(times, codes, size, finish, 2 * entered)
            else:
                lines[entered, (head[entered] + waiting[entered]) % _ROOM] = now
                waiting[entered] += 1
        if dwells >= 0:
            dwell = np.exp(log_mean[dwells] + sigma * rng.standard_normal())
            size = _push(times, codes, size, now + dwell, 2 * dwells + 1)
    return visits, wins, bookings, waited, tasks


@njit(cache=True)
def _simulate_many(replications, wins, waits, *arguments):
    visits = 0
    for r in range(replications):
        seen, won, _, waited, tasks = _simulate(*arguments)
        visits += seen
        wins[r] = won
        for stage in range(_STAGES):
            waits[r, stage] = waited[stage] / tasks[stage] if tasks[stage] else np.nan
    return visits


def numba_heap(staffing: f6.Staffing = f6.NO_REPS) -> Contender:
    pool = np.array([-1 if one is None else one for one in staffing.pool])
    reps = np.array(staffing.reps, dtype=np.int64)
    log_mean_amount = np.log(f6.MEAN_AMOUNT) - f6.SIGMA_AMOUNT**2 / 2

    def run(first: int, replications: int) -> Outcome:
        wins, waits = np.empty(replications), np.empty((replications, _STAGES))
        visits = _simulate_many(
            replications,
            wins,
            waits,
            np.random.default_rng(first),
            f6.DAYS,
            f6.LEADS_PER_DAY,
            pool,
            reps,
            np.array(staffing.effort_days),
            np.array(LOG_MEAN_DWELLS),
            f6.SIGMA,
            np.array(f6.P_ON),
            log_mean_amount,
            f6.SIGMA_AMOUNT,
        )
        by_stage = {f6.STAGES[place]: tuple(waits[:, place].tolist()) for place in staffing.staffed}
        return Outcome(visits, tuple(wins.tolist()), by_stage)

    return Contender(name="numba, one heap, written for F6", run=run, replications=400)
