"""A history as large as one likes: two years of a scenario, with as many leads as give so many visits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl

from funnelsim.engines.run import simulate
from funnelsim.history.files.events import History
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.files.model_files import Funnel, read_funnel
from funnelsim.results.convert import history_of
from funnelsim.results.run import Run

_SCENARIOS = Path(__file__).parents[1] / "scenarios"
_DAYS = 730
_STEPS = {"second": "1s", "day": "1d"}


def made_up_history(scenario: str, visits: int) -> History:
    """About so many visits (within 2 %), recorded to the second."""
    funnel = read_funnel(_SCENARIOS / f"{scenario}.toml")
    seen = _run(funnel, 1.0).visits
    assert seen is not None
    run = _run(funnel, visits / seen.height)
    return recorded_to(history_of(run, funnel.model, replication=0, as_of_day=_DAYS), "second")


def recorded_to(history: History, resolution: str) -> History:
    """The same with what is finer than the second or the day forgotten."""
    step = _STEPS[resolution]
    return History(
        visits=history.visits.with_columns(pl.col("entered", "left").dt.truncate(step)),
        deals=history.deals.with_columns(pl.col("created", "closed").dt.truncate(step)),
        meta=dataclasses.replace(history.meta, resolution=resolution),
    )


def _run(funnel: Funnel, factor: float) -> Run:
    rates = {key: source.rate for key, source in funnel.model.sources.items()}
    changes = tuple(
        SetValue(path=f"sources.{key}.rate", to=rate * factor)
        for key, rate in rates.items()
        if isinstance(rate, float)
    )
    return simulate(
        funnel, days=_DAYS, replications=1, seed=1, visits=True, changes=changes, allow_large=True
    )
