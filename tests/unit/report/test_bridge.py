"""A bridge on screen, as a figure and on the page."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.read import typed
from funnelsim.report.figures.bridge import bridge_figure
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.bridge import print_bridge
from funnelsim.report.words import bridge_words

from .artists import check_texts, words
from .made_up_bridges import DOCUMENTS, LONG, bridge_document


def screen(document: dict[str, Any], width: int = 110, **options: Any) -> str:
    held = io.StringIO()
    print_bridge(document, Console(file=held, width=width), **options)
    return held.getvalue()


def read(document: dict[str, Any]) -> BridgeDocument:
    found = typed(document)
    assert isinstance(found, BridgeDocument)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_read_and_drawn_on_screen_page_and_figure(name: str) -> None:
    """No text of the figure overlaps another or leaves it."""
    document = DOCUMENTS[name]
    assert read(document).as_json() == document
    assert screen(document)
    check_texts(document_figure([document]))
    check_texts(bridge_figure(document, narrow=True))
    assert "What changed since the forecast before" in report_page([document])


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("width", [100, 130])
def test_no_line_is_wider_than_the_screen(name: str, width: int) -> None:
    lines = screen(DOCUMENTS[name], width, hints=False).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


def shown_numbers(rows: list[bridge_words.StepRow]) -> list[float]:
    return [float(re.sub(r"[,+]", "", row.text)) for row in rows]


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "without money"])
def test_the_numbers_as_shown_add_up(name: str) -> None:
    """An analyst adds them with a pencil. Mutant: each rounded by itself, which fails for every kind."""
    document = read(DOCUMENTS[name])
    for rows in (bridge_words.step_rows(document), bridge_words.pipeline_rows(document)):
        if rows:
            first, *steps, last = shown_numbers(rows)
            assert first + sum(steps) == pytest.approx(last, abs=1e-9)
            assert (rows[0].is_end, rows[-1].is_end) == (True, True)


def test_the_answer_comes_first_and_names_the_largest_steps() -> None:
    lines = screen(bridge_document()).splitlines()
    assert lines[0] == "BRIDGE  2026Q1 (1 January to 31 March 2026)"
    text = " ".join(" ".join(lines[:7]).split())
    assert (
        "Expected bookings of 2026Q1 fell by USD 51 thousand from 1 February 2026 to 8 February 2026: "
        in text
    )
    assert "USD 758 thousand to USD 707 thousand." in text
    assert "Mostly lost deals (-73)" in text
    assert "Against it: won deals (+22)" in text


def test_a_step_says_which_deals_are_behind_it() -> None:
    text = screen(bridge_document(), top=20)
    assert "1 deal was worth 30 in the forecast, closed at 52" in text
    assert re.search(r"lost +-\d+  2 deals: Deal h, Deal g", text)
    assert re.search(r"Deal f +moved stage +demo to offer +35.0 +44.0 +\+9.0", text)
    assert re.search(r"Deal new +new +new in demo +0 +9.0 +\+9.0", text)


def test_only_the_deals_that_were_asked_for_are_listed() -> None:
    assert "Largest changes" not in screen(bridge_document(), top=0)
    lines = screen(bridge_document(), top=2, hints=False).splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("Largest changes"))
    assert [line[:6] for line in lines[at + 1 : at + 4]] == ["Deal h", "Deal g", ""]


def test_nothing_changed_is_said() -> None:
    assert "did not change" in screen(DOCUMENTS["nothing changed"])
    assert "did not change" in words(document_figure([DOCUMENTS["nothing changed"]]))


def test_without_amounts_deals_are_counted() -> None:
    text = " ".join(screen(DOCUMENTS["without money"]).split())
    assert "Expected deals won of 2026Q1 rose by 0.82 deals" in text
    assert "USD" not in text


def test_an_unknown_change_of_the_model_is_a_warning() -> None:
    text = " ".join(screen(DOCUMENTS["unknown model"]).split())
    assert "! the model was changed between the two forecasts" in text


def test_names_are_shown_as_text() -> None:
    page = report_page([DOCUMENTS["odd names"]])
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert LONG.strip() not in words(document_figure([DOCUMENTS["odd names"]]))


def test_the_axis_says_where_it_does_not_begin_at_0() -> None:
    """Bars of totals cut at another place would lie. Mutant: never said."""
    assert "Axes do not begin at 0" in words(document_figure([bridge_document()]))
    assert "Axes do not begin at 0" not in words(document_figure([DOCUMENTS["from nothing"]]))


def test_each_step_is_rounded_plainly_and_only_one_is_shifted() -> None:
    """-217.54 is not -217 for the sake of its neighbours. Mutant: differences of rounded totals."""
    steps = [("won", 16.78), ("lost", -217.54), ("new", 57.18), ("moved", -73.13)]
    made = bridge_document()
    to = 1000.2 + sum(amount for _, amount in steps)
    ends = {"from": made["from"] | {"mean": 1000.2}, "to": made["to"] | {"mean": to}}
    listed = [{"kind": kind, "amount": amount, "deals": []} for kind, amount in steps]
    rows = bridge_words.step_rows(read(made | ends | {"steps": listed, "pipeline": None}))
    assert shown_numbers(rows) == [1000, 17, -218, 57, -73, 783]  # 783.49 less 1000.2: one has to give
