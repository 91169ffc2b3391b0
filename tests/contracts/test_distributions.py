"""What every distribution must be able to do. A new family is one more line in `DISTRIBUTIONS`."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelsim.distributions import Distribution, parse_distribution
from funnelsim.distributions.parse import FAMILIES, WORDS

SMOOTH = [
    "exponential(mean=9d)",
    "exponential(median=90min)",
    "lognormal(mean=6d, sigma=0.8)",
    "lognormal(median=20d, sigma=3)",
    "lognormal(median=6d, p90=6.1d)",
    "gamma(mean=3d, sd=1d)",
    "gamma(shape=0.3, scale=20d)",
    "gamma(shape=5000, scale=0.1d)",
    "weibull(shape=0.4, scale=5d)",
    "weibull(shape=12, scale=5d)",
    "loglogistic(median=5d, shape=3)",
    "loglogistic(median=5d, shape=60)",
    "loglogistic(median=5d, shape=0.7, max=1000d)",
    "pareto(low=5d, excess=20d, xi=0.2)",
    "pareto(low=0d, scale=3d, xi=0)",
    "pareto(low=2d, excess=20d, xi=0.7, max=1000d)",
    "uniform(low=1d, high=12d)",
    "uniform(low=0d, high=30min)",
    "triangular(low=1d, mode=2d, high=9d)",
    "triangular(low=0d, mode=0d, high=9d)",
    "triangular(low=0d, mode=9d, high=9d)",
    "pert(low=1d, mode=3d, high=20d)",
    "pert(low=0d, mode=20d, high=20d)",
    "lognormal(median=6d, sigma=0.8, max=60d)",
    "lognormal(median=6d, sigma=0.8, max=1d)",
    "weibull(shape=0.7, scale=30d, max=90d)",
    "gamma(mean=3d, sd=1d, max=2d)",
    "exponential(mean=9d, max=1d)",
    "uniform(low=1d, high=12d, max=3d)",
    "triangular(low=1d, mode=2d, high=9d, max=4d)",
    "pert(low=1d, mode=3d, high=20d, max=15d)",
    "mixture(0.7*lognormal(median=6d, sigma=0.8), 0.3*gamma(mean=60d, sd=10d))",
    "mixture(0.999*exponential(mean=1d), 0.001*pert(low=100d, mode=150d, high=400d))",
    "mixture(7*weibull(shape=0.9, scale=30d), 3*lognormal(median=3d, sigma=0.4, max=5d), max=70d)",
    "mixture(1*mixture(1*exponential(mean=1d), 2*uniform(low=2d, high=5d)), 2*gamma(mean=3d, sd=2d))",
    "mixture(9*lognormal(median=6d, sigma=0.8, max=15d), 1*pareto(low=15d, excess=9d, xi=0.3, max=900d))",
]
STEPPED = [
    "constant(3d)",
    "constant(0d)",
    "constant(3d, max=5d)",
    "empirical(3d, 5d, 8d)",
    "empirical(2*3d, 1*0d, 4.5*8d, 2*3d)",
    "empirical(3d, 5d, 8d, max=6d)",
    "mixture(0.2*constant(1d), 0.8*empirical(1d, 2d))",
]
PARTLY_STEPPED = [
    "mixture(0.7*lognormal(median=6d, sigma=0.8), 0.3*constant(0d))",
    "mixture(0.5*exponential(mean=3d), 0.2*constant(7d), 0.3*empirical(1d, 2d, 30d))",
    "mixture(1*constant(0d), 8*gamma(mean=3d, sd=2d, max=9d), 1*pareto(low=9d, excess=9d, xi=0.1))",
    "mixture(0.5*gamma(mean=3d, sd=2d), 0.5*empirical(1d, 2d, 30d), max=20d)",
    "mixture(1*mixture(0.5*exponential(mean=3d), 0.5*constant(7d), max=10d), 1*uniform(low=8d, high=9d))",
]
DISTRIBUTIONS = SMOOTH + STEPPED + PARTLY_STEPPED

#: Distances from the end of (0, 1): half powers of 2 down to the rarest word of a draw, 2^-33.
TAIL = np.sort(np.concatenate([2.0 ** -np.arange(1, 33.5, 0.5), np.linspace(0.05, 0.5, 46)]))


def distribution(text: str) -> Distribution:
    return parse_distribution(text)


def resolution(it: Distribution, x: np.ndarray) -> np.ndarray:
    """Change of probability over a few units in the last place of `x`: no quantile can be closer."""
    return 8 * np.finfo(float).eps * x * np.exp(it.logpdf(x))


def test_every_family_is_here():
    assert {text.split("(")[0] for text in DISTRIBUTIONS} == set(WORDS)


@pytest.mark.parametrize("text", SMOOTH)
def test_quantiles_invert_probabilities_in_both_tails(text):
    """F(Q(u)) = u and S(Q(1 - q)) = q, relative to the distance from the near end.

    Catches: isf as ppf(1 - q), sf as 1 - cdf, a truncated distribution rescaled without its tail.
    """
    it = distribution(text)
    lower, upper = it.ppf(TAIL), it.isf(TAIL)
    assert np.all(np.abs(it.cdf(lower) - TAIL) <= 1e-11 * TAIL + resolution(it, lower))
    # The tail of a truncated distribution is a difference of two, so it is as good as the larger of them.
    larger = TAIL + 1e-4 * text.count("max=")
    assert np.all(np.abs(it.sf(upper) - TAIL) <= 1e-11 * larger + resolution(it, upper))


@pytest.mark.parametrize("text", SMOOTH + PARTLY_STEPPED)
def test_both_quantile_functions_agree_in_the_middle(text):
    """Q at u is the upper quantile at 1 - u. Catches: a bias in one of the two roads."""
    it = distribution(text)
    u = np.linspace(0.004, 0.996, 249)
    x, y = it.ppf(u), it.isf(1 - u)
    # Where the distribution has a gap, or nearly, one unit in the last place of u may jump over it.
    nearby = (it.ppf(u - 1e-13) <= y) & (y <= it.ppf(u + 1e-13))
    assert np.all(nearby | np.isclose(x, y, rtol=1e-11))


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_a_quantile_is_the_least_value_that_reaches_its_probability(text):
    """Catches: u beyond an atom's mass given to the atom, an atom skipped, the far end of a gap."""
    it = distribution(text)
    u = np.concatenate([TAIL, 1 - TAIL]) * (1 - 1e-9) + 1e-11
    rounding = 1e-15
    x = it.ppf(u)
    assert np.all(it.cdf(x * (1 + 1e-9) + 1e-12) >= u - rounding)
    assert np.all(it.cdf(x * (1 - 1e-9) - 1e-12) <= u + rounding)
    y = it.isf(1 - u)
    assert np.all(it.sf(y * (1 + 1e-9) + 1e-12) <= 1 - u + rounding)
    assert np.all(it.sf(y * (1 - 1e-9) - 1e-12) >= 1 - u - rounding)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_quantiles_never_fall(text):
    it = distribution(text)
    u = np.linspace(2.0**-33, 1 - 2.0**-33, 4001)
    assert np.all(np.diff(it.ppf(u)) >= 0)
    assert np.all(np.diff(it.isf(u)) <= 0)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_probabilities_below_and_above_sum_to_one(text):
    it = distribution(text)
    x = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 400), [1, 2, 3, 5, 7, 8, 30]])
    assert np.abs(it.cdf(x) + it.sf(x) - 1).max() <= 2e-15 * (1 + 1e2 * text.count("max="))


def smooth_integral(it: Distribution, power: int, below: float = 1.0) -> float:
    """Integral of Q(u)^power over (0, below), by quarter octaves from both ends, 20 Gauss points each."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = 2.0 ** -np.arange(1, 300, 0.25)
    left, right = edges[1:, None], edges[:-1, None]
    distance = ((left + right) / 2 + (right - left) / 2 * nodes).ravel()
    weight = ((right - left) / 2 * weights).ravel()
    total = np.sum(weight * it.ppf(distance * below) ** power) * below
    upper = it.isf(distance) if below == 1.0 else it.ppf(below * (1 - distance))
    return float(total + np.sum(weight * upper**power) * below)


@pytest.mark.parametrize("text", SMOOTH)
def test_mean_and_sd_are_those_of_the_quantiles(text):
    """Catches: mean without the truncation, sd of the log for sd, the raw second moment for the variance."""
    it = distribution(text)
    mean = smooth_integral(it, 1)
    variance = smooth_integral(it, 2) - mean**2
    kinked = 1e-3 if text.startswith(("mixture", "triangular")) else 1e-8
    assert it.mean() == pytest.approx(mean, rel=kinked)
    assert it.sd() == pytest.approx(math.sqrt(variance), rel=10 * kinked)


@pytest.mark.parametrize("text", SMOOTH)
@pytest.mark.parametrize("power", [1, 2])
def test_partial_moments_are_those_of_the_quantiles(text, power):
    """At a tenth, the middle and near the end. Catches: a share of the wrong power, the mean given X <= m."""
    it = distribution(text)
    kinked = 1e-3 if text.startswith(("mixture", "triangular")) else 1e-8
    for below in (0.1, 0.5, 0.97):
        upto = float(it.ppf(below))
        expected = smooth_integral(it, power, below)
        assert it.partial_moment(power, upto) == pytest.approx(expected, rel=kinked)
    assert it.partial_moment(1, math.inf) == pytest.approx(it.mean())
    assert it.partial_moment(1, -1.0) == 0.0


@pytest.mark.parametrize("text", STEPPED + PARTLY_STEPPED)
def test_moments_with_atoms_are_those_of_a_fine_grid_of_quantiles(text):
    """Mean, sd and partial moment over 400,000 evenly spread quantiles. Catches: an atom counted twice."""
    it = distribution(text)
    x = it.ppf((np.arange(400_000) + 0.5) / 400_000)
    assert it.mean() == pytest.approx(x.mean(), rel=2e-4, abs=1e-12)
    assert it.sd() == pytest.approx(x.std(), rel=2e-3, abs=1e-12)
    assert it.partial_moment(1, 4.0) == pytest.approx(np.where(x <= 4, x, 0).mean(), rel=2e-4, abs=1e-12)


@pytest.mark.parametrize("text", SMOOTH)
def test_density_is_the_slope_of_the_probability(text):
    """By a central difference. Catches: a missing Jacobian, a truncated density that is not divided."""
    it = distribution(text)
    x = it.ppf(np.linspace(0.013, 0.987, 60))
    h = 1e-6 * x
    slope = (it.cdf(x + h) - it.cdf(x - h)) / ((x + h) - (x - h))
    assert np.exp(it.logpdf(x)) == pytest.approx(slope, rel=2e-4)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_nothing_lies_below_zero(text):
    it = distribution(text)
    x = np.array([-1e9, -1.0, -1e-300])
    assert np.all(it.cdf(x) == 0)
    assert np.all(it.sf(x) == 1)
    assert np.all(it.logpdf(x) == -np.inf)
    assert it.cdf(np.inf) == 1
    assert it.sf(np.inf) == 0


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_the_ends_are_the_ends_of_the_distribution(text):
    """Without a warning: pytest turns warnings into errors here."""
    it = distribution(text)
    lowest, highest = it.ppf([0.0, 1.0])
    assert 0 <= lowest <= it.ppf(2.0**-33)
    assert highest >= it.isf(2.0**-33)
    assert it.isf(0.0) == pytest.approx(highest, rel=1e-12)
    assert it.isf(1.0) == pytest.approx(lowest, rel=1e-12)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_shapes_are_kept(text):
    it = distribution(text)
    for function in (it.cdf, it.sf, it.logpdf, it.ppf, it.isf):
        assert np.shape(function(0.5)) == ()
        assert np.shape(function(np.full((3, 2), 0.5))) == (3, 2)
        assert np.shape(function(np.empty(0))) == (0,)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_scaled_is_the_distribution_of_the_multiple(text):
    """Catches: sigma or shape scaled too, `max` left behind."""
    it = distribution(text)
    twice = it.scaled(2.5)
    u = np.linspace(0.01, 0.99, 50)
    assert twice.ppf(u) == pytest.approx(2.5 * it.ppf(u), rel=1e-12)
    assert twice.mean() == pytest.approx(2.5 * it.mean())
    assert twice.sd() == pytest.approx(2.5 * it.sd())
    assert parse_distribution(twice.text()) == twice
    assert it.scaled(1.0) == it
    assert it.scaled(0.0).text() == "constant(0d)"


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_replaced_changes_one_parameter_and_nothing_else(text):
    """Catches: the parameter that came out of the recipe changed instead of the one that was given."""
    it = distribution(text)
    before = dict(it.given)
    for name, value in before.items():
        new = value * (0.9921875 if name.endswith("mode") else 1.0078125)
        changed = it.replaced(name, new)
        # What was seen has no parameters: its mean is computed, and so known to the last digits only.
        computed = "empirical" in text
        assert changed.given == pytest.approx(before | {name: new}, rel=1e-14 if computed else 0, abs=0)
        assert list(changed.given) == list(before)
        assert parse_distribution(changed.text()) == changed
        assert computed or changed.replaced(name, value) == it
    assert it.given == before
    with pytest.raises(ValueError, match=r"no parameter \"nonsense\""):
        it.replaced("nonsense", 1.0)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_a_distribution_is_a_value(text):
    """Equal distributions are equal, hash alike, survive pickling and cannot be changed."""
    it = distribution(text)
    assert it == distribution(text)
    assert hash(it) == hash(distribution(text))
    assert it != it.scaled(3.0) or text == "constant(0d)"
    assert pickle.loads(pickle.dumps(it)) == it
    assert np.array_equal(pickle.loads(pickle.dumps(it)).ppf(TAIL), it.ppf(TAIL))
    with pytest.raises(dataclasses.FrozenInstanceError):
        it.kind = "amount"
    assert it.is_continuous == (text in SMOOTH)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_max_is_the_distribution_given_that_it_is_not_exceeded(text):
    """Catches: values above `max` moved to it instead of drawn again."""
    it = distribution(text)
    if "max=" in text:
        return
    largest = float(it.ppf(0.8))
    cut = parse_distribution(f"{text[:-1]}, max={largest!r}d)")
    below = float(it.cdf(largest))
    x = it.ppf(np.linspace(0.01, 0.79, 40))
    assert cut.cdf(x) == pytest.approx(it.cdf(x) / below)
    assert cut.isf(0.0) <= largest
    assert cut.given["max"] == largest


# --- text -----------------------------------------------------------------------------------------

QUANTITY = st.floats(1e-3, 1e5)
FREE = {"sigma": st.floats(0.05, 2.0), "shape": st.floats(1.1, 50.0), "xi": st.floats(0.0, 0.95)}
KINDS = ("duration", "effort", "amount", "factor")


@st.composite
def parameters(draw: st.DrawFn, family: str, names: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Values that the names can take together: low <= mode <= high, median < mean < p90."""
    order = (
        sorted(names, key=["low", "mode", "median", "mean", "p90", "high"].index)
        if not (set(names) & {"sd", "sigma", "shape", "scale", "value", "xi"})
        else []
    )
    values: dict[str, float] = {}
    at = draw(QUANTITY)
    for name in order or names:
        values[name] = draw(FREE[name]) if name in FREE else at if order else draw(QUANTITY)
        at *= draw(st.floats(1.05, 2.0))
    if "sd" in values:
        other = values.get("mean", values.get("median", 1.0))
        values["sd"] = other * draw(st.floats(0.05, 2.0))
    return tuple((name, values[name]) for name in names)


@st.composite
def named_distributions(draw: st.DrawFn, kind: str) -> Distribution:
    family = draw(st.sampled_from(sorted(FAMILIES)))
    names = draw(st.sampled_from(sorted(FAMILIES[family].recipes)))
    return FAMILIES[family](kind, draw(parameters(family, names)))


@settings(max_examples=300)
@given(st.data(), st.sampled_from(KINDS))
def test_text_reads_back_as_the_same_distribution(data, kind):
    """To the last bit, in every family, by every set of parameters, in every kind.

    Catches: digits lost between days and hours of effort, a unit left out, parameters sorted by name.
    """
    it = data.draw(named_distributions(kind))
    again = parse_distribution(it.text(), kind)
    assert again == it
    assert again.natural == it.natural


@settings(max_examples=100)
@given(st.data(), st.sampled_from(KINDS))
def test_text_of_compound_distributions_reads_back(data, kind):
    from funnelsim.distributions.empirical import Empirical
    from funnelsim.distributions.mixture import Mixture
    from funnelsim.distributions.truncated import Truncated

    values = data.draw(st.lists(QUANTITY, min_size=1, max_size=4))
    weights = data.draw(st.sampled_from([None, [0.1 + 1 / (3 + i) for i in range(len(values))]]))
    seen = Empirical.of(values, weights, kind=kind)
    named = data.draw(named_distributions(kind))
    both = Mixture(kind, (data.draw(st.floats(0.1, 10)), 1 / 3), (named, seen))
    for it in (seen, both, Truncated(both, max(values)), Mixture(kind, (1.0,), (Truncated(both, 1e9),))):
        assert parse_distribution(it.text(), kind) == it
