"""The fast engine where no rep is shared: batches of leads, stay after stay, compiled.

`reference.py` defines what is right. Leads of one stream are taken in batches; each wave moves every lead
of a batch that is still on its way by one stay: enter, draw, leave. All draws of a wave are made at once,
which is what makes it fast.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from funnelsim.core.compiled import at, inner, inner_step, maker
from funnelsim.core.draws import replication_key
from funnelsim.core.exact import in_units
from funnelsim.distributions.table import quantile_given_survival, quantile_of_word
from funnelsim.engines.frailty import aged_dwell, tied_word
from funnelsim.engines.instants import (
    BATCH,
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
from funnelsim.engines.plan import NEVER, NO_PLACE, NO_SHOCK, NO_TABLE, ROUNDS_AT_ONE_INSTANT
from funnelsim.engines.recognition import OWED, OWED_EXPANSION, SINCE, recognise
from funnelsim.engines.shocks import factor_at, month_factors
from funnelsim.engines.spawning import spawned_count, spawned_lead
from funnelsim.engines.tallies import (
    BOOKINGS,
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
    N_COUNTS,
    NEW,
    PIPELINE,
    QUOTA,
    WINS,
    WIP,
    WON,
    forget,
)

OPEN_LEADS = np.int64(-1)  # stands in for the stream of the leads that are open at the start
SPAWNED = np.int64(-2)  # ... and of those that entries of others brought
_GONE = -2  # place of a lead that the horizon, or `never`, leaves where it is

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint32]
Places = NDArray[np.int32]


class VisitLog(NamedTuple):
    """Columns of the visits of a piece; rows beyond the capacity are counted, not written."""

    replication: Ints
    lead: NDArray[np.uint64]
    source: Ints
    segment: Ints
    stage: Ints
    visit: Ints
    entered: Floats
    left: Floats
    exit: Ints
    amount: Floats
    started: Floats  # of the first task
    finished: Floats  # of the last task
    role: Ints  # who did the first task
    seat: Ints
    size: Ints  # (1,) rows needed

    @classmethod
    def empty(cls, capacity: int) -> VisitLog:
        floats = ("entered", "left", "amount", "started", "finished")
        kinds = {"lead": np.uint64, **dict.fromkeys(floats, np.float64)}
        columns = {name: np.empty(capacity, kinds.get(name, np.int64)) for name in cls._fields[:-1]}
        for name in ("started", "finished"):
            columns[name].fill(np.nan)
        for name in ("role", "seat"):
            columns[name].fill(-1)
        return cls(**columns, size=np.zeros(1, np.int64))


class OpenLeadWins(NamedTuple):
    """Day and amount of the first win of each open lead, shape (n, L); shape (0, 0) where not asked."""

    day: Floats
    amount: Floats


class Spawned(NamedTuple):
    """Leads that entries brought, generation after generation; those beyond the capacity are only counted."""

    id: NDArray[np.uint64]
    source: Ints
    created: Floats
    size: Ints  # (1,)


class Batch(NamedTuple):
    """Leads on their way, up to a capacity. Arrays from `hash` to `seen` are in the order of the wave."""

    lead: NDArray[np.uint64]
    open_place: Places  # place among the open leads, -1 for a new one
    segment: Places
    place: Places  # stage or outcome being entered
    entered: Floats
    created: Floats
    amount: Floats
    bin: Places
    era: Places
    booked: Places
    won_at: Floats
    churned_at: Floats
    rounds: Places
    visits: Places  # (capacity, S)
    on_its_way: Places
    ended: Places
    row: Places  # of the plan's stages
    hash: Words
    visit: Words
    low: Words
    high: Words
    word_exit: Words
    word_dwell: Words
    chosen: Places  # exit drawn
    next: Places  # place it leads to
    left: Floats
    seen: NDArray[np.bool_]  # false where a removed stage is passed through
    source: Places
    revenue: Floats  # (capacity, 3) what `recognition.py` remembers of each
    odds: Floats  # (months,) factors on the odds of the exits that lead on, in this replication
    begins: Floats  # when the dwell begins: without reps on entering, and then the same array
    word_effort: Words  # from here on only where reps work
    started: Floats  # when a rep started the task of the visit, NaN where none did
    role: Places  # of the rep
    seat: Places
    responded: NDArray[np.bool_]  # a rep has started a task for the lead


@maker
def new_batch(capacity, n_stages, n_months, works):  # type: ignore[no-untyped-def]
    """Room for leads; with `works`, a dwell may begin later than the stay."""
    entered = np.empty(capacity, np.float64)
    begins = np.empty(capacity, np.float64) if works else entered
    workers = capacity if works else 0
    return Batch(
        np.empty(capacity, np.uint64),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        entered,
        np.empty(capacity, np.float64),
        np.empty(capacity, np.float64),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.float64),
        np.empty(capacity, np.float64),
        np.empty(capacity, np.int32),
        np.empty((capacity, n_stages), np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.uint32),
        np.empty(capacity, np.uint32),
        np.empty(capacity, np.uint32),
        np.empty(capacity, np.uint32),
        np.empty(capacity, np.uint32),
        np.empty(capacity, np.uint32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.float64),
        np.ones(capacity, np.bool_),
        np.empty(capacity, np.int32),
        np.zeros((capacity, 3), np.float64),
        np.ones(n_months, np.float64),
        begins,
        np.empty(workers, np.uint32),
        np.empty(workers, np.float64),
        np.empty(workers, np.int32),
        np.empty(workers, np.int32),
        np.empty(workers, np.bool_),
    )


@maker
def _room_for_spawned(capacity):  # type: ignore[no-untyped-def]
    return Spawned(
        np.empty(capacity, np.uint64),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.float64),
        np.zeros(1, np.int64),
    )


@maker
def rows_that_act(plan):  # type: ignore[no-untyped-def]
    """Rows whose entry does more than count: credits, a factor on the amount, a win, or being removed."""
    stages = plan.stages
    n_stages = stages.hash.size
    acts = np.empty(stages.amount.size, np.bool_)
    for row in range(acts.size):
        stage = row % n_stages
        acts[row] = (
            stages.amount[row] != 1.0
            or stages.bookings[row] > 0.0
            or stages.quota[row] > 0.0
            or stages.removed_from[stage] < np.inf
            or stage == plan.books_at
            or stage == plan.recognition.place
        )
    return acts


@njit(nogil=True, cache=True)
def run_freeflow(plan, seed, replications, tallies, log, wins):  # type: ignore[no-untyped-def]
    """Run some replications of a plan.

    Parameters
    ----------
    plan : Plan
    seed : uint64
    replications : int64 array, shape (n,)
    tallies : Tallies
        Zeros, with ``n`` replications; filled.
    log : VisitLog
    wins : OpenLeadWins

    Returns
    -------
    int
        The stage where leads went round at one instant without end, or -1.
    """
    capacity = 4 * BATCH
    times = np.empty(capacity, np.float64)
    words = np.empty((3, capacity), np.uint32)
    gaps = np.empty(BATCH, np.uint32)
    batch = new_batch(BATCH, plan.stages.hash.size, plan.shocks.number.size, False)
    acts = rows_that_act(plan)
    monthly = np.empty(plan.shocks.number.size, np.float64)
    spawned = _room_for_spawned(4 * BATCH if plan.any_spawns else 0)
    i = np.int64(0)  # not 0: numba would compile all that it is handed to once more
    while i < replications.size:
        k0, k1 = replication_key(seed, replications[i])
        if plan.shocks.odds != NO_SHOCK:
            month_factors(plan.shocks, plan.tables, plan.shocks.odds, k0, k1, batch.odds)
        logged = log.size[0]
        spawned.size[0] = 0
        for stream in range(OPEN_LEADS, plan.sources.id_base.size):
            leads = plan.pipeline.id.size if stream == OPEN_LEADS else -1
            while leads < 0:
                leads = arrivals_of(plan, stream, k0, k1, times, words, gaps, monthly)
                if leads < 0:
                    capacity *= 2
                    times = np.empty(capacity, np.float64)
                    words = np.empty((3, capacity), np.uint32)
            for first in range(0, leads, BATCH):
                if stream == OPEN_LEADS:
                    n = take_open_leads(plan, batch, first, k0, k1)
                else:
                    n = take_new_leads(plan, batch, 0, stream, first, leads, times, words, i, tallies)
                stuck = _move_batch(
                    plan, acts, batch, n, stream, i, replications[i], k0, k1, tallies, log, wins, spawned
                )
                if stuck >= 0:
                    return stuck
        if plan.any_spawns:
            stuck = _move_spawned(plan, acts, batch, i, replications[i], k0, k1, tallies, log, wins, spawned)
            if stuck >= 0:
                return stuck
            if spawned.size[0] > spawned.id.size:
                spawned = _room_for_spawned(2 * spawned.size[0])
                log.size[0] = logged
                forget(tallies, i)
                continue
        i += 1
    return -1


@inner_step
def arrivals_of(plan, stream, k0, k1, times, words, gaps, monthly):  # type: ignore[no-untyped-def]
    """The leads of a stream, as `arrivals` says."""
    return arrivals(
        plan.sources,
        plan.roles.hours,
        plan.shocks,
        plan.tables,
        plan.unit_exponential,
        stream,
        plan.horizon.begin,
        plan.horizon.end,
        k0,
        k1,
        times,
        words,
        gaps,
        monthly,
    )


@maker
def _move_spawned(plan, acts, batch, i, replication, k0, k1, tallies, log, wins, spawned):  # type: ignore[no-untyped-def]
    """Move the leads that entries brought, generation after generation."""
    first = 0
    while first < spawned.size[0] <= spawned.id.size:
        last = spawned.size[0]
        for done in range(first, last, BATCH):
            n = min(BATCH, last - done)
            for j in range(n):
                _take_spawned(plan, batch, j, spawned, done + j, i, k0, k1, tallies)
            stuck = _move_batch(
                plan, acts, batch, n, SPAWNED, i, replication, k0, k1, tallies, log, wins, spawned
            )
            if stuck >= 0:
                return stuck
        first = last
    return -1


@inner
def take_open_leads(plan, batch, first, k0, k1):  # type: ignore[no-untyped-def]
    pipeline = plan.pipeline
    headers = plan.tables.headers
    cells = plan.tables.cells
    n = min(batch.lead.size, pipeline.id.size - first)
    era = 0
    while plan.stages.era_start[era + 1] <= 0.0:
        era += 1
    for j in range(n):
        place = first + j
        lead = pipeline.id[place]
        amount = pipeline.amount[place]
        if np.isnan(amount):
            amount = 0.0
            if pipeline.amount_table[place] != NO_TABLE:
                amount = quantile_of_word(
                    headers, cells, pipeline.amount_table[place], lead_words(lead, k0, k1)[1]
                )
        elif plan.listed_table != NO_TABLE:
            amount *= quantile_of_word(headers, cells, plan.listed_table, listed_word(lead, k0, k1))
        batch.lead[j] = lead
        batch.open_place[j] = place
        batch.source[j] = -1
        batch.segment[j] = pipeline.segment[place]
        batch.place[j] = pipeline.stage[place]
        batch.entered[j] = -pipeline.age[place]
        batch.created[j] = pipeline.created[place]
        batch.amount[j] = amount
        batch.bin[j] = 1
        batch.era[j] = era
        batch.booked[j] = pipeline.bookings_before[place]
        batch.won_at[j] = -np.inf if pipeline.bookings_before[place] > 0 else np.inf
        batch.churned_at[j] = np.inf
        batch.rounds[j] = 0
        batch.visits[j, :] = 0
        for k in range(pipeline.visit_first[place], pipeline.visit_first[place + 1]):
            batch.visits[j, pipeline.visited[k]] = pipeline.visits[k]
    return n


@inner
def take_new_leads(plan, batch, slot, stream, first, leads, times, words, i, tallies):  # type: ignore[no-untyped-def]
    """Put leads of a stream, from number `first` on, into places from `slot` on; how many fit."""
    segment_upto = plan.sources.segment_upto
    segment_of = plan.sources.segment
    entry_upto = plan.sources.entry_upto
    entry_of = plan.sources.entry
    amount_table = plan.sources.amount_table
    headers = plan.tables.headers
    cells = plan.tables.cells
    edges = plan.horizon.bin_edges
    era_start = plan.stages.era_start
    by_bin = tallies.by_bin
    (b_lead, b_open, b_segment, b_place, b_entered, b_created, b_amount, b_bin, b_era, b_booked) = batch[:10]
    b_won_at = batch.won_at
    b_churned_at = batch.churned_at
    b_rounds = batch.rounds
    b_source = batch.source
    source = plan.sources.source[stream]
    n = min(batch.lead.size - slot, leads - first)
    instants = times[first : first + n]
    amount_words = words[0, first : first + n]
    segment_words = words[1, first : first + n]
    entry_words = words[2, first : first + n]
    bin_ = 0
    era = 0
    run = 0
    created = 0
    base = plan.sources.id_base[stream] + np.uint64(first)
    segment_first = plan.sources.segment_first[stream]
    segment_last = plan.sources.segment_first[stream + 1]
    entry_first = plan.sources.entry_first[stream]
    entry_last = plan.sources.entry_first[stream + 1]
    for k in range(n):
        instant = instants[k]
        while instant >= edges[at(bin_ + 1)]:
            bin_ += 1
        while instant >= era_start[at(era + 1)]:
            era += 1
        share = pick(segment_upto, segment_first, segment_last, uniform(segment_words[k]))
        segment = segment_of[at(share)]
        share = pick(entry_upto, entry_first, entry_last, uniform(entry_words[k]))
        table = amount_table[at(era), at(stream), at(segment)]
        amount = 0.0
        if table != NO_TABLE:
            amount = quantile_of_word(headers, cells, table, amount_words[k])
        j = at(slot + k)
        b_segment[j] = segment
        b_place[j] = entry_of[at(share)]
        b_entered[j] = instant
        b_amount[j] = amount
        b_bin[j] = bin_
        b_era[j] = era
        if bin_ != run:
            by_bin[i, run, CREATED] += created
            run = bin_
            created = 0
        created += 1
    by_bin[i, run, CREATED] += created
    for k in range(n):
        j = at(slot + k)
        b_lead[j] = base + np.uint64(k)
        b_open[j] = -1
        b_created[j] = instants[k]
        b_booked[j] = 0
        b_won_at[j] = np.inf
        b_churned_at[j] = np.inf
        b_rounds[j] = 0
        b_source[j] = source
    n_stages = plan.stages.hash.size
    visits = batch.visits.reshape(-1)
    for k in range(slot * n_stages, (slot + n) * n_stages):
        visits[at(k)] = 0
    return n


@inner
def _take_spawned(plan, batch, j, spawned, place, i, k0, k1, tallies):  # type: ignore[no-untyped-def]
    """Let lead `j` of a batch be one that an entry brought."""
    sources = plan.sources
    source = spawned.source[place]
    instant = spawned.created[place]
    bin_ = 0
    while instant >= plan.horizon.bin_edges[bin_ + 1]:
        bin_ += 1
    era = 0
    while instant >= plan.stages.era_start[era + 1]:
        era += 1
    _, word_amount, word_segment, word_entry = lead_words(spawned.id[place], k0, k1)
    first = sources.segment_first[source]
    k = pick(sources.segment_upto, first, sources.segment_first[source + 1], uniform(word_segment))
    segment = sources.segment[k]
    first = sources.entry_first[source]
    k = pick(sources.entry_upto, first, sources.entry_first[source + 1], uniform(word_entry))
    table = sources.amount_table[era, source, segment]
    amount = 0.0
    if table != NO_TABLE:
        amount = quantile_of_word(plan.tables.headers, plan.tables.cells, table, word_amount)
    batch.lead[j] = spawned.id[place]
    batch.open_place[j] = -1
    batch.source[j] = source
    batch.segment[j] = segment
    batch.place[j] = sources.entry[k]
    batch.entered[j] = instant
    batch.created[j] = instant
    batch.amount[j] = amount
    batch.bin[j] = bin_
    batch.era[j] = era
    batch.booked[j] = 0
    batch.won_at[j] = np.inf
    batch.churned_at[j] = np.inf
    batch.rounds[j] = 0
    for stage in range(batch.visits.shape[1]):
        batch.visits[j, stage] = 0
    tallies.by_bin[i, bin_, CREATED] += 1.0


@inner
def owe_nothing(plan, batch, n):  # type: ignore[no-untyped-def]
    """Before leads move, no booking waits to be recognised; open leads may know the place where it is."""
    pipeline = plan.pipeline
    for j in range(n):
        batch.revenue[j, SINCE] = np.inf
        batch.revenue[j, OWED] = 0.0
        batch.revenue[j, OWED_EXPANSION] = 0.0
        open_place = batch.open_place[j]
        if open_place >= 0:
            for k in range(pipeline.visit_first[open_place], pipeline.visit_first[open_place + 1]):
                if pipeline.visited[k] == plan.recognition.place:
                    batch.revenue[j, SINCE] = -np.inf


@inner
def _move_batch(plan, acts, batch, n, stream, i, replication, k0, k1, tallies, log, wins, spawned):  # type: ignore[no-untyped-def]
    """Move a batch until every lead has ended; the stage of an endless round, or -1."""
    resuming = stream == OPEN_LEADS
    if plan.recognition.place != NO_PLACE:
        owe_nothing(plan, batch, n)
    for j in range(n):
        batch.on_its_way[j] = j
    while n > 0:
        enter(plan, acts, batch, n, resuming, i, tallies, wins)
        if plan.any_spawns and not resuming:
            _spawn(plan, batch, n, k0, k1, spawned)
        _draw(batch.low, batch.high, batch.hash, batch.visit, n, k0, k1, batch.word_exit, batch.word_dwell)
        if plan.frailty.normal != NO_TABLE:
            _tie_dwells(plan, batch, n, resuming, k0, k1)
        if resuming:
            draw_open_exits(plan, batch, n)
        else:
            draw_exits(plan, batch, n)
        if plan.any_removed:
            _pass_removed(plan, batch, n, resuming, k0, k1)
        if log.lead.size > 0:
            log_visits(plan, batch, n, replication, log)
        n, ended, stuck = leave(plan, batch, n, i, tallies)
        if stuck >= 0:
            return stuck
        end_batch(plan, batch, ended, i, tallies, wins)
        resuming = False
    return -1


@inner
def _draw(low, high, hash_, visit, n, k0, k1, word_exit, word_dwell):  # type: ignore[no-untyped-def]
    """The blocks of a wave: a plain loop over arrays, which the compiler turns into vector code."""
    for a in range(n):
        lead = np.uint64(low[a]) | (np.uint64(high[a]) << np.uint64(32))
        exit_, dwell, _, _ = visit_words(lead, hash_[a], visit[a], k0, k1)
        word_exit[a] = exit_
        word_dwell[a] = dwell


@inner
def _tie_dwells(plan, batch, n, resuming, k0, k1):  # type: ignore[no-untyped-def]
    """Tie the dwells of a wave to what their leads drew before."""
    for a in range(n):
        j = at(batch.on_its_way[a])
        batch.word_dwell[a] = tied_word(
            plan.frailty,
            plan.tables,
            batch.row[a],
            resuming,
            batch.lead[j],
            batch.open_place[j],
            batch.word_dwell[a],
            k0,
            k1,
        )


@inner
def _credit(plan, batch, j, place, bookings_factor, quota_factor, i, tallies, wins):  # type: ignore[no-untyped-def]
    """What entering `place` credits, and whether it is the lead's win."""
    bin_ = batch.bin[j]
    part = PIPELINE if batch.open_place[j] >= 0 else NEW
    if bookings_factor > 0.0:
        batch.booked[j] += 1
    credited = EXPANSION if batch.booked[j] > 1 else part
    booking = batch.amount[j] * bookings_factor
    if bookings_factor > 0.0 or quota_factor > 0.0:
        tallies.money[i, bin_, BOOKINGS, credited] += in_units(booking, plan.money_unit)
        tallies.money[i, bin_, QUOTA, credited] += in_units(batch.amount[j] * quota_factor, plan.money_unit)
    if plan.recognition.place != NO_PLACE:
        recognise(
            plan.recognition,
            plan.money_unit,
            plan.horizon.bin_edges,
            plan.horizon.end,
            batch.revenue,
            j,
            place,
            batch.entered[j],
            bin_,
            part,
            credited,
            booking,
            tallies.money[i],
        )
    if place == plan.books_at and batch.won_at[j] == np.inf:
        batch.won_at[j] = batch.entered[j]
        tallies.by_bin[i, bin_, WON] += 1.0
        tallies.by_bin[i, bin_, CYCLE] += in_units(batch.entered[j] - batch.created[j], plan.day_unit)
        tallies.money[i, bin_, WINS, part] += 1.0
        if part == PIPELINE and wins.day.shape[1] > 0:
            wins.day[i, batch.open_place[j]] = batch.entered[j]
            wins.amount[i, batch.open_place[j]] = booking


@inner
def enter(plan, acts, batch, n, resuming, i, tallies, wins):  # type: ignore[no-untyped-def]
    """Each lead on its way enters its stage, or is found there where `resuming`."""
    hashes = plan.stages.hash
    removed_from = plan.stages.removed_from
    factor = plan.stages.amount
    bookings = plan.stages.bookings
    quota = plan.stages.quota
    counts = tallies.by_stage[i].reshape(-1)
    (b_lead, _, b_segment, b_place, b_entered, _, b_amount, b_bin, b_era) = batch[:9]
    b_visits = batch.visits
    on_its_way = batch.on_its_way
    (b_row, b_hash, b_visit, b_low, b_high) = batch[16:21]
    n_stages = hashes.size
    n_segments = plan.segments
    run = ENTERED
    run_entered = 0
    for a in range(n):
        j = at(on_its_way[a])
        place = b_place[j]
        stage = at(place)
        row = (b_era[j] * n_segments + b_segment[j]) * n_stages + place
        b_row[a] = row
        b_hash[a] = hashes[stage]
        lead = b_lead[j]
        b_low[a] = np.uint32(lead & np.uint64(0xFFFFFFFF))
        b_high[a] = np.uint32(lead >> np.uint64(32))
        visit = b_visits[j, stage]
        if not resuming:
            visit += 1
            b_visits[j, stage] = visit
            special = acts[at(row)]
            if not special or b_entered[j] < removed_from[stage]:
                count = (b_bin[j] * n_stages + place) * N_COUNTS + ENTERED
                if count != run:
                    counts[at(run)] += run_entered
                    run = count
                    run_entered = 0
                run_entered += 1
                if special:
                    b_amount[j] *= factor[row]
                    _credit(plan, batch, j, place, bookings[row], quota[row], i, tallies, wins)
        b_visit[a] = np.uint32(visit)
    counts[at(run)] += run_entered


@inner
def _spawn(plan, batch, n, k0, k1, spawned):  # type: ignore[no-untyped-def]
    """List the leads that the entries of a wave bring."""
    spawns = plan.spawns
    for a in range(n):
        j = batch.on_its_way[a]
        row = batch.row[a]
        source = spawns.source[row]
        if source < 0 or batch.entered[j] >= plan.stages.removed_from[batch.place[j]]:
            continue
        lead = batch.lead[j]
        stage_hash = batch.hash[a]
        visit = batch.visit[a]
        count = spawned_count(spawns.p0[row], spawns.mean[row], lead, stage_hash, visit, k0, k1)
        for number in range(1, count + 1):
            child, word = spawned_lead(lead, stage_hash, visit, number, k0, k1)
            comes = batch.entered[j] + quantile_of_word(
                plan.tables.headers, plan.tables.cells, spawns.table[row], word
            )
            if comes < plan.horizon.end:
                place = spawned.size[0]
                spawned.size[0] += 1
                if place < spawned.id.size:
                    spawned.id[place] = child
                    spawned.source[place] = source
                    spawned.created[place] = comes


@inner
def draw_exits(plan, batch, n):  # type: ignore[no-untyped-def]
    """Each lead draws its exit, where that leads, and when it leaves."""
    exit_first = plan.stages.exit_first
    target = plan.exits.target
    upto = plan.exits.upto
    table_of = plan.exits.table
    clock_of = plan.exits.clock
    headers = plan.tables.headers
    cells = plan.tables.cells
    integral = plan.clocks.integral
    first_day = plan.clocks.first_day
    b_begins = batch.begins
    b_row = batch.row
    on_its_way = batch.on_its_way
    (b_word_exit, b_word_dwell, b_chosen, b_next, b_left) = batch[21:26]
    for a in range(n):
        row = at(b_row[a])
        chosen = pick(upto, exit_first[row], exit_first[row + np.uint64(1)], uniform(b_word_exit[a]))
        b_chosen[a] = chosen
        b_next[a] = target[at(chosen)]
        # Without a law (`never`, or lost at once in its place where the stage is removed) the first table
        # stands in: the instant is overwritten.
        dwell = quantile_of_word(headers, cells, max(table_of[at(chosen)], 0), b_word_dwell[a])
        b_left[a] = b_begins[at(on_its_way[a])] + dwell
    if plan.shocks.odds != NO_SHOCK:
        _draw_exits_at_odds(plan, batch, n)
    if plan.any_clock or plan.any_never:
        for a in range(n):
            j = at(on_its_way[a])
            chosen = b_chosen[a]
            if b_next[a] == NEVER:
                b_left[a] = np.inf
            elif clock_of[chosen] >= 0:
                dwell = quantile_of_word(headers, cells, max(table_of[chosen], 0), b_word_dwell[a])
                b_left[a] = leave_instant(integral, first_day, clock_of[chosen], b_begins[j], dwell)


@inner
def _draw_exits_at_odds(plan, batch, n):  # type: ignore[no-untyped-def]
    """Draw the exits of a wave again where the odds of months differ."""
    for a in range(n):
        entered = batch.entered[at(batch.on_its_way[a])]
        chosen = _pick_exit(plan, batch, batch.row[a], uniform(batch.word_exit[a]), entered)
        batch.chosen[a] = chosen
        batch.next[a] = plan.exits.target[chosen]
        dwell = quantile_of_word(
            plan.tables.headers, plan.tables.cells, max(plan.exits.table[chosen], 0), batch.word_dwell[a]
        )
        batch.left[a] = batch.begins[at(batch.on_its_way[a])] + dwell


@inner
def _pick_exit(plan, batch, row, u, entered):  # type: ignore[no-untyped-def]
    """The exit of a stay by the odds of the month in which it began."""
    exits = plan.exits
    first = plan.stages.exit_first[row]
    last = plan.stages.exit_first[row + 1]
    if plan.shocks.odds != NO_SHOCK and entered >= plan.horizon.begin:
        odds = factor_at(plan.shocks, batch.odds, plan.horizon.begin, entered)
        return pick_at_odds(exits.p, exits.forward, first, last, u, odds)[0]
    return pick(exits.upto, first, last, u)


@inner
def draw_open_exits(plan, batch, n):  # type: ignore[no-untyped-def]
    """The same for open leads found in their stage at the start, given how long they have been there."""
    pipeline = plan.pipeline
    for a in range(n):
        j = at(batch.on_its_way[a])
        open_place = batch.open_place[j]
        u = uniform(batch.word_exit[a])
        k = pick(pipeline.upto, pipeline.exit_first[open_place], pipeline.exit_first[open_place + 1], u)
        chosen = pipeline.exit[k]
        left = np.inf
        table = plan.exits.table[chosen]
        if table != NO_TABLE:
            if plan.frailty.aged[open_place]:
                dwell = aged_dwell(plan.frailty, plan.tables, table, open_place, k, batch.word_dwell[a])
            else:
                dwell = quantile_given_survival(
                    plan.tables.headers,
                    plan.tables.cells,
                    table,
                    batch.word_dwell[a],
                    pipeline.survival[k],
                )
            left = leave_instant(
                plan.clocks.integral,
                plan.clocks.first_day,
                plan.exits.clock[chosen],
                pipeline.since[open_place],
                dwell,
            )
        batch.chosen[a] = chosen
        batch.next[a] = plan.exits.target[chosen]
        batch.left[a] = max(left, 0.0)


@inner
def _pass_removed(plan, batch, n, resuming, k0, k1):  # type: ignore[no-untyped-def]
    """Leads pass a removed stage at once, or at the instant it is removed while they are in it."""
    stages = plan.stages
    exits = plan.exits
    for a in range(n):
        j = at(batch.on_its_way[a])
        stage = batch.place[j]
        removed_from = stages.removed_from[stage]
        now = 0.0 if resuming else batch.entered[j]
        batch.seen[a] = True
        if now < removed_from and batch.left[a] <= removed_from:
            continue
        u = uniform(batch.word_exit[a])
        era = batch.era[j]
        if now >= removed_from:
            batch.left[a] = now
            batch.seen[a] = resuming
        else:
            batch.left[a] = removed_from
            while removed_from >= stages.era_start[era + 1]:
                era += 1
        row = (era * plan.segments + batch.segment[j]) * stages.hash.size + stage
        if batch.next[a] == stage:
            entered = -np.inf if resuming else batch.entered[j]
            batch.chosen[a] = _pick_exit(plan, batch, row, u, entered)
            batch.next[a] = exits.target[batch.chosen[a]]
        elif batch.next[a] == NEVER:
            batch.next[a] = plan.lost
        if batch.next[a] == plan.lost and stages.recovered[stage] > 0.0:
            goes_on, where, _, _ = recover_words(batch.lead[j], stages.hash[stage], batch.visit[a], k0, k1)
            if uniform(goes_on) < stages.recovered[stage]:
                batch.chosen[a] = pick_forward(
                    exits.p, exits.forward, stages.exit_first[row], stages.exit_first[row + 1], uniform(where)
                )
                batch.next[a] = exits.target[batch.chosen[a]]


@inner
def log_visits(plan, batch, n, replication, log):  # type: ignore[no-untyped-def]
    """Write the stays of a wave that are seen at or after the start."""
    end = plan.horizon.end
    for a in range(n):
        j = at(batch.on_its_way[a])
        ends = batch.left[a] < end
        if not batch.seen[a] or (ends and batch.left[a] < 0.0):
            continue
        row = log.size[0]
        log.size[0] += 1
        if row < log.lead.size:
            log.replication[row] = replication
            log.lead[row] = batch.lead[j]
            log.source[row] = batch.source[j]
            log.segment[row] = batch.segment[j]
            log.stage[row] = batch.place[j]
            log.visit[row] = batch.visit[a]
            log.entered[row] = batch.entered[j]
            log.left[row] = batch.left[a] if ends else np.nan
            log.exit[row] = batch.chosen[a] if ends else -1
            log.amount[row] = batch.amount[j]
            if plan.any_work and not np.isnan(batch.started[j]):
                log.started[row] = batch.started[j]
                log.role[row] = batch.role[j]
                log.seat[row] = batch.seat[j]
                if batch.begins[j] < end:
                    log.finished[row] = batch.begins[j]


@inner
def leave(plan, batch, n, i, tallies):  # type: ignore[no-untyped-def]
    """Count the stays of a wave; list those that go on to a stage first, the ended ones apart."""
    era_start = plan.stages.era_start
    has_eras = era_start.size > 2
    forward = plan.exits.forward
    edges = plan.horizon.bin_edges
    end = plan.horizon.end
    n_stages = plan.stages.hash.size
    counts = tallies.by_stage[i].reshape(-1)
    (_, _, _, b_place, b_entered, _, _, b_bin, b_era) = batch[:9]
    b_begins = batch.begins
    b_rounds = batch.rounds
    on_its_way = batch.on_its_way
    b_ended = batch.ended
    (b_chosen, b_next, b_left, b_seen) = batch[23:27]
    going_on = np.int64(0)
    ended = np.int64(0)
    # Sums of a run of like stays are kept aside: the same additions, without a trip to memory for each.
    run = -1
    run_ended = np.int64(0)
    run_forward = np.int64(0)
    run_wip = 0.0
    run_dwell = 0.0
    for a in range(n):
        j = at(on_its_way[a])
        stage = b_place[j]
        entered = b_entered[j]
        bin_ = np.int64(b_bin[j])
        left = b_left[a]
        ends = left < end
        if b_seen[a]:
            seen_to = min(left, end)
            at_ = entered
            count = (bin_ * n_stages + stage) * N_COUNTS
            while seen_to >= edges[at(bin_ + 1)]:
                if bin_ > 0:
                    if run == count:
                        run_wip += in_units(edges[at(bin_ + 1)] - max(at_, edges[at(bin_)]), plan.day_unit)
                    else:
                        counts[at(count + WIP)] += in_units(
                            edges[at(bin_ + 1)] - max(at_, edges[at(bin_)]), plan.day_unit
                        )
                bin_ += 1
                at_ = edges[at(bin_)]
                count += n_stages * N_COUNTS
            if count != run:
                if run >= 0:
                    counts[at(run + ENDED)] += run_ended
                    counts[at(run + FORWARD)] += run_forward
                    counts[at(run + WIP)] = run_wip
                    counts[at(run + DWELL)] = run_dwell
                run = count
                run_ended = np.int64(0)
                run_forward = np.int64(0)
                run_wip = counts[at(run + WIP)]
                run_dwell = counts[at(run + DWELL)]
            run_ended += np.int64(ends)
            run_forward += np.int64(forward[at(b_chosen[a])] and ends)
            run_wip += in_units(seen_to - max(at_, edges[at(bin_)]), plan.day_unit)
            run_dwell += in_units(left - b_begins[j], plan.day_unit) if ends else 0.0
        if left == entered:
            b_rounds[j] += 1
            if b_rounds[j] > ROUNDS_AT_ONE_INSTANT:
                return going_on, ended, np.int64(stage)
        elif b_rounds[j] > 0:
            b_rounds[j] = 0
        if has_eras and ends:
            era = b_era[j]
            while left >= era_start[era + 1]:
                era += 1
            b_era[j] = era
        b_bin[j] = bin_
        b_entered[j] = left
        place = b_next[a] if ends else np.int32(_GONE)
        b_place[j] = place
        goes = np.int64(0 <= place < n_stages)
        on_its_way[at(going_on)] = j
        going_on += goes
        b_ended[at(ended)] = j
        ended += 1 - goes
    if run >= 0:
        counts[at(run + ENDED)] += run_ended
        counts[at(run + FORWARD)] += run_forward
        counts[at(run + WIP)] = run_wip
        counts[at(run + DWELL)] = run_dwell
    return going_on, ended, np.int64(-1)


@inner
def end_batch(plan, batch, ended, i, tallies, wins):  # type: ignore[no-untyped-def]
    """Leads that reached an outcome, or stay where they are beyond the horizon."""
    n_stages = plan.stages.hash.size
    start = plan.horizon.window_start
    until = plan.horizon.window_end
    bookings = plan.outcomes.bookings
    quota = plan.outcomes.quota
    by_bin = tallies.by_bin
    by_window = tallies.by_window
    b_ended = batch.ended
    b_place = batch.place
    b_bin = batch.bin
    b_entered = batch.entered
    b_won_at = batch.won_at
    b_churned_at = batch.churned_at
    run = 0
    lost = 0
    for a in range(ended):
        j = at(b_ended[a])
        place = b_place[j]
        if place != _GONE:
            bin_ = b_bin[j]
            outcome = at(place - n_stages)
            books = bookings[outcome] > 0.0 or quota[outcome] > 0.0 or place == plan.books_at
            if books or place == plan.recognition.place:
                _credit(plan, batch, j, place, bookings[outcome], quota[outcome], i, tallies, wins)
            if place == plan.churned:
                by_bin[i, bin_, CHURNED] += 1.0
                b_churned_at[j] = b_entered[j]
            if place != plan.won and b_won_at[j] == np.inf:
                if bin_ != run:
                    by_bin[i, run, LOST] += lost
                    run = bin_
                    lost = 0
                lost += 1
        if b_won_at[j] < np.inf:
            for w in range(start.size):
                if b_won_at[j] < start[w] <= b_churned_at[j]:
                    by_window[i, w, CLIENTS_AT_START] += 1.0
                    if b_churned_at[j] >= until[w]:
                        by_window[i, w, CLIENTS_KEPT] += 1.0
    by_bin[i, run, LOST] += lost
