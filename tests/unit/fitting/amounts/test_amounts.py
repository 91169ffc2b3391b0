"""What a won deal is worth, and what becomes of a listed amount."""

from __future__ import annotations

import math

import numpy as np
import pytest

from funnelsim.distributions.mixture import Mixture
from funnelsim.fitting.amounts.fit import compressed, fit_amounts, fit_listed_factor
from funnelsim.fitting.mle.rounding import rounded_distribution


def lognormal(n: int, mean: float = 12_000.0, sigma: float = 0.8, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(np.log(mean) - sigma**2 / 2, sigma, n)


def test_a_lognormal_comes_back_by_its_mean() -> None:
    found = fit_amounts(lognormal(900))
    assert found is not None
    assert found.distribution.family == "lognormal"
    assert list(found.distribution.given) == ["mean", "sigma"]
    assert found.distribution.mean() == pytest.approx(12_000, rel=4 * 0.94 / 30)
    assert found.distribution.given["sigma"] == pytest.approx(0.8, abs=4 * 0.8 / np.sqrt(1800))


def test_another_family_must_be_clearly_better() -> None:
    rng = np.random.default_rng(2)
    found = fit_amounts(5000 * rng.weibull(3.0, 800))
    assert found is not None
    assert found.distribution.family == "weibull"


def test_the_currency_does_not_matter() -> None:
    """A thousand times the money gives a thousand times the distribution."""
    amounts = lognormal(60)
    one, other = fit_amounts(amounts), fit_amounts(1000 * amounts)
    assert one is not None
    assert other is not None
    assert other.distribution.mean() == pytest.approx(1000 * one.distribution.mean(), rel=1e-6)


def test_list_prices_stay_as_they_were_seen() -> None:
    """Three products, no distribution between them: the observed amounts themselves, mean and all."""
    rng = np.random.default_rng(3)
    amounts = rng.choice([55.0, 1096.0, 26_768.0], 400, p=[0.5, 0.4, 0.1])
    found = fit_amounts(amounts)
    assert found is not None
    assert found.kind == "observed"
    assert found.distribution.mean() == pytest.approx(amounts.mean(), rel=1e-5)
    drawn = found.draw(rng.standard_exponential((400, 400)), rng)
    assert list(drawn) == ["mean"]
    assert drawn["mean"].std() == pytest.approx(amounts.std() / 20, rel=4 * math.sqrt(1 / 800) + 0.1)


def test_many_values_become_few_with_the_same_mean_and_nearly_the_same_spread() -> None:
    amounts = lognormal(5000, sigma=1.2)
    distribution = compressed(amounts)
    assert len(distribution.values) <= 50
    assert distribution.mean() == pytest.approx(amounts.mean(), rel=1e-4)
    assert distribution.sd() == pytest.approx(amounts.std(), rel=0.08)


def test_wins_at_nothing_are_a_part_of_the_distribution() -> None:
    found = fit_amounts(np.concatenate([lognormal(300), np.zeros(100)]))
    assert found is not None
    assert isinstance(found.distribution, Mixture)
    assert found.zeros == 100
    assert found.distribution.mean() == pytest.approx(9000, rel=0.2)


def test_a_source_with_few_wins_takes_the_amounts_of_all() -> None:
    pooled = fit_amounts(lognormal(500))
    found = fit_amounts(np.array([900_000.0, 1_100_000.0]), pooled)
    assert pooled is not None
    assert found is not None
    assert found.kind == "all sources"
    assert pooled.distribution.mean() < found.distribution.mean() < 300_000


def test_no_win_at_all() -> None:
    assert fit_amounts(np.array([])) is None
    found = fit_amounts(np.array([]), fit_amounts(lognormal(100)))
    assert found is not None
    assert found.distribution.mean() == pytest.approx(12_000, rel=0.4)


def test_draws_are_as_wide_as_the_mean_is_uncertain() -> None:
    """Weights by the Bayesian bootstrap: the sd of the drawn means is that of the mean itself."""
    amounts = lognormal(400, sigma=0.7, seed=5)
    found = fit_amounts(amounts)
    assert found is not None
    rng = np.random.default_rng(6)
    drawn = found.draw(rng.standard_exponential((300, 400)), rng)
    expected = np.sqrt(np.expm1(0.7**2)) / 20
    assert set(drawn) == {"mean", "sigma"}
    assert drawn["mean"].std() / drawn["mean"].mean() == pytest.approx(expected, rel=0.25)


def test_the_listed_factor_is_that_of_the_won_deals() -> None:
    listed = lognormal(300)
    factor, left_out = fit_listed_factor(listed * np.repeat([0.8, 1.0, 0.9], 100), listed)
    assert factor is not None
    assert factor.mean() == pytest.approx(0.9, rel=1e-4)
    assert left_out == 0


def test_a_placeholder_is_no_discount() -> None:
    """One deal listed at 1 would multiply the whole pipeline by hundreds."""
    listed = np.append(np.full(50, 1000.0), 1.0)
    factor, left_out = fit_listed_factor(np.append(np.full(50, 950.0), 20_000.0), listed)
    assert factor is not None
    assert factor.mean() == pytest.approx(0.95)
    assert left_out == 1


def test_always_as_listed_is_a_constant_and_none_known_is_none() -> None:
    factor, _ = fit_listed_factor(np.array([5.0, 7.0]), np.array([5.0, 7.0]))
    assert factor is not None
    assert factor.text() == "constant(1)"
    assert fit_listed_factor(np.array([]), np.array([])) == (None, 0)


def test_one_price_is_that_price_to_the_cent() -> None:
    """Ten wins at 499.95: no spread is invented, and no draw differs."""
    found = fit_amounts(np.full(10, 499.95))
    assert found is not None
    assert (found.kind, found.distribution.mean(), found.distribution.sd()) == ("one price", 499.95, 0.0)
    assert rounded_distribution(found.distribution).mean() == 499.95
    drawn = found.draw(np.random.default_rng(1).exponential(size=(5, 10)), np.random.default_rng(2))
    np.testing.assert_array_equal(drawn["value"], np.full(5, 499.95))


def test_sources_with_a_price_each_keep_it_and_free_wins_are_a_part_of_the_distribution() -> None:
    pooled = fit_amounts(np.concatenate([np.full(10, 499.0), np.full(10, 999.0)]))
    for price in (499.0, 999.0):
        found = fit_amounts(np.full(10, price), pooled)
        assert found is not None
        assert found.distribution.mean() == price
    some = fit_amounts(np.append(np.full(10, 499.0), np.zeros(10)))
    assert some is not None
    assert some.distribution.mean() == pytest.approx(499 / 2)
    weights = np.ones((3, 20))
    assert some.draw(weights, np.random.default_rng(1))["law_2.value"] == pytest.approx(np.full(3, 499.0))
