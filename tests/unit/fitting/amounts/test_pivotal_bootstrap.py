"""Bootstrap draws turned round: they invert the pivots of the distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.amounts.pivotal_bootstrap import pivotal_draws

N, DRAWS = 9, 20_000
#: So many values that nothing is widened.
LARGE = 1e12
WIDE = np.full(2, -60.0), np.full(2, 60.0)


def estimates(values: np.ndarray) -> np.ndarray:
    """Maximum likelihood of lognormal distributions, a row each: log median and log sigma."""
    logs = np.log(values)
    return np.stack([logs.mean(axis=1), np.log(logs.std(axis=1))], axis=1)


def test_parametric_draws_of_a_lognormal_become_its_posterior() -> None:
    """With the prior 1 / sigma: sigma^2 is n s^2 over a chi-square of n - 1, the location Student's t.

    Mutants: draws not turned
    (sigma / sigma* of the same side), the location not scaled by the drawn spread.
    """
    rng = np.random.default_rng(1)
    fitted = np.array([2.0, np.log(0.7)])
    drawn = estimates(np.exp(rng.normal(2.0, 0.7, (DRAWS, N))))
    location, log_sigma = pivotal_draws("lognormal", fitted, drawn, LARGE, WIDE).T
    chi_square = N * 0.7**2 / np.exp(2 * log_sigma)
    t = (location - 2.0) / (0.7 / np.sqrt(N - 1))
    assert stats.kstest(chi_square, stats.chi2(N - 1).cdf).pvalue > 0.001
    assert stats.kstest(t, stats.t(N - 1).cdf).pvalue > 0.001


def test_exponential_weights_become_as_wide_as_the_posterior() -> None:
    """The weighted mean varies by s^2 (n - 1) / (n (n + 1)): 11 % short of the posterior for 9 values.

    Averaged over samples, since one sample's kurtosis sets the draws of its spread. Mutant: wider = 1.
    """
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(300):
        logs = rng.normal(0.0, 1.0, N)
        weights = rng.standard_exponential((200, N))
        weights /= weights.sum(axis=1, keepdims=True)
        mean = weights @ logs
        sd = np.sqrt(weights @ logs**2 - mean**2)
        fitted = np.array([logs.mean(), np.log(logs.std())])
        location, _ = pivotal_draws("lognormal", fitted, np.stack([mean, np.log(sd)], axis=1), N, WIDE).T
        ratios.append(np.median(np.abs(location - logs.mean())) / (logs.std(ddof=1) / np.sqrt(N)))
    expected = stats.t(N - 1).ppf(0.75)
    assert np.mean(ratios) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
def test_a_draw_at_the_estimate_stays_there(family: str) -> None:
    fitted = np.array([0.3, -0.4])
    assert pivotal_draws(family, fitted, fitted[None, :], 5.0, WIDE)[0] == pytest.approx(fitted)


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
def test_a_draw_with_a_lower_mean_tells_of_a_higher_one(family: str) -> None:
    """The same shape and another scale: the log of the mean is mirrored. Mutant: shape and scale swapped."""
    fitted = np.array([0.3, -0.4])
    names = FIT_FAMILIES[family].parameters
    place = names.index("median" if family == "lognormal" else "scale")
    drawn = fitted.copy()
    drawn[place] -= 0.2
    turned = pivotal_draws(family, fitted, drawn[None, :], LARGE, WIDE)[0]
    low, middle, high = (
        np.log(FIT_FAMILIES[family].from_theta(theta, "amount").mean()) for theta in (drawn, fitted, turned)
    )
    assert high - middle == pytest.approx(middle - low)
    assert high - middle == pytest.approx(0.2)


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
@pytest.mark.parametrize("shape", [0.5, -0.5])
def test_a_spread_beyond_the_limits_leaves_the_location_alone(family: str, shape: float) -> None:
    """The drawn spread lies within them, the turned one would not. Mutant: theta limited, not the spread.

    A gamma distribution then loses a third of its mean.
    """
    place = FIT_FAMILIES[family].parameters.index("sigma" if family == "lognormal" else "shape")
    fitted, most = np.array([2.0, 2.0]), np.full(2, 10.0)
    fitted[place] = most[place] = shape
    drawn = fitted.copy()
    drawn[place] -= 0.4
    if family == "gamma":  # of the same mean
        drawn[1 - place] += 0.4
    turned = pivotal_draws(family, fitted, drawn[None, :], LARGE, (np.full(2, -10.0), most))[0]
    assert turned == pytest.approx(fitted)
