"""Productivity with shrinkage and the ramp, against closed forms and independent implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from funnelsim.core.arrays import Floats
from funnelsim.fitting.productivity.gamma_poisson import USUAL_SPREAD, fit_gamma_poisson


def _columns(ramped: Floats, *first: Floats) -> Floats:
    """Twelve months of service and the ramped rest, shape (K, 13)."""
    table = np.zeros((len(ramped), 13))
    table[:, 12] = ramped
    for m, column in enumerate(first):
        table[:, m] = column
    return table


def test_the_mean_and_the_spread_maximise_the_penalised_negative_binomial_likelihood() -> None:
    """Against scipy's negative binomial and its optimiser. Catches a mutant without the prior's Jacobian."""
    rng = np.random.default_rng(3)
    exposure = rng.uniform(5, 30, 40)
    wins = rng.poisson(rng.gamma(4.0, 0.75, 40) * exposure).astype(float)

    def loss(at: Floats) -> float:
        mean, spread = np.exp(at)
        a = spread**-2
        likelihood = stats.nbinom.logpmf(wins, a, a / (a + mean * exposure)).sum()
        return -float(likelihood + np.log(spread) - np.log1p((spread / USUAL_SPREAD) ** 2))

    mean, spread = np.exp(optimize.minimize(loss, [1.0, -0.7], method="Nelder-Mead", tol=1e-9).x)
    fit = fit_gamma_poisson(_columns(wins), _columns(exposure), np.ones((1, 40)), fixed_ramp=np.ones(13))
    # The spread is refined on a grid of steps of a fifth by a parabola; the mean hardly depends on it.
    assert fit.shape[0] ** -0.5 == pytest.approx(spread, rel=5e-3)
    assert fit.mean[0] == pytest.approx(mean, rel=2e-3)


def test_the_posterior_of_a_rep_lies_between_the_team_and_the_rep() -> None:
    """Gamma(a + wins, a / mean + exposure): a rep with few months is moved to the mean of all."""
    rng = np.random.default_rng(5)
    exposure = np.array([0.5, 40.0, *rng.uniform(10, 30, 30)])
    wins = np.array([6.0, 480.0, *rng.poisson(rng.gamma(4.0, 0.75, 30) * exposure[2:])])
    table = _columns(wins), _columns(exposure)
    fit = fit_gamma_poisson(*table, np.ones((1, 32)), fixed_ramp=np.ones(13))
    shape, rate = fit.posterior(*table)
    shrunk = (shape / rate)[0]
    assert shape[0, 0] == pytest.approx(fit.shape[0] + 6)
    assert rate[0, 0] == pytest.approx(fit.shape[0] / fit.mean[0] + 0.5)
    # Both won 12 a month; only one of them long enough to be believed.
    assert shrunk[0] < 7
    assert shrunk[1] > 11


def test_without_new_reps_a_fixed_ramp_stays() -> None:
    ramp = np.concatenate([[0.2, 0.6], np.ones(11)])
    fit = fit_gamma_poisson(
        _columns(np.array([30.0, 20.0])), _columns(np.array([10.0, 10.0])), np.ones((3, 2)), fixed_ramp=ramp
    )
    assert (fit.ramp == ramp).all()


def test_the_ramp_comes_back_from_many_reps() -> None:
    """Within four standard errors of the ratio of Poisson counts. Catches a ramp that is not rescaled to end
    at 1, and one that ignores who the new reps are."""
    rng = np.random.default_rng(11)
    truth, reps = np.array([0.25, 0.5, 0.75]), 2000
    theta = rng.gamma(6.0, 0.5, reps)
    exposure = _columns(np.full(reps, 12.0), *np.ones((12, reps)))
    ramp = np.ones(13)
    ramp[:3] = truth
    wins = rng.poisson(theta[:, None] * ramp * exposure).astype(float)
    fit = fit_gamma_poisson(wins, exposure, np.ones((1, reps)))
    counts = wins.sum(axis=0)
    for m in range(3):
        error = truth[m] * np.sqrt(1 / counts[m] + 1 / counts[3:].sum())
        assert abs(fit.ramp[0, m] - truth[m]) < 4 * error
        assert 4 * error < 0.05 * 2
    assert (np.diff(fit.ramp[0]) >= 0).all()
    assert fit.ramp[0, -1] == 1.0


def test_the_ramp_is_the_isotonic_regression_of_the_months() -> None:
    """With equal reps the ramp is Poisson's isotonic regression: scipy's pool-adjacent-violators.
    Catches a max-min formula with the spans reversed."""
    wins = np.array([10.0, 30.0, 20.0, 55.0, 50.0, 80.0])
    table, months = _columns(np.array([960.0]), *wins[:, None]), _columns(np.array([12.0]), *np.ones((6, 1)))
    months[0, 12] = 12.0
    fit = fit_gamma_poisson(table, months, np.ones((1, 1)))
    expected = optimize.isotonic_regression(np.array([*wins, 80.0]), weights=np.array([*np.ones(6), 12.0])).x
    assert fit.ramp[0, :6] == pytest.approx(expected[:6] / expected[6], rel=1e-3)


def test_weights_of_zero_leave_a_rep_out() -> None:
    rng = np.random.default_rng(2)
    exposure = rng.uniform(10, 30, 12)
    wins = rng.poisson(3 * exposure).astype(float)
    weights = np.ones((1, 12))
    weights[0, :4] = 0.0
    some = fit_gamma_poisson(_columns(wins), _columns(exposure), weights, fixed_ramp=np.ones(13))
    alone = fit_gamma_poisson(
        _columns(wins[4:]), _columns(exposure[4:]), np.ones((1, 8)), fixed_ramp=np.ones(13)
    )
    assert some.mean[0] == pytest.approx(alone.mean[0], rel=1e-6)
