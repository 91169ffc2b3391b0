"""Leads that the entries of others bring."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.core.errors import ModelError
from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import RemoveStage
from tests.oracles import tolerance

FAMILY = """
[sources.inbound]
enters = "mql"
rate = "3 per day"
[sources.referral]
enters = "mql"
rate = 0
[stages.mql]
%s
[stages.mql.exits]
won = { p = 1.0, after = "constant(1d)" }
"""
SPAWNS = 'spawns = { source = "referral", leads = 0.6, after = "constant(2d)" }'
ONE_LEAD = """
[sources.inbound]
enters = "demo"
rate = 0
[sources.referral]
enters = "mql"
rate = 0
[stages.demo]
spawns = { source = "referral", leads = 3, after = "1d" }
[stages.demo.exits]
signed = { p = 1.0, after = "constant(1d)" }
[stages.signed]
spawns = { source = "referral", leads = 1.7, after = "exponential(mean=3d)" }
[stages.signed.exits]
won = { p = 1.0, after = "constant(1d)" }
[stages.mql.exits]
lost = { p = 1.0, after = "constant(1d)" }
"""
OPEN = [{"stage": "demo", "age_days": 0.0}]


def test_generations_come_as_a_branching_process(funnel_of):
    """Leads by day T: 3 (T + 0.6 (T - 2) + 0.6^2 (T - 4) + ...).

    Catches: children that bring none, a child for sure where 0.6 is expected, the delay counted from the
    exit of the stage, children of leads before the end who come after it.
    """
    days = 30.0
    run = simulate(funnel_of(FAMILY % SPAWNS), days=days, replications=3_000, seed=1)
    expected = sum(3 * 0.6**g * max(days - 2 * g, 0.0) for g in range(20))
    tolerance.check_mean(run.tallies["leads_created"][:, 0], expected, resolution=0.012)


def test_an_entry_brings_a_poisson_number_each_after_its_own_time(funnel_of):
    """An open deal: entering `signed` brings leads, being found in `demo` does not.

    Catches: spawns of the stay in which an open lead is found, a rounded mean, one delay for all children.
    """
    funnel = funnel_of(ONE_LEAD, pipeline=OPEN)
    run = simulate(funnel, days=200, replications=20_000, seed=2, visits=True)
    tolerance.check_counts(run.tallies["leads_created"][:, 0], stats.poisson(1.7))
    assert run.visits is not None
    children = run.visits.filter(run.visits["source"] == "referral")
    waited = children["entered"].to_numpy() - 1.0
    assert stats.kstest(waited, stats.expon(scale=3.0).cdf).pvalue > tolerance.SMALLEST_P_VALUE


def test_siblings_come_independently(funnel_of):
    """Catches: the word of the delay keyed by the entry alone."""
    run = simulate(funnel_of(ONE_LEAD, pipeline=OPEN), days=200, replications=20_000, seed=2, visits=True)
    assert run.visits is not None
    children = run.visits.filter(run.visits["source"] == "referral")
    times = [
        group["entered"].to_list()[:2]
        for _, group in children.sort("lead").group_by("replication", maintain_order=True)
        if group.height > 1
    ]
    pairs = np.array(times)
    assert len(pairs) > 5_000
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 4 / np.sqrt(len(pairs))


def test_spawns_leave_the_luck_of_all_other_leads_in_place(funnel_of):
    """Catches: children numbered among the leads of their source; ids shared by two entries."""
    before = simulate(funnel_of(FAMILY % ""), days=30, replications=20, visits=True).visits
    after = simulate(funnel_of(FAMILY % SPAWNS), days=30, replications=20, visits=True).visits
    assert before is not None
    assert after is not None
    spawned = after["lead"] // 2**62 == 3
    assert after.filter(~spawned).equals(before)
    children = after.filter(spawned)
    assert set(children["source"]) == {"referral"}
    assert children.select("replication", "lead").is_duplicated().sum() == 0


def test_a_removed_stage_brings_no_leads(funnel_of):
    """Catches: spawns at stages that are passed."""
    text = ONE_LEAD.replace("lost = { p = 1.0", "won = { p = 1.0").replace(
        'enters = "demo"', 'enters = "signed"'
    )
    text = text.replace("rate = 0\n[sources.referral]", "rate = '2 per day'\n[sources.referral]")
    run = simulate(
        funnel_of(text), days=20, replications=50, changes=[RemoveStage(stage="signed")], visits=True
    )
    assert run.visits is not None
    assert run.visits.height == 0
    assert run.tallies["leads_created"].sum() > 0


def test_many_leads_of_one_entry_are_refused(funnel_of):
    text = ONE_LEAD.replace("leads = 1.7", "leads = 51")
    with pytest.raises(ModelError, match="50 leads at most"):
        simulate(funnel_of(text), days=7, replications=1)


def test_a_large_mean_has_the_right_distribution(funnel_of):
    """Catches: a count that stops early, chances that no longer sum to 1."""
    funnel = funnel_of(ONE_LEAD.replace("leads = 1.7", "leads = 48"), pipeline=OPEN)
    run = simulate(funnel, days=300, replications=5_000, seed=3)
    tolerance.check_counts(run.tallies["leads_created"][:, 0], stats.poisson(48))
