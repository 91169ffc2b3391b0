"""Simulating until a mean is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from funnelsim.experiments.precision import FIRST, simulate_to_precision
from funnelsim.metrics.names import metric_values
from funnelsim.model.files import funnel_of
from tests.unit.made_up_runs import model_of

MODEL = model_of(
    start="2026-01-01",
    sources={"web": {"enters": "demo", "rate": "1 per day", "amount": "lognormal(mean=100, sigma=1.0)"}},
)


def test_stops_at_the_first_doubling_that_is_precise_enough():
    """Mutants: stops one look late; the half-width of one look for that of all."""
    run, found = simulate_to_precision(funnel_of(MODEL), 0.01, "deals_won", days=60, seed=5, workers=1)
    assert found.met
    assert run.size == FIRST * 2 ** (found.looks - 1)
    wins = metric_values(run, "deals_won")
    assert found.reached == pytest.approx(half_width(wins, found.looks), rel=1e-6)
    assert found.looks > 1
    assert half_width(wins[: run.size // 2], found.looks - 1) > 0.01


def half_width(values, look):
    """Over the mean, with 5 % / (k (k + 1)) of error for look k."""
    z = math.sqrt(2) * special.erfinv(1 - 0.05 / (look * (look + 1)))
    return z * values.std(ddof=1) / math.sqrt(values.size) / values.mean()


def test_the_interval_holds_its_level_over_all_looks():
    """Of 200 runs that stop by themselves at least 95 % hold the truth (4 standard errors allowed for).

    Mutant: the plain 95 % interval at each look, which holds about 91 % here.
    """
    rng = np.random.default_rng(7)
    held = sum(_stops(rng) for _ in range(400))
    assert held >= 400 * 0.95 - 4 * math.sqrt(400 * 0.95 * 0.05)


def _stops(rng):
    from funnelsim.experiments.precision import _precision
    from tests.unit.made_up_runs import run_of

    values = np.empty(0)
    for looks in range(1, 9):
        values = np.concatenate([values, rng.exponential(1.0, max(values.size, 100))])
        run = run_of(replications=range(values.size), deals_won=values[:, None])
        found = _precision(run, "deals_won", 0.06, looks)
        if found.met:
            break
    return abs(values.mean() - 1) <= found.reached * values.mean()


def test_gives_up_where_a_figure_is_always_zero():
    run, found = simulate_to_precision(
        funnel_of(MODEL), 0.01, "churned", days=20, seed=5, workers=1, most=1000
    )
    assert run.size == 1000
    assert not found.met
    assert found.reached == math.inf
