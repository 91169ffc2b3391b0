"""A backtest as a page: the verdict, period by period, how far each was off; names are never markup."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.pages.backtest import forecaster_grid
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.backtest import print_backtest
from funnelsim.report.screens.next_steps import Invocation
from tests.unit.report import made_up
from tests.unit.report.made_up_backtests import backtest_document
from tests.unit.report.test_html import NASTY, read


def told(*documents: dict[str, object]) -> str:
    return " ".join("".join(read(report_page(documents)).text).split())


def test_a_page_of_a_backtest_alone_explains_its_own_words_only() -> None:
    page = told(backtest_document())
    for words in (
        "Forecasts of past periods: Bookings, 2020-01 to 2020-07",
        "Scores for statisticians",
        "The likely result was off by",
        "of 7 months",
    ):
        assert words in page
    assert "PIT" not in page
    assert "Future: one simulated course" not in page


def test_beside_a_forecast_it_comes_second() -> None:
    page = told(backtest_document(), made_up.forecast_document())
    assert page.index("Forecast for 2026Q1") < page.index("Forecasts of past periods")
    assert "Future: one simulated course" in page


def test_names_are_never_markup() -> None:
    document = backtest_document(name=NASTY, skipped={NASTY: NASTY})
    document["origins"][0]["period"] = NASTY
    page = read(report_page([document]))
    assert page.tags.count("script") == 1, "the page's own"
    assert "img" not in page.tags


@pytest.mark.parametrize("n", [7, 40])
def test_shares_and_skill_have_intervals_where_origins_allow(n: int) -> None:
    grid = forecaster_grid(read_as(BacktestDocument, backtest_document(n=n, every="week")))
    rows = {row[0]: row for row in grid.rows}
    assert next(iter(rows)) == "funnelsim"
    assert rows["funnelsim"][1] == str(n)
    assert rows["funnelsim"][-1] == ""
    assert ("skill" in rows["run-rate"][-1]) == (n == 40)
    assert ("(" in rows["funnelsim"][6]) == (n == 40)


def test_the_screen_counts_deals_without_cents_and_says_what_to_type_next() -> None:
    """Catches ``33.00`` deals."""
    out = io.StringIO()
    document = backtest_document(n=16, every="week", metric="deals_won", size=30)
    invocation = Invocation(command="funnelsim backtest history --every week")
    print_backtest(document, Console(file=out, width=100), invocation=invocation)
    screen = out.getvalue()
    assert ".00" not in screen
    ours = next(line for line in screen.splitlines() if line.startswith("funnelsim  "))
    assert ours.count(" of 16") == 3, "counts, as on the page: a share of 16 origins promises too much"
    assert "Next:  funnelsim backtest history --every week --out backtest.json" in screen
    assert "funnelsim report backtest.json --out report.html" in screen
    assert all(len(line) <= 100 for line in screen.splitlines())


def test_the_title_says_which_days_were_forecast() -> None:
    out = io.StringIO()
    print_backtest(backtest_document(n=3, name="Acme"), Console(file=out, width=100))
    assert out.getvalue().splitlines()[0] == "BACKTEST  Acme: 3 forecasts, 1 Jan to 31 Mar 2020"
