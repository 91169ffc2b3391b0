"""Open leads: each goes on by the distribution of its stage given the age it has reached."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.engines.run import simulate
from tests.oracles import cdfs, poisson_binomial, tolerance
from tests.oracles.freeflow import Way

TEXT = """
listed_factor = "gamma(mean=0.9, sd=0.3)"
[sources.inbound]
enters = "demo"
rate = 0
amount = "gamma(mean=1000, sd=500)"
[stages.demo.exits]
proposal = { p = 0.5, after = "lognormal(median=6d, sigma=0.8)" }
lost     = { p = 0.4, after = "weibull(shape=0.8, scale=20d)" }
never    = { p = 0.1 }
[stages.proposal.exits]
won  = { p = 0.45, after = "weibull(shape=1.5, scale=10d)" }
demo = { p = 0.15, after = "exponential(mean=4d)" }
lost = { p = 0.4, after = "exponential(mean=15d)" }
"""
WAYS = {
    "demo": (
        Way("proposal", 0.5, cdfs.lognormal_of_median(6.0, 0.8)),
        Way("lost", 0.4, cdfs.weibull(0.8, 20.0)),
    ),
    "proposal": (
        Way("won", 0.45, cdfs.weibull(1.5, 10.0)),
        Way("demo", 0.15, cdfs.exponential(4.0)),
        Way("lost", 0.4, cdfs.exponential(15.0)),
    ),
}
AGES = {"demo": (0.0, 1.0, 7.5, 30.0, 200.0), "proposal": (0.0, 0.5, 4.0, 12.0, 33.0)}
OPEN = [(stage, age) for stage, ages in AGES.items() for age in ages]
AMOUNT = 2_000.0
DAYS = 30.0


@pytest.fixture
def pipeline_run(funnel_of):
    funnel = funnel_of(
        TEXT,
        pipeline=[
            {"stage": stage, "age_days": age, "amount": AMOUNT, "source": "inbound"} for stage, age in OPEN
        ],
    )
    return simulate(funnel, days=DAYS, replications=40_000, seed=1, pipeline_wins=True)


def chances(days: float) -> list[float]:
    return [
        poisson_binomial.chance_open_lead_wins(WAYS, stage, age, days=days, step=1 / 16)
        for stage, age in OPEN
    ]


def test_each_open_lead_wins_with_its_conditional_chance(pipeline_run):
    """By day 3, 10 and 30. Catches: an age that starts anew at 0, p_k in place of p_k S_k(age), `never`
    that forgets how long it has lasted, the luck of the stage's first visit used twice on coming back.
    """
    won_on = pipeline_run.pipeline_wins
    for days in (3.0, 10.0, DAYS):
        for lead, chance in enumerate(chances(days)):
            hits = int((won_on[:, lead] < days).sum())
            tolerance.check_share(hits, len(won_on), chance, resolution=0.0125)


def test_ages_that_start_anew_would_be_seen():
    """The chances at higher ages differ from those at age 0 by four times the tolerance and more."""
    for stage, age in (("demo", 7.5), ("demo", 30.0), ("proposal", 12.0), ("proposal", 33.0)):
        fresh, aged = (poisson_binomial.chance_open_lead_wins(WAYS, stage, a, days=DAYS) for a in (0.0, age))
        assert abs(fresh - aged) > 4 * 0.0125


def test_wins_of_the_pipeline_are_poisson_binomial(pipeline_run):
    """Leads are independent. Catches: leads of one stage that share a draw, a lead that wins twice."""
    distribution = poisson_binomial.number_won(chances(DAYS))
    number = pipeline_run.tallies["wins_by_part"][:, 0, 0]
    cells = stats.rv_discrete(values=(np.arange(len(distribution)), distribution / distribution.sum()))
    tolerance.check_counts(number, cells)
    wrong = poisson_binomial.number_won([np.mean(chances(DAYS))] * len(OPEN))
    equal = stats.rv_discrete(values=(np.arange(len(distribution)), wrong / wrong.sum()))
    assert tolerance.counts_p_value(number, equal) < tolerance.SMALLEST_P_VALUE
    assert np.array_equal(number, np.isfinite(pipeline_run.pipeline_wins).sum(axis=1))


def test_pipeline_books_the_listed_amounts_times_the_factor(pipeline_run):
    """Catches: the source's amount distribution for a lead with a listed amount, the factor left out."""
    bookings = pipeline_run.tallies["bookings"][:, 0]
    tolerance.check_mean(bookings[:, 0], AMOUNT * 0.9 * sum(chances(DAYS)), resolution=0.02)
    assert (bookings[:, 1:] == 0).all()


def test_an_open_lead_without_amount_draws_one(funnel_of):
    funnel = funnel_of(TEXT, pipeline=[{"stage": "proposal", "age_days": 2.0, "source": "inbound"}])
    run = simulate(funnel, days=DAYS, replications=20_000, seed=2)
    chance = poisson_binomial.chance_open_lead_wins(WAYS, "proposal", 2.0, days=DAYS)
    bookings = run.tallies["bookings"][:, 0, 0]
    tolerance.check_mean(bookings, 1000.0 * chance, resolution=0.06)
    assert len(np.unique(bookings)) > 0.9 * (bookings > 0).sum()


def test_a_lead_older_than_the_model_can_explain_leaves_soon_and_is_named(funnel_of):
    """Its age is cut to where the sum of p_k S_k is 1e-6, so what is left of the dwell is next to nothing.

    Catches: a division by zero survival, an infinite dwell, a lead dropped in silence.
    """
    funnel = funnel_of(
        """
[sources.inbound]
enters = "demo"
rate = 0
amount = "constant(1)"
[stages.demo.exits]
won  = { p = 0.5, after = "uniform(low=1d, high=10d)" }
lost = { p = 0.5, after = "uniform(low=1d, high=10d)" }
""",
        pipeline=[
            {"stage": "demo", "age_days": 500.0, "source": "inbound"},
            {"stage": "demo", "age_days": 5.0, "source": "inbound"},
        ],
    )
    run = simulate(funnel, days=5.1, replications=20_000, seed=3, pipeline_wins=True)
    old, young = run.pipeline_wins.T
    assert np.nanmax(old) < 0.001
    tolerance.check_share(int(np.isfinite(old).sum()), len(old), 0.5, resolution=0.015)
    assert np.nanmax(young) <= 5.0
    assert np.nanmax(young) > 4.9
    tolerance.check_mean(young[np.isfinite(young)], 2.5, resolution=0.03)
    notes = " ".join(run.notes)
    assert "open-0" in notes
    assert "open-1" not in notes


def test_open_and_new_leads_add_up(funnel_of):
    """The pipeline neither delays nor feeds the leads to come."""
    text = TEXT.replace("rate = 0", 'rate = "5 per day"')
    rows = [{"stage": stage, "age_days": age, "amount": AMOUNT, "source": "inbound"} for stage, age in OPEN]
    with_pipeline = simulate(funnel_of(text, pipeline=rows), days=DAYS, replications=300, seed=4)
    without = simulate(funnel_of(text), days=DAYS, replications=300, seed=4)
    assert np.array_equal(
        with_pipeline.tallies["wins_by_part"][:, 0, 1], without.tallies["wins_by_part"][:, 0, 1]
    )
    assert (without.tallies["wins_by_part"][:, 0, 0] == 0).all()
