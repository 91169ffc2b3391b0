"""Draws and instants, computed by functions shared by all engines.

All times are absolute days since the model's start; they are never computed from delays.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from funnelsim.core.calendar.open_time import instant_after, open_time
from funnelsim.core.calendar.tempo_time import instant_at, tempo_time
from funnelsim.core.numeric.compiled import at, kernel
from funnelsim.core.numeric.draws import Purpose, keyed_block
from funnelsim.core.numeric.keys import LEAD_STAGE
from funnelsim.distributions.lookup import quantile_of_word
from funnelsim.engines.kernels.shocks import month_factors
from funnelsim.engines.plan import NO_CALENDAR, NO_CLOCK, NO_SHOCK, NO_TABLE

_LEAD = int(Purpose.LEAD)
_VISIT = int(Purpose.VISIT)
_RECOVER = int(Purpose.RECOVER)
_WEEK = int(Purpose.WEEK)
_LISTED = int(Purpose.LISTED)
_WORD = 2.0**-32
BATCH = 512


@njit(inline="always", cache=True)
def uniform(word):  # type: ignore[no-untyped-def]
    """``(word + 1/2) / 2**32``, exact."""
    return (np.float64(word) + 0.5) * _WORD


@njit(inline="always", cache=True)
def visit_words(lead, stage_hash, visit, k0, k1):  # type: ignore[no-untyped-def]
    """Random words of one visit: exit, dwell, effort, patience."""
    return keyed_block(lead, stage_hash, visit, _VISIT, 0, k0, k1)


@njit(inline="always", cache=True)
def lead_words(lead, k0, k1):  # type: ignore[no-untyped-def]
    """Random words of one lead: gap to the previous lead, amount, segment, entry stage."""
    return keyed_block(lead, LEAD_STAGE, 0, _LEAD, 0, k0, k1)


@njit(inline="always", cache=True)
def listed_word(lead, k0, k1):  # type: ignore[no-untyped-def]
    """Random word for the ratio of an open lead's won amount to its listed amount."""
    return keyed_block(lead, LEAD_STAGE, 0, _LISTED, 0, k0, k1)[0]


@njit(inline="always", cache=True)
def recover_words(lead, stage_hash, visit, k0, k1):  # type: ignore[no-untyped-def]
    """Random words of a lead lost at a removed stage: whether it continues, and by which exit."""
    return keyed_block(lead, stage_hash, visit, _RECOVER, 0, k0, k1)


@kernel
def pick(upto, first, last, u):  # type: ignore[no-untyped-def]
    """Index in [first, last) of the first cumulative share above `u`, counted without branches."""
    index = first
    for k in range(first, last - 1):
        index += np.int64(u >= upto[at(k)])
    return index


@kernel
def pick_at_odds(p, forward, first, last, u, odds):  # type: ignore[no-untyped-def]
    """Like `pick`, with the odds of forward exits multiplied by a factor.

    Returns
    -------
    index : int
    before, chance : float
        Cumulative probability of the exits before it, and its own, at these odds.
    """
    total = 0.0
    for k in range(first, last):
        total += p[k] * odds if forward[k] else p[k]
    before = 0.0
    index = first
    chance = 0.0
    while index < last:
        chance = (p[index] * odds if forward[index] else p[index]) / total
        if u < before + chance or index == last - 1:
            break
        before += chance
        index += 1
    return index, before, chance


@kernel
def pick_forward(p, forward, first, last, u):  # type: ignore[no-untyped-def]
    """Like `pick` among forward exits, with renormalised probabilities."""
    total = 0.0
    for index in range(first, last):
        if forward[index]:
            total += p[index]
    aim = u * total
    chosen = first
    passed = 0.0
    for index in range(first, last):
        if forward[index]:
            chosen = index
            passed += p[index]
            if aim < passed:
                break
    return chosen


@kernel
def leave_instant(integral, first_day, clock, entered, dwell):  # type: ignore[no-untyped-def]
    """End of a visit that lasts `dwell` days on its clock from `entered` on."""
    if clock == NO_CLOCK:
        return entered + dwell
    passed = tempo_time(integral, clock, first_day, entered) + dwell
    return max(entered, instant_at(integral, clock, first_day, passed))


@kernel
def week_factor(sources, tables, source, week, k0, k1):  # type: ignore[no-untyped-def]
    """Gamma factor with mean 1 on the expected leads of one week; 1 for a Poisson source."""
    table = sources.shape_table[source, week]
    if table == NO_TABLE:
        return 1.0
    visit = sources.week_number[week] & 0xFFFF
    word = keyed_block(sources.id_base[source], LEAD_STAGE, visit, _WEEK, 0, k0, k1)[0]
    weight = sources.shape_weight[source, week]
    low = quantile_of_word(tables.headers, tables.cells, table, word)
    return low + weight * (quantile_of_word(tables.headers, tables.cells, table + 1, word) - low)


@kernel
def _fill_lead_words(first, k0, k1, gaps, words, count):  # type: ignore[no-untyped-def]
    """Random words of a batch of leads, in a simple loop that the compiler can vectorise."""
    amounts = words[0, count : count + BATCH]
    segments = words[1, count : count + BATCH]
    entries = words[2, count : count + BATCH]
    for i in range(BATCH):
        gap, amount, segment, entry = lead_words(first + np.uint64(i), k0, k1)
        gaps[i] = gap
        amounts[i] = amount
        segments[i] = segment
        entries[i] = entry


@kernel
def _within_hours(hours, calendar, end, times, count):  # type: ignore[no-untyped-def]
    """Map instants within whole days to the open spans of these days; returns the number of instants left.

    The elapsed fraction of a day becomes the same fraction of its open time.
    """
    if calendar == NO_CALENDAR:
        return count
    for n in range(count):
        place = min(np.int64(times[n] - hours.first_day), hours.day_first.shape[1] - 2)
        midnight = hours.first_day + place
        closes = hours.closes[hours.day_first[calendar, place + 1] - 1]
        time = (times[n] - midnight) * open_time(hours, calendar, midnight, midnight + 1.0)
        # An instant rounded up to midnight may fall on a closed day.
        times[n] = min(instant_after(hours, calendar, midnight, time), closes)
    while count > 0 and times[count - 1] >= end:
        count -= 1
    return count


@kernel
def arrivals(  # type: ignore[no-untyped-def]
    sources, hours, shocks, tables, unit_exponential, source, begin, end, k0, k1, times, words, gaps, monthly
):
    """Arrival times and random words of all leads of a stream before `end`.

    Lead ``n`` arrives when the cumulative expected leads reach the sum of ``n + 1`` unit exponentials.

    Parameters
    ----------
    times : float64 array, shape (capacity,)
        Filled with the instants.
    words : uint32 array, shape (3, capacity)
        Filled with the leads' words for amount, segment and entry stage.
    gaps : uint32 array, shape (BATCH,)
        Room to work in.
    monthly : float64 array, shape (months,)
        Room to work in.

    Returns
    -------
    int
        Number of leads, or -1 if the capacity is too small.
    """
    mass = sources.mass
    week_of = sources.week
    headers = tables.headers
    cells = tables.cells
    base = sources.id_base[source]
    days = mass.shape[1]
    capacity = times.size
    day = 0
    week = week_of[0]
    factor = week_factor(sources, tables, source, week, k0, k1)
    shocked = sources.shock[source] != NO_SHOCK
    if shocked:
        month_factors(shocks, tables, sources.shock[source], k0, k1, monthly)
    before = 0.0
    today = mass[source, 0] * factor
    if shocked:
        today *= monthly[shocks.month[0]]
    due = 0.0
    count = np.int64(0)
    calendar = sources.calendar[source]
    until = end if calendar == NO_CALENDAR else np.inf
    while True:
        if count + BATCH > capacity:
            return -1
        _fill_lead_words(base + np.uint64(count), k0, k1, gaps, words, count)
        for i in range(BATCH):
            due += quantile_of_word(headers, cells, unit_exponential, gaps[i])
            while due > before + today:
                before += today
                day += 1
                if day == days:
                    return _within_hours(hours, calendar, end, times, count)
                if week_of[at(day)] != week:
                    week = week_of[at(day)]
                    factor = week_factor(sources, tables, source, week, k0, k1)
                today = mass[at(source), at(day)] * factor
                if shocked:
                    today *= monthly[shocks.month[at(day)]]
            instant = begin + (day + (due - before) / today)
            if instant >= until:
                return count
            times[at(count)] = instant
            count += 1
