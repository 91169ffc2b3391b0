"""Several scenarios at once: their intervals hold together, and the chance of being best is right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from funnelsim.experiments.alternatives.best import probability_mean_best, share_best
from funnelsim.experiments.alternatives.ranking import select
from funnelsim.experiments.paired import (
    level_of_each,
    paired_difference,
    paired_interval,
    variance_removed,
)

LEVEL = 0.9
#: Standard error of a probability from the random vectors, at most.
ERROR = 0.5 / math.sqrt(1 << 16)


def on_common_numbers(
    rng: np.random.Generator, means: list[float], rho: float, replications: int
) -> np.ndarray:
    """Normal values of sd 1 with these means and correlation rho; shape (K, R)."""
    common, own = rng.standard_normal(replications), rng.standard_normal((len(means), replications))
    return np.array(means)[:, None] + math.sqrt(rho) * common + math.sqrt(1 - rho) * own


def times_all_hold(repetitions: int, each: float, *, draws: int = 0) -> int:
    """How often the intervals of six scenarios with known means all hold."""
    rng, held = np.random.default_rng(5), 0
    gains = [0.0, 0.1, -0.2, 0.5, 1.0, 2.0]
    for _ in range(repetitions):
        replications = 20 * draws or 60
        values = on_common_numbers(rng, [0.0, *gains], 0.6, replications)
        row = None
        if draws:
            row = np.arange(replications) % draws
            # What each is worth is known with an error of 0.5, and the draws vary as much around it.
            values[1:] += 0.5 * (rng.standard_normal((6, 1)) + rng.standard_normal((6, draws))[:, row])
        ends = [paired_interval(values[0], one, row, level=each) for one in values[1:]]
        held += all(low < gain < high for (low, high), gain in zip(ends, gains, strict=True))
    return held


@pytest.mark.parametrize("draws", [0, 50])
def test_intervals_for_all_scenarios_hold_at_once(draws: int) -> None:
    """A binomial bound at p < 1e-5 on both sides of the promise; single intervals would break it."""
    repetitions = 800
    together = times_all_hold(repetitions, level_of_each(LEVEL, 6), draws=draws)
    assert stats.binom.cdf(together, repetitions, LEVEL) > 1e-5
    assert together < 0.995 * repetitions  # nor are they so wide that nothing could break them
    assert stats.binom.cdf(times_all_hold(repetitions, LEVEL, draws=draws), repetitions, LEVEL) < 1e-5


@pytest.mark.parametrize("gain", [-0.2, 0.0, 0.15, 0.4])
def test_of_two_the_better_mean_has_the_chance_of_student_s_t(gain: float) -> None:
    """Catches a normal distribution in place of t (8 replications), and unpaired errors."""
    values = on_common_numbers(np.random.default_rng(2), [0.0, gain], 0.8, 8)
    step = values[1] - values[0]
    expected = stats.t.cdf(step.mean() / (step.std(ddof=1) / math.sqrt(8)), 7)
    assert probability_mean_best(values)[1] == pytest.approx(expected, abs=4 * ERROR)


def test_of_two_with_parameter_draws_it_agrees_with_the_paired_interval() -> None:
    """The interval ends where the chance does: its half width gives the standard error."""
    rng = np.random.default_rng(3)
    draws = np.arange(400) % 20
    values = on_common_numbers(rng, [0.0, 0.3], 0.5, 400)
    values[1] += 0.4 * rng.standard_normal(20)[draws]
    found = paired_difference(values[0], values[1], draws, level=LEVEL)
    error = (found.high - found.mean) / stats.t.ppf(0.95, 19)
    expected = stats.t.cdf(found.mean / error, 19)
    assert 0.55 < expected < 0.95
    assert probability_mean_best(values, draws)[1] == pytest.approx(expected, abs=4 * ERROR)


def test_of_several_it_is_the_orthant_probability_of_their_differences() -> None:
    """Genz's integration of the multivariate normal, with the covariance of correlated means."""
    replications = 4000
    values = on_common_numbers(np.random.default_rng(4), [0.0, 0.02, 0.03, -0.01], 0.7, replications)
    values[2] += 0.5 * np.random.default_rng(6).standard_normal(replications)
    means, covariance = values.mean(axis=1), np.cov(values) / replications
    for k in range(4):
        others = np.delete(np.eye(4), k, axis=0)
        steps = np.eye(4)[k] - others
        expected = stats.multivariate_normal(np.zeros(3), steps @ covariance @ steps.T).cdf(steps @ means)
        found = probability_mean_best(values)[k]
        assert found == pytest.approx(expected, abs=4 * ERROR + 0.001), k


def test_equal_alternatives_share_the_chance() -> None:
    rng = np.random.default_rng(1)
    base = 1e6 + 1e5 * rng.standard_normal(300)
    worse = base - 2e5
    assert probability_mean_best(np.array([base, base, worse])).tolist() == [0.5, 0.5, 0.0]
    assert share_best(np.array([base, base.copy(), worse])).tolist() == [0.5, 0.5, 0.0]


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_the_share_of_best_futures_is_that_of_normal_differences(rho: float) -> None:
    values = on_common_numbers(np.random.default_rng(8), [0.0, 0.3], rho, 20_000)
    expected = special.ndtr(0.3 / math.sqrt(2 * (1 - rho)))
    error = math.sqrt(expected * (1 - expected) / 20_000)
    assert share_best(values)[1] == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize(("rho", "scale"), [(0.0, 1.0), (0.9, 1.0), (0.5, 3.0)])
def test_the_variance_that_common_numbers_remove_is_twice_the_covariance(rho: float, scale: float) -> None:
    """1 - Var(Y - X) / (Var X + Var Y) = 2 rho s / (1 + s^2) for sds 1 and s."""
    one, other = on_common_numbers(np.random.default_rng(9), [5.0, 5.0], rho, 40_000)
    expected = 2 * rho * scale / (1 + scale**2)
    assert variance_removed(one, scale * other) == pytest.approx(expected, abs=4 * 2 / math.sqrt(40_000))
    assert variance_removed(one, one) == 1.0


def test_a_selection_from_batches_keeps_its_promise() -> None:
    """At the slippage configuration with parameter draws that shift all means: binomial bound, p < 1e-5.

    A batch that did not use all draws alike would take their differences for chance and not finish.
    """
    rng, right, repetitions = np.random.default_rng(12), 0, 100
    for _ in range(repetitions):
        best = int(rng.integers(4))
        values = on_common_numbers(rng, [0.3 * (k == best) for k in range(4)], 0.3, 2000)
        own = 2.0 * rng.standard_normal((4, 20))
        own -= own.mean(axis=1, keepdims=True)  # the guarantee is about the mean over these draws
        found = select(values + own[:, np.arange(2000) % 20], 20, indifference=0.3, confidence=0.9)
        assert found.chosen is not None
        assert found.batch == 20
        right += found.chosen == best
    assert stats.binom.cdf(right, repetitions, 0.9) > 1e-5


def test_too_few_futures_select_nothing() -> None:
    values = on_common_numbers(np.random.default_rng(1), [0.0, 5.0], 0.5, 300)
    assert select(values, 200, indifference=0.1, confidence=0.9).chosen is None
    assert select(values, 0, indifference=0.1, confidence=0.9).chosen == 1
    close = on_common_numbers(np.random.default_rng(1), [0.0, 0.0], 0.0, 300)
    undecided = select(close, 0, indifference=0.001, confidence=0.9)
    assert (undecided.chosen, undecided.remaining) == (None, (0, 1))
