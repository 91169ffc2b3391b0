"""The rows of a plan: one for each era, segment and stage."""

from __future__ import annotations

import numpy as np

from funnelsim.engines.plan import Plan
from funnelsim.engines.reference.reference_state import Lead


class Rows:
    """Finds the row of a lead and its exits."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.n_stages = len(plan.stages.hash)

    def row(self, lead: Lead, stage: int, instant: float) -> int:
        return (self.era(instant) * self.plan.segments + lead.segment) * self.n_stages + stage

    def era(self, instant: float) -> int:
        """The last era that has begun; the visit of an open lead is in the era of the start."""
        return (
            int(np.searchsorted(self.plan.stages.era_start, max(instant, self.plan.horizon.begin), "right"))
            - 1
        )

    def exits_of(self, row: int) -> tuple[int, int]:
        first = self.plan.stages.exit_first
        return int(first[row]), int(first[row + 1])
