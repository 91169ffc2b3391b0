"""Quotas by period, and the chance to make them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from funnelsim.core.calendar.time import parse_period
from funnelsim.metrics.quota import attained, attainment, quota_of
from funnelsim.model.parts import Goal


@pytest.mark.parametrize(
    ("goal", "period", "quota"),
    [
        ({"quota": 100.0}, "2026Q1", 100.0),
        ({"quota": 100.0}, "2026", 400.0),
        ({"quota": 100.0}, "2026-02", None),
        ({"quota": 100.0, "period": "month"}, "2026Q1", 300.0),
        ({"quota": 100.0, "period": "week"}, "2026Q1", None),
        ({}, "2026Q1", None),
        ({"quota": {"2026Q1": 5.0}}, "2026Q1", 5.0),
        ({"quota": {"2026Q1": 5.0}}, "2026Q2", None),
        ({"quota": {"2026Q1": 5.0, "2026": 50.0}}, "2026", 50.0),
        ({"quota": {"2026Q1": 1.0, "2026Q2": 2.0, "2026Q3": 3.0, "2026Q4": 4.0}}, "2026", 10.0),
        ({"quota": {"2026Q1": 1.0, "2026Q2": 2.0}}, "2026", None),
        ({"quota": 100.0, "fiscal_year_starts": "02-01"}, "FY2027Q1", 100.0),
        ({"quota": 100.0, "fiscal_year_starts": "02-01"}, "2026Q1", None),
        ({"quota": {"FY2027Q1": 7.0}, "fiscal_year_starts": "02-01"}, "FY2027Q1", 7.0),
        ({"quota": {"FY2026Q2": 7.0}}, "2026Q2", 7.0),
    ],
)
def test_a_period_has_its_own_quota_or_that_of_its_parts(
    goal: dict[str, object], period: str, quota: float | None
) -> None:
    """Catches a quarterly quota applied to a month or a year, and calendar quarters taken for fiscal ones."""
    made = Goal.model_validate(goal)
    span = parse_period(
        period, fiscal_year_starts=made.fiscal_year_starts, fiscal_year_named_by=made.fiscal_year_named_by
    )
    assert quota_of(made, span) == quota


def test_making_the_quota_exactly_counts() -> None:
    """Ten times 0.1 is a little below 1 in floating point, yet makes a quota of 1."""
    tenths = np.cumsum(np.full(10, 0.1))[-1:]
    assert tenths[0] < 1.0
    assert attained(tenths, 1.0).tolist() == [1.0]
    assert attained(np.array([0.999_999]), 1.0).tolist() == [0.0]


def test_the_chance_has_the_error_of_a_share() -> None:
    chance, error = attainment(np.array([1.0, 2.0, 3.0, 4.0]), 3.5)
    assert chance == 0.25
    assert error == pytest.approx(math.sqrt(0.25 * 0.75 / 4))


def test_with_parameter_draws_the_chance_has_the_error_of_their_means() -> None:
    """All or nothing by draw: 2 of 4 draws make it, though 400 replications do not differ within."""
    draws = np.arange(400) % 4
    chance, error = attainment((draws >= 2).astype(float), 1.0, draws)
    assert chance == 0.5
    assert error == pytest.approx(np.std([0, 0, 1, 1], ddof=1) / 2)
