"""Amounts beyond all others: pointed at with the deal, left out of a fit; ordinary amounts have none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from funnelsim.fitting.result.source_fits import unusable_wins, won_deals
from funnelsim.history.audit.extreme_amounts import LEFT_OUT, POINTED_AT, extreme_amounts
from funnelsim.history.files.events import DEAL_SCHEMA
from tests.unit.history.exports import check_names, deals, mapping

ORDINARY = [500.0 + 259 * (place % 7) for place in range(60)]


def test_one_typing_error_is_found_whatever_its_size() -> None:
    for size, left_out in ((5e15, True), (3e6, True), (2.5e5, False)):
        amounts = np.array([*ORDINARY, size])
        assert extreme_amounts(amounts, POINTED_AT).nonzero()[0].tolist() == [60]
        assert extreme_amounts(amounts, LEFT_OUT).any() == left_out


def test_the_same_slip_three_times_is_pointed_at() -> None:
    amounts = np.array([*ORDINARY, 5e15, 5e15, 4e15])
    assert extreme_amounts(amounts, POINTED_AT).nonzero()[0].tolist() == [60, 61, 62]


def test_a_few_deals_are_enough_and_unknown_amounts_do_not_count() -> None:
    amounts = np.array([1000.0, np.nan, 5e15, 2000.0, 0.0, -7.0, 3000.0])
    assert extreme_amounts(amounts, LEFT_OUT).nonzero()[0].tolist() == [2]
    assert not extreme_amounts(np.array([1.0, 5e15]), POINTED_AT).any()
    assert not extreme_amounts(np.array([]), POINTED_AT).any()


def test_deals_of_ten_times_the_usual_and_a_class_of_large_deals_are_ordinary() -> None:
    assert not extreme_amounts(np.array([*ORDINARY, 20_000.0]), POINTED_AT).any()
    assert not extreme_amounts(np.array([9.0] * 96 + [12_000.0] * 4), POINTED_AT).any()


@pytest.mark.parametrize("sigma", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_lognormal_amounts_have_none(sigma: float) -> None:
    """Catches a bound in standard deviations without a gap. 1,000 sets of 20 to 2,000 amounts."""
    rng = np.random.default_rng(7)
    found = [
        extreme_amounts(np.exp(sigma * rng.standard_normal(int(n))), POINTED_AT).any()
        for n in rng.integers(20, 2000, size=1000)
    ]
    assert sum(found) == 0


def test_pareto_amounts_without_a_mean_are_hardly_ever_left_out() -> None:
    rng = np.random.default_rng(7)
    found = [
        extreme_amounts(1 / rng.random(int(n)), LEFT_OUT).any() for n in rng.integers(20, 2000, size=1000)
    ]
    assert sum(found) <= 5


def test_it_stands_at_the_top_with_the_line_that_leaves_it_out(tmp_path: Path) -> None:
    rows = [f"D{place},2025-01-05,2025-02-02,won,{amount:.0f}" for place, amount in enumerate(ORDINARY)]
    rows.append("D60,2025-01-05,,open,5000000000000000")
    header = "deal_id,created,closed,outcome,amount"
    history = deals(tmp_path, header, *rows)
    first = history.meta.audit["checks"][0]
    assert first["check"] == "amounts_extreme"
    assert (
        "D60 (open) 5,000,000,000,000,000, 2,434,274,586,173 times the next largest (2,054)" in first["text"]
    )
    rules = mapping(tmp_path, "\n".join(first["mapping"]))
    mended = deals(tmp_path, header, *rows, mapping=rules)
    assert mended.deals.height == 60
    assert "amounts_extreme" not in check_names(mended)


def test_a_fit_of_amounts_leaves_out_the_extreme_and_credit_notes_and_nothing_else() -> None:
    amounts = [*ORDINARY, 5e15, -40.0]
    ids = [f"D{place}" for place in range(len(amounts))]
    frame = pl.DataFrame({"deal": ids, "amount": amounts, "outcome": ["won"] * len(ids)}).select(
        pl.col(name).cast(dtype) if name in ("deal", "amount", "outcome") else pl.lit(None, dtype).alias(name)
        for name, dtype in DEAL_SCHEMA.items()
    )
    assert won_deals(frame, None)["amount"].to_list() == ORDINARY
    extreme, credit_notes = unusable_wins(frame)
    assert extreme["deal"].to_list() == ["D60"]
    assert credit_notes == 1
    ordinary = frame.head(60)
    assert won_deals(ordinary, None).equals(ordinary)
