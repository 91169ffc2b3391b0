"""Parts of one page do not contradict or repeat each other."""

import dataclasses

import pytest

from funnelsim.documents.fit import FitDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.validate import read_as
from funnelsim.history.files.events import History
from funnelsim.metrics.flow.document import flow_document
from funnelsim.metrics.kpi.kpi import kpi
from funnelsim.processmap.of_history import history_map
from funnelsim.report.figures.flow.ageing import ageing_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.words.friction_words import base_on_page
from funnelsim.report.words.win_rates import win_rate_words

from ..made_up_history import day, history_of
from .artists import words
from .made_up import forecast_document
from .made_up_flow import flow
from .made_up_friction import friction_document


def one_stage() -> History:
    """Created and closed, nothing between: 30 wins, 10 losses, 2 open."""

    def deal(k: int, outcome: str | None) -> dict[str, object]:
        closed = day(2, 1 + k % 8) if outcome else None
        return {"stays": [("demo", day(1, 1 + k % 20))], "outcome": outcome, "closed": closed, "amount": 5.0}

    outcomes = ["won"] * 30 + ["lost"] * 10 + [None] * 2
    history = history_of(*[deal(k, outcome) for k, outcome in enumerate(outcomes)])
    return dataclasses.replace(history, meta=dataclasses.replace(history.meta, stages={"demo": "Demo"}))


def test_one_stage_is_told_once() -> None:
    """Mutants: the table of one path; the conversion beside the win rate, of which it is a copy."""
    history = one_stage()
    parts = [history_map(history).as_json(), flow_document(history).as_json(), kpi(history).document()]
    page = report_page(parts)
    assert page.count("istory has one stage") == 1
    assert "took one path" not in page
    assert "conversion of Demo" not in page
    assert "entered Demo" not in page


def test_win_rates_of_a_page_name_their_bases() -> None:
    """30 of the 40 that ended. Mutant: open deals in the base (71 %)."""
    ran = MapDocument(command="map", won=30, ended=10, open=2)
    fit = FitDocument(command="fit", stages=(), win_probability=0.53)
    assert win_rate_words([ran, fit]) == (
        "This page has two win rates, each of another group: 75 % of the 40 deals that have ended, and 53 % "
        "expected of a new deal."
    )
    assert win_rate_words([ran]) == ""
    assert win_rate_words([MapDocument(command="map"), fit]) == ""


@pytest.mark.parametrize(
    ("period", "times", "said"),
    [
        ("2026Q1", 1.01, "Every difference is from the forecast for 2026Q1 above."),
        ("2026Q1", 1.1, "Base: bookings USD"),
        ("2026Q2", 1.0, ", in 2026Q2; the forecast above is for 2026Q1."),
    ],
)
def test_the_base_of_friction_is_no_second_forecast(period: str, times: float, said: str) -> None:
    """Mutants: named for the same period; not named for another; far means held for the same."""
    forecast = read_as(ForecastDocument, forecast_document(), "forecast")
    document = friction_document(period=period)
    document["base"]["bookings"]["mean"] = times * (forecast.periods[0].bookings.mean or 0.0)
    assert said in base_on_page(read_as(FrictionDocument, document, "friction"), forecast)


def test_counts_of_old_deals_have_a_line_of_their_own_on_a_phone() -> None:
    """Mutant: in one line, which is cut."""
    document = flow()
    document["ages"][0].update(open_now=2409, older=543)
    assert "543 too old" in words(ageing_figure(document, narrow=True)).split("\n")
    assert "2,409 open, 543 too old" in words(ageing_figure(document))
