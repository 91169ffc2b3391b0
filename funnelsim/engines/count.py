"""Counts the leads of the reference engine into tallies, in the order in which the fast engine adds.

Leads of one source are taken in batches; each wave takes one stay of every lead of the batch: what entering
is worth, then the stays, then the ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines import tallies as place
from funnelsim.engines.instants import BATCH
from funnelsim.engines.plan import Plan
from funnelsim.engines.tallies import Tallies

if TYPE_CHECKING:
    from funnelsim.engines.reference import Credit, Lead, Stay


def count_leads(plan: Plan, leads: Sequence[Lead], tallies: Tallies, i: int) -> None:
    """Add all leads of replication `i`."""
    for batch in _batches(leads):
        counts = [_Count(plan, lead, tallies, i) for lead in batch]
        for count in counts:
            count.arrival()
        for wave in range(max(len(lead.stays) for lead in batch)):
            on_their_way = [count for count in counts if len(count.lead.stays) > wave]
            for count in on_their_way:
                count.credit(count.lead.stays[wave].credit)
            for count in on_their_way:
                count.stay(count.lead.stays[wave])
            for count in on_their_way:
                if len(count.lead.stays) == wave + 1:
                    count.end()


def _batches(leads: Sequence[Lead]) -> Iterator[list[Lead]]:
    for _, group in groupby(leads, key=lambda lead: lead.source):
        own = list(group)
        for first in range(0, len(own), BATCH):
            yield own[first : first + BATCH]


class _Count:
    def __init__(self, plan: Plan, lead: Lead, tallies: Tallies, i: int) -> None:
        self.plan, self.lead, self.tallies, self.i = plan, lead, tallies, i
        self.edges = plan.horizon.bin_edges
        self.part = place.PIPELINE if lead.open_place >= 0 else place.NEW

    def bin(self, instant: float) -> int:
        return int(np.searchsorted(self.edges, instant, side="right")) - 1

    def arrival(self) -> None:
        if self.part == place.NEW:
            self.tallies.by_bin[self.i, self.bin(self.lead.created), place.CREATED] += 1

    def credit(self, credit: Credit | None) -> None:
        if credit is None:
            return
        b = self.bin(credit.at)
        money = self.tallies.money[self.i, b]
        part = place.EXPANSION if credit.expansion else self.part
        money[place.BOOKINGS, part] += credit.bookings
        money[place.QUOTA, part] += credit.quota
        if credit.win:
            self.tallies.by_bin[self.i, b, place.WON] += 1
            self.tallies.by_bin[self.i, b, place.CYCLE] += credit.at - self.lead.created
            money[place.WINS, self.part] += 1

    def stay(self, stay: Stay) -> None:
        if not stay.seen:
            return
        counts = self.tallies.by_stage[self.i]
        if stay.counted_entry:
            counts[self.bin(stay.entered), stay.stage, place.ENTERED] += 1
        seen_to = stay.left if stay.ended else self.plan.horizon.end
        for b in range(1, len(self.edges) - 1):
            low, high = max(stay.entered, self.edges[b]), min(seen_to, self.edges[b + 1])
            if high > low:
                counts[b, stay.stage, place.WIP] += high - low
        if stay.ended:
            b = self.bin(stay.left)
            counts[b, stay.stage, place.ENDED] += 1
            counts[b, stay.stage, place.DWELL] += stay.left - stay.entered
            counts[b, stay.stage, place.FORWARD] += self.plan.exits.forward[stay.exit]

    def end(self) -> None:
        self.credit(self.lead.last_credit)
        if self.lead.ended is not None:
            at, outcome = self.lead.ended
            counts = self.tallies.by_bin[self.i, self.bin(at)]
            counts[place.CHURNED] += outcome == self.plan.churned
            counts[place.LOST] += outcome != self.plan.won and self.lead.won_at == math.inf
        self.retention()

    def retention(self) -> None:
        won_at = self.lead.won_at
        churned_at = math.inf
        if self.lead.ended is not None and self.lead.ended[1] == self.plan.churned:
            churned_at = self.lead.ended[0]
        horizon = self.plan.horizon
        for w, (start, end) in enumerate(zip(horizon.window_start, horizon.window_end, strict=True)):
            if won_at < start <= churned_at:
                self.tallies.by_window[self.i, w, place.CLIENTS_AT_START] += 1
                self.tallies.by_window[self.i, w, place.CLIENTS_KEPT] += churned_at >= end


def visit_columns(logged: Sequence[tuple[int, Lead, Stay]]) -> dict[str, NDArray[Any]]:
    """Columns of the visits seen at or after the start, as the fast engine logs them."""
    seen = [(r, lead, stay) for r, lead, stay in logged if not (stay.ended and stay.left < 0)]
    return {
        "replication": np.array([r for r, _, _ in seen], dtype=np.int64),
        "lead": np.array([lead.id for _, lead, _ in seen], dtype=np.uint64),
        "source": np.array([lead.source for _, lead, _ in seen], dtype=np.int64),
        "segment": np.array([lead.segment for _, lead, _ in seen], dtype=np.int64),
        "stage": np.array([stay.stage for _, _, stay in seen], dtype=np.int64),
        "visit": np.array([stay.visit for _, _, stay in seen], dtype=np.int64),
        "entered": np.array([stay.entered for _, _, stay in seen], dtype=np.float64),
        "left": np.array([stay.left for _, _, stay in seen], dtype=np.float64),
        "exit": np.array([stay.exit for _, _, stay in seen], dtype=np.int64),
        "amount": np.array([stay.amount for _, _, stay in seen], dtype=np.float64),
    }
