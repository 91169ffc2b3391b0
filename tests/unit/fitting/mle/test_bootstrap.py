"""Weights of the parameter draws."""

from __future__ import annotations

import numpy as np
import polars as pl

from funnelsim.fitting.mle.bootstrap import clusters_of, weights_of_draw


def deals(accounts: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"account": pl.Series(accounts, dtype=pl.String)})


def test_deals_of_an_account_share_their_weight() -> None:
    clusters = clusters_of(deals([f"a{n % 30}" for n in range(90)]))
    assert clusters.unit == "account"
    weights = weights_of_draw(clusters, 0, seed=3)
    np.testing.assert_array_equal(weights[:30], weights[30:60])
    assert len(set(weights.tolist())) == 30


def test_a_deal_without_an_account_stands_alone() -> None:
    clusters = clusters_of(deals([*[f"a{n % 30}" for n in range(60)], None, None]))
    assert clusters.number == 32
    weights = weights_of_draw(clusters, 0, seed=3)
    assert weights[60] != weights[61]


def test_few_accounts_or_one_deal_each_leave_the_deals() -> None:
    assert clusters_of(deals([f"a{n % 5}" for n in range(60)])).unit == "deal"
    assert clusters_of(deals([f"a{n}" for n in range(60)])).unit == "deal"
    assert clusters_of(deals([None] * 4)).unit == "deal"


def test_a_draw_can_be_made_again_and_is_no_other() -> None:
    clusters = clusters_of(deals([None] * 50))
    np.testing.assert_array_equal(weights_of_draw(clusters, 2, seed=7), weights_of_draw(clusters, 2, seed=7))
    assert not np.array_equal(weights_of_draw(clusters, 2, seed=7), weights_of_draw(clusters, 3, seed=7))
    assert not np.array_equal(weights_of_draw(clusters, 2, seed=7), weights_of_draw(clusters, 2, seed=8))


def test_weights_are_exponential() -> None:
    clusters = clusters_of(deals([None] * 20_000))
    weights = weights_of_draw(clusters, 0, seed=1)
    assert abs(weights.mean() - 1) < 4 / np.sqrt(20_000)
    assert abs(weights.var() - 1) < 4 * np.sqrt(8 / 20_000)
