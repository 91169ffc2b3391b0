"""Each parameter means what it says, and each family is the distribution of that name elsewhere."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.parametric import Gamma, Loglogistic, Lognormal, Weibull
from funnelsim.distributions.parse import FAMILIES

Z90 = stats.norm.ppf(0.9)
PAIRS = [(family, names) for family, cls in FAMILIES.items() for names in cls.recipes]

#: A parameter computed from its distribution: family (or any) and name -> function of the distribution.
MEANING = {
    "mean": lambda distribution: distribution.mean(),
    "sd": lambda distribution: distribution.sd(),
    "median": lambda distribution: float(distribution.ppf(0.5)),
    "p90": lambda distribution: float(distribution.isf(0.1)),
    "low": lambda distribution: float(distribution.ppf(0.0)),
    "high": lambda distribution: float(distribution.isf(0.0)),
    "value": lambda distribution: float(distribution.ppf(0.3)),
    "sigma": lambda distribution: math.log(distribution.isf(0.1) / distribution.ppf(0.5)) / Z90,
    "weibull.shape": lambda distribution: (
        math.log(math.log(10) / math.log(2)) / math.log(distribution.isf(0.1) / distribution.ppf(0.5))
    ),
    "weibull.scale": lambda distribution: float(distribution.isf(math.exp(-1))),
    "gamma.shape": lambda distribution: (distribution.mean() / distribution.sd()) ** 2,
    "gamma.scale": lambda distribution: distribution.sd() ** 2 / distribution.mean(),
    "excess": lambda distribution: distribution.mean() - float(distribution.ppf(0.0)),
    # Pickands, J. (1975): quantiles whose survival halves are ever further apart, by a factor of 2^xi.
    "xi": lambda distribution: math.log2(
        (distribution.isf(0.25) - distribution.isf(0.5)) / (distribution.isf(0.5) - distribution.isf(1.0))
    ),
    "pareto.scale": lambda distribution: 1 / float(np.exp(distribution.logpdf(distribution.ppf(0.0)))),
    "loglogistic.shape": lambda distribution: (
        math.log(9) / math.log(distribution.isf(0.1) / distribution.ppf(0.5))
    ),
    "loglogistic.scale": lambda distribution: float(distribution.ppf(0.5)),
}


def mode(distribution) -> float:
    x = np.linspace(distribution.ppf(1e-4), distribution.isf(1e-2), 200_001)
    return float(x[np.argmax(distribution.logpdf(x))])


def meaning(distribution, name: str) -> float:
    if name == "mode":
        return mode(distribution)
    return MEANING.get(f"{distribution.family}.{name}", MEANING.get(name))(distribution)


@pytest.mark.parametrize(("family", "names"), PAIRS, ids=lambda v: v if isinstance(v, str) else "-".join(v))
@settings(max_examples=25)
@given(data=st.data())
def test_each_parameter_is_what_it_says(family, names, data):
    """By every set of names, against the distribution's own mean, quantiles and peak.

    Catches: sigma taken for the sd, mean for the median, p90 as the 10 % quantile, scale for its inverse.
    """
    level = data.draw(st.floats(0.01, 1000))
    spread = data.draw(st.floats(1.2, 2.1))  # a p90 over median below 2.2 is known to every family
    values = {
        "low": level,
        "mode": level * spread,
        "high": level * spread**3,
        "median": level,
        "mean": level * spread**0.25 if "median" in names else level,
        "p90": level * spread,
        "sd": level * (spread - 1),
        "sigma": spread - 1,
        "shape": data.draw(st.floats(1.2, 20)),
        "scale": level,
        "excess": level,
        "xi": (spread - 1) / 1.2,
        "value": level,
    }
    distribution = FAMILIES[family].of(**{name: values[name] for name in names})
    for name in names:
        tolerance = 2e-3 if name == "mode" else 1e-9
        assert meaning(distribution, name) == pytest.approx(values[name], rel=tolerance), name


#: As a model file writes it, and the same distribution from an independent implementation.
ELSEWHERE = {
    "exponential(mean=9d)": stats.expon(scale=9),
    "lognormal(mean=6d, sigma=0.8)": stats.lognorm(0.8, scale=6 * math.exp(-0.32)),
    "lognormal(median=20d, sigma=2)": stats.lognorm(2, scale=20),
    "gamma(mean=3d, sd=1d)": stats.gamma(9, scale=1 / 3),
    "gamma(shape=0.3, scale=20d)": stats.gamma(0.3, scale=20),
    "weibull(shape=0.6, scale=5d)": stats.weibull_min(0.6, scale=5),
    "weibull(shape=3, scale=2w)": stats.weibull_min(3, scale=14),
    "loglogistic(median=5d, shape=3)": stats.fisk(3, scale=5),
    "pareto(low=5d, scale=16d, xi=0.2)": stats.genpareto(0.2, 5, 16),
    "pareto(low=5d, excess=20d, xi=0.2)": stats.genpareto(0.2, 5, 16),
    "uniform(low=1d, high=12d)": stats.uniform(1, 11),
    "triangular(low=1d, mode=2d, high=9d)": stats.triang(1 / 8, 1, 8),
    "pert(low=1d, mode=3d, high=20d)": stats.beta(1 + 8 / 19, 1 + 68 / 19, 1, 19),
    "lognormal(median=6d, sigma=0.8, max=20d)": stats.truncate(
        stats.Normal(mu=math.log(6), sigma=0.8), lb=-np.inf, ub=math.log(20)
    ),
}


@pytest.mark.parametrize("text", [text for text in ELSEWHERE if "max=" not in text])
def test_distributions_are_those_of_scipy_stats(text):
    """Catches: rate for scale, shape and scale exchanged, beta-PERT with another weight of the mode."""
    ours, theirs = parse_distribution(text), ELSEWHERE[text]
    u = np.concatenate([[1e-9, 1e-5], np.linspace(0.01, 0.99, 99), [1 - 1e-5]])
    x = theirs.ppf(u)
    assert ours.ppf(u) == pytest.approx(x, rel=1e-9)
    assert ours.isf(1e-9) == pytest.approx(theirs.isf(1e-9), rel=1e-9)
    assert ours.cdf(x) == pytest.approx(theirs.cdf(x), rel=1e-9, abs=0)
    assert ours.sf(x) == pytest.approx(theirs.sf(x), rel=1e-9, abs=0)
    assert ours.logpdf(x) == pytest.approx(theirs.logpdf(x), rel=1e-9, abs=1e-9)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-9)
    assert ours.sd() == pytest.approx(theirs.std(), rel=1e-9)


def test_a_truncated_lognormal_is_the_exponential_of_a_truncated_normal():
    text = "lognormal(median=6d, sigma=0.8, max=20d)"
    ours, theirs = parse_distribution(text), ELSEWHERE[text]
    x = np.linspace(0.5, 19.9, 50)
    assert ours.cdf(x) == pytest.approx(theirs.cdf(np.log(x)), rel=1e-9)
    assert ours.sf(x) == pytest.approx(theirs.ccdf(np.log(x)), rel=1e-9)


def test_distributions_agree_with_printed_tables():
    """Chi-square is gamma(shape=df/2, scale=2); the normal quantile moves the lognormal.

    NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1 (normal) and 1.3.6.7.4 (chi-square),
    https://www.itl.nist.gov/div898/handbook/
    """
    for df, upper, printed in [(1, 0.05, 3.841), (5, 0.01, 15.086), (10, 0.05, 18.307), (10, 0.95, 3.940)]:
        chi_square = parse_distribution(f"gamma(shape={df / 2}, scale=2)", kind="factor")
        assert float(chi_square.isf(upper)) == pytest.approx(printed, abs=6e-4)
    lognormal = parse_distribution("lognormal(median=6d, sigma=0.8)")
    assert math.log(lognormal.isf(0.025) / 6) / 0.8 == pytest.approx(1.960, abs=6e-4)
    assert float(lognormal.cdf(6 * math.exp(0.8))) == pytest.approx(0.84134, abs=6e-6)


def test_closed_forms_known_from_textbooks():
    """Catches: quartiles of a log-logistic with the inverse shape, Rayleigh with the wrong scale."""
    loglogistic = parse_distribution("loglogistic(median=5d, shape=2)")
    assert loglogistic.ppf([0.25, 0.5, 0.75]) == pytest.approx([5 / math.sqrt(3), 5, 5 * math.sqrt(3)])
    assert loglogistic.mean() == pytest.approx(5 * math.pi / 2)
    assert loglogistic.sd() == math.inf
    rayleigh = parse_distribution("weibull(shape=2, scale=10d)")
    assert rayleigh.mean() == pytest.approx(10 * math.sqrt(math.pi) / 2)
    assert rayleigh.sd() == pytest.approx(10 * math.sqrt(1 - math.pi / 4))
    pert = parse_distribution("pert(low=2d, mode=4d, high=12d)")
    assert pert.mean() == 5.0
    assert parse_distribution("lognormal(mean=8d, sigma=0.5)").mean() == pytest.approx(8)


def test_a_loglogistic_with_a_heavy_tail_has_no_mean_until_it_is_cut():
    heavy = parse_distribution("loglogistic(median=5d, shape=0.9)")
    assert heavy.mean() == math.inf
    cut = parse_distribution("loglogistic(median=5d, shape=0.9, max=1000d)")
    x = cut.ppf((np.arange(1_000_000) + 0.5) / 1_000_000)
    assert cut.mean() == pytest.approx(x.mean(), rel=1e-5)
    assert cut.sd() == pytest.approx(x.std(), rel=1e-5)


@pytest.mark.parametrize("shape", [0.004, 0.01, 0.05])
def test_the_mean_of_a_cut_weibull_does_not_overflow(shape):
    """Gamma(1 + 1 / shape) does. Catches: inf, nan or 0 for the mean of a distribution that is bounded."""
    cut = parse_distribution(f"weibull(shape={shape}, scale=1d, max=100d)")
    x = cut.ppf((np.arange(1_000_000) + 0.5) / 1_000_000)
    assert cut.mean() == pytest.approx(x.mean(), rel=1e-4)


def test_distributions_that_no_number_can_hold_are_refused():
    for text in (
        "lognormal(mean=1d, sigma=60)",
        "gamma(mean=5d, sd=1e-200d)",
        "weibull(shape=1e-4, mean=3d)",
        "uniform(low=5d, high=5.000000000000001d)",
    ):
        with pytest.raises(ValueError, match="parameters too extreme to compute with"):
            parse_distribution(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lognormal(median=8d, mean=8d)", "lognormal: mean must be above median; found 8 and 8"),
        ("lognormal(median=8d, p90=7d)", "lognormal: p90 must be above median; found 7 and 8"),
        ("gamma(median=8d, mean=7d)", "gamma: mean must be above median; found 7 and 8"),
        ("gamma(median=8d, p90=7d)", "gamma: p90 must be above median"),
        ("weibull(median=8d, p90=7d)", "weibull: p90 must be above median"),
        ("loglogistic(median=8d, p90=7d)", "loglogistic: p90 must be above median"),
        ("loglogistic(mean=8d, shape=1)", "loglogistic: only a shape above 1 has a mean, found 1"),
        ("uniform(low=3d, high=2d)", "uniform: low must be below high; found low 3, high 2"),
        ("triangular(low=1d, mode=9d, high=5d)", "mode must lie between them; found low 1, mode 9, high 5"),
        ("pert(low=2d, mode=2d, high=2d)", "pert: low must be below high"),
        ("lognormal(median=8d, sigma=0)", "lognormal: sigma must be above 0, found 0"),
        ("exponential(mean=0d)", "exponential: mean must be above 0, found 0d"),
        ("gamma(shape=-1, scale=2d)", "gamma: shape must be above 0, found -1"),
    ],
)
def test_parameters_that_fit_no_distribution_are_refused_with_the_reason(text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_distribution(text)


def test_replaced_runs_the_recipe_anew():
    """A median with its p90: a later p90 keeps the median. Catches: sigma kept instead."""
    distribution = Lognormal.of(median=6, p90=20).replaced("p90", 40.0)
    assert float(distribution.ppf(0.5)) == pytest.approx(6)
    assert float(distribution.isf(0.1)) == pytest.approx(40)
    with pytest.raises(ValueError, match="p90 must be above median"):
        distribution.replaced("p90", 5.0)
    with pytest.raises(
        ValueError, match=r'weibull\(shape=2, scale=3d\) has no parameter "mean"; it has shape, scale'
    ):
        Weibull.of(shape=2, scale=3).replaced("mean", 5.0)


def test_two_sets_of_parameters_of_one_distribution_have_one_cdf():
    x = np.linspace(0.1, 40, 50)
    for one, other in [
        (Gamma.of(mean=6, sd=3), Gamma.of(shape=4, scale=1.5)),
        (Loglogistic.of(median=6, shape=2.5), Loglogistic.of(median=6, p90=6 * 9**0.4)),
        (Lognormal.of(mean=6, sd=3), Lognormal.of(median=6 / math.sqrt(1.25), mean=6)),
    ]:
        assert one.cdf(x) == pytest.approx(other.cdf(x), rel=1e-12)
