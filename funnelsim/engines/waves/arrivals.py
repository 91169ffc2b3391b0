"""Add leads to a batch: open at the start, new from a source, or spawned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.numeric.compiled import at, inner, inner_step, maker
from funnelsim.engines.counts.recognition import reset_recognition
from funnelsim.engines.counts.tallies import CREATED
from funnelsim.engines.kernels.instants import BATCH, arrivals, lead_words
from funnelsim.engines.kernels.lead_traits import amount_of_open, last_begun, traits_of_new
from funnelsim.engines.plan import NO_PLACE, NONE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint32]


class StreamArrivals(NamedTuple):
    """Arrival times and random words of the leads of a stream."""

    times: Floats  # (capacity,)
    words: Words  # (3, capacity) amount, segment, stage of entry
    gaps: Words  # room to work in
    monthly: Floats  # (months,) room to work in


class Spawned(NamedTuple):
    """Spawned leads by generation; those beyond the capacity are only counted."""

    id: NDArray[np.uint64]
    stream: Ints
    created: Floats
    size: Ints  # (1,)


@maker
def room_for_arrivals(capacity, n_months):  # type: ignore[no-untyped-def]
    return StreamArrivals(
        np.empty(capacity, np.float64),
        np.empty((3, capacity), np.uint32),
        np.empty(BATCH, np.uint32),
        np.empty(n_months, np.float64),
    )


@maker
def room_for_spawned(capacity):  # type: ignore[no-untyped-def]
    return Spawned(
        np.empty(capacity, np.uint64),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.float64),
        np.zeros(1, np.int64),
    )


@inner_step
def draw_stream_arrivals(plan, stream, k0, k1, stream_arrivals):  # type: ignore[no-untyped-def]
    """Draw the leads of a stream, see `arrivals`."""
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
        stream_arrivals.times,
        stream_arrivals.words,
        stream_arrivals.gaps,
        stream_arrivals.monthly,
    )


@inner_step
def _take(batch, j, id_, open_index, source, segment, place, created, entered, amount, era, bin_):  # type: ignore[no-untyped-def]
    """Initialise lead `j` of a batch, which has yet to enter its stage."""
    batch.id[j] = id_
    batch.open_index[j] = open_index
    batch.source[j] = source
    batch.segment[j] = segment
    batch.place[j] = place
    batch.created[j] = created
    batch.entered[j] = entered
    batch.amount[j] = amount
    batch.era[j] = era
    batch.bin[j] = bin_
    batch.booked[j] = 0
    batch.won_at[j] = np.inf
    batch.rounds[j] = 0


@inner_step
def _reset_visit_numbers(batch, first, last):  # type: ignore[no-untyped-def]
    """Reset the visit numbers of leads from `first` up to `last`."""
    n_stages = batch.visits.shape[1]
    visits = batch.visits.reshape(-1)
    for k in range(first * n_stages, last * n_stages):
        visits[at(k)] = 0


@inner
def take_open_leads(plan, batch, first, k0, k1):  # type: ignore[no-untyped-def]
    """Add open leads, from index `first` on; returns how many fit."""
    pipeline = plan.pipeline
    n = min(batch.id.size, pipeline.id.size - first)
    _reset_visit_numbers(batch, 0, n)
    era = last_begun(plan.stages.era_start, 0, 0.0)
    for j in range(n):
        place = first + j
        amount = amount_of_open(
            plan.tables,
            plan.listed_table,
            pipeline.id[place],
            pipeline.amount[place],
            pipeline.amount_table[place],
            k0,
            k1,
        )
        _take(
            batch,
            j,
            pipeline.id[place],
            place,
            NONE,
            pipeline.segment[place],
            pipeline.stage[place],
            pipeline.created[place],
            -pipeline.age[place],
            amount,
            era,
            1,
        )
        if pipeline.bookings_before[place] > 0:
            batch.booked[j] = pipeline.bookings_before[place]
            batch.won_at[j] = -np.inf
        for k in range(pipeline.visit_first[place], pipeline.visit_first[place + 1]):
            batch.visits[j, pipeline.visited[k]] = pipeline.visits[k]
    return n


@inner
def take_new_leads(plan, batch, slot, stream, first, leads, stream_arrivals, ledger):  # type: ignore[no-untyped-def]
    """Add leads of a stream, from number `first` on, at indices from `slot` on; returns how many fit."""
    n = min(batch.id.size - slot, leads - first)
    _reset_visit_numbers(batch, slot, slot + n)
    times = stream_arrivals.times[first : first + n]
    amount_words = stream_arrivals.words[0, first : first + n]
    segment_words = stream_arrivals.words[1, first : first + n]
    entry_words = stream_arrivals.words[2, first : first + n]
    base = plan.sources.id_base[stream] + np.uint64(first)
    source = plan.sources.source[stream]
    bin_ = 0
    era = 0
    for k in range(n):
        bin_ = last_begun(plan.horizon.bin_edges, bin_, times[k])
        era = last_begun(plan.stages.era_start, era, times[k])
        segment, stage, amount = traits_of_new(
            plan.sources, plan.tables, stream, era, amount_words[k], segment_words[k], entry_words[k]
        )
        _take(
            batch,
            at(slot + k),
            base + np.uint64(k),
            NONE,
            source,
            segment,
            stage,
            times[k],
            times[k],
            amount,
            era,
            bin_,
        )
        ledger.by_bin[at(bin_), CREATED] += 1.0
    return n


@inner
def take_spawned(plan, batch, spawned, first, k0, k1, ledger):  # type: ignore[no-untyped-def]
    """Add spawned leads, from number `first` on; returns how many fit."""
    n = min(batch.id.size, spawned.size[0] - first)
    _reset_visit_numbers(batch, 0, n)
    for j in range(n):
        id_ = spawned.id[first + j]
        stream = spawned.stream[first + j]
        created = spawned.created[first + j]
        bin_ = last_begun(plan.horizon.bin_edges, 0, created)
        era = last_begun(plan.stages.era_start, 0, created)
        _, word_amount, word_segment, word_entry = lead_words(id_, k0, k1)
        segment, stage, amount = traits_of_new(
            plan.sources, plan.tables, stream, era, word_amount, word_segment, word_entry
        )
        source = plan.sources.source[stream]
        _take(batch, j, id_, NONE, source, segment, stage, created, created, amount, era, bin_)
        ledger.by_bin[bin_, CREATED] += 1.0
    return n


@inner
def reset_batch_recognition(plan, batch, n):  # type: ignore[no-untyped-def]
    """Reset revenue recognition before leads move."""
    pipeline = plan.pipeline
    if plan.recognition.place == NO_PLACE:
        return
    for j in range(n):
        recognised_since = False
        open_index = batch.open_index[j]
        if open_index != NONE:
            for k in range(pipeline.visit_first[open_index], pipeline.visit_first[open_index + 1]):
                recognised_since |= pipeline.visited[k] == plan.recognition.place
        reset_recognition(batch.revenue[j], recognised_since)
