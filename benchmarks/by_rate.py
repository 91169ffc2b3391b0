"""F6 with more leads a day, and more reps with them: the cost of a visit should not grow with the funnel."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.contender import LeftOut, race
from benchmarks.ours import funnelsim, ready
from tests.oracles import f6

TIMES = (1, 10, 100)
_WORKLOADS = {"F6-NC": ("f6", f6.NO_REPS), "F6-CAP": ("f6_cap", f6.CAP)}
_REPLICATIONS = 1_500  # of the smallest funnel in a round


def measure(*, rounds: int) -> list[dict[str, Any]]:
    """A row for each workload and rate, smallest funnel first."""
    rows: list[dict[str, Any]] = []
    for workload, (scenario, staffing) in _WORKLOADS.items():
        print(f"{workload} by leads a day ...", file=sys.stderr)
        waits_in = [f6.STAGES[place] for place in staffing.staffed]
        contenders = []
        for times in TIMES:
            contender = ready(
                funnelsim(
                    "fast",
                    scenario=scenario,
                    replications=_REPLICATIONS // times,
                    waits_in=waits_in,
                    times=times,
                    name=f"{f6.LEADS_PER_DAY * times:,.0f} leads a day",
                )
            )
            if isinstance(contender, LeftOut):
                rows.append({"workload": workload, "left_out": contender.why})
                break
            contenders.append(contender)
        if len(contenders) < len(TIMES):
            continue
        timings = race(contenders, rounds)
        first = timings[0].median
        rows += [
            {
                "workload": workload,
                "name": t.name,
                "ns_per_visit": t.median,
                "times_the_first": t.median / first,
            }
            for t in timings
        ]
    return rows
