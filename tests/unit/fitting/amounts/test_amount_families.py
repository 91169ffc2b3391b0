"""Which family amounts follow, and what a draw takes from those that are not chosen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.amounts.families import fit_families


def families(amounts: np.ndarray):  # type: ignore[no-untyped-def]
    return fit_families(amounts, np.arange(len(amounts)), None)


def test_criteria_are_those_of_scipys_fits() -> None:
    """AIC by maximum likelihood, up to a prior worth one amount and amounts told in units of their median."""
    amounts = np.random.default_rng(1).gamma(2.0, 4_000.0, 250)
    unit = float(np.median(amounts))
    distributions = {"lognormal": stats.lognorm, "gamma": stats.gamma, "weibull": stats.weibull_min}
    for fit in families(amounts).fits:
        distribution = distributions[fit.family]
        by_scipy = 4 - 2 * float(
            distribution.logpdf(amounts / unit, *distribution.fit(amounts / unit, floc=0)).sum()
        )
        assert fit.criterion == pytest.approx(by_scipy, abs=0.1)


def test_weights_are_akaikes_with_the_lognormal_as_likely_as_the_others_together() -> None:
    found = families(np.random.default_rng(2).gamma(2.0, 4_000.0, 40))
    odds = {fit.family: math.exp(-fit.criterion / 2) for fit in found.fits}
    odds["lognormal"] *= 2
    expected = [odds[fit.family] / sum(odds.values()) for fit in found.fits]
    assert found.weights == pytest.approx(expected)


def test_the_lognormal_is_chosen_where_another_is_hardly_better() -> None:
    """AIC lower by less than 4 is no reason: then the lognormal stands first, the better one behind it."""
    found = families(np.random.default_rng(3).gamma(2.0, 4_000.0, 30))
    best = min(found.fits, key=lambda fit: fit.criterion)
    assert best.family != "lognormal"
    assert best.criterion > found.criterion - 4
    assert found.chosen.family == "lognormal"


def test_draws_take_means_of_all_likely_families() -> None:
    """Few amounts by a gamma distribution: the lognormal is chosen, and its mean is too high.

    The mean of the draws is that of the families' own, by their weights. Mutant: all draws by the chosen one.
    """
    amounts = np.random.default_rng(5).gamma(1.2, 8_000.0, 40)
    found = families(amounts)
    assert found.chosen.family == "lognormal"
    weights = np.random.default_rng(5).standard_exponential((1_500, 40))
    drawn = found.draw(weights, np.random.default_rng(6))["mean"]
    alone = {
        fit.family: fit_of(found, fit).draw(weights, np.random.default_rng(7))["mean"] for fit in found.fits
    }
    expected = sum(w * alone[fit.family].mean() for w, fit in zip(found.weights, found.fits, strict=True))
    error = drawn.std() / math.sqrt(1_500)
    assert abs(drawn.mean() - expected) < 6 * error
    assert abs(alone["lognormal"].mean() - expected) > 10 * error


def test_what_all_sources_tell_of_few_amounts_is_worth_no_more_than_the_others() -> None:
    """Three of five amounts: the two others and the usual spread. Mutant: always worth 8."""
    amounts = np.random.default_rng(8).lognormal(9.0, 1.0, 5)
    of_all = families(amounts)
    assert [fit.seen for fit in of_all.fits] == [6.0, 6.0, 6.0]
    assert fit_families(amounts[:3], np.arange(3), of_all).chosen.seen == pytest.approx(6.0)
    assert fit_families(amounts[:0], np.arange(0), of_all).chosen.seen == pytest.approx(6.0)
    of_many = families(np.random.default_rng(9).lognormal(9.0, 1.0, 50))
    assert fit_families(amounts[:3], np.arange(3), of_many).chosen.seen == pytest.approx(11.0)


def test_all_amounts_are_fitted_once() -> None:
    amounts = np.random.default_rng(8).lognormal(9.0, 1.0, 5)
    of_all = families(amounts)
    assert fit_families(amounts, np.arange(5), of_all).fits is of_all.fits


def test_one_amount_does_not_say_that_all_are_alike() -> None:
    """The spread is told by what is usual alone. Mutant: the amount's own spread, 0, for what is believed."""
    assert 0.4 < families(np.array([5_000.0])).distribution.given["sigma"] < 1.2


def test_a_single_price_is_the_mean_of_all_draws() -> None:
    """A Weibull distribution cannot be so narrow: at its largest shape it says 2 % less. Mutant: it may be
    chosen.
    """
    found = families(np.full(20, 5_000.0))
    assert [fit.family for fit in found.fits] == ["lognormal"]
    assert found.distribution.mean() == pytest.approx(5_000, rel=0.002)
    drawn = found.draw(np.random.default_rng(1).standard_exponential((100, 20)), np.random.default_rng(2))
    assert drawn["mean"].mean() == pytest.approx(5_000, rel=0.003)


def fit_of(found, one):  # type: ignore[no-untyped-def]
    """One of the families by itself."""
    return type(found)(unit=found.unit, bins=found.bins, rows=found.rows, fits=(one,))


def test_no_draw_of_a_single_amount_rules_all_futures() -> None:
    """Its exact posterior has no mean. Mutant: no limit (draws of thousands of times the amount)."""
    found = families(np.array([5_000.0]))
    drawn = found.draw(np.ones((2_000, 1)), np.random.default_rng(1))["mean"]
    assert drawn.max() <= 10 * found.distribution.mean()
    assert drawn.max() > 5 * found.distribution.mean()
