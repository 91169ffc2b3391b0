"""Screen, figure and page of a reverse funnel, in the hard cases too."""

from __future__ import annotations

import calendar
from typing import Any

import pytest
from rich.cells import cell_len

from funnelsim.documents.record import DocumentError
from funnelsim.report.figures import reverse_figure
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.pages.page import report_page
from funnelsim.report.screens.next_steps import Invocation
from funnelsim.report.screens.reverse import print_reverse
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, words
from tests.unit.report.made_up_reverse import reverse_document
from tests.unit.report.test_figures import LONG_NAME
from tests.unit.report.test_screens import screen

CASES: dict[str, dict[str, Any]] = {
    "usual": reverse_document(),
    "out of reach": reverse_document(multiplier=None),
    "out of reach, no roles": reverse_document(multiplier=None, roles=False),
    "less than today": reverse_document(multiplier=0.83),
    "nothing needed": reverse_document(multiplier=0.0),
    "one month": reverse_document(months=1),
    "two years": reverse_document(months=23),
    "long names": reverse_document(
        stages=made_up.LONG_STAGES, name=LONG_NAME, source_names={"inbound": LONG_NAME, "partner": "[red]x"}
    ),
    "huge": reverse_document(size=1e7, currency="JPY"),
    "tiny": reverse_document(size=1e-6, currency=""),
    "deals": reverse_document(counts="deals_won", noun="application"),
    "one source": reverse_document(only=("partner",)),
}


def on_screen(width: int = 120, **case: Any) -> str:
    return " ".join(screen(print_reverse, reverse_document(**case), width).split())


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", CASES)
def test_no_line_is_wider_than_the_screen(name: str, width: int) -> None:
    lines = screen(print_reverse, CASES[name], width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("name", CASES)
def test_the_figure_can_be_read(name: str) -> None:
    check_texts(reverse_figure(CASES[name]))


@pytest.mark.parametrize("name", CASES)
def test_the_page_has_it(name: str) -> None:
    page = report_page([CASES[name], made_up.compare_document()])
    assert "What the quota needs" in page
    assert page.index("What changes are worth") < page.index("What the quota needs")


def test_the_answer_comes_first_with_dates_and_today_beside_it() -> None:
    lines = screen(print_reverse, reverse_document(), 120).splitlines()
    assert lines[0] == "REVERSE  2026 (1 March to 31 December 2026)"
    answer = " ".join(" ".join(lines[1:7]).split())
    assert (
        "Quota USD 4.8 million, booked so far USD 400 thousand, chance of quota at today's pace 31 %"
        in answer
    )
    assert (
        "For USD 4.8 million with 80 % confidence: 1.31 x today's new leads from 9 February 2026 on "
        "(1.28 to 1.34), 14,410 by 31 December 2026, today's pace gives 11,000." in answer
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.28, 1.34, " (1.28 to 1.34), 14,410"),
        (1.28, None, " (at least 1.28), 14,410"),
        (None, 1.34, " (up to 1.34), 14,410"),
        (None, None, " (too few futures for an interval), 14,410"),
    ],
)
def test_an_open_interval_is_said_in_words(low: float | None, high: float | None, said: str) -> None:
    document = reverse_document()
    document["needed"]["interval"] |= {"low": low, "high": high}
    assert said in " ".join(screen(print_reverse, document, 120).split())


def test_months_do_not_get_lost_on_a_narrow_screen() -> None:
    for width in (60, 80, 120, 200):
        text = screen(print_reverse, reverse_document(), width)
        for month in (*calendar.month_abbr[2:], "total"):
            assert month in text


def test_the_spreadsheet_is_told_with_why_it_differs() -> None:
    text = on_screen()
    assert "Spreadsheet: USD 4.8 million / USD 12 thousand a win / 10 % won = 13,900 leads." in text
    for row in ("already booked in the period -900", "won only after the period, or before it +1,400"):
        assert row in text
    assert "needed 14,410" in text
    assert "It sees neither time nor chance nor capacity." in on_screen(multiplier=None)


def test_wins_before_the_period_are_named_only_where_it_begins_later() -> None:
    for model_start in ("2026-03-01", "2026-05-01"):
        document = reverse_document() | {"model_start": model_start, "start": "2026-03-01"}
        assert "won only after the period +1,400" in " ".join(screen(print_reverse, document, 120).split())


def test_a_full_role_is_named_with_what_it_takes() -> None:
    text = on_screen(multiplier=None)
    assert "Out of reach: no number of new leads up to 20 x today's reaches USD 4.8 million with 80 %" in text
    assert "Account executives are full (99 % busy at 1.00 x)" in text
    assert "What it would take: 2 more in Account executives and 1 more in SDRs, fully productive" in text
    assert "needed" not in text


def test_less_or_nothing_is_said_as_such() -> None:
    assert "Today's pace is more than enough. For USD 4.8 million" in on_screen(multiplier=0.83)
    assert "No new leads are needed for USD 4.8 million with 80 % confidence" in on_screen(multiplier=0.0)


def test_deals_are_counted_where_there_are_no_amounts() -> None:
    text = on_screen(counts="deals_won", noun="application")
    assert "For 120 applications won with 80 % confidence: 1.31 x today's new applications" in text
    assert "won so far 12" in text
    assert "USD 12" not in text


def test_one_source_is_named() -> None:
    assert "1.31 x today's new leads from Partners from 9 February 2026 on" in on_screen(only=("partner",))


def test_next_steps_keep_what_was_typed() -> None:
    typed = Invocation(command="funnelsim reverse m.toml --quota 4.8m", options="--quota 4.8m")
    text = screen(print_reverse, reverse_document(only=("partner",)), 200, invocation=typed)
    assert "funnelsim compare model.toml --set sources.partner.rate=x1.31 --quota 4.8m" in text
    assert "funnelsim reverse m.toml --quota 4.8m --out reverse.json" in text


def test_the_figure_is_chosen_by_the_document() -> None:
    assert "needs 1.31 x today's" in words(document_figure([reverse_document()]))
    assert "out of reach" in words(reverse_figure(reverse_document(multiplier=None)))
    with pytest.raises(DocumentError):
        reverse_figure(made_up.compare_document())
