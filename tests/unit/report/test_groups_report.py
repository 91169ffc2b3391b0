"""A forecast by group on screen, on the page and in its figures."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from funnelsim.documents.record import DocumentError
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.backtest import print_backtest
from funnelsim.report.screens.forecast import print_forecast
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, words
from tests.unit.report.made_up_backtests import backtest_of
from tests.unit.report.test_figures import FORECASTS, LONG_NAME

FEW = ("North", "<b>South & co</b>", LONG_NAME)
MANY = tuple(f"Rep {n:02d}" for n in range(40))


def screen(document: dict[str, Any], width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_forecast(document, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("figure", ["groups", "waterfall"])
@pytest.mark.parametrize("names", [FEW, MANY, ("Only one",)])
@pytest.mark.parametrize("case", FORECASTS)
def test_the_figures_can_be_read(case: str, names: tuple[str, ...], figure: str) -> None:
    document = made_up.with_groups(made_up.forecast_document(**FORECASTS[case]), names)
    check_texts(document_figure([document], figure))


def test_the_waterfall_ends_at_the_total() -> None:
    document = made_up.with_groups(made_up.forecast_document(), MANY)
    text = words(document_figure([document], "waterfall"))
    assert "28 others" in text
    assert "short of quota" in text
    assert "Rep 11" in text
    assert "Rep 12" not in text


def test_the_total_row_ties_and_the_smallest_are_one_row() -> None:
    text = screen(made_up.with_groups(made_up.forecast_document(), MANY))
    assert "28 others" in text
    rows = [line.split() for line in text.splitlines() if line.startswith(("Rep ", "28 others", "total "))]
    assert len(rows) == 12 + 1 + 2  # the parts of the whole have a total too
    assert "shared out like the 431 newest deals (since 12 August 2025)" in " ".join(text.split())
    assert max(len(line) for line in text.splitlines()) <= 100


def test_thirteen_are_all_shown() -> None:
    """One row for one other would take the room of that other."""
    assert "others" not in screen(made_up.with_groups(made_up.forecast_document(), MANY[:13]))


def test_quotas_that_do_not_sum_to_that_of_the_whole_are_said() -> None:
    document = made_up.with_groups(made_up.forecast_document(), FEW)
    assert "Together the owners" not in screen(document)
    for group in document["periods"][0]["groups"]:
        group["quota"] *= 1.1
    assert "Together the owners have a quota of USD 1.32 million" in " ".join(screen(document).split())


def test_without_money_the_wins_are_split() -> None:
    document = made_up.without_money(made_up.with_groups(made_up.forecast_document(), FEW))
    text = screen(document)
    assert "By owner" in text
    assert "North" in text
    with pytest.raises(DocumentError, match="no amounts"):
        document_figure([document], "groups")


def test_the_page_has_the_groups_with_their_names_as_text() -> None:
    page = report_page([made_up.with_groups(made_up.forecast_document(), FEW, "team")])
    assert "By team" in page
    assert "&lt;b&gt;South" in page
    assert "<b>South" not in page


def test_a_forecast_that_is_not_split_has_no_such_figure() -> None:
    with pytest.raises(DocumentError, match="make it with --by source"):
        document_figure([made_up.forecast_document()], "groups")


def test_a_backtest_by_group_on_screen_and_page() -> None:
    """Hand-made scores: the total row is that of the whole, a group without bookings has no error."""
    document = backtest_of(3).document()
    document |= {
        "by": "owner",
        "groups": [
            {"name": "<i>Ana</i>", "forecasts": 3, "mean_actual": 80.0, "mean_forecast": 70.0,
             "relative_crps": 0.2, "bias": -0.125, "held": {"80": 2}},
            {"name": "Ben", "forecasts": 1, "mean_actual": 0.0, "mean_forecast": 1.0, "held": {"80": 0}},
        ],
    }  # fmt: skip
    console = Console(file=io.StringIO(), width=100)
    print_backtest(document, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    ana = next(line for line in text.splitlines() if line.startswith("<i>Ana"))
    assert "-12 %" in ana
    assert "2 of 3" in ana
    assert "n/a" in next(line for line in text.splitlines() if line.startswith("Ben"))
    page = report_page([document])
    assert "By owner" in page
    assert "&lt;i&gt;Ana" in page
