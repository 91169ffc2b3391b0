"""Tables that distributions of similar shapes share, against the distributions themselves."""

import numpy as np
import pytest

from funnelsim.distributions import drawn, parse_distribution
from funnelsim.distributions.drawn import drawn_table
from funnelsim.distributions.quantile_table import build_table

WORDS = ((np.arange(1 << 16, dtype=np.uint64) << 16) + 7919).astype(np.uint32)
U = (WORDS + 0.5) / 2**32

DISTRIBUTIONS = [
    ("exponential(mean=9.3d)", "duration"),
    ("lognormal(median=20.7d, sigma=1.537)", "duration"),
    ("lognormal(mean=12345, sigma=0.913)", "amount"),
    ("gamma(shape=0.417, scale=21.3d)", "duration"),
    ("gamma(shape=37.7, scale=0.31d)", "duration"),
    ("weibull(shape=0.437, scale=5.1d)", "duration"),
    ("weibull(shape=24.3, scale=15.7h)", "duration"),
    ("loglogistic(median=5.9d, shape=3.37)", "duration"),
]


@pytest.mark.parametrize(("text", "kind"), DISTRIBUTIONS)
def test_within_the_stated_probability(text, kind):
    """|F(Q(u)) - u| <= 4e-5, the sum of what a table and a mean of two neighbours may be off.

    Mutants: the weight of the wrong neighbour, the scale left out.
    """
    distribution = parse_distribution(text, kind)
    value = drawn_table(distribution, 2e-5).quantile(WORDS)
    assert np.abs(distribution.cdf(value) - U).max() <= 4e-5
    assert np.all(np.diff(value) >= 0)


@pytest.mark.parametrize("text", ["gamma(mean=3d, sd=1d)", "uniform(low=1d, high=12d)", "constant(3d)"])
def test_other_distributions_get_a_table_of_their_own(text):
    distribution = parse_distribution(text, "duration")
    own = build_table(distribution, probability=2e-5).quantile(WORDS)
    assert drawn_table(distribution, 2e-5).quantile(WORDS) == pytest.approx(own, rel=1e-12)


@pytest.mark.parametrize("text", ["empirical(2*55, 1*1_096, 1*26_768)", "empirical(0, 10, 20)"])
def test_multiples_of_what_was_seen_share_a_table(text):
    """Atom by atom the same as a table of its own; 60 of them make one. Mutant: the mean left out."""
    distribution = parse_distribution(text, "amount")
    before = drawn._unit_table.cache_info().misses
    for factor in np.linspace(0.8, 1.3, 60):
        own = distribution.scaled(float(factor))
        value = drawn_table(own, 2e-5).quantile(WORDS)
        assert np.isclose(value, own.ppf(U), rtol=1e-9, atol=1e-9).mean() > 0.999
    assert drawn._unit_table.cache_info().misses <= before + 1


def test_distributions_of_one_shape_share_their_tables_whatever_the_scale():
    """Catches a scale that is divided out only up to rounding, so that equal shapes are tabulated anew."""
    before = drawn._pair.cache_info().misses
    for scale in range(1, 60):
        drawn_table(parse_distribution(f"weibull(shape=1.2345, scale={scale}d)", "duration"), 2e-5)
    assert drawn._pair.cache_info().misses <= before + 1
