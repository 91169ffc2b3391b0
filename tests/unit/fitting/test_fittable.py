"""Histories that a fit refuses before it begins."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.fitting.funnel import fit_funnel
from tests.unit.fitting.made_up_visits import one_stage


def test_a_history_without_a_win_is_refused_with_what_to_do() -> None:
    """Catches a model that wins nothing, from an export whose word for won nobody knew."""
    history = one_stage(np.arange(20.0), np.arange(20.0) + 4, ["true", "false"] * 10, until=40.0)
    deals = history.deals.with_columns(outcome=history.visits["exit"])
    with pytest.raises(HistoryError, match=r"no deal is won by .* \(10 .*\).*\[outcomes\] won = "):
        fit_funnel(dataclasses.replace(history, deals=deals), draws=0)


def test_a_cut_before_the_first_win_is_refused() -> None:
    history = one_stage([0, 0, 1, 2], [3, 4, 5, 30], ["lost", "lost", "lost", "won"], until=40.0)
    with pytest.raises(HistoryError, match=r"no deal is won by 10 Jan 2024.*take a later as-of date"):
        fit_funnel(history, as_of="2024-01-10", draws=0)


def test_losses_that_are_never_recorded_are_no_reason_to_refuse() -> None:
    rng = np.random.default_rng(3)
    left = np.arange(60.0) + rng.exponential(5, 60)
    model = fit_funnel(one_stage(np.arange(60.0), left, ["won"] * 60, until=70.0), draws=0).model
    assert "won" in {exit_.to for exit_ in model.stages["demo"].exits.values()}


def test_a_stage_for_each_deal_is_refused() -> None:
    history = one_stage(np.arange(150.0), np.arange(150.0) + 4, ["won", "lost"] * 75, until=200.0)
    keys = [f"ticket_{number}" for number in range(150)]
    meta = dataclasses.replace(history.meta, stages={key: key for key in keys})
    visits = history.visits.with_columns(stage=np.array(keys))
    with pytest.raises(HistoryError, match="150 stages for 150 deals: nothing can be learned"):
        fit_funnel(dataclasses.replace(history, visits=visits, meta=meta), draws=0)
