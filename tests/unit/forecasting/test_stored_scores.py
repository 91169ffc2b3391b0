"""Stored forecasts against what was booked, counted by hand."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from funnelsim.core.errors import FunnelSimError, HistoryError
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.forecasting.stored_scores import WITHOUT_QUANTILES, result_of, score_stored
from funnelsim.history.files.events import History
from funnelsim.report.screens.score import print_scores

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import model_of
from .bridge.made_up_forecasts import forecast_of, open_deal, override


def history(**more: Any) -> History:
    """In the first quarter 300 is booked, by the close; one deal is won on the day after it."""
    deals = (
        won(day(1, 5)),
        won(day(3, 31), 200.0),
        won(day(4, 1), 999.0),
        lost(day(2, 1)),
        still_open("demo", day(3, 1)),
    )
    made = history_of(*deals, as_of=day(4, 10))
    return dataclasses.replace(made, meta=dataclasses.replace(made.meta, **more))


def uniform(low: float, high: float, as_of: str = "2026-02-01", **more: Any) -> ForecastDocument:
    """Bookings uniform between two amounts."""
    values = (low + (high - low) * np.arange(1, 100) / 100).tolist()
    mean = (low + high) / 2
    bookings = {"mean": mean, "p10": values[9], "p50": values[49], "p90": values[89]}
    period = {"bookings": bookings, "quantiles_bookings": values, "quantiles": values, "days_left": 58.0}
    return forecast_of(open_deal("deal-1", 10.0), as_of=as_of, period=period | more)


def test_a_score_is_that_of_the_distribution() -> None:
    """Actual 300. U(200, 400): CRPS 200 / 12; U(250, 260) is 45 too low: CRPS 45 - 10 / 6.

    Mutants: the day of the end left out (100 booked), the day after it counted (1,299).
    """
    found = score_stored([("a", uniform(200, 400)), ("b", uniform(250, 260, "2026-03-01"))], history(), {})
    a, b = found.forecasts
    assert (a.actual, b.actual) == (300.0, 300.0)
    assert a.crps == pytest.approx(200 / 12, rel=0.01)
    assert b.crps == pytest.approx(45 - 10 / 6, rel=0.01)
    assert a.held == {"50": True, "80": True, "90": True}
    assert b.held == {"50": False, "80": False, "90": False}
    assert (a.p10, a.p50, a.p90) == (220.0, 300.0, 380.0)
    assert (found.periods, found.not_over) == (1, 0)
    assert found.coverage == {"50": 0.5, "80": 0.5, "90": 0.5}
    assert found.error == pytest.approx(45 / 2 / 300)
    assert found.bias == pytest.approx(-45 / 2 / 300)
    assert found.relative_crps == pytest.approx((a.crps + b.crps) / 2 / 300)


def test_the_rules_of_the_model_say_what_is_booked() -> None:
    """Booked when the offer is made, which is ten days before the win: the win of 1 April counts as well."""
    at_offer = model_of(goal={"books_at": "offer", "period": "quarter"})
    found = score_stored([("a", uniform(200, 400))], history(), {"a": at_offer})
    assert found.forecasts[0].actual == pytest.approx(200.0 + 999.0)
    assert score_stored([("a", uniform(200, 400))], history(), {"a": model_of()}).forecasts[0].actual == 300.0


def test_a_period_that_is_not_over_is_counted_only() -> None:
    later = uniform(1, 2, period="2026Q2", start="2026-04-01", end="2026-06-30")
    found = score_stored([("a", uniform(200, 400)), ("b", later)], history(), {})
    assert ([one.id for one in found.forecasts], found.not_over) == (["a"], 1)
    with pytest.raises(FunnelSimError, match="no stored forecast is of a period that is over"):
        score_stored([("b", later)], history(), {})
    assert result_of(later, history(), None) is None
    assert result_of(uniform(1, 2), history(), None) == 300.0


def test_a_history_that_ends_on_the_last_day_is_late_enough() -> None:
    made = history()
    ends = dataclasses.replace(made, meta=dataclasses.replace(made.meta, as_of=day(4, 1)))
    assert result_of(uniform(1, 2), ends, None) == 300.0
    early = dataclasses.replace(made, meta=dataclasses.replace(made.meta, as_of=day(3, 31)))
    assert result_of(uniform(1, 2), early, None) is None


def test_deals_won_are_scored_where_nothing_has_an_amount() -> None:
    nothing = {"mean": 0.0, "p05": 0.0, "p95": 0.0}
    counts = np.repeat([1.0, 2.0, 3.0], 33).tolist()
    one = uniform(0, 0, bookings=nothing, wins={"mean": 2.0, "p50": 2.0}, quantiles_wins=counts)
    found = score_stored([("a", one)], history(), {}).forecasts[0]
    assert (found.metric, found.actual, found.p50) == ("deals_won", 2.0, 2.0)


def test_a_history_of_another_company_or_currency_is_refused() -> None:
    """Mutant: the forecasts of one company scored with the bookings of another."""
    with pytest.raises(HistoryError, match="is in GBP, but the forecasts are in USD"):
        score_stored([("a", uniform(1, 2))], history(currency="GBP"), {})
    other = forecast_of(open_deal("x", 1.0), open_deal("y", 1.0))
    with pytest.raises(HistoryError, match='is not of "Acme": of the 2 deals of its forecast it has 0'):
        score_stored([("a", other)], history(), {})


def test_the_screen_says_how_often_the_range_held() -> None:
    document = score_stored(
        [("2026-02-01-aaaaaa", uniform(200, 400)), ("2026-03-01-bbbbbb", uniform(250, 260, "2026-03-01"))],
        history(),
        {},
    ).as_json()
    for detail in (False, True):
        held = io.StringIO()
        print_scores(document, Console(file=held, width=100), detail=detail)
        text = held.getvalue()
        assert max(map(len, text.splitlines())) <= 100
        assert "80 % range of 2 stored forecasts of 1 period held the actual result 1 time." in " ".join(
            text.split()
        )
        assert "off by 7.5 % on average; on the whole they were 7.5 % too low." in " ".join(text.split())
        assert ("CRPS" in text) == detail


def test_judgement_by_people_is_not_scored_as_the_forecast_of_the_model() -> None:
    """The model says 200 to 400, people 900 to 1,000. Mutant: the quantiles with overrides."""
    alone = uniform(200, 400).periods[0]
    without = {"bookings": alone.bookings.model_dump(), "quantiles_bookings": alone.quantiles_bookings}
    said = [override("deal-1", 10.0, 700.0)]
    with_them = uniform(900, 1000, without_overrides=without)
    made = with_them.model_copy(update={"overrides": forecast_of(overrides=said).overrides})
    document = score_stored([("a", made), ("b", uniform(200, 400))], history(), {})
    a, b = document.forecasts
    assert (a.overrides, b.overrides) == (1, 0)
    assert (a.crps, a.p50, a.mean) == (b.crps, b.p50, b.mean)
    held = io.StringIO()
    print_scores(document.as_json(), Console(file=held, width=100))
    text = " ".join(held.getvalue().split())
    assert "2026Q1 *" in text
    assert "1 forecast has overrides by people (*): scored is what the model said without them." in text


def test_a_forecast_with_overrides_but_no_quantiles_without_is_left_out() -> None:
    without = {"bookings": {"mean": 300.0, "p10": 220.0, "p50": 300.0, "p90": 380.0}}
    made = uniform(900, 1000, without_overrides=without)
    document = score_stored([("a", made), ("b", uniform(200, 400))], history(), {})
    assert [one.id for one in document.forecasts] == ["b"]
    assert document.warnings == (f"1 {WITHOUT_QUANTILES}",)
