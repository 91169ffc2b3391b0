"""funnelsim on the workload, by the same call that a user makes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.contender import Contender, Outcome
from funnelsim.engines.run import simulate
from funnelsim.model.changes import SetValue
from funnelsim.model.files import read_funnel
from tests.oracles import f6

SCENARIO = Path(__file__).parents[1] / "scenarios" / "f6.toml"


def funnelsim(
    engine: str, *, replications: int, leads_per_day: float | None = None, name: str | None = None
) -> Contender:
    """The general engine on the model file, one worker; a call includes building the plan."""
    funnel = read_funnel(SCENARIO)
    (source,) = funnel.model.sources
    changes = () if leads_per_day is None else (SetValue(path=f"sources.{source}.rate", to=leads_per_day),)

    def run(first: int, replications: int) -> Outcome:
        part = range(first, first + replications)
        result = simulate(
            funnel, days=f6.DAYS, replications=part, seed=1, engine=engine, workers=1, changes=changes
        )
        return Outcome(
            float(result.tallies["entered"][:, 0].sum()), tuple(result.tallies["deals_won"][:, 0].tolist())
        )

    return Contender(name=name or f"funnelsim, {engine} engine", run=run, replications=replications)
