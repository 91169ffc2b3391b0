"""Interpolated quantiles of mixtures are those that the distribution function gives back."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.drawn import drawn_table
from funnelsim.distributions.interpolated import InterpolatedMixture, is_smooth
from funnelsim.distributions.mixture import Mixture

SMOOTH = [
    "mixture(0.4*lognormal(median=6d, sigma=0.5), 0.6*lognormal(median=25d, sigma=0.1))",
    "mixture(0.6*constant(0d), 0.2*weibull(shape=0.4, scale=6h), 0.2*gamma(shape=60, scale=4h))",
    "mixture(0.9*loglogistic(median=4d, shape=2.9), 0.1*exponential(mean=30d))",
]
OTHERS = [
    "mixture(0.5*constant(2d), 0.5*exponential(mean=3d))",
    "mixture(0.5*uniform(low=1d, high=2d), 0.5*exponential(mean=3d))",
]


@pytest.mark.parametrize("text", SMOOTH)
def test_probabilities_come_back(text: str) -> None:
    """Within 3e-5, in both tails too. Mutant: slopes of the splines without the value (x f instead of f)."""
    distribution = parse_distribution(text, kind="duration")
    assert isinstance(distribution, Mixture)
    assert is_smooth(distribution)
    found = InterpolatedMixture(distribution)
    u = np.concatenate([np.geomspace(1e-9, 0.5, 2_000), 1 - np.geomspace(1e-9, 0.5, 2_000)])
    above = u > 1 - found.above
    assert (found.ppf(u)[~above] == 0).all()
    assert np.abs(distribution.cdf(found.ppf(u)) - u)[above].max() < 3e-5
    q = np.geomspace(1e-9, found.above * 0.999, 2_000)
    assert np.abs(distribution.sf(found.isf(q)) / q - 1).max() < 3e-4


@pytest.mark.parametrize("text", SMOOTH + OTHERS)
def test_drawn_tables_of_mixtures_are_the_distribution(text: str) -> None:
    """In probability within 5e-5 or within a minute: as tables of draws promise, with a little room."""
    distribution = parse_distribution(text, kind="duration")
    words = np.random.default_rng(3).integers(0, 2**32, 50_000, dtype=np.uint32)
    u = (words + 0.5) / 2**32
    found = drawn_table(distribution, 2e-5).quantile(words)
    within = np.abs(found - distribution.ppf(u)) < 1.0 / 1440
    near = (distribution.cdf(found - 1e-9) - 5e-5 < u) & (u < distribution.cdf(found + 1e-9) + 5e-5)
    assert (within | near).mean() > 0.999
    if text in SMOOTH:
        assert (within | near).all()


def test_jumps_and_bounded_distributions_are_left_to_roots() -> None:
    for text in OTHERS:
        distribution = parse_distribution(text, kind="duration")
        assert isinstance(distribution, Mixture)
        assert not is_smooth(distribution)
