"""Quantile tables against the distributions they stand for, at 2^20 words and in both tails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.quantile_table import build_table

MINUTE = 1 / 1440


def lognormal(median: float, sigma: float) -> stats.rv_continuous:
    return stats.lognorm(sigma, scale=median)


def pert(low: float, mode: float, high: float) -> stats.rv_continuous:
    """Beta with mean (low + 4 mode + high) / 6 (Malcolm et al. 1959)."""
    width = high - low
    return stats.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, width)


#: As a model file writes it, and the same distribution from scipy.
DURATIONS = {
    "exponential(mean=9d)": stats.expon(scale=9),
    "lognormal(mean=2d, sigma=0.8)": lognormal(2 * np.exp(-0.32), 0.8),
    "lognormal(median=20d, sigma=1.5)": lognormal(20, 1.5),
    "gamma(mean=3d, sd=1d)": stats.gamma(9, scale=1 / 3),
    "gamma(shape=0.4, scale=20d)": stats.gamma(0.4, scale=20),
    "weibull(shape=0.9, scale=30d)": stats.weibull_min(0.9, scale=30),
    "weibull(shape=0.4, scale=5d)": stats.weibull_min(0.4, scale=5),
    "weibull(shape=3, scale=2w)": stats.weibull_min(3, scale=14),
    "loglogistic(median=5d, shape=3)": stats.fisk(3, scale=5),
    "uniform(low=1d, high=12d)": stats.uniform(1, 11),
    "triangular(low=1d, mode=2d, high=9d)": stats.triang(1 / 8, 1, 8),
    "pert(low=1d, mode=3d, high=20d)": pert(1, 3, 20),
}
AMOUNTS = {
    "lognormal(mean=12000, sigma=1.0)": lognormal(12_000 * np.exp(-0.5), 1.0),
    "gamma(mean=900, sd=300)": stats.gamma(9, scale=100),
    "exponential(mean=5000)": stats.expon(scale=5_000),
}
DISTRIBUTIONS = [(text, "duration") for text in DURATIONS] + [(text, "amount") for text in AMOUNTS]


def words() -> np.ndarray:
    """2^18 words, one at a scattered place of each stretch of 16384, and the 2,000 rarest of each tail."""
    stretch = np.arange(1 << 18, dtype=np.uint64)
    spread = (stretch << 14) + stretch * 2654435761 % 16384
    tails = np.concatenate([np.arange(2_000), 2**32 - 1 - np.arange(2_000)])
    return np.sort(np.concatenate([spread, tails.astype(np.uint64)])).astype(np.uint32)


@pytest.mark.parametrize(("text", "kind"), DISTRIBUTIONS)
def test_table_is_the_distribution(text, kind):
    """F(Q(u)) within 1e-6 of u; Q within 1e-4 relative, or a minute for durations.

    Catches: words read as w / 2^32, the upper tail cut at a fixed quantile, cells ten times too wide.
    """
    distribution = (DURATIONS | AMOUNTS)[text]
    w = words()
    value = build_table(parse_distribution(text, kind=kind)).quantile(w)
    assert (np.diff(value) >= 0).all(), "a quantile never falls"
    u = (w + 0.5) / 2.0**32
    rest = (2.0**32 - 0.5 - w) / 2.0**32
    lower = u < 0.5
    assert np.abs(distribution.cdf(value[lower]) - u[lower]).max() <= 1e-6
    assert np.abs(distribution.sf(value[~lower]) - rest[~lower]).max() <= 1e-6
    every = (
        1 if distribution.dist.name not in ("gamma", "beta") else 16
    )  # their quantiles are slow to compute
    exact = np.concatenate([distribution.ppf(u[lower][::every]), distribution.isf(rest[~lower][::every])])
    found = np.concatenate([value[lower][::every], value[~lower][::every]])
    assert (np.abs(found - exact) <= np.maximum(1e-4 * exact, MINUTE if kind == "duration" else 0.0)).all()


@pytest.mark.parametrize(("text", "kind"), DISTRIBUTIONS)
def test_table_keeps_mean_and_spread(text, kind):
    """Over evenly spread words. Catches: a bias within the tolerance of each single point."""
    distribution = (DURATIONS | AMOUNTS)[text]
    w = np.arange(1 << 16, dtype=np.uint64) * 65536 + 32768
    value = build_table(parse_distribution(text, kind=kind)).quantile(w.astype(np.uint32))
    exact = distribution.ppf((w + 0.5) / 2.0**32)
    assert value.mean() == pytest.approx(exact.mean(), rel=2e-5)
    assert value.std() == pytest.approx(exact.std(), rel=5e-5)


def test_table_of_a_mixture_is_the_mixture():
    """Catches: weights that are not divided by their sum, quantiles averaged instead of distributions."""
    text = "mixture(3*exponential(mean=2d), 1*lognormal(median=30d, sigma=0.4))"
    value = build_table(parse_distribution(text)).quantile(words())
    probability = 0.75 * stats.expon(scale=2).cdf(value) + 0.25 * lognormal(30, 0.4).cdf(value)
    assert np.abs(probability - (words() + 0.5) / 2.0**32).max() <= 1e-6


def test_table_of_what_was_seen_keeps_to_it():
    """Amounts of 100, 250, 250 and 900. Catches: values between the atoms, a lost or doubled atom."""
    w = np.arange(1 << 20, dtype=np.uint64) * 4096 + 2048
    table = build_table(parse_distribution("empirical(100, 250, 250, 900)", kind="amount"))
    value = table.quantile(w.astype(np.uint32))
    for atom, share in ((100, 0.25), (250, 0.5), (900, 0.25)):
        assert np.isclose(value, atom, rtol=1e-12).mean() == pytest.approx(share, abs=2e-4)


def test_a_distribution_with_an_endless_tail_is_refused():
    with pytest.raises(ValueError, match="max"):
        build_table(parse_distribution("lognormal(median=1000, sigma=6)", kind="amount"))


def test_a_largest_value_cuts_the_distribution():
    """`max=` conditions on not exceeding it. Catches: values piled up at the largest."""
    distribution = lognormal(1_000, 6)
    value = build_table(
        parse_distribution("lognormal(median=1000, sigma=6, max=1e6)", kind="amount")
    ).quantile(words())
    assert value.max() <= 1e6
    u = (words() + 0.5) / 2.0**32
    assert np.abs(distribution.cdf(value) / distribution.cdf(1e6) - u).max() <= 1e-6


def test_amount_that_is_mostly_nothing():
    """An atom at 0 that ends inside a cell, at the accuracy of drawn distributions.

    Catches: a cell without width that asks for endlessly many cells.
    """
    distribution = parse_distribution(
        "mixture(0.917219*constant(0), 0.082781*lognormal(mean=113.14, sigma=1.5478))", "amount"
    )
    value = build_table(distribution, probability=2e-5).quantile(words()[2_000:-2_000])
    assert np.mean(value < 1e-9) == pytest.approx(0.917219, abs=1e-4)
    assert value.mean() == pytest.approx(distribution.mean(), rel=0.01)
