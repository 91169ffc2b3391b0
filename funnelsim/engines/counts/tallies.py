"""Tallies of an engine, per replication and bin; later summed over windows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.engines.plan import NO_PLACE, Plan
from funnelsim.results.run import PARTS

Floats = NDArray[np.float64]

# Places in `by_bin`.
CREATED, WON, LOST, CHURNED, CYCLE, ABANDONED, RESPONSES, RESPONSE_DAYS = range(8)
BY_BIN = (
    "leads_created",
    "deals_won",
    "deals_lost",
    "churned",
    "cycle_days_sum",
    "abandoned",
    "first_responses",
    "first_response_days_sum",
)
# Places in `money`, and its parts in the order of `PARTS`.
WINS, BOOKINGS, QUOTA, REVENUE = range(4)
MONEY = ("wins_by_part", "bookings", "quota_credit", "revenue")
PIPELINE, NEW, EXPANSION = range(3)
# Places in `by_stage`.
ENTERED, ENDED, FORWARD, DWELL, WIP, SERVED, WAIT = range(7)
BY_STAGE = ("entered", "ended", "forward", "dwell_days_sum", "wip_days", "tasks_done", "wait_days_sum")
# Places in `by_role`.
BUSY, ROSTERED = range(2)
BY_ROLE = ("busy_days", "rostered_days")
N_COUNTS = len(BY_STAGE)
# Places in `by_window`.
CLIENTS_AT_START, CLIENTS_KEPT = range(2)
BY_WINDOW = ("clients_at_start", "clients_kept")


class Tallies(NamedTuple):
    """Counts of ``n`` replications."""

    by_bin: Floats  # (n, bins, 8)
    money: Floats  # (n, bins, 4, parts)
    by_stage: Floats  # (n, bins, S, 7)
    by_role: Floats  # (n, bins, roles, 2)
    by_window: Floats  # (n, windows, 2)

    @classmethod
    def zeros(cls, plan: Plan, n: int) -> Tallies:
        bins = plan.horizon.bin_edges.size - 1
        stages = plan.stages.hash.size
        return cls(
            np.zeros((n, bins, len(BY_BIN))),
            np.zeros((n, bins, len(MONEY), len(PARTS))),
            np.zeros((n, bins, stages, len(BY_STAGE))),
            np.zeros((n, bins, plan.roles.hash.size, len(BY_ROLE))),
            np.zeros((n, plan.horizon.window_start.size, len(BY_WINDOW))),
        )

    def over_windows(self, plan: Plan) -> dict[str, Floats]:
        """Sums over the bins of each window, by name; shapes as in `funnelsim.results.run`."""
        low = plan.horizon.bin_edges[:-1]
        inside = [
            (low >= start) & (low < end)
            for start, end in zip(plan.horizon.window_start, plan.horizon.window_end, strict=True)
        ]
        found: dict[str, Floats] = {}
        by_stage, by_role = (np.moveaxis(counts, 3, 2) for counts in (self.by_stage, self.by_role))
        every = ((BY_BIN, self.by_bin), (MONEY, self.money), (BY_STAGE, by_stage), (BY_ROLE, by_role))
        for names, counts in every:
            for place, name in enumerate(names):
                found[name] = np.stack([counts[:, bins, place].sum(axis=1) for bins in inside], axis=1)
        if plan.recognition.place == NO_PLACE:
            found["revenue"] = found["bookings"]
        for place, name in enumerate(BY_WINDOW):
            found[name] = self.by_window[:, :, place]
        return found
