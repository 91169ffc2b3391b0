"""F6-NC with more leads a day: the cost of a visit should not grow with the size of the funnel."""

from __future__ import annotations

from benchmarks.contender import Contender
from benchmarks.ours import funnelsim

NAME = "F6-NC by leads a day"
LEADS_PER_DAY = (40, 400, 4_000)
_LEADS_A_ROUND = 60_000  # a day, over the replications of a round


def contenders() -> list[Contender]:
    """The fast engine, smallest funnel first."""
    return [
        funnelsim(
            "fast", replications=_LEADS_A_ROUND // rate, leads_per_day=rate, name=f"{rate:,} leads a day"
        )
        for rate in LEADS_PER_DAY
    ]
