"""The sales process map for a year: what a user's own model looks like, and how long 10,000 futures take."""

from __future__ import annotations

from benchmarks import limit
from benchmarks.contender import Contender
from benchmarks.limit import philox_limit
from benchmarks.ours import funnelsim, ready
from benchmarks.truth import Estimate, Truth
from benchmarks.workload import Workload

_SCENARIO = "sales_process_map"
_DAYS = 365.0
_REFERENCE = "SimPy, funnelsim's reference engine"
_TOLD_BY, _QUICKLY_TOLD_BY = 6, 3


def workload() -> Workload:
    reference = funnelsim(
        "reference",
        scenario=_SCENARIO,
        days=_DAYS,
        replications=1,
        checked=4,
        rounds_at_most=3,
        name=_REFERENCE,
    )
    fast = ready(funnelsim("fast", scenario=_SCENARIO, days=_DAYS, replications=300))
    visits = fast.run(0, 20).visits / 20 if isinstance(fast, Contender) else 50_000.0

    def truth(quick: bool) -> Truth:
        assert isinstance(reference, Contender)
        wins = reference.run(1_000, _QUICKLY_TOLD_BY if quick else _TOLD_BY).wins
        return Truth(Estimate.of(wins), source="the reference engine")

    return Workload(
        name="14-stage map, a year",
        title="from an empty funnel, all that the file says",
        truth=truth,
        contenders=[reference, fast, philox_limit(visits)],
        peers={_REFERENCE: "reference"},
        limit=limit.NAME,
        visits_per_replication=visits,
    )
