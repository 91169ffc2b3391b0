"""Funnels with ways back, skips and several exits, against renewal equations and Markov chains."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from funnelsim.engines.run import simulate
from funnelsim.results.run import Window
from tests.oracles import cdfs, freeflow, markov, tolerance
from tests.oracles.freeflow import Way

NURTURED = """
outcomes = ["no_decision"]
[sources.inbound]
enters = "first"
rate = "20 per day"
amount = "constant(1000)"
[stages.first.exits]
second = { p = 0.55, after = "gamma(mean=2d, sd=1d)" }
third  = { p = 0.10, after = "exponential(mean=4d)" }
nurture = { p = 0.15, after = "lognormal(median=6d, sigma=0.8)" }
lost   = { p = 0.20, after = "weibull(shape=0.9, scale=5d)" }
[stages.second.exits]
third  = { p = 0.5, after = "lognormal(mean=5d, sigma=0.6)" }
first  = { p = 0.2, after = "exponential(mean=3d)" }
no_decision = { p = 0.2, after = "exponential(mean=8d)" }
never = { p = 0.1 }
[stages.third.exits]
won    = { p = 0.5, after = "weibull(shape=1.5, scale=6d)" }
second = { p = 0.3, after = "exponential(mean=2d)" }
lost   = { p = 0.2, after = "gamma(mean=4d, sd=4d)" }
[stages.nurture.exits]
first  = { p = 0.6, after = "weibull(shape=1.2, scale=15d)" }
lost   = { p = 0.4, after = "exponential(mean=20d)" }
"""

NURTURED_WAYS = {
    "first": (
        Way("second", 0.55, cdfs.gamma(4.0, 0.5)),
        Way("third", 0.10, cdfs.exponential(4.0)),
        Way("nurture", 0.15, cdfs.lognormal_of_median(6.0, 0.8)),
        Way("lost", 0.20, cdfs.weibull(0.9, 5.0)),
    ),
    "second": (
        Way("third", 0.5, cdfs.lognormal(5.0, 0.6)),
        Way("first", 0.2, cdfs.exponential(3.0)),
        Way("no_decision", 0.2, cdfs.exponential(8.0)),
    ),
    "third": (
        Way("won", 0.5, cdfs.weibull(1.5, 6.0)),
        Way("second", 0.3, cdfs.exponential(2.0)),
        Way("lost", 0.2, cdfs.exponential(4.0)),
    ),
    "nurture": (
        Way("first", 0.6, cdfs.weibull(1.2, 15.0)),
        Way("lost", 0.4, cdfs.exponential(20.0)),
    ),
}
STAGES = tuple(NURTURED_WAYS)
STEPS = {stage: {way.to: way.p for way in exits} for stage, exits in NURTURED_WAYS.items()}
STEPS["second"]["never"] = 0.1
RATE = 20.0


@pytest.fixture
def nurtured(funnel_of):
    return funnel_of(NURTURED)


def expected_by_now(days: float) -> dict[str, float]:
    """Expected entries into every place by `days`, from empty."""

    def at_step(step):
        masses = freeflow.entry_masses(NURTURED_WAYS, "first", step=step, count=int(days / step) + 1)
        return [
            freeflow.expected_by(days, masses[p], lambda t: RATE * t, step=step)[0] for p in sorted(masses)
        ]

    places = sorted(freeflow.entry_masses(NURTURED_WAYS, "first", step=1.0, count=2))
    return dict(zip(places, freeflow.extrapolated(at_step, 1 / 32).tolist(), strict=True))


def test_entries_with_ways_back_solve_the_renewal_equation(nurtured):
    """Every stage and outcome of a quarter that begins empty.

    Catches: the second visit reusing the luck of the first (visit number left out of the key), exits in
    the wrong order of cumulated p, all exits of a stage with the dwells of the first, `never` leaving.
    """
    run = simulate(nurtured, days=60, replications=4_000, seed=2)
    expected = expected_by_now(60.0)
    for stage in STAGES:
        entered = run.tallies["entered"][:, 0, run.stages.index(stage)]
        tolerance.check_mean(entered, expected[stage], resolution=0.006)
    tolerance.check_mean(run.tallies["deals_won"][:, 0], expected["won"], resolution=0.006)
    unwon = expected["lost"] + expected["no_decision"]
    tolerance.check_mean(run.tallies["deals_lost"][:, 0], unwon, resolution=0.006)


def test_reference_engine_solves_it_too(nurtured):
    """The same through SimPy, in fewer replications, so that the two engines cannot be wrong together."""
    run = simulate(nurtured, days=60, replications=20, seed=4, engine="reference")
    expected = expected_by_now(60.0)
    for stage in STAGES:
        entered = run.tallies["entered"][:, 0, run.stages.index(stage)]
        tolerance.check_mean(entered, expected[stage], resolution=0.07)
    tolerance.check_mean(run.tallies["deals_won"][:, 0], expected["won"], resolution=0.07)


def test_after_a_long_warm_up_entries_per_day_are_the_chain(nurtured):
    """Steady state: rate x expected visits (Kemeny and Snell). Catches: a warm-up that is not run."""
    chain = markov.absorb(STEPS, "first")
    run = simulate(nurtured, days=30, warmup_days=400, replications=2_000, seed=5)
    for stage in STAGES:
        entered = run.tallies["entered"][:, 0, run.stages.index(stage)]
        tolerance.check_mean(entered, 30 * RATE * chain.visits[stage], resolution=0.01)
    tolerance.check_mean(run.tallies["deals_won"][:, 0], 30 * RATE * chain.ends["won"], resolution=0.015)


QUICK = """
[sources.inbound]
enters = "talk"
rate = "10 per day"
[stages.talk.exits]
offer = { p = 0.7, after = "exponential(mean=10min)" }
lost  = { p = 0.3, after = "exponential(mean=10min)" }
[stages.offer.exits]
talk = { p = 0.45, after = "exponential(mean=10min)" }
won  = { p = 0.35, after = "exponential(mean=10min)" }
lost = { p = 0.2, after = "exponential(mean=10min)" }
"""


def test_visits_of_a_lead_have_the_mean_and_variance_of_the_chain(funnel_of):
    """Stays last minutes, so leads of the first 29 days are through by day 30.

    Catches: visits of one lead that are not independent, a loop cut short, a visit number that restarts.
    """
    steps = {"talk": {"offer": 0.7, "lost": 0.3}, "offer": {"talk": 0.45, "won": 0.35, "lost": 0.2}}
    chain = markov.absorb(steps, "talk")
    run = simulate(funnel_of(QUICK), days=30, replications=120, seed=6, visits=True)
    visits = run.visits.with_columns(created=pl.col("entered").min().over("replication", "lead"))
    visits = visits.filter(pl.col("created") < 29).sort("replication", "lead", "stage", "entered")
    entry = pl.int_range(1, pl.len() + 1).over("replication", "lead", "stage")
    assert visits.select((pl.col("visit") == entry).all()).item(), "visits count from 1 in each stage"
    per_lead = visits.group_by("replication", "lead").agg(
        talk=(pl.col("stage") == "talk").sum(),
        offer=(pl.col("stage") == "offer").sum(),
        won=(pl.col("exit") == "won").any(),
    )
    for stage in ("talk", "offer"):
        counts = per_lead[stage].to_numpy()
        tolerance.check_mean(counts, chain.visits[stage], resolution=0.03)
        tolerance.check_variance(counts, chain.visits_variance[stage], resolution=0.12)
    tolerance.check_share(int(per_lead["won"].sum()), len(per_lead), chain.ends["won"], resolution=0.015)


def test_two_doors_split_the_leads_into_independent_streams(funnel_of):
    """Poisson splitting by `enters`. Catches: doors taken in turn, or by the luck of the first exit."""
    run = simulate(
        funnel_of(
            """
[sources.inbound]
enters = { front = 0.8, side = 0.2 }
rate = "30 per day"
[stages.front.exits]
won = { p = 0.25, after = "constant(0d)" }
lost = { p = 0.75, after = "constant(0d)" }
[stages.side.exits]
won = { p = 0.75, after = "constant(0d)" }
lost = { p = 0.25, after = "constant(0d)" }
"""
        ),
        windows=(Window(label="all", start_day=0.0, end_day=10.0),),
        days=10,
        replications=10_000,
        seed=7,
    )
    front, side = (run.tallies["entered"][:, 0, run.stages.index(s)] for s in ("front", "side"))
    tolerance.check_mean(front, 240, resolution=0.004)
    tolerance.check_mean(side, 60, resolution=0.006)
    tolerance.check_variance(front, 240, resolution=0.07)
    tolerance.check_variance(side, 60, resolution=0.07)
    assert abs(np.corrcoef(front, side)[0, 1]) < 4 / np.sqrt(len(front))
    tolerance.check_mean(run.tallies["deals_won"][:, 0], 0.25 * 240 + 0.75 * 60, resolution=0.005)
