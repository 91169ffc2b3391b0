"""Sensitivity: published Sobol indices, exact elasticities, known variances, bets in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from funnelsim.engines.run import exact_mean, simulate
from funnelsim.experiments.measured import measured
from funnelsim.experiments.sensitivity.analysis import sensitivity
from funnelsim.experiments.sensitivity.elasticities import STEP, elasticities
from funnelsim.experiments.sensitivity.information import (
    DrawShares,
    gain_from_knowing,
    gain_from_knowing_all,
)
from funnelsim.experiments.sensitivity.parameters import parameters_of
from funnelsim.experiments.sensitivity.sobol import Indices, sobol_indices
from funnelsim.experiments.sensitivity.variance_split import variance_split
from funnelsim.experiments.variants import Variants
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.summary import draws_of
from funnelsim.model.files.model_files import Funnel
from tests.oracles import tolerance
from tests.truth.conftest import ReadText

Floats = NDArray[np.float64]

#: Of the Ishigami function with a = 7, b = 0.1: Ishigami and Homma (1990); Saltelli et al. (2010), section 5.
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)
PI = np.full(3, np.pi)
#: Half the width of a 90 % interval, in standard errors.
Z90 = 1.645


def ishigami(x: Floats) -> Floats:
    return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def with_chance(futures: int, sd: float) -> Callable[[Floats], Floats]:
    """Ishigami with independent chance in each future, as an output."""
    random = np.random.default_rng(4)

    def output(x: Floats) -> Floats:
        return ishigami(x)[:, None] + random.normal(0, sd, (len(x), futures))

    return output


def check_ishigami(found: Indices, resolution: float) -> None:
    for value, low, high, truth in (
        (found.first, found.first_low, found.first_high, FIRST),
        (found.total, found.total_low, found.total_high, TOTAL),
    ):
        error = (high - low) / (2 * Z90)
        assert (4 * error <= resolution).all(), error
        assert (np.abs(value - truth) <= 4 * error + 5e-5).all(), (value, truth, error)


def test_sobol_indices_of_the_ishigami_function_are_the_published_ones() -> None:
    """Mutants: the roles of A and B swapped in one product; no half in the total indices."""
    found = sobol_indices(lambda x: ishigami(x)[:, None], -PI, PI, points=8192)
    check_ishigami(found, 0.1)
    assert found.deviation == pytest.approx(
        math.sqrt(0.5 + 7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18), rel=0.01
    )


def test_chance_in_each_future_leaves_sobol_indices_in_place() -> None:
    """The mean of 20 futures has a variance of 1.8 beside the function's 13.8.

    Plain products of means, as scipy takes them, would give total indices of 0.55 / 1.13 + 0.12 and so on.
    """
    check_ishigami(sobol_indices(with_chance(20, 6.0), -PI, PI, points=8192), 0.12)
    seen: list[Floats] = []
    noisy = with_chance(20, 6.0)

    def means(x: Floats) -> Floats:
        seen.append(noisy(x).mean(axis=1)[:, None])
        return seen[-1]

    plain = sobol_indices(means, -PI, PI, points=8192)
    assert plain.total[2] > TOTAL[2] + 0.08


def test_without_chance_the_estimators_are_those_of_scipy() -> None:
    pages: list[Floats] = []

    def output(x: Floats) -> Floats:
        pages.append(ishigami(x))
        return pages[-1][:, None]

    found = sobol_indices(output, -PI, PI, points=64)
    a, b, *ab = np.split(pages[0], 5)
    theirs = stats.sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": np.array(ab)[:, None]}, n=64)
    assert found.first == pytest.approx(theirs.first_order, abs=1e-12)
    assert found.total == pytest.approx(theirs.total_order, abs=1e-12)


def test_elasticities_of_f6_are_finite_differences_of_the_exact_mean(f6_funnel: Funnel) -> None:
    """All 14 parameters. Mutants: half of the difference, a step too wide or too narrow."""
    span = measured(f6_funnel, days=91)
    parameters = parameters_of(f6_funnel.model)
    found = elasticities(
        Variants(f6_funnel, span, replications=500), parameters, "bookings", replications=range(500)
    )
    assert {one.parameter.path for one in found} == {one.path for one in parameters}
    for one in found:
        below, base, above = (
            exact_mean(f6_funnel, "bookings", days=91, changes=[one.parameter.change(factor)])
            for factor in (1 - STEP, 1.0, min(1 + STEP, one.parameter.most))
        )
        assert below is not None
        assert base is not None
        assert above is not None
        width = min(1 + STEP, one.parameter.most) - (1 - STEP)
        truth = (above.value - below.value) / width / base.value
        error = (one.high - one.low) / (2 * Z90)
        assert 4 * error <= 0.1, f"too few replications for {one.parameter.name}"
        assert abs(one.value - truth) <= 4 * error + 1e-5, (one.parameter.name, one.value, truth, error)


def test_an_exact_funnel_has_the_sobol_indices_of_a_product(funnel_of: ReadText) -> None:
    """Wins are a product of a rate and two probabilities: indices in closed form.

    A factor that is uniform on its range has the relative variance v. The first index is v / V, and the total
    index (1 - 1 / (1 + v)) (1 + V) / V, where 1 + V is the product of all 1 + v.
    """
    a_day = 'after = "exponential(mean=1d)"\n'
    funnel = funnel_of(
        '[sources.web]\nenters = "talk"\nrate = "8 per day"\n'
        f"[stages.talk]\n{a_day}[stages.talk.exits]\noffer = {{ p = 0.5 }}\nlost = {{ p = 0.5 }}\n"
        f"[stages.offer]\n{a_day}[stages.offer.exits]\nwon = {{ p = 0.9 }}\nlost = {{ p = 0.1 }}\n"
    )
    found = sensitivity(funnel, days=10, replications=1000, top=3).sobol
    assert found is not None
    assert found.futures == 0
    assert {one.kind for one in found.parameters} == {"rate", "probability"}
    middle = np.array([(one.low + one.high) / 2 for one in found.ranges])
    v = (np.array([one.high - one.low for one in found.ranges]) ** 2 / 12) / middle**2
    whole = np.prod(1 + v) - 1
    assert found.indices.first == pytest.approx(v / whole, abs=0.06)
    assert found.indices.total == pytest.approx((1 - 1 / (1 + v)) * (1 + whole) / whole, abs=0.03)


def test_the_variance_of_arrivals_with_an_uncertain_rate_splits_as_a_mixed_poisson(
    funnel_of: ReadText,
) -> None:
    """Arrivals of 30 days at a rate of a day: variance 30 E[rate] by chance, 900 Var(rate) by the rate.

    Mutant: the variance of draw means, a third too large with 5 futures of each draw.
    """
    rates = stats.gamma(400, scale=0.02).ppf((np.arange(1000) + 0.5) / 1000)
    funnel = funnel_of(
        '[sources.web]\nenters = "talk"\nrate = "8 per day"\n'
        '[stages.talk.exits]\nwon = { p = 0.5, after = "1d" }\nlost = { p = 0.5, after = "1d" }\n',
        draws={"sources.web.rate": list(rates)},
    )
    run = simulate(funnel, days=30, replications=5000)
    draws = draws_of(run)
    assert draws is not None
    found = variance_split(metric_values(run, "leads_created"), draws)
    between, within = 900 * rates.var(ddof=1), 30 * rates.mean()
    truth = between / (between + within)
    assert found.chance_sd**2 == pytest.approx(within, rel=4 * math.sqrt(2 / 4000))
    # The rates are the same in truth and run: only the 5 futures of each draw are random.
    error = math.sqrt((4 * between * within / 5 + 2 * (within / 5) ** 2) / 1000) / between
    assert 4 * error < 0.2
    assert found.parameters_sd**2 == pytest.approx(between, rel=4 * error)
    assert found.parameters == pytest.approx(truth, abs=4 * error * truth * (1 - truth))


def test_the_interval_of_the_parameters_share_holds_nine_of_ten() -> None:
    """600 made-up layouts with a share of 0.36; also that the share is right on average.

    Mutants: one future more or less in the ends of the interval, a one-sided level.
    """
    random = np.random.default_rng(8)
    draws = np.tile(np.arange(120), 2)
    inside, shares = 0, []
    for _ in range(600):
        values = random.normal(0, 3, 120)[draws] + random.normal(0, 4, draws.size)
        found = variance_split(values, draws)
        inside += found.low <= 0.36 <= found.high
        shares.append(found.parameters)
    tolerance.check_share(inside, 600, 0.9, resolution=0.05)
    tolerance.check_mean(shares, 0.36, resolution=0.05)


def bets(
    weight: float, other: float, beyond: float, sets: int, seed: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """A parameter, whether the quota was reached, and the draws.

    The quota is reached if ``weight x + other z + e`` is above `beyond`, all three standard normal; x and z
    are parameters, e is chance. 50 futures a draw.
    """
    random = np.random.default_rng(seed)
    x, z = random.standard_normal((2, sets))
    draws = np.tile(np.arange(sets), 50)
    outcome = weight * x[draws] + other * z[draws] + random.standard_normal(draws.size)
    return x, (outcome > beyond).astype(np.float64), draws


def right_more_often(weight: float, rest: float, beyond: float) -> float:
    """The closed form: with a = weight / rest, E[max(P(x), 1 - P(x))] - max(P, 1 - P).

    P(x) = Phi(a x - beyond / rest). For ``beyond = 0`` it is arctan(a) / pi; else the integral of the normal
    density over both sides of the x where P(x) = 1/2, as two bivariate normal probabilities.
    """
    a, c = weight / rest, beyond / rest
    rho = a / math.sqrt(1 + a * a)
    edge, whole = c / a, c / math.sqrt(1 + a * a)
    both = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([-edge, -whole])
    neither = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([edge, whole])
    reached = stats.norm.cdf(-whole)
    return float(both + neither - max(reached, 1 - reached))


def test_the_closed_form_of_a_bet_is_an_arctangent_at_even_odds() -> None:
    assert right_more_often(0.5, 1.0, 1e-9) == pytest.approx(math.atan(0.5) / math.pi, abs=1e-5)


@pytest.mark.parametrize(("weight", "beyond"), [(0.5, 1e-9), (0.5, 0.4), (0.2, 1e-9), (1.0, 0.7)])
def test_the_gain_from_knowing_a_normal_parameter_is_the_closed_form(weight: float, beyond: float) -> None:
    """Mutants: a straight line for P(x), which gives more right calls in the tails; no weight for counts."""
    x, reached, draws = bets(weight, 0.5, beyond, 4000, seed=6)
    found = gain_from_knowing(x, DrawShares.of(reached, draws))
    assert found.error <= 0.006
    assert abs(found.value - right_more_often(weight, math.hypot(1, 0.5), beyond)) <= 4 * found.error


def test_the_gain_from_knowing_all_parameters_is_the_closed_form() -> None:
    """Mutant: the shares of the draws as they are, whose chance makes bets look better."""
    for beyond in (1e-9, 0.5):
        _, reached, draws = bets(0.3, 0.4, beyond, 4000, seed=9)
        found = gain_from_knowing_all(reached, draws)
        assert found.error <= 0.006
        assert abs(found.value - right_more_often(0.5, 1.0, beyond)) <= 4 * found.error


def test_a_parameter_without_effect_is_worth_little_and_within_its_error() -> None:
    gains = [
        gain_from_knowing(
            np.random.default_rng(seed).random(200), DrawShares.of(*bets(0.5, 0.5, 0.3, 200, seed)[1:])
        )
        for seed in range(40)
    ]
    assert np.mean([one.value for one in gains]) < 0.002
    assert sum(one.value > 2 * one.error for one in gains) <= 4


def test_the_error_of_the_gain_is_that_of_repetitions() -> None:
    """60 fits of 200 draws: the standard deviation over fits is the mean error, within a quarter."""
    found = []
    for seed in range(60):
        x, reached, draws = bets(0.5, 0.5, 0.3, 200, seed)
        found.append(gain_from_knowing(x, DrawShares.of(reached, draws)))
    values = np.array([one.value for one in found])
    error = float(np.mean([one.error for one in found]))
    assert values.std(ddof=1) == pytest.approx(error, rel=0.25)
    truth = right_more_often(0.5, math.hypot(1, 0.5), 0.3)
    assert abs(values.mean() - truth) <= 0.5 * error
