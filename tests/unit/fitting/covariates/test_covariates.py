"""What may be used of what a CRM knows, and what tells the outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from funnelsim.fitting.covariates.read import covariates_of
from funnelsim.history.files.events import History
from tests.unit.fitting.made_up_visits import one_stage

DEALS = 600
RNG = np.random.default_rng(1)
ENTERED, LEFT = RNG.uniform(0, 90, DEALS), np.zeros(DEALS)
LEFT = ENTERED + RNG.exponential(20.0, DEALS)
EXITS = np.where(RNG.random(DEALS) < 0.4, "won", "lost")


def history(**columns: list[Any]) -> History:
    return one_stage(ENTERED, LEFT, EXITS, until=100.0, deal_columns=columns)


def known_for(outcome: str, values: list[Any]) -> list[Any]:
    """The values, for deals with that outcome only."""
    return [v if e == outcome and t < 100 else None for v, e, t in zip(values, EXITS, LEFT, strict=True)]


REPS = [f"rep {i % 5}" for i in range(DEALS)]


def test_an_owner_filled_in_when_a_deal_is_won_is_refused() -> None:
    """Catches a leak: such an owner would be the strongest trigger of all."""
    found = covariates_of(history(owner=known_for("won", REPS)))
    assert found.used == ()
    (refused,) = found.refused
    assert refused.covariate == "owner"
    assert "is filled in for 100 % of those won but only for 0 % of those" in refused.reason


def test_values_that_lack_by_chance_are_used() -> None:
    gaps = [rep if i % 7 else None for i, rep in enumerate(REPS)]
    (owner,) = covariates_of(history(owner=gaps)).used
    assert sorted(owner.levels) == [f"rep {k}" for k in range(5)]
    assert np.sum(owner.level < 0) == 86


def test_amounts_known_of_wins_only_are_refused_and_listed_ones_known_of_all_are_used() -> None:
    listed = [float(v) for v in np.random.default_rng(2).lognormal(9, 1, DEALS)]
    found = covariates_of(history(amount=known_for("won", listed)))
    assert [(one.covariate, one.name) for one in found.refused] == [("amount", "won amount")]
    assert found.amount is None
    found = covariates_of(history(amount=known_for("won", listed), listed_amount=listed))
    (bands,) = found.used
    assert found.refused == ()
    assert len(bands.levels) == 4
    counts = np.bincount(bands.level)
    assert np.all(np.abs(counts - DEALS / 4) < 20)
    assert bands.levels[0].startswith("under")
    assert bands.levels[-1].endswith("and more")
    edges = [float(name.split()[0].replace(",", "")) for name in bands.levels[1:]]
    assert np.array_equal(bands.level, np.searchsorted(edges, listed, side="right"))


def test_names_are_no_classes() -> None:
    found = covariates_of(history(segment=[f"one {i // 2}" for i in range(DEALS)]))
    assert found.used == ()
    too_few = "has 300 values with only 2.0 deals each on average (at least 10 are needed)"
    assert [one.reason for one in found.refused] == [too_few]


def test_one_value_is_no_covariate_and_many_small_ones_become_one() -> None:
    assert covariates_of(history(source=["web"] * DEALS)).used == ()
    some = covariates_of(history(source=["web"] * DEALS, owner=["Ann", None] * (DEALS // 2))).constant
    told = {one.covariate: one.reason for one in some}
    assert told["source"] == 'is "web" in all 600 deals'
    assert told["owner"] == 'is empty or "Ann" in all 600 deals'
    assert told["account"] == "is empty in all 600 deals"
    (owner,) = covariates_of(history(owner=[f"rep {i % 55}" for i in range(DEALS)])).used
    assert len(owner.levels) == 40
    assert owner.levels[-1] == "all others"


def test_accounts_known_of_closed_deals_only_do_not_make_clusters() -> None:
    """Catches closed deals in large clusters and open ones alone: no test would find anything."""
    accounts = [f"account {i % 30}" for i in range(DEALS)]
    closed = [a if t < 100 else None for a, t in zip(accounts, LEFT, strict=True)]
    assert len(np.unique(covariates_of(history(account=accounts)).cluster)) == 30
    assert len(np.unique(covariates_of(history(account=closed)).cluster)) == DEALS


def test_a_history_without_anything_known_has_no_covariates() -> None:
    found = covariates_of(history())
    assert (found.used, found.refused, found.amount) == ((), (), None)


@pytest.mark.parametrize("same", [0.0, 5000.0])
def test_amounts_that_are_all_the_same_make_no_bands(same: float) -> None:
    assert covariates_of(history(listed_amount=[same] * DEALS)).used == ()
