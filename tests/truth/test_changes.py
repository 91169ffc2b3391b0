"""What a change is worth, where the answer is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import RemoveStage, SetValue
from tests.oracles import cdfs, f6, freeflow, tolerance
from tests.oracles.freeflow import Way

REPLICATIONS = 3_000


def wins_of(ways: freeflow.Ways, start: str = f6.STAGES[0]) -> float:
    masses = freeflow.entry_masses(ways, start, step=1 / 16, count=int(f6.DAYS * 16) + 1)["won"]
    return float(freeflow.expected_by(f6.DAYS, masses, f6.arrivals, step=1 / 16)[0])


def test_a_changed_probability_is_exact(f6_funnel):
    """`demo -> proposal` at 0.7, the loss takes the rest. Catches: the other exit left at 0.4."""
    change = SetValue(path="stages.demo.exits.proposal.p", to=0.7)
    run = simulate(f6_funnel, days=f6.DAYS, replications=REPLICATIONS, seed=1, changes=(change,))
    ways = dict(f6.ways())
    dwell = cdfs.lognormal(7.0, f6.SIGMA)
    ways["demo"] = (Way("proposal", 0.7, dwell), Way("lost", 0.3, dwell))
    tolerance.check_mean(run.tallies["deals_won"][:, 0], wins_of(ways), resolution=0.01)


def test_shorter_dwells_are_exact(f6_funnel):
    """All dwells of Proposal x 0.5. Catches: only the first exit's dwell scaled, the sigma scaled too."""
    change = SetValue(path="stages.proposal.after", by="x0.5")
    run = simulate(f6_funnel, days=f6.DAYS, replications=REPLICATIONS, seed=1, changes=(change,))
    ways = dict(f6.ways())
    dwell = cdfs.lognormal(5.0, f6.SIGMA)
    ways["proposal"] = (Way("contract", 0.5, dwell), Way("lost", 0.5, dwell))
    tolerance.check_mean(run.tallies["deals_won"][:, 0], wins_of(ways), resolution=0.01)


@pytest.mark.parametrize("recovered", [0.0, 0.5, 1.0])
def test_a_removed_stage_is_exact(f6_funnel, recovered):
    """SQL takes no time; of its 35 % lost a share `recovered` goes on.

    Catches: the loss kept in spite of `recovered`, all leads let through, the time still taken.
    """
    change = RemoveStage(stage="sql", recovered=(recovered,))
    run = simulate(f6_funnel, days=f6.DAYS, replications=REPLICATIONS, seed=1, changes=(change,))
    ways = dict(f6.ways())
    on = 0.65 + 0.35 * recovered
    at_once = cdfs.constant(0.0)
    ways["sql"] = (Way("demo", on, at_once), Way("lost", 1 - on, at_once))
    tolerance.check_mean(run.tallies["deals_won"][:, 0], wins_of(ways), resolution=0.01)


def test_an_unchanged_model_differs_by_exactly_nothing(f6_funnel):
    """Catches: luck that depends on the presence of a change."""
    change = SetValue(path="stages.demo.exits.proposal.p", to=0.6)
    base = simulate(f6_funnel, days=f6.DAYS, replications=20, seed=1)
    same = simulate(f6_funnel, days=f6.DAYS, replications=20, seed=1, changes=(change,))
    for name, values in base.tallies.items():
        assert np.array_equal(values, same.tallies[name]), name


def test_a_better_exit_wins_no_fewer_in_any_replication(f6_funnel):
    """Shared luck, lead by lead: `contract -> won` from 0.8 to 0.9 turns losses of the same leads to wins.

    Catches: fresh luck in the scenario, with which about half of the replications would go the wrong way.
    """
    change = SetValue(path="stages.contract.exits.won.p", to=0.9)
    base = simulate(f6_funnel, days=f6.DAYS, replications=500, seed=1)
    better = simulate(f6_funnel, days=f6.DAYS, replications=500, seed=1, changes=(change,))
    gained = better.tallies["deals_won"][:, 0] - base.tallies["deals_won"][:, 0]
    assert (gained >= 0).all()
    tolerance.check_mean(gained, f6.exact().wins * (0.9 / 0.8 - 1), resolution=0.06)


def test_a_dated_change_acts_on_leads_that_enter_later(funnel_of):
    """`from` day 10 on, every visit wins; before it one in five. Catches: `from` ignored."""
    funnel = funnel_of(
        """
[sources.inbound]
enters = "demo"
rate = "20 per day"
[stages.demo.exits]
won  = { p = 0.2, after = "constant(2d)" }
lost = { p = 0.8, after = "constant(2d)" }
"""
    )
    change = SetValue(path="stages.demo.exits.won.p", to=1.0, start=dt.date(2026, 1, 15))
    run = simulate(funnel, days=32, replications=1_000, seed=2, changes=(change,))
    tolerance.check_mean(run.tallies["deals_won"][:, 0], 20 * (0.2 * 10 + 1.0 * 20), resolution=0.01)


@pytest.mark.parametrize(("engine", "replications"), [("fast", 5), ("reference", 1)])
@pytest.mark.parametrize("days_before", [0, 30])
@pytest.mark.parametrize("path", ["stages.demo.exits.proposal.p", "stages.demo.after", "sources", "remove"])
def test_a_change_from_the_start_or_before_acts_all_through_the_run(
    f6_funnel, engine, replications, days_before, path
):
    """Catches: a change dated on or before the first simulated day that is left out without a word."""
    if path == "sources":
        path = f"sources.{next(iter(f6_funnel.model.sources))}.rate"
    begins = f6_funnel.model.start - dt.timedelta(days=days_before)
    changes = [SetValue(path=path, by="x0.8", start=begins), SetValue(path=path, by="x0.8")]
    if path == "remove":
        changes = [RemoveStage(stage="demo", start=begins), RemoveStage(stage="demo")]
    found = [
        simulate(
            f6_funnel, days=30, replications=replications, seed=1, engine=engine, changes=(change,)
        ).tallies
        for change in changes
    ]
    for name in ("entered", "deals_won", "dwell_days_sum"):
        assert np.array_equal(found[0][name], found[1][name])
    assert found[0]["entered"].sum() > 0
