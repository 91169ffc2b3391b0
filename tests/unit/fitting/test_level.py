"""Drift of a level, held to the normal law of all blocks at once and to known processes."""

import math

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.level import (
    BLOCK_DAYS,
    STEADY,
    _filtered,
    _Process,
    _processes,
    by_block,
    level_ahead,
    level_of_values,
)


def test_beliefs_sum_to_one():
    assert math.fsum(process.belief for process in _processes()) == pytest.approx(1.0)


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.95])
def test_filter_agrees_with_the_joint_normal_law(rho):
    """The log-likelihood and the forecast of a normal vector with this covariance, by conditioning.

    Mutants: noise left out of the gain; the level not moved between blocks.
    """
    sd, steps = 0.3, 3.5
    rng = np.random.default_rng(5)
    noise = rng.uniform(0.01, 0.1, 12)
    y = rng.normal(0, 0.3, 12)
    process = _Process(rho=rho, q=sd**2 * (1 - rho**2), first=sd**2, belief=1.0)
    at = np.append(np.arange(12.0), 11 + steps)
    apart = np.abs(at[:, None] - at[None, :])
    covariance = sd**2 * (rho**apart if rho else (apart == 0).astype(float))
    seen = covariance[:12, :12] + np.diag(noise)
    across = covariance[12, :12]
    mean = across @ np.linalg.solve(seen, y)
    variance = covariance[12, 12] - across @ np.linalg.solve(seen, across)
    found = _filtered(y, noise, process, steps)
    assert found == pytest.approx((mean, variance, stats.multivariate_normal(cov=seen).logpdf(y)), abs=1e-9)


def test_random_walk_spreads_with_the_square_root_of_time():
    """Mutant: variance does not grow with the horizon."""
    process = _Process(rho=1.0, q=0.01, first=1.0, belief=1.0)
    near, far = (_filtered(np.zeros(20), np.full(20, 1e-9), process, steps) for steps in (1.0, 5.0))
    assert far[1] - near[1] == pytest.approx(0.04)


def test_blocks_end_with_the_last_day():
    days = np.arange(30.0)
    assert by_block(days) == pytest.approx([days[2:16].sum(), days[16:30].sum()])


def test_a_steady_process_is_left_nearly_alone():
    """Over 200 steady histories the level's error is as small as its own deviation says, and small."""
    rng = np.random.default_rng(11)
    levels = [level_ahead(rng.poisson(2.0, 52 * 7).astype(float), np.full(52 * 7, 2.0)) for _ in range(200)]
    means = np.array([level.mean for level in levels])
    assert means.std() < 0.05
    assert np.mean([level.drifts for level in levels]) < 0.4


def test_a_drifting_process_is_followed_and_its_ranges_hold():
    """Levels of an autoregressive process, 80 % ranges against what came. Mutant: sd of the level halved."""
    rng = np.random.default_rng(12)
    held, followed = [], []
    blocks, ahead = 40, 3
    for _ in range(300):
        rho, sd = 0.9, 0.3
        x = np.zeros(blocks + ahead)
        x[0] = rng.normal(0, sd)
        for t in range(1, len(x)):
            x[t] = rho * x[t - 1] + sd * math.sqrt(1 - rho**2) * rng.normal()
        rate = np.repeat(np.exp(x[:blocks]), BLOCK_DAYS) * 3.0
        level = level_ahead(
            rng.poisson(rate).astype(float),
            np.full(blocks * BLOCK_DAYS, 3.0),
            horizon_days=(ahead - 0.5) * BLOCK_DAYS,
        )
        held.append(abs(x[-1] - level.mean) <= 1.2816 * level.sd)
        followed.append(((x[-1] - level.mean) ** 2, x[-1] ** 2))
    assert np.mean(held) == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / 300))
    better, ignored = np.mean(followed, axis=0)
    assert better < 0.75 * ignored


def test_too_little_says_nothing():
    assert level_ahead(np.zeros(20), np.zeros(20)) is STEADY


def test_amounts_that_rise_are_followed_and_steady_ones_left_alone():
    """Prices 40 % higher in the last quarter. Mutant: blocks counted from the oldest value."""
    rng = np.random.default_rng(13)
    ago = rng.uniform(0, 360, 1500)
    ratio = rng.lognormal(-0.125, 0.5, 1500)
    assert abs(level_of_values(ago, ratio).mean) < 0.05
    raised = np.where(ago < 91, 1.4, 1.0) * ratio
    level = level_of_values(ago, raised / raised.mean())
    true = math.log(1.4 / (1 + 0.4 * 91 / 360))
    assert level.mean == pytest.approx(true, abs=3 * level.sd)
    assert level.sd < 0.15
    assert level.drifts > 0.9
