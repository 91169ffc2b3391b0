"""Segment, entry stage and amount of leads, computed by functions shared by all compiled paths."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.distributions.lookup import quantile_of_word
from funnelsim.engines.kernels.instants import lead_words, listed_word, pick, uniform
from funnelsim.engines.plan import NO_TABLE


@inner_step
def last_begun(starts, place, instant):  # type: ignore[no-untyped-def]
    """The era or bin of an instant, searched from an earlier one on."""
    while instant >= starts[at(place + 1)]:
        place += 1
    return place


@inner_step
def traits_of_new(sources, tables, stream, era, word_amount, word_segment, word_entry):  # type: ignore[no-untyped-def]
    """Segment, entry stage and amount of a lead of a stream, from its random words."""
    first = sources.segment_first[at(stream)]
    last = sources.segment_first[at(stream + 1)]
    segment = sources.segment[at(pick(sources.segment_upto, first, last, uniform(word_segment)))]
    first = sources.entry_first[at(stream)]
    last = sources.entry_first[at(stream + 1)]
    stage = sources.entry[at(pick(sources.entry_upto, first, last, uniform(word_entry)))]
    table = sources.amount_table[at(era), at(stream), at(segment)]
    amount = 0.0
    if table != NO_TABLE:
        amount = quantile_of_word(tables.headers, tables.cells, table, word_amount)
    return segment, stage, amount


@inner
def amount_of_open(tables, listed_table, lead, amount, amount_table, k0, k1):  # type: ignore[no-untyped-def]
    """Amount of an open lead: its listed amount times a ratio, or drawn if unknown."""
    if not np.isnan(amount):
        if listed_table != NO_TABLE:
            amount *= quantile_of_word(tables.headers, tables.cells, listed_table, listed_word(lead, k0, k1))
        return amount
    if amount_table == NO_TABLE:
        return 0.0
    return quantile_of_word(tables.headers, tables.cells, amount_table, lead_words(lead, k0, k1)[1])
