"""What a model file may say for a distribution, and what is said back where it may not."""

from __future__ import annotations

import re

import pytest

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Constant, Gamma, Lognormal
from funnelsim.distributions.truncated import Truncated


@pytest.mark.parametrize(
    ("text", "kind", "distribution"),
    [
        ("6d", "duration", Constant.of(value=6)),
        (6, "duration", Constant.of(value=6)),
        ("90min", "duration", Constant.of(value=0.0625)),
        ("constant(2w)", "duration", Constant.of(value=14)),
        ("constant(value=2w)", "duration", Constant.of(value=14)),
        ("lognormal(median=6d, sigma=0.8)", "duration", Lognormal.of(median=6, sigma=0.8)),
        ("  LogNormal ( median = 6 d , sigma = .8 , ) ", "duration", Lognormal.of(median=6, sigma=0.8)),
        ("lognormal(median=6, sigma=0.8)", "duration", Lognormal.of(median=6, sigma=0.8)),
        ("gamma(mean=3h, sd=60min)", "effort", Gamma.of("effort", mean=3 / 24, sd=1 / 24)),
        ("lognormal(mean=12_000, sigma=1.0)", "amount", Lognormal.of("amount", mean=12_000, sigma=1)),
        ("lognormal(mean=12k, sigma=1)", "amount", Lognormal.of("amount", mean=12_000, sigma=1)),
        ("1.2M", "amount", Constant.of("amount", value=1_200_000)),
        (0.9, "factor", Constant.of("factor", value=0.9)),
        ("empirical(3d, 5d, 12h)", "duration", Empirical.of([3, 5, 0.5])),
        ("empirical(2*3d, 1*5d)", "duration", Empirical.of([3, 5], [2, 1])),
        (
            "mixture(0.7*lognormal(median=6d, sigma=0.8), 0.3*0d)",
            "duration",
            Mixture("duration", (0.7, 0.3), (Lognormal.of(median=6, sigma=0.8), Constant.of(value=0))),
        ),
        (
            "lognormal(max=60d, median=6d, sigma=0.8)",
            "duration",
            Truncated(Lognormal.of(median=6, sigma=0.8), 60.0),
        ),
        ("empirical(3d, 5d, max=4d)", "duration", Truncated(Empirical.of([3, 5]), 4.0)),
    ],
)
def test_distributions_are_read_as_written(text, kind, distribution):
    assert parse_distribution(text, kind) == distribution


def test_a_distribution_passes_through_if_it_is_of_the_kind():
    distribution = Lognormal.of("amount", median=6, sigma=0.8)
    assert parse_distribution(distribution, "amount") is distribution
    with pytest.raises(ValueError, match=r"of kind duration, found lognormal.* of kind amount"):
        parse_distribution(distribution, "duration")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("90min", "constant(1.5h)"),
        ("6h", "constant(6h)"),
        ("20s", "constant(20s)"),
        ("0", "constant(0d)"),
        ("36h", "constant(1.5d)"),
        ("2w", "constant(14d)"),
        ("lognormal(mean=480min, sigma=1.0)", "lognormal(mean=8h, sigma=1)"),
        ("lognormal(sigma=.5, mean=6)", "lognormal(sigma=0.5, mean=6d)"),
        ("exponential(max=9d, mean=3d)", "exponential(mean=3d, max=9d)"),
    ],
)
def test_distributions_are_written_as_a_person_would(text, written):
    assert parse_distribution(text).text() == written


FAMILIES = (
    "constant, exponential, lognormal, gamma, weibull, loglogistic, pareto, "
    "uniform, triangular, pert, empirical, mixture"
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "lognorml(median=6d)",
            f'unknown distribution "lognorml"; choose from {FAMILIES}; did you mean "lognormal"?',
        ),
        ("normal(mean=6d, sd=1d)", f"choose from {FAMILIES}"),
        ("lognormal", '"lognormal" needs its parameters, such as lognormal(median=6d, sigma=0.8)'),
        ("lognormal(median=6d, sigma=0.8", 'missing ")" in "lognormal(median=6d, sigma=0.8"'),
        ("lognormal(median=6d, sigma=0.8))", 'unmatched ")" in'),
        ("lognormal(median=6d, sigma=0.8) + 3d", 'unexpected text after the last ")"'),
        ("lognormal(median=6d,, sigma=0.8)", "empty part between two commas"),
        ("lognormal(6d, 0.8)", 'lognormal: expected name=value, found "6d"'),
        ("lognormal(mean=12,000, sigma=1)", 'found "000" (write thousands as 12_000, without a comma)'),
        ("lognormal(Median=6d, sigma=1)", 'unknown parameter "Median"'),
        ("lognormal(Median=6d, sigma=1)", 'did you mean "median"?'),
        ("lognormal(medain=6d, sigma=1)", 'did you mean "median"?'),
        (
            "lognormal(median=6d)",
            "lognormal: found median; choose from median + sigma, mean + sigma, mean + sd",
        ),
        ("lognormal(mean=6d, median=4d, sigma=1)", "lognormal: found mean + median + sigma; choose from"),
        ("lognormal(median=6d, median=7d, sigma=1)", 'lognormal: "median" is given twice'),
        ("lognormal(median=6d, sigma=1, max=9d, max=8d)", 'lognormal: "max" is given twice'),
        ("lognormal(median=6 days, sigma=1)", 'lognormal: median: unknown unit "days" in "6 days"'),
        ("lognormal(median=6d, sigma=0.8d)", "lognormal: sigma must be a plain number"),
        ("exponential(mean=-2d)", "exponential: mean: a duration must not be negative, found -2d"),
        ("exponential(mean=3d, max=-1d)", "exponential: max: a duration must not be negative"),
        ("exponential()", "exponential: found no parameters; choose from mean, median, p90"),
        ("constant()", "constant: expected one value, found none"),
        ("constant(3d, 4d)", "constant: expected one value, found 3d, 4d"),
        ("constant(3d, max=2d)", "constant(3d): no probability up to max=2d"),
        ("uniform(low=3d, high=5d, max=2d)", "no probability up to max=2d"),
        ("empirical()", "empirical: give at least one value"),
        ("empirical(3d, -5d)", "must not be negative"),
        ("empirical(2*3d, 5d)", 'empirical: give a weight for every value or for none; "5d" has none'),
        ("empirical(0*3d, 1*5d)", "empirical: weights must be above 0, found 0"),
        ("mixture()", "mixture: give distributions with their weights"),
        ("mixture(exponential(mean=3d))", "mixture: expected weight*distribution, such as 0.7*lognormal"),
        ("mixture(1*exponential(mean=3d), -1*constant(0d))", "mixture: weights must be above 0, found -1"),
        (
            "mixture(1*exponential(mean=3d), 1*expo(mean=3d))",
            'mixture, component 2: unknown distribution "expo"',
        ),
        ("soon", 'expected a distribution such as lognormal(median=6d, sigma=0.8), found "soon"'),
        ("", "expected a distribution such as"),
        ("6x", 'unknown unit "x" in "6x"; choose from s, min, h, d, w, months'),
        (None, "expected a duration"),
        (True, "found True"),
        ({"family": "gamma"}, "expected a duration"),
    ],
)
def test_what_is_no_distribution_is_refused_with_what_was_found_and_what_is_allowed(text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_distribution(text)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("1d", "effort", "effort must name h or min of working time, such as \"3h\", found '1d': a day"),
        ("gamma(mean=1d, sd=2h)", "effort", "gamma: mean: effort must name h or min"),
        (3, "effort", "effort must name h or min"),
        ("3", "effort", "effort must name h or min"),
        ("30s", "effort", "effort must name h or min"),
        ("-3h", "effort", "must not be negative"),
        ("12000d", "amount", 'an amount must be a plain number such as 0.8, 12_000 or 12k, found "12000d"'),
        ("$12", "amount", "an amount must be a plain number"),
        ("-12", "amount", "amount must not be negative, found -12"),
        ("6d", "factor", "a factor must be a plain number"),
        (float("inf"), "amount", "an amount must be a finite number"),
        ("1e999", "amount", "an amount must be a finite number"),
        (True, "amount", "an amount must be a plain number, found True"),
        ([1, 2], "amount", "an amount must be a plain number"),
    ],
)
def test_each_kind_of_quantity_has_its_own_way_of_writing(text, kind, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_distribution(text, kind)
