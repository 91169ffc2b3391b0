"""Key figures as a picture and as a page, with names and values of every kind."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from rich.console import Console

from funnelsim.documents.kpi import KpiDocument, KpiGroup
from funnelsim.documents.read import typed
from funnelsim.metrics.kpi.kpi import kpi
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.figures.kpi import kpi_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.kpi import print_kpi
from funnelsim.report.words.kpi_words import answer

from ..made_up_history import history_of, lost, still_open, won
from ..metrics.kpi.recount import random_history


@pytest.fixture(scope="module")
def document() -> dict[str, object]:
    return kpi(random_history(1), by="month", split="rep").document()


def test_the_document_is_read_back_as_it_was_written(document: dict[str, object]) -> None:
    assert typed(document).as_json() == document


def test_there_is_a_chart_for_each_figure(document: dict[str, object]) -> None:
    figures = [one for one in typed(document).kpis if not one.same_as]  # type: ignore[union-attr]
    assert len(document_figure([document]).axes) == len(figures)
    assert len(kpi_figure(document, only=["win_rate"]).axes) == 1


def test_names_are_escaped_on_the_page(document: dict[str, object]) -> None:
    page = report_page([document])
    assert "Ben &lt;b&gt;" in page
    assert "Ben <b>" not in page


@pytest.mark.parametrize("width", [60, 100])
def test_odd_histories_print(width: int) -> None:
    deals = (
        [still_open("demo", dt.datetime(2026, 1, 1))],
        [lost(dt.datetime(2026, 1, 20))],
        [won(dt.datetime(2026, 1, 20), None)],
    )
    for some in deals:
        document = kpi(history_of(*some)).document()
        screen = io.StringIO()
        print_kpi(document, Console(file=screen, width=width), detail=True)
        assert "is unknown" in screen.getvalue()
        assert kpi_figure(document).axes


def test_the_answer_is_of_the_chosen_figures_only(document: dict[str, object]) -> None:
    """A rep's change of a figure that was not asked for is not said. Mutant: groups not narrowed."""
    read = typed(document)
    assert isinstance(read, KpiDocument)
    now = read.kpis[0].model_copy(update={"beyond_noise": True, "same_as": None, "direction": "up"})
    group = KpiGroup(name="Ana", n=5, kpis=(now,))
    changed = read.model_copy(update={"groups": (group,)})
    assert any(line.startswith("Ana: ") for line in answer(changed))
    assert any(line.startswith("Ana: ") for line in answer(changed, [now.name]))
    other = next(one.name for one in read.kpis if one.name != now.name)
    assert not any(line.startswith("Ana: ") for line in answer(changed, [other]))
