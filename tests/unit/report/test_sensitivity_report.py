"""Screen, figure and page of a sensitivity analysis, in the hard cases too."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from funnelsim.documents.record import DocumentError
from funnelsim.report.figures import sensitivity_figure
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.next_steps import Invocation
from funnelsim.report.screens.sensitivity import print_sensitivity
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, words
from tests.unit.report.made_up_sensitivity import sensitivity_document
from tests.unit.report.test_screens import screen

CASES: dict[str, dict[str, Any]] = {
    "usual": sensitivity_document(),
    "no quota": sensitivity_document(quota=None),
    "ranges": sensitivity_document(basis="ranges"),
    "no ranges": sensitivity_document(sobol=False),
    "nothing clear": sensitivity_document(clear=False),
    "days": sensitivity_document(metric="cycle_days", size=3e-5),
    "wins": sensitivity_document(metric="deals_won", size=1e-4, noun="application"),
    "huge": sensitivity_document(size=1e8, currency="JPY"),
    "tiny": sensitivity_document(size=1e-5, currency=""),
    "long names": sensitivity_document(prefix="the " + 5 * "Verantwortlichkeit und [red]x " + "of "),
    "unknown": sensitivity_document() | {"variance": {}, "base": {}, "start": None, "end": None},
}


def on_screen(width: int = 120, **case: Any) -> str:
    return " ".join(screen(print_sensitivity, sensitivity_document(**case), width).split())


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", CASES)
def test_no_line_is_wider_than_the_screen(name: str, width: int) -> None:
    lines = screen(print_sensitivity, CASES[name], width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("name", CASES)
def test_the_figure_can_be_read(name: str) -> None:
    check_texts(sensitivity_figure(CASES[name]))


@pytest.mark.parametrize("name", CASES)
def test_the_page_has_it(name: str) -> None:
    page = report_page([CASES[name], made_up.compare_document()])
    assert "What the forecast depends on" in page


def test_the_answers_come_first() -> None:
    text = on_screen()
    for said in (
        "SENSITIVITY FY2026Q3 (1 July to 30 September 2026)",
        "Mean bookings USD 1.1 million (ACV), of which USD 400 thousand before 1 August 2026, which nothing",
        "Quota USD 1.2 million, chance 31 %.",
        "the strongest parameter is the chance of Demo to Proposal (now 60.0 %). 1 % more of it gives 0.90 %",
        "Of the variance of bookings, 80 % comes from chance and 20 % (90 % interval 17 % to 24 %) from not",
        "the standard deviation would fall from USD 200 thousand to USD 180 thousand.",
        "A bet today that the quota of USD 1.2 million is missed is right with a chance of 69 %.",
        "Knowing all parameters would make that 4.0 points (+/- 0.8) more.",
        "Most worth measuring: chance of Demo to Proposal, 2.1 points (+/- 0.7) more right.",
    ):
        assert said in text, said


def test_every_kind_of_parameter_has_its_unit() -> None:
    text = on_screen()
    for said in (
        "60.0 % +0.90 [+0.80, +1.00]",
        "1.4 per week +0.61",
        "USD 12.4 thousand +0.60",
        "6.3 days -0.20 [-0.30, -0.10]",
        "3.0 hours 0 [0, 0]",
        "48.0 to 72.0 % 50 % 55 % [52 %, 58 %] given",
        "USD 9.9 to 14.9 thousand 20 %",
        "5 to 7.6 days 2.0 %",
    ):
        assert said in text, said


def test_what_is_not_clear_is_named_together() -> None:
    text = on_screen()
    assert "No clear effect: Account executives headcount." in text
    assert "No clear gain: leads from Website inbound, time in Demo." in text
    assert "No parameter has a clear effect on bookings." in on_screen(clear=False)


def test_without_a_quota_there_is_no_bet_and_the_next_step_gives_one() -> None:
    typed = Invocation(command="funnelsim sensitivity m.toml")
    text = " ".join(
        screen(print_sensitivity, sensitivity_document(quota=None), 200, invocation=typed).split()
    )
    assert "Without a quota there is no decision to inform: give one with --quota." in text
    assert "funnelsim sensitivity m.toml --quota AMOUNT" in text
    assert "points (+/-" not in text


def test_ranges_are_named_as_what_the_variance_rests_on() -> None:
    assert "from the parameters, if each may lie anywhere in its range" in on_screen(basis="ranges")
    assert "means of the same 50 futures at 768 points" in on_screen(basis="ranges")


def test_a_chance_over_the_ranges_is_not_told_as_that_of_the_model() -> None:
    """Of a model without a fit: other commands give the chance at its own values, which may be far off."""
    text = on_screen(basis="ranges")
    assert "Quota USD 1.2 million, chance 31 % over the ranges of the parameters." in text
    assert "If each parameter may lie anywhere in its range, a bet today that the quota" in text
    assert "bet on the quota, over the ranges" in words(sensitivity_figure(CASES["ranges"]))
    assert "for the bet on the quota, over the ranges" in report_page([CASES["ranges"]])
    assert "ranges" not in on_screen(sobol=False)


def test_next_steps_try_the_strongest_parameter_with_the_options_typed() -> None:
    typed = Invocation(command="funnelsim sensitivity m.toml --quota 1.2m", options="--quota 1.2m")
    text = screen(print_sensitivity, sensitivity_document(), 200, invocation=typed)
    assert "funnelsim compare model.toml --set stages.demo.exits.proposal.p=+5% --quota 1.2m" in text
    assert "funnelsim sensitivity m.toml --quota 1.2m --out sensitivity.json" in text


def test_the_figure_is_chosen_by_the_document() -> None:
    shown = words(document_figure([sensitivity_document()]))
    assert "The strongest parameter is the" in shown
    assert "Worth knowing before a bet on the quota" in shown
    assert "Worth knowing" not in words(sensitivity_figure(sensitivity_document(quota=None)))
    with pytest.raises(DocumentError):
        sensitivity_figure(made_up.compare_document())
