"""Friction on screen, as a figure and on the page."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from funnelsim.documents.read import typed
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.friction import print_friction
from funnelsim.report.screens.next_steps import Invocation

from .artists import check_texts, words
from .made_up_friction import DOCUMENTS, driver, friction_document, lever, nothing_clear


def screen(document: dict[str, Any], width: int = 110, **options: Any) -> str:
    held = io.StringIO()
    print_friction(document, Console(file=held, width=width), **options)
    return held.getvalue()


def said(document: dict[str, Any]) -> str:
    """On a screen so wide that no name is folded."""
    return " ".join(screen(document, 200).split())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_read_and_drawn_on_screen_page_and_figure(name: str) -> None:
    """No text of the figure overlaps another or leaves it."""
    document = DOCUMENTS[name]
    assert typed(document).command == "friction"
    assert screen(document)
    figure = document_figure([document])
    check_texts(figure)
    assert "Where the friction is" in report_page([document])


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("width", [100, 130])
def test_no_line_is_wider_than_the_screen(name: str, width: int) -> None:
    lines = screen(DOCUMENTS[name], width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_answer_comes_first_with_its_unit_and_interval() -> None:
    lines = screen(friction_document()).splitlines()
    assert lines[0] == "FRICTION  2026Q1 (1 January to 31 March 2026)"
    on_screen = " ".join(" ".join(lines[:7]).split())
    assert "chance of quota 51 %" in on_screen
    assert "Most is lost at Sales interaction: 143 deals" in on_screen
    assert "up to USD 1.02 million had they gone on" in on_screen
    worth = "which would add USD 31.0 thousand of bookings (90 % interval 27.0 to 35.0)"
    assert f"Verbal agreement: 1 point more, {worth}" in on_screen


def test_levers_stand_by_worth_and_the_unclear_ones_apart() -> None:
    on_screen = screen(friction_document())
    unclear = "No clear effect on bookings: Discovery: 10 % faster; 1 gap between groups in your data."
    assert unclear in " ".join(on_screen.split())
    assert (
        on_screen.index("1 point more  ")
        < on_screen.index("1 hour less waiting")
        < on_screen.index("No clear effect")
    )
    assert "+46 to +158" in on_screen


def test_only_the_first_rows_are_shown_and_the_others_counted() -> None:
    on_screen = said(friction_document(top=1))
    assert "5 more with a clear but smaller effect: --top 6." in on_screen
    assert "1 hour less waiting" not in on_screen


def test_steps_and_gaps_are_one_list_by_worth_with_their_kind() -> None:
    """Two lists would show the gap of 15 before the step of 31. For a metric of which less is better, the
    largest fall is first."""
    on_screen = said(friction_document())
    worth = ["+61.0", "+31.0", "+21.0", "+15.0", "+4.1"]
    _, _, listed = on_screen.partition("What improvements are worth in")
    assert sorted(worth, key=listed.index) == worth
    assert "gap Deals from Referral" in listed
    assert "step Proposal to Verbal agreement: 1 point more" in listed
    assert "not a cause by itself" in listed
    assert "gap Deals" not in said(friction_document(drivers=[]))
    _, _, falls = said(friction_document(metric="cycle_days")).partition("What improvements are worth in")
    assert falls.index("-1.5") < falls.index("-0.78") < falls.index("-0.10")


def test_the_answer_names_the_best_step_and_a_gap_that_is_worth_more() -> None:
    on_screen = said(friction_document())
    assert "The small step worth most: Proposal to Verbal agreement: 1 point more, which would" in on_screen
    assert "Worth more, if that gap can be closed: Deals from Referral: Proposal to won 1.40" in on_screen
    assert "Worth more" not in said(friction_document(drivers=[driver("Fair", 15_000.0)]))


def test_a_gap_says_who_would_change() -> None:
    on_screen = said(friction_document())
    assert "Deals from Referral: Proposal to won 1.40 times as often; if all others did" in on_screen
    assert "Deals from Fair: Proposal to won 1.40 times as often; if as often as the others" in on_screen
    assert "from Web" not in on_screen  # not clear


def test_without_a_clear_effect_it_says_so() -> None:
    on_screen = said(nothing_clear())
    assert "No single step of improvement has a clear effect on bookings." in on_screen
    assert "No gap between groups is known: the model has no fit report." in on_screen


def test_waits_are_split_by_cause_where_there_are_any() -> None:
    assert "no free" in screen(friction_document())
    assert "no free" not in screen(friction_document(waits=False))


def test_a_short_period_names_the_next() -> None:
    assert "comes in 2026Q2 or later" in said(friction_document())
    assert "--period" not in said(friction_document(later_period=""))


def test_what_to_type_next_is_the_best_step_that_compare_takes() -> None:
    invocation = Invocation(command="funnelsim friction model.toml")
    on_screen = " ".join(screen(friction_document(), invocation=invocation).replace("\\\n", " ").split())
    change = "'Deals from Referral, Proposal to won: stages.demo.exits.lost.p=-1pp'"
    assert f"funnelsim compare model.toml --set {change} --replications 10000" in on_screen
    assert "funnelsim friction model.toml --period 2026Q2" in on_screen
    assert "Next:" not in screen(friction_document(), hints=False)


def test_a_dated_step_is_typed_with_its_date_and_one_of_waiting_never() -> None:
    """An hour less waiting comes from one more rep: that change alone would give another number."""
    document = friction_document(drivers=[])
    document["levers"] = [document["levers"][2] | {"path": "roles.ae.headcount"}, document["levers"][1]]
    invocation = Invocation(command="funnelsim friction model.toml", options="-n 50")
    on_screen = " ".join(screen(document, 200, invocation=invocation).split())
    assert "faster: stages.demo.exits.lost.p=-1pp@2026-01-02' -n 50" in on_screen
    assert "--replications" not in on_screen
    assert "roles.ae.headcount" not in on_screen


def test_the_figure_draws_levers_and_removals_with_their_numbers() -> None:
    shown = words(document_figure([friction_document()]))
    assert "changes bookings most" in shown
    assert "+31.0" in shown
    assert "+46 to +158" in shown
    assert "Discovery: 10 % faster" not in shown
    assert "no improvement has a clear effect" in words(document_figure([nothing_clear()]))


def test_small_differences_of_the_cycle_keep_two_decimals_and_their_unit() -> None:
    """Catches ``0 [-0.1, 0]`` for an effect that is clear."""
    on_screen = said(friction_document(metric="cycle_days"))
    assert "-0.78 [-0.88, -0.68] days" in on_screen
    assert "-0.10 [-0.1" in on_screen


def test_two_ends_that_are_alike_are_one() -> None:
    document = friction_document()
    document["removals"] = [document["removals"][0] | {"all_recovered": document["removals"][0]["time_only"]}]
    on_screen = said(document)
    assert "+46 to" not in on_screen
    assert "+4.6 pp" in on_screen


def test_an_effect_that_reads_0_is_not_clear() -> None:
    """Neither on screen nor page; it stands with those without a clear effect."""
    document = friction_document()
    tiny = lever("Webinar: 1 hour less waiting", 1.0, 0.1)
    document["levers"] = [*document["levers"], tiny]
    on_screen = " ".join(screen(document, 200).split())
    assert "0 [0, 0]" not in on_screen
    assert "0 [0, 0]" not in report_page([document])
    assert "Webinar: 1 hour less waiting" in on_screen.partition("No clear effect on bookings:")[2]


def test_removed_stages_are_headed_by_both_ends() -> None:
    heading = "If a stage were removed: from only its time saved, to everyone lost there going on as well"
    assert heading in " ".join(screen(friction_document(), 200).split())
    page = report_page([friction_document()])
    assert "If a stage were removed" in page
    assert "lost there was good" not in page
