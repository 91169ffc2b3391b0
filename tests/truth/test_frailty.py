"""Frailty: dwells of one lead are tied by a normal copula, and nothing else changes."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr, ndtri

from funnelsim.core.draws import crm_id
from funnelsim.engines.frailty import phi_below, phi_table, word_of_score
from funnelsim.engines.run import exact_mean, simulate
from tests.oracles import laws, tolerance

TEXT = """
[sources.inbound]
enters = "demo"
rate = "40 per day"
[stages.demo]
frailty = 0.8
[stages.demo.exits]
proposal = { p = 0.4, after = "lognormal(median=6d, sigma=0.5)" }
later    = { to = "proposal", p = 0.3, after = "lognormal(median=25d, sigma=0.2)" }
lost     = { p = 0.3, after = "constant(3d)" }
[stages.proposal]
frailty = %s
[stages.proposal.exits]
signed = { p = 0.6, after = "lognormal(median=8d, sigma=0.7)" }
lost   = { p = 0.4, after = "lognormal(median=2d, sigma=0.3)" }
[stages.signed.exits]
won = { p = 1, after = "lognormal(median=4d, sigma=0.6)" }
"""
DAYS = 300.0


def test_table_of_phi_is_within_a_billionth():
    """At 2^20 scores from 0 to 6.5, and within 1e-4 of small tails. Mutant: cells ten times as wide."""
    x = np.linspace(0.0, 6.4999, 1 << 20)
    found = np.array([phi_below(phi_table(), value) for value in x])
    assert np.abs(found - ndtr(-x)).max() < 1e-9
    assert np.abs(found / ndtr(-x) - 1).max() < 1e-4


def test_words_of_scores_are_their_probabilities():
    """Both sides alike, and the ends are the first and the last word. Mutant: the upper side not turned."""
    for x in (-9.0, -3.0, -0.4, 0.0, 0.4, 3.0, 9.0):
        word = word_of_score(phi_table(), x)
        assert abs((word + 0.5) / 2**32 - ndtr(x)) < 2e-9
    assert word_of_score(phi_table(), -9.0) == 0
    assert word_of_score(phi_table(), 9.0) == 2**32 - 1


def stays(run, stage: str, target: str) -> pl.DataFrame:
    """Lead and dwell of stays that ended so, of leads that came early enough to be seen to the end."""
    found = run.visits.filter((pl.col("stage") == stage) & pl.col("exit").is_in([target, "later"]))
    return found.select("replication", "lead", (pl.col("left") - pl.col("entered")).alias(stage))


def scores(dwell: np.ndarray, *parts: tuple[float, laws.Cdf]) -> np.ndarray:
    total = sum(weight for weight, _ in parts)
    return ndtri(sum(weight / total * cdf(dwell) for weight, cdf in parts))


@pytest.mark.parametrize("loading", [0.7, -0.5])
def test_scores_of_dwells_are_correlated_by_the_product_of_loadings(funnel_of, loading):
    """And standard normal each, so the laws are those of the file, and for lognormal laws their logs are.

    Of leads that come in the first half of the run, so that their stays end before it does. Mutants: the rest
    is 1 - r^2 without the root (variance); the factor drawn anew in each stage; exits to one target that are
    not joined (correlation).
    """
    run = simulate(funnel_of(TEXT % loading), days=DAYS, replications=8, seed=3, visits=True)
    early = run.visits.filter((pl.col("stage") == "demo") & (pl.col("entered") < DAYS / 2))
    both = (
        early.select("replication", "lead")
        .join(stays(run, "demo", "proposal"), on=["replication", "lead"])
        .join(stays(run, "proposal", "signed"), on=["replication", "lead"])
    )
    first = scores(
        both["demo"].to_numpy(),
        (0.4, laws.lognormal_of_median(6.0, 0.5)),
        (0.3, laws.lognormal_of_median(25.0, 0.2)),
    )
    second = np.log(both["proposal"].to_numpy() / 8.0) / 0.7
    n, rho = both.height, 0.8 * loading
    for score in (first, second):
        assert abs(score.mean()) < 4 / np.sqrt(n)
        tolerance.check_variance(score, 1.0, resolution=0.05)
    assert abs(np.corrcoef(first, second)[0, 1] - rho) < 4 * (1 - rho**2) / np.sqrt(n) < 0.04
    # Conditional on the one the other is a line with normal errors.
    residual = second - rho * first
    tolerance.check_variance(residual, 1 - rho**2, resolution=0.05)
    assert abs(np.corrcoef(first**2, residual)[0, 1]) < 4 / np.sqrt(n)


def test_exits_are_drawn_without_it(funnel_of):
    """As many leave each way as without. Mutant: the exit's word is tied too."""
    tied, free = (
        simulate(funnel_of(TEXT % value), days=DAYS, replications=4, seed=5, visits=True)
        for value in ("0.9", "0.0")
    )
    for run in (tied, free):
        left = run.visits.filter((pl.col("stage") == "proposal") & (pl.col("entered") < DAYS / 2))
        hits = left.filter(pl.col("exit") == "signed").height
        tolerance.check_share(hits, left.height, 0.6, resolution=0.02)


def test_a_loading_of_0_is_none(funnel_of):
    """To the last bit, and a stage alone with a loading keeps its law, as nothing else is tied to it."""
    text = TEXT.replace("frailty = 0.8\n", "").replace("frailty = %s\n", "%s")
    none, zero = (
        simulate(funnel_of(text % key), days=90, replications=3, seed=1, visits=True)
        for key in ("", "frailty = 0.0\n")
    )
    assert none.visits.equals(zero.visits)
    assert none.provenance.plan_sha256 == zero.provenance.plan_sha256


def test_exact_means_are_refused(funnel_of):
    """Sums of tied dwells have another law. Mutant: the renewal equation is used all the same."""
    assert exact_mean(funnel_of(TEXT % 0.5), "deals_won", days=60) is None


OPEN = """
[sources.inbound]
enters = "demo"
rate = 0
[stages.demo]
frailty = 0.7
[stages.demo.exits]
proposal = { p = 0.5, after = "lognormal(median=6d, sigma=0.8)" }
later    = { to = "proposal", p = 0.2, after = "exponential(mean=20d)" }
lost     = { p = 0.3, after = "weibull(shape=0.8, scale=20d)" }
[stages.proposal]
frailty = -0.6
[stages.proposal.exits]
won  = { p = 1, after = "lognormal(median=8d, sigma=0.9)" }
"""
#: Age, and what completed visits tell of the factor.
FOUND = ((0.0, 0.0, 1.0), (0.0, 1.2, 0.6), (9.0, 0.0, 1.0), (9.0, -1.0, 0.5), (30.0, 0.7, 0.8))


def seen_by_rejection(
    age: float, mean: float, sd: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Days from now until leads of this age reach a proposal, and win, by throwing away who left before."""
    n = 2_000_000
    z, (a, b) = rng.normal(mean, sd, n), rng.normal(size=(2, n))
    u = ndtr(0.7 * z + np.sqrt(1 - 0.7**2) * a)
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1e4, 200_000)])
    early, late = laws.lognormal_of_median(6.0, 0.8)(grid), laws.exponential(20.0)(grid)
    to_proposal = np.interp(u, (0.5 * early + 0.2 * late) / 0.7, grid)
    lost = rng.random(n) >= 0.7
    first = np.where(lost, 20.0 * (-np.log1p(-u)) ** (1 / 0.8), to_proposal)
    second = 8.0 * np.exp(0.9 * (-0.6 * z + np.sqrt(1 - 0.6**2) * b))
    kept = first > age
    first, won = first[kept] - age, np.where(lost, np.inf, first - age + second)[kept]
    return np.where(lost[kept], np.inf, first), won


def test_open_leads_go_on_by_their_past_and_their_age(funnel_of):
    """When they enter the proposal, when they win, and both together, against rejection.

    Mutants: the present dwell forgets the past (`centre` 0); the factor forgets the present dwell (`pull` 0);
    its sd does (`left_sd` is sd); the age is held against the law of the dwell alone; the age of those just
    come leaves out the past.
    """
    funnel = funnel_of(OPEN, pipeline=[{"stage": "demo", "age_days": age} for age, _, _ in FOUND])
    _, mean, sd = (pl.Series(column, dtype=pl.Float64) for column in zip(*FOUND, strict=True))
    beside = funnel.pipeline.with_columns(mean.alias("frailty_mean"), sd.alias("frailty_sd"))
    funnel = dataclasses.replace(funnel, pipeline=beside)
    n = 40_000
    run = simulate(funnel, days=400, replications=n, seed=2, visits=True, pipeline_wins=True)
    entered = np.full(run.pipeline_wins.shape, np.inf)
    rows = run.visits.filter(pl.col("stage") == "proposal")
    ids = {lead: place for place, lead in enumerate(crm_id(f"open-{i}") for i in range(len(FOUND)))}
    place = [ids[lead] for lead in rows["lead"].to_list()]
    entered[rows["replication"].to_numpy(), place] = rows["entered"].to_numpy()
    won = np.where(np.isnan(run.pipeline_wins), np.inf, run.pipeline_wins)
    rng = np.random.default_rng(4)
    for lead, (age, mean_, sd_) in enumerate(FOUND):
        first, second = seen_by_rejection(age, mean_, sd_, rng)
        for days in (2.0, 6.0, 15.0, 40.0):
            soon = entered[:, lead] < days
            tolerance.check_share(int(soon.sum()), n, float((first < days).mean()), resolution=0.011)
            hits = int((won[:, lead] < days).sum())
            tolerance.check_share(hits, n, float((second < days).mean()), resolution=0.011)
            both = int((soon & (won[:, lead] > entered[:, lead] + 8.0)).sum())
            chance = float(((first < days) & (second > first + 8.0)).mean())
            tolerance.check_share(both, n, chance, resolution=0.011)
