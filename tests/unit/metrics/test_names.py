"""Metrics by name, each against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.metrics.names import MetricError, metric, metric_names, metric_values
from funnelsim.metrics.revenue import total
from funnelsim.results.run import Window

from ..made_up_runs import run_of

TWO_WINDOWS = (
    Window(label="all", start_day=0.0, end_day=30.0),
    Window(label="January", start_day=0.0, end_day=20.0),
)

#: name -> value where leads_created=8, deals_won=2, deals_lost=6, cycle_days_sum=50 and so on, see `filled`.
BY_HAND = {
    "leads_created": 8.0,
    "deals_won": 2.0,
    "deals_lost": 6.0,
    "bookings": 60.0,
    "quota_credit": 66.0,
    "revenue": 6.0,
    "cycle_days": 25.0,
    "win_rate": 0.25,
    "churned": 1.0,
    "retention": 0.8,
    "expansion": 30.0,
    "entered.demo": 9.0,
    "entered.offer": 4.0,
    "conversion.demo": 0.5,
    "conversion.offer": 0.25,
    "dwell_days.demo": 3.0,
    "dwell_days.offer": 10.0,
    "wip.demo": 2.0,
    "wip.offer": 4.0,
}


def filled(**other: object):  # type: ignore[no-untyped-def]
    tallies: dict[str, object] = {
        "leads_created": 8,
        "deals_won": 2,
        "deals_lost": 6,
        "churned": 1,
        "cycle_days_sum": 50,
        "clients_at_start": 10,
        "clients_kept": 8,
        "bookings": [10, 20, 30],
        "quota_credit": [11, 22, 33],
        "revenue": [1, 2, 3],
        "entered": [9, 4],
        "ended": [8, 4],
        "forward": [4, 1],
        "dwell_days_sum": [24, 40],
        "wip_days": [20, 40],
    }
    return run_of(**(tallies | other))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BY_HAND)
def test_a_metric_is_what_its_definition_says(name: str) -> None:
    np.testing.assert_array_equal(metric_values(filled(), name), np.full(4, BY_HAND[name]))


def test_every_metric_has_a_value_by_hand_here() -> None:
    """A new metric without a case above fails."""
    assert sorted(metric_names(filled())) == sorted(BY_HAND)


@pytest.mark.parametrize(
    ("name", "emptied"),
    [
        ("cycle_days", {"deals_won": 0}),
        ("win_rate", {"deals_won": 0, "deals_lost": 0}),
        ("retention", {"clients_at_start": 0}),
        ("conversion.demo", {"ended": 0}),
        ("dwell_days.demo", {"ended": 0}),
    ],
)
def test_a_ratio_without_cases_is_undefined_not_zero(name: str, emptied: dict[str, object]) -> None:
    """Catches a 0/0 counted as 0, which would pull means down."""
    assert np.isnan(metric_values(filled(**emptied), name)).all()


def test_work_in_progress_is_an_average_over_its_own_window() -> None:
    """Catches a division by the whole span."""
    run = filled(windows=TWO_WINDOWS)
    assert metric_values(run, "wip.demo", 1)[0] == 20 / 20
    assert metric_values(run, "wip.demo", 0)[0] == pytest.approx(20 / 30)


def test_parts_sum_to_the_total_to_the_last_bit() -> None:
    """Catches a total by `numpy.sum` or in another order: 0.1 + 0.2 + 0.3 differs from 0.3 + 0.2 + 0.1."""
    by_part = np.array([[0.1, 0.2, 0.3], [1e16, 1.0, -1e16]])
    np.testing.assert_array_equal(total(by_part), [0.1 + 0.2 + 0.3, 1e16 + 1.0 - 1e16])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bookngs", 'no metric "bookngs".*did you mean "bookings"'),
        ("entered.dmeo", 'no metric "entered.dmeo".*did you mean "entered.demo"'),
        ("entered", 'no metric "entered"'),
        ("cycle_days.demo", "no metric"),
    ],
)
def test_an_unknown_metric_is_named_with_what_is_near(name: str, text: str) -> None:
    with pytest.raises(MetricError, match=text):
        metric_values(filled(), name)


@pytest.mark.parametrize(
    ("name", "more"),
    [("bookings", True), ("cycle_days", False), ("dwell_days.demo", False), ("churned", False)],
)
def test_a_metric_knows_its_good_direction(name: str, more: bool) -> None:
    assert metric(name).more_is_better is more
