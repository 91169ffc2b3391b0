"""The fast engine where no rep is shared: lead by lead, replication by replication, compiled.

`reference.py` defines what is right; the steps here follow it in name and order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from funnelsim.core.draws import replication_key
from funnelsim.distributions.table import quantile_given_survival, quantile_of_word
from funnelsim.engines.instants import (
    BATCH,
    arrivals,
    lead_words,
    leave_instant,
    listed_word,
    pick,
    pick_forward,
    recover_words,
    uniform,
    visit_words,
)
from funnelsim.engines.plan import NEVER, NO_TABLE, Plan
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
    NEW,
    PIPELINE,
    QUOTA,
    WINS,
    WIP,
    WON,
    Tallies,
)

ROUNDS_AT_ONE_INSTANT = 10_000


class VisitLog(NamedTuple):
    """Columns of the visits of a chunk; `size` rows are needed, those that fit are written."""

    replication: NDArray[np.int64]
    lead: NDArray[np.uint64]
    source: NDArray[np.int64]
    segment: NDArray[np.int64]
    stage: NDArray[np.int64]
    visit: NDArray[np.int64]
    entered: NDArray[np.float64]
    left: NDArray[np.float64]
    exit: NDArray[np.int64]
    amount: NDArray[np.float64]

    @classmethod
    def empty(cls, capacity: int) -> VisitLog:
        whole = [np.empty(capacity, kind) for kind in (np.int64, np.uint64)]
        return cls(
            *whole,
            *(np.empty(capacity, np.int64) for _ in range(4)),
            *(np.empty(capacity, np.float64) for _ in range(2)),
            np.empty(capacity, np.int64),
            np.empty(capacity, np.float64),
        )


class OpenLeadWins(NamedTuple):
    """Day and amount of the first win of each open lead, shape (R, L); shape (0, 0) where not asked."""

    day: NDArray[np.float64]
    amount: NDArray[np.float64]


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
    tuple of int
        Visits to log, and the stage where leads went round without end (-1: none).
    """
    stages = plan.stages
    exits = plan.exits
    sources = plan.sources
    pipeline = plan.pipeline
    clocks = plan.clocks
    tables = plan.tables
    edges = plan.horizon.bin_edges
    window_start = plan.horizon.window_start
    window_end = plan.horizon.window_end
    end = plan.horizon.end
    n_stages = stages.hash.size
    n_sources = sources.id_base.size
    n_windows = window_start.size
    by_bin = tallies.by_bin
    money = tallies.money
    by_stage = tallies.by_stage
    by_window = tallies.by_window

    capacity = 4 * BATCH
    times = np.empty(capacity, np.float64)
    words = np.empty((3, capacity), np.uint32)
    count_of = np.zeros(n_stages, np.int64)
    counted_for = np.full(n_stages, -1, np.int64)
    logged = 0
    serial = 0

    for i in range(replications.size):
        k0, k1 = replication_key(seed, replications[i])
        for source in range(-1, n_sources):
            if source < 0:
                leads = pipeline.id.size
            else:
                leads = -1
                while True:
                    leads = arrivals(
                        sources, tables, plan.unit_exponential, source, plan.horizon.begin, end, k0, k1, times, words
                    )
                    if leads >= 0:
                        break
                    capacity *= 2
                    times = np.empty(capacity, np.float64)
                    words = np.empty((3, capacity), np.uint32)
            arrival_bin = 0
            arrival_era = 0
            for n in range(leads):
                serial += 1
                rounds = 0
                won_at = np.inf
                churned_at = np.inf
                if source < 0:
                    lead = pipeline.id[n]
                    segment = pipeline.segment[n]
                    stage = pipeline.stage[n]
                    created = pipeline.created[n]
                    entered = -pipeline.age[n]
                    part = PIPELINE
                    booked = pipeline.bookings_before[n]
                    if booked > 0:
                        won_at = -np.inf
                    bin_ = 1
                    era = 0
                    while stages.era_start[era + 1] <= 0.0:
                        era += 1
                    if np.isnan(pipeline.amount[n]):
                        amount = 0.0
                        if pipeline.amount_table[n] != NO_TABLE:
                            amount = quantile_of_word(tables, pipeline.amount_table[n], lead_words(lead, k0, k1)[1])
                    else:
                        amount = pipeline.amount[n]
                        if plan.listed_table != NO_TABLE:
                            amount *= quantile_of_word(tables, plan.listed_table, listed_word(lead, k0, k1))
                    for k in range(pipeline.visit_first[n], pipeline.visit_first[n + 1]):
                        count_of[pipeline.visited[k]] = pipeline.visits[k]
                        counted_for[pipeline.visited[k]] = serial
                else:
                    lead = sources.id_base[source] + np.uint64(n)
                    entered = times[n]
                    created = entered
                    while entered >= edges[arrival_bin + 1]:
                        arrival_bin += 1
                    while entered >= stages.era_start[arrival_era + 1]:
                        arrival_era += 1
                    bin_ = arrival_bin
                    era = arrival_era
                    k = pick(
                        sources.segment_upto,
                        sources.segment_first[source],
                        sources.segment_first[source + 1],
                        uniform(words[1, n]),
                    )
                    segment = sources.segment[k]
                    k = pick(
                        sources.entry_upto,
                        sources.entry_first[source],
                        sources.entry_first[source + 1],
                        uniform(words[2, n]),
                    )
                    stage = sources.entry[k]
                    table = sources.amount_table[era, source, segment]
                    amount = 0.0
                    if table != NO_TABLE:
                        amount = quantile_of_word(tables, table, words[0, n])
                    part = NEW
                    booked = 0
                    by_bin[i, bin_, CREATED] += 1.0

                place = stage
                resuming = source < 0
                while True:
                    # The lead enters `place` at `entered`, or is there already.
                    if place < n_stages:
                        stage = place
                        row = (era * plan.segments + segment) * n_stages + stage
                        passes = entered >= stages.removed_from[stage] or (
                            resuming and stages.removed_from[stage] <= 0.0
                        )
                        bookings_factor = 0.0
                        quota_factor = 0.0
                        if not resuming:
                            if counted_for[stage] != serial:
                                counted_for[stage] = serial
                                count_of[stage] = 0
                            count_of[stage] += 1
                            if not passes:
                                amount *= stages.amount[row]
                                bookings_factor = stages.bookings[row]
                                quota_factor = stages.quota[row]
                                by_stage[i, bin_, stage, ENTERED] += 1.0
                    else:
                        passes = False
                        bookings_factor = plan.outcomes.bookings[place - n_stages]
                        quota_factor = plan.outcomes.quota[place - n_stages]

                    if not resuming:
                        if bookings_factor > 0.0:
                            booked += 1
                        credited = EXPANSION if booked > 1 else part
                        if bookings_factor > 0.0:
                            money[i, bin_, BOOKINGS, credited] += amount * bookings_factor
                        if quota_factor > 0.0:
                            money[i, bin_, QUOTA, credited] += amount * quota_factor
                        if place == plan.books_at and won_at == np.inf:
                            won_at = entered
                            by_bin[i, bin_, WON] += 1.0
                            by_bin[i, bin_, CYCLE] += entered - created
                            money[i, bin_, WINS, part] += 1.0
                            if source < 0 and wins.day.shape[1] > 0:
                                wins.day[i, n] = entered
                                wins.amount[i, n] = amount * bookings_factor
                    if place >= n_stages:
                        if place == plan.churned:
                            by_bin[i, bin_, CHURNED] += 1.0
                            churned_at = entered
                        if place != plan.won and won_at == np.inf:
                            by_bin[i, bin_, LOST] += 1.0
                        break

                    # It draws its exit and when it leaves.
                    visit = count_of[stage]
                    word_exit, word_dwell, _, _ = visit_words(lead, stages.hash[stage], visit, k0, k1)
                    if resuming:
                        k = pick(
                            pipeline.upto, pipeline.exit_first[n], pipeline.exit_first[n + 1], uniform(word_exit)
                        )
                        chosen = pipeline.exit[k]
                        survival = pipeline.survival[k]
                    else:
                        chosen = pick(
                            exits.upto, stages.exit_first[row], stages.exit_first[row + 1], uniform(word_exit)
                        )
                        survival = 1.0
                    place = exits.target[chosen]
                    if passes:
                        left = max(entered, 0.0) if resuming else entered
                    elif place == NEVER:
                        left = np.inf
                    else:
                        table = exits.table[chosen]
                        if survival == 1.0:
                            dwell = quantile_of_word(tables, table, word_dwell)
                        else:
                            dwell = quantile_given_survival(tables, table, word_dwell, survival)
                        left = leave_instant(clocks, exits.clock[chosen], entered, dwell)
                        if resuming:
                            left = max(left, 0.0)
                    removed = passes
                    if not passes and left > stages.removed_from[stage]:
                        # The stage is removed while the lead is in it: it passes at that instant.
                        left = stages.removed_from[stage]
                        while left >= stages.era_start[era + 1]:
                            era += 1
                        row = (era * plan.segments + segment) * n_stages + stage
                        if place == stage:
                            chosen = pick(
                                exits.upto,
                                stages.exit_first[row],
                                stages.exit_first[row + 1],
                                uniform(word_exit),
                            )
                            place = exits.target[chosen]
                        elif place == NEVER:
                            place = plan.lost
                        removed = True
                    if removed and place == plan.lost and stages.recovered[stage] > 0.0:
                        word_on, word_where, _, _ = recover_words(lead, stages.hash[stage], visit, k0, k1)
                        if uniform(word_on) < stages.recovered[stage]:
                            chosen = pick_forward(
                                exits, stages.exit_first[row], stages.exit_first[row + 1], uniform(word_where)
                            )
                            place = exits.target[chosen]
                    ends = left < end and place != NEVER

                    # The stay is counted from where it is seen to where it ends.
                    if resuming or not passes:
                        seen_to = left if left < end else end
                        at = entered
                        while True:
                            edge = edges[bin_ + 1]
                            if seen_to < edge:
                                break
                            if bin_ > 0:
                                by_stage[i, bin_, stage, WIP] += edge - max(at, edges[bin_])
                            bin_ += 1
                            at = edge
                        if bin_ > 0:
                            by_stage[i, bin_, stage, WIP] += seen_to - max(at, edges[bin_])
                        if ends:
                            by_stage[i, bin_, stage, ENDED] += 1.0
                            by_stage[i, bin_, stage, DWELL] += left - entered
                            if exits.forward[chosen]:
                                by_stage[i, bin_, stage, FORWARD] += 1.0
                        if log.lead.size > 0 and seen_to >= 0.0:
                            if logged < log.lead.size:
                                log.replication[logged] = replications[i]
                                log.lead[logged] = lead
                                log.source[logged] = source
                                log.segment[logged] = segment
                                log.stage[logged] = stage
                                log.visit[logged] = visit
                                log.entered[logged] = entered
                                log.left[logged] = left if ends else np.nan
                                log.exit[logged] = chosen if ends else -1
                                log.amount[logged] = amount
                            logged += 1
                    if not ends:
                        break
                    rounds = rounds + 1 if left == entered else 0
                    if rounds > ROUNDS_AT_ONE_INSTANT:
                        return logged, stage
                    entered = left
                    resuming = False
                    while entered >= edges[bin_ + 1]:
                        bin_ += 1
                    while entered >= stages.era_start[era + 1]:
                        era += 1

                if won_at < np.inf:
                    for w in range(n_windows):
                        if won_at < window_start[w] and churned_at >= window_start[w]:
                            by_window[i, w, CLIENTS_AT_START] += 1.0
                            if churned_at >= window_end[w]:
                                by_window[i, w, CLIENTS_KEPT] += 1.0
    return logged, -1
