"""The map in words, on screen and on the page."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.read import typed
from funnelsim.processmap.of_history import history_map
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.process_map import print_map
from funnelsim.report.words import process_map_words as words

from ..processmap.logs import log

STAGES = tuple("abcdef")


def screen(document: MapDocument, **options: Any) -> str:
    held = io.StringIO()
    print_map(document.as_json(), Console(file=held, width=100), **options)
    return held.getvalue()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", "A"),
        ("abc", "A > B > C"),
        ("abcd", "A > ... > D"),  # from four stages on
        ("abcdef", "A > ... > F"),
        ("aab", "A x2 > B"),
        ("abcdcd", "A > ... > D > C > D"),
        ("abbcdef", "A > B x2 > C > ... > F"),
        ("bdf", "B > D > F"),
        ("fedcba", "F > E > D > C > B > A"),
    ],
)
def test_a_path_is_shortened_where_stages_follow_in_order(path: str, expected: str) -> None:
    """Mutants: three stages shortened (nothing gained), repeats inside a run swallowed."""
    document = history_map(log("a 1, won", stages=STAGES))
    assert words.path_words(document, tuple(path)) == expected


def test_the_answer_counts_what_became_of_all() -> None:
    said = words.answer(history_map(log("demo 1, won", "demo 2, lost", "demo 3, lost", "demo")))
    assert said.startswith(
        "Of 4 deals 1 was won, 2 were lost and 1 is open. Half of the wins took 1 day or less."
    )
    assert "Most are lost at Demo: 2 of 2." in said
    churned = words.answer(history_map(log("demo 1, churned", "demo 1, lost", "demo 1, won")))
    assert churned.startswith("Of 3 deals 1 was won, 1 churned and 1 was lost.")
    only_open = words.answer(history_map(log("demo")))
    assert only_open == "Of 1 deal 0 were won and 1 is open."
    other = words.answer(history_map(log("demo 1, won", "demo 1, parked")))
    assert "1 was won and 1 ended without a win." in other


def test_rare_moves_are_told() -> None:
    leads = (
        ["demo 1, offer 1, won"] * 99 + ["demo 1, contract 1, won"] * 1 + ["offer 1, contract 1, won"] * 30
    )
    said = words.hidden_words(history_map(log(*leads), min_share=0.02))
    assert said.startswith("Left out: 1 rare move, each under 2 % of what leaves its stage, made by 1 deal.")
    assert words.hidden_words(history_map(log(*leads), min_share=0)) == ""


def test_what_is_unknown_is_not_a_number() -> None:
    shown = screen(history_map(log("demo 1, won", "demo", "offer", losses_recorded=False)))
    row = next(line for line in shown.splitlines() if line.startswith("Offer"))
    assert row.split() == ["Offer", "1", "1", "n/a", "n/a", "n/a", "0"]
    assert "! the export records no losses" in " ".join(shown.split())


def test_the_document_is_read_back_as_it_was() -> None:
    document = history_map(log("demo 1, offer 2, won", "demo 1, demo 2, lost", amounts=(5.0, None)))
    assert typed(document.as_json()) == document


def test_names_on_the_page_are_no_markup() -> None:
    history = log("demo 1, offer 1, won")
    history.meta.stages["demo"] = "<script>alert(1)</script>"
    page = report_page([history_map(history).as_json()])
    assert "<script>alert" not in page
    assert "The sales process as it really ran" in page


def test_a_map_without_leads_has_a_page_too() -> None:
    assert "There is no deal with a dated stage" in report_page([history_map(log()).as_json()])
