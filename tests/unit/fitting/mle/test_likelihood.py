"""The log-likelihood of a stage, beside the formula written out, and its derivatives beside differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.mle.likelihood import Layout, Likelihood, Term
from funnelsim.fitting.mle.priors import Prior, prior_around

ALONE = np.zeros((1, 1))
#: Logits of won, lost and never; median and sigma of won; shape and scale of lost.
TRUTH = np.array([[0.4, -0.2, -1.0, 2.0, -0.3, 0.2, 2.5]])
WON, LOST, OPEN, LATE = (np.array(x) for x in ([2.0, 7.0], [5.0, 30.0], [3.0, 80.0], [1.5, 12.0]))


def layout() -> Layout:
    return Layout(["lognormal", "weibull"], never=True)


def terms() -> list[Term]:
    return [
        Term((0,), "density", WON[:, None], ALONE),
        Term((1,), "density", LOST[:, None], ALONE),
        Term((0, 1), "survival", OPEN[:, None], ALONE, never=True),
        Term((0, 1), "survival", LATE[:, None], ALONE, sign=-1.0, never=True),
    ]


def written_out(weights: list[np.ndarray]) -> float:
    p = np.exp(TRUTH[0, :3]) / np.exp(TRUTH[0, :3]).sum()
    won = stats.lognorm(np.exp(TRUTH[0, 4]), scale=np.exp(TRUTH[0, 3]))
    lost = stats.weibull_min(np.exp(TRUTH[0, 5]), scale=np.exp(TRUTH[0, 6]))

    def survival(age: np.ndarray) -> np.ndarray:
        return p[0] * won.sf(age) + p[1] * lost.sf(age) + p[2]

    logs = [
        np.log(p[0] * won.pdf(WON)),
        np.log(p[1] * lost.pdf(LOST)),
        np.log(survival(OPEN)),
        -np.log(survival(LATE)),
    ]
    return float(sum(np.sum(w * log) for w, log in zip(weights, logs, strict=True)))


def some_weights(rows: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.uniform(0.5, 3.0, (rows, 2)) for _ in range(4)]


def test_the_value_is_the_formula_written_out() -> None:
    """Catches a truncation that is added instead of divided by, and an open visit without its never."""
    weights = some_weights()
    found = Likelihood(layout(), terms()).value(TRUTH, weights)
    assert found[0] == pytest.approx(written_out([w[0] for w in weights]), rel=1e-12)


def test_draws_with_other_weights_do_not_touch_each_other() -> None:
    weights = some_weights(3)
    likelihood = Likelihood(layout(), terms())
    rng = np.random.default_rng(6)
    parameters = TRUTH + rng.normal(0, 0.2, (3, 7))
    together = likelihood.curvature(parameters, weights)
    for row in range(3):
        alone = likelihood.curvature(parameters[row : row + 1], [w[row : row + 1] for w in weights])
        np.testing.assert_allclose(together.value[row], alone.value[0], rtol=1e-13)
        np.testing.assert_allclose(together.gradient[row], alone.gradient[0], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(together.hessian[row], alone.hessian[0], rtol=1e-10, atol=1e-12)


def rich_problem() -> tuple[Likelihood, Prior, np.ndarray, list[np.ndarray]]:
    """Every kind of term: mixture exits, intervals, instant exits, cure fraction, left truncation."""
    rng = np.random.default_rng(7)
    known = Layout(["lognormal", "gamma", "loglogistic", ""], never=True)
    days = rng.gamma(2.0, 5.0, (6, 4)) + 0.1
    points = np.log(rng.dirichlet(np.ones(4), 6))
    times = [rng.gamma(2.0, 5.0, (5, 1)) + 0.1 for _ in range(3)]
    problem = [
        Term((0, 1), "density", times[0], ALONE),
        Term((2,), "density", days, points),
        Term((3,), "none", np.ones((1, 1)), ALONE),
        Term((0, 1, 2), "survival", times[1], ALONE, never=True),
        Term((0, 1, 2), "survival", times[2], ALONE, sign=-1.0, never=True),
    ]
    likelihood = Likelihood(known, problem)
    centres = [np.array([1.5, 0.0]), np.array([0.2, 1.5]), np.array([1.0, 0.5]), None]
    prior = prior_around(known, centres, [1.0, 1.0, 8.0, 1.0])
    start = rng.normal(0.2, 0.3, (1, known.size))
    return likelihood, prior, start, [rng.uniform(1, 4, (1, len(t.days))) for t in problem]


def test_gradient_and_curvature_are_differences() -> None:
    """Catches any wrong cross term between probabilities and distributions."""
    likelihood, prior, at, weights = rich_problem()
    known = likelihood.layout

    def value(x: np.ndarray) -> float:
        return float((likelihood.value(x, weights) + prior.value(known, x))[0])

    def gradient(x: np.ndarray) -> np.ndarray:
        curvature = likelihood.curvature(x, weights)
        prior.add_to(curvature, known, x)
        return curvature.gradient[0]

    found = likelihood.curvature(at, weights)
    prior.add_to(found, known, at)
    assert found.value[0] == pytest.approx(value(at), rel=1e-12)
    step = 1e-5
    for place in range(known.size):
        move = np.zeros_like(at)
        move[0, place] = step
        slope = (value(at + move) - value(at - move)) / (2 * step)
        assert found.gradient[0, place] == pytest.approx(slope, rel=1e-5, abs=1e-5)
        bend = (gradient(at + move) - gradient(at - move)) / (2 * step)
        np.testing.assert_allclose(found.hessian[0, place], bend, rtol=1e-4, atol=2e-4)


def test_two_distributions_behind_an_exit_are_their_mixture() -> None:
    known = Layout(["lognormal", "lognormal"], never=False)
    at = np.array([[0.3, -0.5, 1.0, -0.2, 3.0, -0.5]])
    p = np.exp(at[0, :2]) / np.exp(at[0, :2]).sum()
    days = np.array([2.0, 15.0, 40.0])
    density = sum(
        share * stats.lognorm(np.exp(at[0, 3 + 2 * k]), scale=np.exp(at[0, 2 + 2 * k])).pdf(days)
        for k, share in enumerate(p)
    )
    found = Likelihood(known, [Term((0, 1), "density", days[:, None], ALONE)]).value(at, [np.ones((1, 3))])
    assert found[0] == pytest.approx(np.log(density).sum(), rel=1e-12)


def test_somebody_left_where_all_leave_at_once_tells_nothing_unless_some_never_leave() -> None:
    """Of 30 visits that left at once, 10 the other way, and one that is still there. Catches the mutant that
    divides by the sum of no exits at all."""
    at_once = [Term((k,), "none", np.ones((1, 1)), ALONE) for k in (0, 1)]
    there = Term((), "survival", np.array([[3.0], [8.0]]), ALONE, never=True)
    weights = [np.array([[30.0]]), np.array([[10.0]]), np.array([[1.0, 2.0]])]
    logits = np.array([[np.log(3.0), 0.0]])
    found = Likelihood(Layout([None, None], never=False), [*at_once, there])
    alone = Likelihood(Layout([None, None], never=False), at_once)
    assert found.value(logits, weights)[0] == pytest.approx(alone.value(logits, weights[:2])[0], rel=1e-12)
    np.testing.assert_allclose(found.curvature(logits, weights).gradient, 0.0, atol=1e-12)
    never = Likelihood(Layout([None, None], never=True), [*at_once, there])
    logits = np.log(np.array([[30.0, 10.0, 3.0]]))
    assert never.value(logits, weights)[0] == pytest.approx(
        30 * np.log(30 / 43) + 10 * np.log(10 / 43) + 3 * np.log(3 / 43), rel=1e-12
    )
    np.testing.assert_allclose(never.curvature(logits, weights).gradient, 0.0, atol=1e-12)
