"""Fading of the past: its likelihood term by term, and when it is chosen."""

import math

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.dwell.censoring import StageSample, _build_sample
from funnelsim.fitting.dwell.competing import fit_stage
from funnelsim.fitting.dwell.exponential_weights import choose_half_life
from funnelsim.fitting.funnel import fit_funnel
from tests.unit.fitting.made_up_visits import one_stage
from tests.unit.fitting.stated_families import fit_stated


def sample_of(dwell, ago, *, entry=None, by_day=False) -> StageSample:
    """Visits that all leave to won, unless they are still there."""
    ended = dwell < ago
    return _build_sample(
        "talks",
        ["won"],
        dwell=np.where(ended, dwell, ago),
        ended=ended,
        entry=np.zeros(len(dwell)) if entry is None else entry,
        ago=ago,
        exit_=np.where(ended, 0, -1),
        deal=np.arange(len(dwell)),
        by_day=by_day,
    )


def exponential_sample(rng, number=3000, days=400.0, faster_since=0.0):
    """Exponential dwells of mean 30 days; since some day ago, of mean 10."""
    ago = rng.uniform(0.1, days, number)
    needed = rng.standard_exponential(number)
    slow = np.maximum(ago - faster_since, 0.0) / 30
    dwell = np.where(needed < slow, needed * 30, np.maximum(ago - faster_since, 0.0) + (needed - slow) * 10)
    return sample_of(dwell, ago)


@pytest.mark.parametrize("half_life", [90.0, 365.0])
def test_each_day_counts_by_its_age(half_life):
    """The exponential's weighted rate in closed form: weighted moves over weighted time at risk.

    Mutants: weights at the beginning of a visit; steps left out; the last part of a visit as the whole.
    """
    rng = np.random.default_rng(31)
    sample = exponential_sample(rng, faster_since=100.0)
    step = 28.0
    edges = np.arange(0, 420, step)
    weight = 0.5 ** (edges / half_life)
    moves, risk = 0.0, 0.0
    for ago, dwell, ended in zip(sample.ago, sample.dwell, sample.ended, strict=True):
        first, last = ago - dwell, ago
        risk += sum(
            w * max(min(last, e + step) - max(first, e), 0.0) for w, e in zip(weight, edges, strict=True)
        )
        moves += ended * weight[int(first // step)]
    fit = fit_stated(sample.with_exponential_weights(half_life), {"won": ("exponential",)}, prior_worth=0.0)
    assert 1 / fit.distribution(0).mean() == pytest.approx(moves / risk, rel=2e-3)


def test_without_end_nothing_fades():
    sample = exponential_sample(np.random.default_rng(32))
    plain = fit_stated(sample, {"won": ("lognormal",)})
    same = fit_stated(sample.with_exponential_weights(math.inf), {"won": ("lognormal",)})
    assert same.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-3)
    assert same.parameters == pytest.approx(plain.parameters, abs=1e-4)


def test_a_window_is_what_was_known_then():
    """Three visits: over before, running through, begun within. Mutant: exits after the window's end kept."""
    sample = sample_of(np.array([10.0, 500.0, 5.0, 45.0]), np.array([90.0, 100.0, 40.0, 60.0]))
    window = sample.window(50.0, 20.0)
    assert window.deal.tolist() == [1, 2, 3]
    assert window.ago.tolist() == [80.0, 20.0, 40.0]
    assert window.entry.tolist() == [50.0, 0.0, 10.0]
    assert window.dwell.tolist() == [80.0, 5.0, 40.0]
    assert window.ended.tolist() == [False, True, False]
    assert window.exit.tolist() == [-1, 0, -1]


def shifting_sample(rng, changed_ago):
    """Dwells lognormal around 20 days, sharp until some day ago, and wide for those that began since."""
    ago = rng.uniform(0.1, 700.0, 8000)
    sigma = np.where(ago < changed_ago, 1.3, 0.3)
    dwell = stats.lognorm.rvs(sigma, scale=20.0, random_state=rng)
    return sample_of(dwell, ago)


def test_a_process_that_changed_shape_forgets_its_past():
    """Mutant: half-lives scored on what they were fitted to (the longest always wins)."""
    fit = fit_stage(shifting_sample(np.random.default_rng(33), 250.0))
    assert choose_half_life(fit, 15.0) in (90.0, 45.0)


def test_a_fit_says_that_the_past_fades():
    """And holds the distributions of the whole past, not those recently, to the whole past's curve.

    Mutant: the faded distributions in the report's gap.
    """
    rng = np.random.default_rng(33)
    sample = shifting_sample(rng, 250.0)
    entered = 700.0 - sample.ago
    history = one_stage(
        entered, entered + np.where(sample.ended, sample.dwell, 1e4), ["won"] * 8000, until=700.0
    )
    fit = fit_funnel(history, draws=0, horizon_days=15.0)
    stage = fit.report.stages[0]
    assert stage.half_life_days in (90.0, 45.0)
    assert any("half weight after" in sentence for sentence in fit.report.cannot_tell)
    assert stage.largest_gap < 0.02
    assert not any("No distribution fits" in sentence for sentence in fit.report.cannot_tell)


def test_a_steady_process_forgets_nothing():
    for seed in range(4):
        fit = fit_stage(shifting_sample(np.random.default_rng(40 + seed), 0.0))
        assert choose_half_life(fit, 15.0) is None
