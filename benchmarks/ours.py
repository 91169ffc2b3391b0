"""funnelsim on a workload, by the same call that a user makes."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import funnelsim as fs
from benchmarks.contender import Contender, LeftOut, Outcome
from tests.oracles import f6

SCENARIOS = Path(__file__).parents[1] / "scenarios"
_SURELY_COMPILED_NS = 20_000.0  # a visit, building the plan for two replications included


def funnelsim(
    engine: str,
    *,
    scenario: str,
    replications: int,
    days: float = f6.DAYS,
    waits_in: Sequence[str] = (),
    times: int = 1,
    workers: int = 1,
    checked: int = 200,
    rounds_at_most: int | None = None,
    name: str | None = None,
) -> Contender | LeftOut:
    """The general engine on a model file; a call includes building the plan.

    Parameters
    ----------
    times : int, default 1
        So many times the leads, and the reps.
    """
    name = name or f"funnelsim, {engine} engine"
    try:
        funnel = _grown(fs.read_model(SCENARIOS / f"{scenario}.toml"), times)
    except fs.FunnelSimError as error:
        return LeftOut.because(name, error)

    def run(first: int, replications: int) -> Outcome:
        part = range(first, first + replications)
        found = fs.simulate(funnel, days=days, replications=part, seed=1, engine=engine, workers=workers)
        return Outcome(
            float(found.tallies["entered"][:, 0].sum()),
            tuple(found.tallies["deals_won"][:, 0].tolist()),
            {stage: _waits(found, found.stages.index(stage)) for stage in waits_in},
        )

    return Contender(
        name=name, run=run, replications=replications, checked=checked, rounds_at_most=rounds_at_most
    )


def ready(contender: Contender | LeftOut) -> Contender | LeftOut:
    """The same, compiled, or why it cannot race: model refused, no tasks done, or no kernel for it yet."""
    if isinstance(contender, LeftOut):
        return contender
    try:
        contender.run(0, 1)
        begin = time.process_time()
        outcome = contender.run(0, 2)
        ns = (time.process_time() - begin) / outcome.visits * 1e9
    except fs.FunnelSimError as error:
        return LeftOut.because(contender.name, error)
    if not all(math.isfinite(wait) for waits in outcome.wait_days.values() for wait in waits):
        return LeftOut(contender.name, "does no tasks")
    if ns > _SURELY_COMPILED_NS:
        return LeftOut(contender.name, f"has no compiled kernel for this model: {ns:,.0f} ns a visit")
    return contender


def _grown(funnel: fs.Funnel, times: int) -> fs.Funnel:
    if times == 1:
        return funnel
    model = funnel.model
    sources = {key: one.model_copy(update={"rate": one.rate * times}) for key, one in model.sources.items()}
    roles = {
        key: one.model_copy(update={"headcount": one.headcount * times}) for key, one in model.roles.items()
    }
    return fs.funnel_of(model.model_copy(update={"sources": sources, "roles": roles}))


def _waits(run: fs.Run, place: int) -> tuple[float, ...]:
    """Mean wait of the tasks finished in a stage by replication; NaN where there was none."""
    days, tasks = run.tallies["wait_days_sum"][:, 0, place], run.tallies["tasks_done"][:, 0, place]
    return tuple(np.divide(days, tasks, out=np.full_like(days, np.nan), where=tasks > 0).tolist())
