"""Runs of variants with windows of their own, without reps, or with visits."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.run import simulate
from funnelsim.experiments import variants as module
from funnelsim.experiments.measured import measured
from funnelsim.experiments.variants import Variants
from funnelsim.model.changes.changes import SetValue
from funnelsim.results.run import Run, Window

from ..made_up_runs import funnel_with

DRAWS = pl.DataFrame({"sources.inbound.rate": [0.5, 2.0, 1.0]})
CHANGES = (SetValue(path="sources.inbound.rate", by="x1.5"),)
#: The first half of the span, and a window that ends before it does.
OWN = (Window(label="all", start_day=0.0, end_day=20.0), Window(label="first", start_day=0.0, end_day=9.0))
STAGES = {
    "demo": {
        "after": "exponential(mean=5d)",
        "work": {"role": "rep", "effort": "8h"},
        "exits": {"offer": {"to": "offer", "p": 1.0}},
    },
    "offer": {"after": "constant(5d)", "exits": {"won": {"to": "won", "p": 1.0}}},
}
CASES: list[dict[str, Any]] = [
    {},
    {"changes": CHANGES},
    {"changes": CHANGES, "reps": False},
    {"visits": True},
    {"changes": CHANGES, "windows": OWN},
    {"warmup": False},
]


def of() -> Variants:
    funnel = funnel_with(draws=DRAWS, stages=STAGES, roles={"rep": {"headcount": 1}})
    return Variants(funnel, measured(funnel, days=40.0), replications=12, seed=4, warmup_days=15.0)


def written_out(variants: Variants, **case: Any) -> Run:
    windows = case.pop("windows", variants.measured.windows)
    warmup_days = 15.0 if case.pop("warmup", True) else 0.0
    return simulate(
        variants.funnel,
        days=windows[0].end_day,
        windows=windows,
        warmup_days=warmup_days,
        replications=12,
        seed=4,
        **case,
    )


@pytest.mark.parametrize("case", CASES)
def test_a_run_of_its_own_is_that_of_the_funnel_simulated_alone(case: dict[str, Any]) -> None:
    """Mutants: a setting that is not handed on, a plan of the base where the span differs."""
    found, expected = of().simulate(**case), written_out(of(), **case)
    for name, tally in expected.tallies.items():
        assert np.array_equal(found.tallies[name], tally, equal_nan=True), name
    assert found.provenance.plan_sha256 == expected.provenance.plan_sha256
    assert found.windows == expected.windows
    assert (found.visits is None) == ("visits" not in case)
    if found.visits is not None:
        assert found.visits.equals(expected.visits)


@pytest.mark.parametrize("case", CASES)
def test_plans_are_made_from_those_of_the_base_where_the_span_is_the_same(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bases: list[PlanBuilder | None] = []

    def simulated(*given: Any, like: PlanBuilder | None, **settings: Any) -> Run:
        bases.append(like)
        return simulate(*given, like=like, **settings)

    monkeypatch.setattr(module, "simulate", simulated)
    variants = of()
    variants.simulate(**case)
    (like,) = bases
    assert (like is None) == ("windows" in case or "warmup" in case)
    assert like is None or like is variants.plans_of(())


def test_other_replications_are_those_of_a_longer_run() -> None:
    part, whole = of().simulate(replications=range(5, 9)), of().simulate()
    assert np.array_equal(part.tallies["deals_won"], whole.tallies["deals_won"][5:9])
