"""Bars in tables, keys of sorting and the colours of figures, each against values by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures import funnel_figure
from funnelsim.report.html.bars import Chart, Mark, Piece, pieces
from funnelsim.report.html.breaking import breakable, unbroken
from funnelsim.report.html.inline_svg import inline_svg, least_width
from funnelsim.report.html.sort_keys import sort_key
from funnelsim.report.words.track_record import average_error
from tests.unit.report import made_up
from tests.unit.report.made_up_backtests import backtest_document


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1,068", 1068),
        ("+97 [ +88, +106]", 97),
        ("−12.5", -12.5),
        ("-12.5 pp", -12.5),
        ("38 %", 38),
        ("about 140 leads", 140),
        ("3 hours", 0.125),
        ("2 days", 2),
        ("1 minute", 1 / 1440),
        ("USD 1.2 million", 1.2e6),
        ("9 Feb 2026", dt.date(2026, 2, 9).toordinal()),
        ("none", 0),
        ("n/a", None),
        ("", None),
    ],
)
def test_cells_sort_by_their_number(text: str, key: float | None) -> None:
    """Mutants: 3 hours above 2 days; a true minus sign read as no sign."""
    assert sort_key(text) == (key if key is None else pytest.approx(key))


def test_a_bound_sorts_beside_its_number() -> None:
    low, one, most, over = (sort_key(text) for text in ("under 1 %", "1 %", "99 %", "over 99 %"))
    assert None not in (low, one, most, over)
    assert low < one < most < over  # type: ignore[operator]


def test_bars_share_one_scale_with_zero() -> None:
    """From -50 to 150, over 96 % of the cell: 0 is at 2 + 24. Mutant: each bar on a scale of its own."""
    marks = [Mark(value=150.0), Mark(value=-50.0), None, Mark(low=-50.0, value=50.0, high=150.0, actual=0.0)]
    first, second, third, fourth = pieces(Chart(head="", marks=marks, line=100.0))
    assert first == [Piece("bar", 26.0, 72.0), Piece("line", 74.0)]
    assert second == [Piece("bar", 2.0, 24.0), Piece("line", 74.0)]
    assert third == []
    assert fourth == [
        Piece("zero", 26.0), Piece("range", 2.0, 96.0), Piece("dot", 50.0), Piece("actual", 26.0),
        Piece("line", 74.0),
    ]  # fmt: skip
    assert pieces(Chart(head="", marks=[None, Mark()])) == [[], []]
    assert pieces(Chart(head="", marks=[Mark(value=0.0)])) == [[Piece("bar", 2.0, 0.0)]]


def test_long_words_may_break_and_stay_text() -> None:
    """Mutant: the pieces not escaped."""
    assert breakable("a <b> c") == "a &lt;b&gt; c"
    assert breakable("x " + "<" * 17) == "x " + "&lt;" * 16 + "<wbr>" + "&lt;"
    assert breakable("a_partly_submitted_b") == "a_<wbr>partly_<wbr>submitted_<wbr>b"
    assert unbroken("USD 1.2 million, 38 % or -5") == "USD\u00a01.2\u00a0million, 38\u00a0% or −5"


def test_figures_take_the_colours_of_the_page() -> None:
    """Mutant: white paper on a dark page."""
    svg = inline_svg(funnel_figure(made_up.funnel_stages()), "f", 'a "label" <b>')
    assert "var(--paper)" in svg
    assert "var(--ink)" in svg
    assert "#1f2933" not in svg
    assert "&lt;b&gt;" in svg.split(">")[0] + svg.split(">")[1]


def test_text_of_figures_keeps_eleven_pixels() -> None:
    """8 inches are 576 units, with text of 8.5: at 745 pixels it has 11. Mutant: the largest text."""
    assert least_width(funnel_figure(made_up.funnel_stages())) == pytest.approx(576 * 11 / 8.5)


def test_off_by_is_the_distance_of_the_median() -> None:
    """Recounted. Mutants: CRPS; relative to each period; the mean forecast."""
    document = read_as(BacktestDocument, backtest_document(), "backtest")
    errors = [abs(origin.quantiles[49] - origin.actual) for origin in document.origins]
    assert average_error(document) == pytest.approx(sum(errors) / sum(o.actual for o in document.origins))
    some = [origin for origin in document.origins if "run_rate" in origin.baselines]
    other = sum(abs(o.baselines["run_rate"].quantiles[49] - o.actual) for o in some)
    assert average_error(document, "run_rate") == pytest.approx(other / sum(o.actual for o in some))
