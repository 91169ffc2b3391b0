"""Empirical distributions, mixtures and largest values: what is particular to them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Exponential, Lognormal


def test_an_empirical_distribution_is_its_values():
    """Catches: interpolation between values, the order of writing taken for the order of size."""
    distribution = parse_distribution("empirical(8d, 3d, 5d, 3d)")
    assert distribution.ppf([0.01, 0.5, 0.51, 0.75, 0.76, 0.99]).tolist() == [3, 3, 5, 5, 8, 8]
    assert distribution.isf([0.99, 0.5, 0.49, 0.25, 0.24, 0.01]).tolist() == [3, 3, 5, 5, 8, 8]
    assert distribution.cdf([2.9, 3, 4.9, 5, 8]).tolist() == [0, 0.5, 0.5, 0.75, 1]
    assert distribution.sf([2.9, 3, 4.9, 5, 8]).tolist() == [1, 0.5, 0.5, 0.25, 0]
    assert distribution.mean() == 4.75


def test_a_rare_large_value_keeps_its_weight_in_the_upper_tail():
    """Catches: sf as 1 - cdf, where a weight of 1e-18 is lost."""
    distribution = Empirical.of([1.0, 9.0], [1.0, 1e-18])
    assert distribution.sf(1.0) == 1e-18
    assert distribution.isf(0.5e-18) == 9.0
    assert distribution.isf(2e-18) == 1.0


def test_an_empirical_distribution_is_made_from_arrays_and_leaves_them_alone():
    values, weights = np.array([5.0, 2.0]), np.array([1.0, 3.0])
    distribution = Empirical.of(values, weights, kind="amount")
    assert distribution == parse_distribution("empirical(1*5, 3*2)", "amount")
    assert values.tolist() == [5, 2]
    with pytest.raises(ValueError, match="read-only"):
        distribution.atoms[0] = 7
    with pytest.raises(ValueError, match="2 values but 1 weights"):
        Empirical.of([1, 2], [1])
    with pytest.raises(ValueError, match="0 or more and finite, found nan"):
        Empirical.of([1, math.nan])


def test_a_mixture_of_two_exponentials_is_the_hyperexponential_distribution():
    """S(x) = 0.4 exp(-x/2) + 0.6 exp(-x/30). Catches: quantiles mixed instead of probabilities."""
    distribution = parse_distribution("mixture(2*exponential(mean=2d), 3*exponential(mean=30d))")
    x = np.array([0.001, 1.0, 5.0, 40.0, 400.0])
    survival = 0.4 * np.exp(-x / 2) + 0.6 * np.exp(-x / 30)
    assert distribution.sf(x) == pytest.approx(survival)
    assert distribution.isf(survival) == pytest.approx(x, rel=1e-12)
    assert distribution.ppf(-np.expm1(np.log(survival))) == pytest.approx(x, rel=1e-10)
    assert distribution.mean() == pytest.approx(0.4 * 2 + 0.6 * 30)
    assert distribution.sd() ** 2 == pytest.approx(2 * (0.4 * 4 + 0.6 * 900) - 18.8**2)


def test_an_atom_in_a_mixture_takes_exactly_its_share():
    """30 % close at once, 20 % on day 7; the rest is exponential.

    Catches: an atom that takes u up to its weight instead of up to F, a quantile that rounds past an atom.
    """
    distribution = parse_distribution(
        "mixture(0.3*constant(0d), 0.2*constant(7d), 0.5*exponential(mean=10d))"
    )
    before = 0.3 + 0.5 * -math.expm1(-0.7)
    assert distribution.ppf([1e-9, 0.1, 0.3]).tolist() == [0, 0, 0]
    assert 0 < distribution.ppf(0.3 + 1e-9) < 1e-7
    assert distribution.ppf([before + 1e-9, before + 0.1, before + 0.2 - 1e-9]).tolist() == [7, 7, 7]
    assert distribution.ppf(before - 1e-6) == pytest.approx(7, abs=1e-4)
    assert distribution.ppf(before - 1e-6) < 7 < distribution.ppf(before + 0.2 + 1e-6)
    u = (np.arange(200_000) + 0.5) / 200_000
    for x in (distribution.ppf(u), distribution.isf(u)):
        assert np.mean(x == 0) == pytest.approx(0.3, abs=1e-5)
        assert np.mean(x == 7) == pytest.approx(0.2, abs=1e-5)
        rest = np.sort(x[(x > 0) & (x != 7)])
        assert rest.mean() == pytest.approx(10, rel=1e-3)


def test_a_gap_in_a_mixture_is_jumped_over():
    distribution = parse_distribution("mixture(1*uniform(low=1d, high=2d), 1*uniform(low=5d, high=6d))")
    assert distribution.ppf([0.25, 0.49999, 0.50001, 0.75]) == pytest.approx([1.5, 1.99998, 5.00002, 5.5])
    assert distribution.isf([0.75, 0.50001, 0.49999, 0.25]) == pytest.approx([1.5, 1.99998, 5.00002, 5.5])


def test_a_mixture_of_mixtures_is_the_mixture_of_all():
    nested = parse_distribution(
        "mixture(1*mixture(1*exponential(mean=1d), 3*constant(2d)), "
        "1*mixture(1*gamma(mean=9d, sd=2d), max=9d))"
    )
    flat = parse_distribution(
        "mixture(1*exponential(mean=1d), 3*constant(2d), 4*gamma(mean=9d, sd=2d, max=9d))"
    )
    u = np.linspace(0.001, 0.999, 999)
    assert nested.ppf(u) == pytest.approx(flat.ppf(u), rel=1e-12)
    assert nested.isf(u) == pytest.approx(flat.isf(u), rel=1e-12)


def test_a_mixture_holds_distributions_of_its_own_kind():
    with pytest.raises(ValueError, match="is of kind amount, not duration"):
        Mixture("duration", (1.0,), (Exponential.of("amount", mean=3),))
    with pytest.raises(ValueError, match="give distributions with their weights"):
        Mixture("duration", (1.0, 2.0), (Exponential.of(mean=3),))


def test_quantiles_of_a_mixture_take_few_steps(monkeypatch):
    """Plain bisection needs about 50 evaluations of every distribution; a table asks for 20,000 quantiles."""
    asked = []
    original = Lognormal.cdf
    monkeypatch.setattr(Lognormal, "cdf", lambda self, x: asked.append(np.size(x)) or original(self, x))
    distribution = parse_distribution(
        "mixture(0.7*lognormal(median=6d, sigma=0.8), 0.3*exponential(mean=60d))"
    )
    distribution.ppf(np.linspace(1e-6, 0.999, 5000))
    assert sum(asked) < 5000 * 25


def test_a_largest_value_can_be_changed_and_is_scaled_along():
    distribution = parse_distribution("lognormal(median=6d, sigma=0.8, max=60d)")
    assert distribution.given == {"median": 6, "sigma": 0.8, "max": 60}
    assert distribution.replaced("max", 30.0).text() == "lognormal(median=6d, sigma=0.8, max=30d)"
    assert distribution.replaced("median", 7.0).text() == "lognormal(median=7d, sigma=0.8, max=60d)"
    assert distribution.scaled(0.5).text() == "lognormal(median=3d, sigma=0.8, max=30d)"
    with pytest.raises(ValueError, match="no probability up to max"):
        parse_distribution("uniform(low=3d, high=9d, max=6d)").replaced("max", 2.0)


def test_the_tails_of_a_distribution_cut_far_out_or_far_in_keep_their_digits():
    """Catches: both tails computed from the larger one."""
    far_in = parse_distribution("lognormal(median=6d, sigma=0.8, max=0.05d)")
    assert far_in.sf(far_in.isf(1e-7)) == pytest.approx(1e-7, rel=1e-6, abs=0)
    assert far_in.cdf(far_in.ppf(1e-9)) == pytest.approx(1e-9, rel=1e-9, abs=0)
    far_out = parse_distribution("exponential(mean=1d, max=40d)")
    assert far_out.sf(20.0) == pytest.approx(math.exp(-20) - math.exp(-40), rel=1e-7, abs=0)
    assert far_out.isf(math.exp(-30) - math.exp(-40)) == pytest.approx(30, rel=1e-9)
