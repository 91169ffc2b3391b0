"""The leads of a replication in the reference engine: open at the start, and new from each source."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions.lookup import quantile_of_word
from funnelsim.engines.kernels import instants
from funnelsim.engines.plan import NO_TABLE, Plan
from funnelsim.engines.reference.reference_state import Lead
from funnelsim.engines.reference.rows import Rows


class Arrivals:
    """The leads of one replication, with their amount, segment and first stage."""

    def __init__(self, plan: Plan, rows: Rows, k0: np.uint32, k1: np.uint32) -> None:
        self.plan, self.rows = plan, rows
        self.k0, self.k1 = k0, k1

    def open_leads(self) -> Iterator[Lead]:
        plan, pipeline = self.plan, self.plan.pipeline
        for n in range(len(pipeline.id)):
            lead_id = np.uint64(pipeline.id[n])
            amount = float(pipeline.amount[n])
            if math.isnan(amount):
                word = instants.lead_words(lead_id, self.k0, self.k1)[1]
                table = pipeline.amount_table[n]
                amount = 0.0 if table == NO_TABLE else quantile_of_word(*plan.tables, table, word)
            elif plan.listed_table != NO_TABLE:
                word = instants.listed_word(lead_id, self.k0, self.k1)
                amount *= quantile_of_word(*plan.tables, plan.listed_table, word)
            span = slice(pipeline.visit_first[n], pipeline.visit_first[n + 1])
            yield Lead(
                int(lead_id),
                -1,
                int(pipeline.segment[n]),
                int(pipeline.stage[n]),
                float(pipeline.created[n]),
                amount,
                booked=int(pipeline.bookings_before[n]),
                open_index=n,
                entered=-float(pipeline.age[n]),
                visits=Counter(
                    dict(zip(pipeline.visited[span].tolist(), pipeline.visits[span].tolist(), strict=True))
                ),
            )

    def new_leads(self) -> Iterator[Lead]:
        sources = self.plan.sources
        for stream in range(len(sources.id_base)):
            times, words = self.arrivals(stream)
            for n, entered in enumerate(times):
                yield self.new_lead(int(sources.id_base[stream]) + n, stream, float(entered), words[:, n])

    def new_lead(self, lead_id: int, stream: int, entered: float, words: Any) -> Lead:
        """A lead of a stream, from its random words for amount, segment and entry stage."""
        plan, sources = self.plan, self.plan.sources
        amount, segment, entry = (np.uint32(word) for word in words)
        own = self.share(sources.segment, sources.segment_first, sources.segment_upto, stream, segment)
        table = sources.amount_table[self.rows.era(entered), stream, own]
        return Lead(
            lead_id,
            int(sources.source[stream]),
            own,
            self.share(sources.entry, sources.entry_first, sources.entry_upto, stream, entry),
            entered,
            0.0 if table == NO_TABLE else float(quantile_of_word(*plan.tables, table, amount)),
            entered=entered,
        )

    def arrivals(self, stream: int) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        plan, capacity = self.plan, 1024
        while True:
            times, words = np.empty(capacity), np.empty((3, capacity), np.uint32)
            count = instants.arrivals(
                plan.sources,
                plan.roles.hours,
                plan.shocks,
                plan.tables,
                plan.unit_exponential,
                stream,
                plan.horizon.begin,
                plan.horizon.end,
                self.k0,
                self.k1,
                times,
                words,
                np.empty(instants.BATCH, np.uint32),
                np.empty(plan.shocks.number.size),
            )
            if count >= 0:
                return times[:count], words[:, :count]
            capacity *= 2

    def share(self, members: Any, first: Any, upto: Any, stream: int, word: np.uint32) -> int:
        return int(members[instants.pick(upto, first[stream], first[stream + 1], instants.uniform(word))])
