"""Amounts that a few very large deals rule: a lognormal body, a generalised Pareto tail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.quantile_table import build_table
from funnelsim.fitting.amounts.fit import fit_amounts
from funnelsim.fitting.amounts.pareto_tail import CAP, censored_normal, fit_tail, penalised_pareto
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.model.changes.resolve import resolve
from tests.unit.made_up_history import day, history_of, won

HEAVY = parse_distribution(
    "mixture(9*lognormal(median=10_000, sigma=0.6, max=21_600), 1*pareto(low=21_600, excess=40_000, xi=0.3))",
    "amount",
)


def heavy(n: int, seed: int) -> np.ndarray:
    return HEAVY.ppf(np.random.default_rng(seed).random(n))


@pytest.mark.parametrize("xi", [0.1, 0.4])
def test_the_tail_is_that_of_scipy_where_nothing_is_penalised(xi):
    """Mutants: the scale of the grid's next xi; the parabola's shift with the other sign."""
    excess = stats.genpareto.rvs(xi, scale=2, size=600, random_state=3)
    shape, _, scale = stats.genpareto.fit(excess, floc=0)
    mean, found = penalised_pareto(excess, np.ones((1, 600)), np.zeros(1))
    assert found[0] == pytest.approx(shape, abs=2e-3)
    assert mean[0] * (1 - found[0]) == pytest.approx(scale, rel=5e-3)


def test_few_observations_do_not_ask_for_a_distribution_without_a_mean():
    """Coles and Dixon (1999): the penalty holds the estimate away from 1."""
    excess = np.array([1.0, 1.5, 2.0, 900.0, 50_000.0])
    free, penalised = (penalised_pareto(excess, np.ones((1, 5)), np.full(1, w))[1][0] for w in (0.0, 1.0))
    assert penalised < free - 0.1


def test_weights_count_as_repetition():
    excess = stats.genpareto.rvs(0.3, size=60, random_state=4)
    weights = np.arange(60) % 3 + 1.0
    one = penalised_pareto(excess, weights[None, :], np.ones(1))
    other = penalised_pareto(np.repeat(excess, weights.astype(int)), np.ones((1, 120)), np.ones(1))
    assert one[1][0] == pytest.approx(other[1][0])
    assert one[0][0] == pytest.approx(other[0][0])


def test_the_body_is_the_most_likely_censored_normal():
    """Against a search over the likelihood itself. Mutant: what lies above left out."""
    x = np.random.default_rng(5).normal(-1.0, 0.9, 2000)
    seen = x[x <= 0]
    above = float(np.sum(x > 0))

    def minus_log_likelihood(at: np.ndarray) -> float:
        mu, sigma = at[0], math.exp(at[1])
        return -float(stats.norm.logpdf(seen, mu, sigma).sum() + above * stats.norm.logsf(0, mu, sigma))

    expected = optimize.minimize(minus_log_likelihood, [-0.5, 0.0], method="Nelder-Mead").x
    of = (np.array([v]) for v in (seen.mean(), np.mean(seen**2), float(len(seen)), above))
    mu, sigma = censored_normal(*of)
    assert mu[0] == pytest.approx(expected[0], abs=1e-3)
    assert sigma[0] == pytest.approx(math.exp(expected[1]), rel=1e-3)


def test_a_heavy_tail_comes_back():
    """4,000 wins; xi's standard error is about (1 + xi) / sqrt(400) where the threshold is the true one."""
    found = fit_amounts(heavy(4000, seed=6))
    assert found is not None
    assert found.tail is not None
    assert found.kind == "tail"
    assert found.tail.xi == pytest.approx(0.3, abs=4 * 1.3 / 20)
    assert found.distribution.mean() == pytest.approx(HEAVY.mean(), rel=0.1)
    assert found.distribution.given["law_2.max"] == pytest.approx(CAP * heavy(4000, seed=6).max())


def test_a_lognormal_asks_for_no_tail():
    """At most 2 of 20 samples of 400 do. Mutant: the distribution with the tail taken whenever it is
    likelier.
    """
    rng = np.random.default_rng(7)
    kinds = [fit_amounts(rng.lognormal(9, 1.0, 400)).kind for _ in range(20)]
    assert kinds.count("tail") <= 2


def test_a_tail_takes_a_hundred_wins():
    assert fit_tail(heavy(99, seed=8), np.arange(99)) is None


def test_a_source_with_few_wins_has_the_tail_of_all():
    """Unless its wins are clearly of another kind."""
    pooled = fit_amounts(heavy(2000, seed=9))
    assert pooled is not None
    few = fit_amounts(heavy(30, seed=10), pooled)
    other = fit_amounts(np.random.default_rng(11).lognormal(4, 0.3, 30), pooled)
    assert few is not None
    assert other is not None
    assert (few.whole, few.distribution, few.wins) == (True, pooled.distribution, 30)
    assert (other.whole, other.distribution.family) == (False, "lognormal")


def test_draws_fit_the_distribution_and_zeros_vary_as_their_share_does():
    """Share p of n wins, weighted: a beta distribution of sd sqrt(p (1 - p) / (n + 1)) (Rubin 1981)."""
    found = fit_amounts(np.concatenate([heavy(2000, seed=12), np.zeros(500)]))
    assert found is not None
    rng = np.random.default_rng(13)
    levels = np.full(200, 2.0)
    drawn = found.draw(rng.standard_exponential((200, 2500)), rng, levels)
    assert set(drawn) == set(found.distribution.given) - {"law_1.value"}
    sd = math.sqrt(0.2 * 0.8 / 2501)
    assert drawn["weight_1"].mean() == pytest.approx(0.2, abs=4 * sd / math.sqrt(200))
    assert drawn["weight_1"].std() == pytest.approx(sd, rel=0.2)
    assert np.median(drawn["law_2.law_2.low"]) == pytest.approx(
        2 * found.distribution.given["law_2.law_2.low"]
    )
    assert np.median(drawn["law_2.law_2.xi"]) == pytest.approx(
        found.distribution.given["law_2.law_2.xi"], abs=0.05
    )


@pytest.mark.parametrize(("xi", "chance"), [(0.5, 1 / 101), (0.3, 1 / (1 + 10 ** (1 / 0.3)))])
def test_the_cap_is_passed_as_seldom_as_is_said(xi, chance):
    """Maxima of two samples of 400: the second is ten times the first with chance 1 / (1 + 10^(1/xi))."""
    rng = np.random.default_rng(14)
    # The largest of n uniform survivals is a beta(1, n) away from 0.
    first, second = (rng.beta(1, 400, 200_000) ** -xi for _ in range(2))
    seen = np.mean(second > CAP * first)
    assert seen == pytest.approx(chance, abs=4 * math.sqrt(chance / 200_000) + 0.01 * chance)


def test_a_fit_writes_the_tail_draws_it_and_says_so():
    """From deals to the distribution of the model, its draws by path, tables of both, and the report."""
    amounts = [*heavy(400, seed=15), *np.zeros(40)]
    deals = [won(day(1, 20 + n % 10), float(amount)) for n, amount in enumerate(amounts)]
    fit = fit_funnel(history_of(*deals), draws=3, horizon_days=None)
    (key,) = fit.model.sources
    distribution = fit.model.sources[key].amount
    assert distribution is not None
    assert distribution.text().startswith("mixture(0.090909*constant(0), 0.909091*mixture(")
    assert fit.draws is not None
    for row in fit.draws.iter_rows(named=True):
        drawn = resolve(fit.model, draw=row).sources[key].amount
        assert drawn is not None
        assert drawn.given["law_2.law_2.xi"] == row[f"sources.{key}.amount.law_2.law_2.xi"]
        build_table(drawn, probability=2e-5)
    (source,) = fit.report.sources
    assert source.amount_kind == "tail"
    assert source.tail is not None
    assert source.tail.largest == pytest.approx(CAP * max(amounts))
    assert source.tail.xi_low <= source.tail.xi_high
    message = " ".join(fit.report.cannot_tell)
    assert "have a heavy tail" in message
    assert "of the wins were above" in message, "an only source needs no name"
    assert "40 of 440 wins have the amount 0" in message
