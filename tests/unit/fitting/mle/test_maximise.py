"""The climb ends where an optimiser of somebody else ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from funnelsim.fitting.mle.likelihood import Layout, Likelihood, Term
from funnelsim.fitting.mle.maximise import maximise
from funnelsim.fitting.mle.priors import bounds, prior_around

ALONE = np.zeros((1, 1))


def censored(n: int, seed: int) -> tuple[Likelihood, list[np.ndarray]]:
    """Two exits, one fast and one slow, cut off at ages up to 40 days."""
    rng = np.random.default_rng(seed)
    fast = rng.random(n) < 0.6
    days = np.where(fast, rng.lognormal(1.5, 0.7, n), 25 * rng.weibull(1.3, n))
    until = rng.uniform(0, 40, n)
    seen = days < until
    problem = [
        Term((0,), "density", days[seen & fast][:, None], ALONE),
        Term((1,), "density", days[seen & ~fast][:, None], ALONE),
        Term((0, 1), "survival", until[~seen][:, None], ALONE),
    ]
    return Likelihood(Layout(["lognormal", "weibull"], never=False), problem), [
        np.ones((1, len(t.days))) for t in problem
    ]


@pytest.mark.parametrize("seed", range(4))
def test_it_ends_where_scipy_ends(seed: int) -> None:
    likelihood, weights = censored(300, seed)
    known = likelihood.layout
    prior = prior_around(known, [np.array([2.0, 0.0]), np.array([0.0, 2.0])], [1.0, 1.0])
    start = np.zeros((1, known.size))
    found = maximise(likelihood, prior, weights, start)

    def loss(x: np.ndarray) -> float:
        return -float((likelihood.value(x[None], weights) + prior.value(known, x[None]))[0])

    other = optimize.minimize(loss, found.parameters[0] + 0.3, method="BFGS", options={"gtol": 1e-7})
    assert found.converged.all()
    np.testing.assert_allclose(found.parameters[0], other.x, atol=2e-4)


def test_each_draw_climbs_its_own_hill() -> None:
    likelihood, weights = censored(300, 9)
    rng = np.random.default_rng(1)
    drawn = [rng.standard_exponential((3, w.shape[1])) for w in weights]
    known = likelihood.layout
    prior = prior_around(known, [np.array([2.0, 0.0]), np.array([0.0, 2.0])], [1.0, 1.0])
    start = np.zeros((3, known.size))
    together = maximise(likelihood, prior, drawn, start)
    for row in range(3):
        alone = maximise(likelihood, prior, [w[row : row + 1] for w in drawn], start[:1])
        np.testing.assert_allclose(together.parameters[row], alone.parameters[0], atol=1e-5)


def test_a_parameter_stops_at_its_bound_and_the_others_go_on() -> None:
    """All stays last 10 days: the sharpest lognormal allowed, and its median at 10 all the same."""
    known = Layout(["lognormal"], never=False)
    likelihood = Likelihood(known, [Term((0,), "density", np.full((1, 1), 10.0), ALONE)])
    prior = prior_around(known, [np.array([1.0, 0.0])], [1e-3])
    found = maximise(likelihood, prior, [np.full((1, 1), 200.0)], np.zeros((1, known.size)))
    low, _ = bounds(known)
    assert found.converged.all()
    assert found.parameters[0, 2] == pytest.approx(low[2])
    assert np.exp(found.parameters[0, 1]) == pytest.approx(10.0, rel=1e-4)
