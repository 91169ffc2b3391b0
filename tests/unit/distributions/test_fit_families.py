"""The families that a fit chooses from: the same distributions, safe wherever an optimiser goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.fit_families import FIT_FAMILIES

NAMES = sorted(FIT_FAMILIES)
THETA = {
    "exponential": [np.log(9.0)],
    "weibull": [np.log(0.7), np.log(30.0)],
    "gamma": [np.log(2.3), np.log(4.0)],
    "lognormal": [np.log(6.0), np.log(0.8)],
    "loglogistic": [np.log(5.0), np.log(2.1)],
}


def test_the_families_state_what_a_fitted_model_will_say():
    found = {
        name: family.from_theta(THETA[name]).text().split("(")[0] for name, family in FIT_FAMILIES.items()
    }
    assert found == {name: name for name in NAMES}
    assert {name: family.parameters for name, family in FIT_FAMILIES.items()} == {
        "exponential": ("mean",),
        "weibull": ("shape", "scale"),
        "gamma": ("shape", "scale"),
        "lognormal": ("median", "sigma"),
        "loglogistic": ("median", "shape"),
    }
    assert next(iter(FIT_FAMILIES)) == "exponential", "a tie goes to the simplest"


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_fit_sees_the_distribution_that_the_model_will_hold(name, data):
    """log_pdf and log_sf against from_theta. Catches: parameters in another order, a lost 1/x."""
    family = FIT_FAMILIES[name]
    theta = [data.draw(st.floats(-2, 3)) for _ in family.parameters]
    distribution = family.from_theta(theta)
    assert list(distribution.given) == list(family.parameters)
    assert list(distribution.given.values()) == pytest.approx(np.exp(theta))
    x = np.concatenate([distribution.ppf([1e-9, 0.01, 0.3, 0.5]), distribution.isf([0.3, 0.01, 1e-9])])
    x = x[(x > 1e-290) & (x < 1e290)]
    assert family.log_pdf(x, theta) == pytest.approx(distribution.logpdf(x), rel=1e-9, abs=1e-9)
    assert family.log_sf(x, theta) == pytest.approx(np.log(distribution.sf(x)), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_survival_just_below_one_keeps_its_digits(name):
    """log S(x) is -F(x) there. Catches: log of a survival that was rounded to 1."""
    family, distribution = FIT_FAMILIES[name], FIT_FAMILIES[name].from_theta(THETA[name])
    x = distribution.ppf(np.array([1e-18, 1e-15, 1e-10]))
    assert family.log_sf(x, THETA[name]) == pytest.approx(-distribution.cdf(x), rel=1e-9, abs=0)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_nothing_that_an_optimiser_tries_gives_a_warning_or_an_infinity(name, data):
    """Catches: overflow of x / scale, 0 * inf, an incomplete gamma function that underflows to log 0."""
    family = FIT_FAMILIES[name]
    anywhere = st.floats(-1e4, 1e4) | st.floats(-5, 5)
    theta = np.array([data.draw(anywhere) for _ in family.parameters])
    x = np.array([1e-300, 1e-9, 0.01, 1.0, 7.0, 1e3, 1e9, 1e300])
    for values in (family.log_pdf(x, theta), family.log_sf(x, theta)):
        assert np.isfinite(values).all()
    assert (family.log_sf(x, theta) <= 0).all()
    assert (np.diff(family.log_sf(x, theta)) <= 0).all(), "survival never rises"


def test_the_far_tail_of_a_gamma_distribution_is_that_of_its_continued_fraction():
    """Where gammaincc is 0.0: log S against 20,000 levels of the fraction, and joined on without a step.

    Catches: the exponent of z without its log, the fraction upside down, -inf.
    """
    log_sf = FIT_FAMILIES["gamma"].log_sf
    for shape in (0.05, 1.0, 30.0, 2000.0):
        z = shape + (40 * np.sqrt(shape) + 700) * np.array([1.0, 3.0])
        fraction = z + 1 - shape + 2 * 20_000
        for n in range(20_000, 0, -1):
            fraction = z - shape + 2 * n - 1 - n * (n - shape) / fraction
        expected = shape * np.log(z) - z - special.gammaln(shape) - np.log(fraction)
        assert log_sf(z, [np.log(shape), 0.0]) == pytest.approx(expected, rel=1e-10)
        around = np.linspace(*(float(special.gammainccinv(shape, q)) for q in (1e-280, 1e-298)), 4001)
        step = np.diff(log_sf(around, [np.log(shape), 0.0]))
        assert step == pytest.approx(np.full(4000, np.median(step)), rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_many_thetas_are_tried_at_once(name):
    """theta of shape (P, 3, 1) over x of shape (5,) gives (3, 5)."""
    family = FIT_FAMILIES[name]
    x = np.array([0.5, 1.0, 3.0, 8.0, 50.0])
    tries = np.array(THETA[name])[:, None] + np.array([0.0, 0.1, -0.2])
    for function in (family.log_pdf, family.log_sf):
        together = function(x, tries[:, :, None])
        assert together.shape == (3, 5)
        for i in range(3):
            assert together[i] == pytest.approx(function(x, tries[:, i]), rel=1e-12)
        assert np.shape(function(3.0, THETA[name])) == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_fit_starts_near_the_distribution(name):
    """Moments of 40,000 even quantiles come back within 15 %. Catches: scale for mean, sd for 1 / shape."""
    family = FIT_FAMILIES[name]
    distribution = family.from_theta(THETA[name])
    x = distribution.ppf((np.arange(40_000) + 0.5) / 40_000)
    assert np.exp(family.start(x)) == pytest.approx(np.exp(THETA[name]), rel=0.15)


@pytest.mark.parametrize("name", NAMES)
def test_weights_count_as_repeats(name):
    family = FIT_FAMILIES[name]
    repeated = family.start([1.0, 2.0, 2.0, 2.0, 9.0])
    assert family.start([1.0, 2.0, 9.0], weights=[2.0, 6.0, 2.0]) == pytest.approx(repeated)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("x", [[3.0], [3.0, 3.0, 3.0], [1e-5, 1e5]])
def test_a_fit_can_start_from_anything(name, x):
    """One observation, all alike, very far apart."""
    family = FIT_FAMILIES[name]
    theta = family.start(x)
    assert theta.shape == (len(family.parameters),)
    assert np.isfinite(theta).all()
    assert np.isfinite(family.log_pdf(x, theta)).all()


@pytest.mark.parametrize("name", NAMES)
def test_from_theta_gives_distributions_of_any_kind(name):
    distribution = FIT_FAMILIES[name].from_theta(THETA[name], "amount")
    assert distribution.kind == "amount"
    assert parse_distribution(distribution.text(), "amount") == distribution
