"""Weights of the parameter draws."""

from __future__ import annotations

import numpy as np
import polars as pl

from funnelsim.fitting.bootstrap import clusters_of, deal_weights


def deals(accounts: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"account": pl.Series(accounts, dtype=pl.String)})


def test_deals_of_an_account_share_their_weight() -> None:
    clusters = clusters_of(deals([f"a{n % 30}" for n in range(90)]))
    assert clusters.unit == "account"
    (weights,) = deal_weights(clusters, 1, seed=3)
    np.testing.assert_array_equal(weights[:30], weights[30:60])
    assert len(set(weights.tolist())) == 30


def test_a_deal_without_an_account_stands_alone() -> None:
    clusters = clusters_of(deals([*[f"a{n % 30}" for n in range(60)], None, None]))
    assert clusters.number == 32
    (weights,) = deal_weights(clusters, 1, seed=3)
    assert weights[60] != weights[61]


def test_few_accounts_or_one_deal_each_leave_the_deals() -> None:
    assert clusters_of(deals([f"a{n % 5}" for n in range(60)])).unit == "deal"
    assert clusters_of(deals([f"a{n}" for n in range(60)])).unit == "deal"
    assert clusters_of(deals([None] * 4)).unit == "deal"


def test_a_draw_is_the_same_alone_and_among_others() -> None:
    clusters = clusters_of(deals([None] * 50))
    few, many = list(deal_weights(clusters, 3, seed=7)), list(deal_weights(clusters, 9, seed=7))
    np.testing.assert_array_equal(few[2], many[2])
    assert not np.array_equal(many[2], many[3])


def test_weights_are_exponential() -> None:
    clusters = clusters_of(deals([None] * 20_000))
    (weights,) = deal_weights(clusters, 1, seed=1)
    assert abs(weights.mean() - 1) < 4 / np.sqrt(20_000)
    assert abs(weights.var() - 1) < 4 * np.sqrt(8 / 20_000)
