"""The distribution of a task's effort."""

from __future__ import annotations

import math

import numpy as np
import pytest

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.distributions.quantile_table import has_endless_tail
from funnelsim.fitting.workload.effort import SHORTEST, _fitted, fit_effort

N = 2000


@pytest.mark.parametrize(
    "distribution",
    ["exponential(mean=28.6min)", "gamma(mean=60min, sd=20min)", "lognormal(mean=3h, sigma=0.9)"],
)
def test_a_distribution_of_effort_comes_back(distribution: str) -> None:
    """Mean and quartiles within four standard errors. Catches the mutant that lets only exponentials in."""
    truth = parse_distribution(distribution, kind="effort")
    for seed in range(3):
        fit = fit_effort(truth.ppf(np.random.default_rng(seed).random(N)))
        assert fit.distribution.family != "empirical"
        assert fit.standard_error == pytest.approx(truth.sd() / math.sqrt(N), rel=0.2)
        assert abs(fit.mean - truth.mean()) < 4 * truth.sd() / math.sqrt(N)
        assert abs(fit.distribution.mean() - truth.mean()) < 4.5 * truth.sd() / math.sqrt(N)
        for p in (0.25, 0.5, 0.75):
            assert abs(float(fit.distribution.cdf(truth.ppf(p))) - p) < 4 * math.sqrt(p * (1 - p) / N)


def test_families_are_compared_by_what_they_would_lose_on_new_tasks() -> None:
    """A lognormal's deviance, plus what new tasks would add: 4 n / (n - 3) for mean and variance of logs.

    Of the second see `test_aicc_is_the_deviance_of_new_data`. Mutant: half the penalty.
    """
    seen = np.random.default_rng(5).lognormal(-3.0, 0.5, 12)
    n, logs = len(seen), np.log(seen)
    deviance = 2 * logs.sum() + n * math.log(2 * math.pi * logs.var()) + n
    found, _ = _fitted(FIT_FAMILIES["lognormal"], seen)
    assert found == pytest.approx(deviance + 4 * n / (n - 3), abs=1e-4)


def test_a_task_that_always_takes_the_same_is_a_constant() -> None:
    rng = np.random.default_rng(1)
    fit = fit_effort(20 / 1440 + rng.uniform(-1e-6, 1e-6, 50))
    assert fit.distribution.text() == "constant(20min)"


def test_two_kinds_of_task_in_one_stage_are_told_as_seen() -> None:
    """Five minutes or an hour: no family follows that. Catches the mutant that takes the best family."""
    rng = np.random.default_rng(1)
    fit = fit_effort(np.where(rng.random(N) < 0.5, 5.0, 60.0) * rng.uniform(0.95, 1.05, N) / 1440)
    assert fit.distribution.family == "empirical"
    assert fit.distribution.mean() == pytest.approx(fit.mean, rel=0.02)
    assert fit.distance < 0.02


def test_few_tasks_are_told_as_seen_and_none_takes_no_time() -> None:
    fit = fit_effort(np.array([0.0, 0.01, 0.02]))
    assert fit.distribution.family == "empirical"
    assert fit.distribution.ppf(0.0) >= SHORTEST * 0.99
    assert math.isnan(fit_effort(np.array([0.01])).standard_error)


def test_effort_whose_mean_lies_in_its_last_tail_is_taken_as_seen() -> None:
    """Seconds, and now and then months: the best family is a loglogistic that no simulation can draw from."""
    rng = np.random.default_rng(5)
    days = np.exp(rng.logistic(-9, 3.3, 60))
    fit = fit_effort(days)
    assert fit.distribution.family == "empirical"
    assert not has_endless_tail(fit.distribution)
