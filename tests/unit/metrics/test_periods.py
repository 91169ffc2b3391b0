"""Which span of days a period means."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.metrics.periods import PeriodError, requested_periods, window_of
from funnelsim.results.run import Window

from ..made_up_runs import model_of


def test_the_default_is_the_period_that_holds_the_start() -> None:
    (quarter,) = requested_periods(model_of(start=dt.date(2026, 2, 10)))
    assert (quarter.label, quarter.start, quarter.end) == ("2026Q1", dt.date(2026, 1, 1), dt.date(2026, 4, 1))


def test_the_first_day_of_a_quarter_belongs_to_it() -> None:
    (quarter,) = requested_periods(model_of(start=dt.date(2026, 4, 1)))
    assert quarter.label == "2026Q2"


def test_a_fiscal_default_has_a_fiscal_name() -> None:
    goal = {"fiscal_year_starts": "02-01", "period": "quarter"}
    (quarter,) = requested_periods(model_of(start=dt.date(2026, 2, 10), goal=goal))
    assert (quarter.label, quarter.start) == ("FY2027Q1", dt.date(2026, 2, 1))


def test_what_is_left_of_a_period_begins_at_the_start() -> None:
    start = dt.date(2026, 2, 10)
    (now, later) = requested_periods(model_of(start=start), ["2026Q1", "2026Q2"])
    assert window_of(now, start) == Window(label="2026Q1", start_day=0.0, end_day=50.0, complete=False)
    assert window_of(later, start) == Window(label="2026Q2", start_day=50.0, end_day=141.0)


def test_each_period_is_told_once_in_the_order_asked() -> None:
    asked = requested_periods(model_of(), ["2026Q2", "2026Q1", "2026Q2"])
    assert [p.label for p in asked] == ["2026Q2", "2026Q1"]


def test_all_wrong_periods_are_named_at_once() -> None:
    """Catches a period that ends on the very day the model starts and is let through."""
    with pytest.raises(PeriodError) as caught:
        requested_periods(model_of(start=dt.date(2026, 4, 1)), ["2026Q5", "2026Q1", "soon"])
    text = str(caught.value)
    assert "3 problems" in text
    assert "2026Q1 (2026-01-01 to 2026-03-31) is over: the model starts on 2026-04-01" in text
    assert "soon" in text
