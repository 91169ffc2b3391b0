"""Tails that are known to be light from the parameters: the rule agrees with the integral over the tail."""

from __future__ import annotations

import math

import numpy as np
import pytest

from funnelsim.distributions import Distribution, parse_distribution
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.quantile_table import has_endless_tail, mean_beyond_last_word

#: Just inside the limit of each family, at both ends of what it accepts.
AT_THE_LIMIT = (
    "lognormal(median=1d, sigma=2)",
    "lognormal(median=1d, sigma=0.001)",
    "weibull(shape=0.25, scale=1d)",
    "weibull(shape=80, scale=1d)",
    "loglogistic(median=1d, shape=2)",
    "loglogistic(median=1d, shape=90)",
    "gamma(shape=0.01, scale=1d)",
    "gamma(shape=100000, scale=1d)",
    "exponential(mean=3d)",
    "constant(3d)",
    "constant(0d)",
    "uniform(low=0d, high=9d)",
    "triangular(low=0d, mode=0d, high=9d)",
    "pert(low=0d, mode=0d, high=9d)",
)
BEYOND_THE_LIMIT = (
    "lognormal(median=1d, sigma=2.01)",
    "weibull(shape=0.24, scale=1d)",
    "loglogistic(median=1d, shape=1.99)",
    "gamma(shape=0.009, scale=1d)",
    "lognormal(median=1d, sigma=2.5, max=90d)",
)


def _duration(text: str) -> Distribution:
    return parse_distribution(text, kind="duration")


def _share_beyond(distribution: Distribution, q: float) -> float:
    """Share of the mean in values rarer than q, by a finer integral than the one in `table.py`."""
    y = np.linspace(0.0, 200.0, 8001)
    v = q * 2.0**-y
    return float(np.trapezoid(distribution.isf(v) * v * math.log(2), y)) / (distribution.mean() or 1.0)


@pytest.mark.parametrize("text", AT_THE_LIMIT)
def test_a_tail_called_light_holds_little_even_of_a_rare_component(text: str) -> None:
    """Mutants: sigma up to 3, shapes down to 0.15 and 1.5."""
    distribution = _duration(text)
    assert distribution.has_light_tail
    assert _share_beyond(distribution, 2.0**-26) < 3e-4
    assert mean_beyond_last_word(distribution) < 3e-5


@pytest.mark.parametrize("text", BEYOND_THE_LIMIT)
def test_other_tails_are_computed(text: str) -> None:
    assert not _duration(text).has_light_tail


def test_the_share_beyond_a_quantile_is_that_of_the_normal_distribution() -> None:
    """Closed form of a lognormal: Phi(sigma - z)."""
    z = 6.33795775  # upper quantile at 2**-33
    for sigma in (1.0, 2.0, 3.0, 3.5):
        expected = math.erfc((z - sigma) / math.sqrt(2)) / 2
        found = mean_beyond_last_word(_duration(f"lognormal(median=1d, sigma={sigma})"))
        assert found == pytest.approx(expected, rel=5e-3)


def test_a_mixture_is_as_light_as_its_components_unless_one_is_too_rare() -> None:
    parts = (_duration("lognormal(median=100d, sigma=2)"), _duration("exponential(mean=1d)"))
    common, rare = (Mixture("duration", weights, parts) for weights in ((1.0, 127.0), (1.0, 128.0)))
    assert common.has_light_tail
    assert mean_beyond_last_word(common) < 3e-4
    assert not rare.has_light_tail


@pytest.mark.parametrize("text", ["lognormal(median=1d, sigma=3.5)", "weibull(shape=0.05, scale=1d)"])
def test_an_endless_tail_is_still_found(text: str) -> None:
    assert has_endless_tail(_duration(text))


@pytest.mark.parametrize("median", ["1e120", "1e-120"])
def test_extreme_scales_are_computed(median: str) -> None:
    assert not parse_distribution(f"lognormal(median={median}, sigma=1)", kind="amount").has_light_tail


@pytest.mark.parametrize(
    "text",
    [
        "weibull(shape=0.6, scale=3d)",
        "weibull(shape=4, scale=3d)",
        "loglogistic(median=2d, shape=1.1)",
        "loglogistic(median=2d, shape=7)",
        "mixture(0.2*weibull(shape=0.6, scale=3d), 0.8*exponential(mean=9d))",
        "gamma(shape=2, scale=3d)",
        "lognormal(median=1d, sigma=2, max=9d)",
    ],
)
def test_the_mean_without_scipy_is_the_mean(text: str) -> None:
    distribution = _duration(text)
    assert distribution.mean_without_scipy() == pytest.approx(distribution.mean(), rel=1e-12)


def test_a_loglogistic_without_a_mean_has_none_without_scipy_either() -> None:
    assert _duration("loglogistic(median=2d, shape=0.9)").mean_without_scipy() == math.inf
