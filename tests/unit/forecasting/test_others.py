"""What others would say: the weighted pipeline and the run rate."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.core.calendar.time import parse_period
from funnelsim.forecasting.runrate import run_rate
from funnelsim.forecasting.weighted import stage_win_shares, weighted_pipeline

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import model_of, pipeline_of

Q1 = parse_period("2026Q1")
#: Two won, one lost from the offer, one lost from the demo, one open.
DECIDED = (
    won(day(1, 5), 100.0),
    won(day(1, 6), 300.0),
    lost(day(1, 7)),
    {"stays": [("demo", day(1, 1))], "outcome": "lost", "closed": day(1, 8)},
    still_open("offer", day(1, 9)),
)


def test_the_share_of_a_stage_is_that_of_the_decided_deals_that_were_in_it() -> None:
    """Catches open deals counted as lost."""
    assert stage_win_shares(history_of(*DECIDED), model_of()) == pytest.approx({"demo": 0.5, "offer": 2 / 3})


def test_where_losses_are_not_recorded_all_deals_count() -> None:
    """Otherwise every decided deal is a win and the pipeline is worth its list price."""
    history = history_of(*DECIDED, losses_recorded=False)
    assert stage_win_shares(history, model_of())["offer"] == pytest.approx(2 / 4)


def test_weighted_pipeline_by_hand() -> None:
    """90 x 1/2 + 60 x 2/3; what has no listed amount and what has booked already is left out."""
    pipeline = pipeline_of(
        {"stage": "demo", "amount": 90.0},
        {"stage": "offer", "amount": 60.0, "age_days": 400.0},
        {"stage": "offer", "amount": None},
        {"stage": "offer", "amount": 5000.0, "won_before": True},
    )
    found = weighted_pipeline(pipeline, history_of(*DECIDED), model_of())
    assert found == pytest.approx(90 / 2 + 60 * 2 / 3)


def test_nothing_decided_tells_no_weights() -> None:
    history = history_of(still_open("demo", day(1, 1)))
    assert weighted_pipeline(pipeline_of({}), history, model_of()) == "no lead was won or lost before"


def test_without_any_listed_amount_there_is_no_weighted_pipeline() -> None:
    """What has booked already lists nothing that may still come. Catches it filled with means of the won."""
    pipeline = pipeline_of({"amount": None}, {"amount": 5000.0, "won_before": True})
    found = weighted_pipeline(pipeline, history_of(*DECIDED), model_of(noun="deal"))
    assert found == "no open deal has a listed amount"


def test_run_rate_carries_the_trailing_quarter_on() -> None:
    """Q1 has 90 days: the trailing 90 end on 10 February. Catches bookings of the quarter so far only."""
    as_of = dt.datetime(2026, 2, 10)
    first = as_of - dt.timedelta(days=90)
    history = history_of(won(first - dt.timedelta(days=1), 1000.0), won(first, 30.0), won(day(1, 20), 60.0))
    assert run_rate(history, model_of(), Q1) == pytest.approx(90.0)


def test_run_rate_counts_only_days_on_which_closings_are_recorded() -> None:
    history = history_of(won(day(2, 1), 50.0), observed_from=day(1, 11))
    assert run_rate(history, model_of(), Q1) == pytest.approx(50.0 / 30 * 90)


def test_less_than_a_week_tells_no_rate() -> None:
    history = history_of(won(day(2, 8), 50.0), observed_from=day(2, 5))
    assert run_rate(history, model_of(), Q1) is None
