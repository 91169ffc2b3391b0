"""Insights and conformance on the page, and their sentences."""

from __future__ import annotations

import pytest

from funnelsim.documents.process_map import MapDocument
from funnelsim.processmap.conformance.conformance import conformance_of
from funnelsim.processmap.insights.insights import insights_of
from funnelsim.processmap.of_history import history_map
from funnelsim.report.pages.map_page import map_page
from funnelsim.report.pages.page import report_page
from funnelsim.report.words.map_conformance_words import drift_line
from funnelsim.report.words.map_parts import conformance_parts, insight_parts

from ..processmap.conformance.meant import STRAIGHT, meant
from ..processmap.logs import log

MODEL = meant(*STRAIGHT, stages={"demo": {"targets": {"dwell": 3.0}}})
LEADS = (
    *["demo 2, offer 4, contract 6, won"] * 40,
    *["demo 4, lost"] * 60,
    *["demo 1, contract 2, won"] * 12,
    *["demo 1, offer 1, demo 1, contract 9, won"] * 6,
    "demo",
)


def made(*leads: str, name: str = "Ana") -> MapDocument:
    history = log(*leads, owners=(name,) * len(leads), amounts=tuple(100.0 + n for n in range(len(leads))))
    return history_map(history).model_copy(
        update={"insights": insights_of(history), "conformance": conformance_of(history, MODEL)}
    )


def sentences(document: MapDocument) -> dict[str, str]:
    parts = [*insight_parts(document), *conformance_parts(document)]
    return {part.title: part.sentence for part in parts}


def test_each_insight_has_its_sentence() -> None:
    said = sentences(made(*LEADS))
    assert said["What fast wins have in common"] == (
        "12 wins took at most 3 days; half of the other 46 took 12 days or more. Without Offer: 100 % of "
        "the fast wins, 0 % of the others."
    )
    assert said["How often wins had said no before they said yes"].startswith(
        "6 of 58 wins (10 %) had said no before; together worth"
    )
    assert said["Against the model"].startswith(
        "85 % of deals follow the map of the plan (101 of 119). 18 do not"
    )


def test_a_win_rate_is_told_with_and_without() -> None:
    stages = ("lead", "demo", "offer")
    leads = [f"lead 1, demo 1, offer 1, {'won' if n < 24 else 'lost'}" for n in range(100)]
    leads += [f"lead 1, offer 1, {'won' if n < 11 else 'lost'}" for n in range(100)]
    history = log(*leads, stages=stages)
    document = history_map(history).model_copy(update={"insights": insights_of(history)})
    told = sentences(document)["What precedes a win more often than a loss"]
    assert told.startswith("Deals with Demo before Offer win 24 %, without it 11 %. This is not a cause")


@pytest.mark.parametrize("leads", [("demo",), ("demo 1, lost",), LEADS])
def test_the_page_has_a_section_for_each(leads: tuple[str, ...]) -> None:
    page = report_page([made(*leads).as_json()])
    assert "The process against the map" in page
    assert "What stands out" in page


def test_names_are_no_markup_on_the_page() -> None:
    page = report_page([made(*LEADS, name="<script>alert(1)</script>").as_json()])
    assert "<script>alert" not in page


def test_the_map_itself_has_the_parts_below_the_picture() -> None:
    page = map_page(made(*LEADS, name="<b>Ana</b>"))
    assert "Moves that the map does not know" in page
    assert "What precedes a win more often than a loss" in page
    assert "<b>Ana" not in page


def test_a_document_without_them_has_no_such_section() -> None:
    page = report_page([history_map(log(*LEADS)).as_json()])
    assert "What stands out" not in page
    assert "against the map" not in page


def test_drift_is_one_line() -> None:
    from funnelsim.processmap.conformance.fail_on import drifts, parse_rules

    document = made(*LEADS)
    found = document.conformance
    assert found is not None
    rules = parse_rules(["unknown_moves>5%, time"])
    drifted = found.model_copy(update={"drifts": drifts(found, rules)})
    assert drift_line(document, drifted) == (
        "drifted: 15 % of deals make a move that the map does not know (allowed 5.0 %); "
        "49 % of visits to Demo take longer than the target"
    )
