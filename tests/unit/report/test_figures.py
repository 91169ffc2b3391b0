"""Every figure can be read in the hard cases: no text on another, none off the page, units in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from funnelsim.documents.record import DocumentError
from funnelsim.report.figures import attainment_figure, comparison_figure, forecast_figure, funnel_figure
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.figures.distribution import bar_heights, bin_edges, view, whole_bin_edges
from funnelsim.report.style.theme import new_figure, write
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, texts, words

LONG_NAME = (
    "The funnel of a company with a very long name indeed, and a subsidiary in Süddeutschland "
    "that sells $5_widgets & co. to everyone else in the world"
)
FORECASTS: dict[str, dict[str, Any]] = {
    "usual": {},
    "tiny amounts": {"size": 1e-5, "quota": 12},
    "huge amounts": {"size": 1e7, "quota": 1.2e13},
    "quota far beyond": {"quota": 5e7},
    "quota far below": {"quota": 10_000},
    "quota at the median": {"quota": 1_090_000},
    "no quota": {"quota": None},
    "no pipeline": {"open_deals": 0},
    "nothing at all": {"booked": 0, "open_deals": 0, "new_deals": 0},
    "nothing, no quota": {"booked": 0, "open_deals": 0, "new_deals": 0, "quota": None},
    "mostly nothing": {"booked": 0, "open_deals": 0.6, "new_deals": 0.3, "quota": 100_000},
    "almost never anything": {"booked": 0, "open_deals": 0.03, "new_deals": 0, "quota": 100_000},
    "no currency": {"currency": "", "amount_is": ""},
    "yen": {"currency": "JPY", "size": 150, "quota": 1.8e8},
    "credited later": {"credited_later": True, "expansion_deals": 3},
    "long name": {"name": LONG_NAME, "credited_later": True},
    "long currency": {"currency": "loyalty points", "amount_is": "annual recurring revenue, net"},
}
COMPARISONS = {
    "usual": made_up.compare_document(),
    "all zero": made_up.compare_document(made_up.unchanged(), made_up.unchanged("Nothing either")),
    "negative, yen, long": made_up.compare_document(
        made_up.scenario(f"Lost since {LONG_NAME}", -9e11), made_up.scenario("x", -3), currency="JPY"
    ),
    "one": made_up.compare_document(made_up.scenario("Only one", 5.0, spread=900.0), currency=""),
}
FUNNELS = {
    "fourteen stages, long names": made_up.funnel_stages(),
    "few leads": made_up.funnel_stages(made_up.LONG_STAGES[5:8], top=3),
    "odd values": [
        {"stage": "a_stage", "entered": 0, "conversion": None, "dwell_days_mean": 0.001},
        {
            "stage": "x",
            "name": LONG_NAME,
            "entered": 1e9,
            "conversion": 1.0,
            "dwell_days_mean": 40_000,
            "open": 1e7,
        },
        {"stage": "y", "name": "名前", "entered": None, "conversion": 0.0, "dwell_days_mean": None},
    ],
    "nothing": [],
}


@pytest.mark.parametrize("case", FORECASTS)
@pytest.mark.parametrize("figure", [forecast_figure, attainment_figure])
def test_forecast_figures_can_be_read(figure: Callable[..., Figure], case: str) -> None:
    """Fails if labels are not kept inside the page, or long names are not folded."""
    check_texts(figure(made_up.forecast_document(**FORECASTS[case])))


@pytest.mark.parametrize("metric", ["bookings", "cycle_days"])
@pytest.mark.parametrize("case", COMPARISONS)
def test_comparison_figures_can_be_read(case: str, metric: str) -> None:
    check_texts(comparison_figure(COMPARISONS[case], metric))


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("case", FUNNELS)
def test_funnel_figures_can_be_read(case: str) -> None:
    check_texts(funnel_figure(FUNNELS[case], title=LONG_NAME, subtitle=LONG_NAME * 2))


def test_the_check_sees_an_overlap() -> None:
    figure = new_figure(4, 3)
    write(figure, "first", 1.0, 1.0)
    write(figure, "second", 1.1, 1.05)
    with pytest.raises(AssertionError, match="overlap"):
        check_texts(figure)


def test_the_check_sees_a_clipped_text() -> None:
    figure = new_figure(4, 3)
    write(figure, "this goes over the edge", 3.8, 1.0)
    with pytest.raises(AssertionError, match="leave the canvas"):
        check_texts(figure)


def test_the_quota_stands_with_its_chance() -> None:
    document = made_up.forecast_document()
    chance = f"{document['periods'][0]['attainment_probability'] * 100:.0f} %"
    for figure in (forecast_figure, attainment_figure):
        assert f"quota USD 1.2 million: chance {chance}" in words(figure(document))


def test_a_quota_far_outside_is_said_to_be() -> None:
    assert "(beyond this axis →)" in words(forecast_figure(made_up.forecast_document(quota=5e7)))
    assert "(← below this axis)" in words(forecast_figure(made_up.forecast_document(quota=10_000)))


def test_without_a_quota_no_word_of_it() -> None:
    assert "quota" not in words(forecast_figure(made_up.forecast_document(quota=None)))


def test_what_counts_later_has_a_distribution_of_its_own() -> None:
    """The quota must not stand in the bookings: the area beyond it would not be its chance."""
    figure = forecast_figure(made_up.forecast_document(credited_later=True, quota=500_000))
    with_quota = [axes for axes in figure.axes if any("quota" in text.get_text() for text in axes.texts)]
    assert [axes.get_xlabel() for axes in with_quota] == ["Quota credit, USD thousand (ACV)"]
    assert "Bookings, USD million (ACV)" in [axes.get_xlabel() for axes in figure.axes]


def test_dates_and_units_are_words() -> None:
    told = words(forecast_figure(made_up.forecast_document(size=1e4, quota=1.2e10)))
    assert "1 January to 31 March 2026, as of 9 February 2026 (50 days left)" in told
    assert "USD billion (ACV)" in told
    assert "1e" not in told


def test_dollar_signs_are_not_read_as_formulas() -> None:
    """Fails if texts are parsed as mathematics, which would drop the signs and lower the digits."""
    figure = funnel_figure([{"stage": "s", "name": "from $5 to $10_000", "entered": 1.0}])
    assert "from $5 to $10_000" in words(figure)
    assert [t.get_text() for t in figure.findobj(Text) if t.get_parse_math()] == []


def test_bars_hold_all_futures_between_the_outermost_quantiles() -> None:
    """An atom is kept whole: with atoms left out, the first bin of the second case would hold nothing."""
    rng = np.random.default_rng(4)
    levels = np.arange(1, 100) / 100
    smooth = np.quantile(rng.gamma(3, 1, 10_000), levels)
    edges = bin_edges(smooth[0], smooth[-1], smooth[9], smooth[89])
    assert bar_heights(levels, smooth, edges).sum() == pytest.approx(0.98)
    half_nothing = np.concatenate([np.zeros(50), np.linspace(1, 2, 49)])
    heights = bar_heights(levels, half_nothing, np.linspace(0, 2, 21))
    assert heights.sum() == pytest.approx(0.98)
    assert heights[0] == pytest.approx(0.49, abs=0.01)


def test_bins_have_edges_at_the_ends_of_the_80_per_cent_range() -> None:
    edges = bin_edges(0.0, 10.0, 2.31, 7.77)
    for end in (2.31, 7.77):
        assert np.min(np.abs(edges - end)) < 1e-9
    assert edges[0] <= 0.0 < 10.0 <= edges[-1]


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 3), (183, 276), (11, 4_012)])
def test_bins_of_counts_hold_equally_many_whole_numbers(low: int, high: int) -> None:
    """Catches a width of 3.2, with which every fifth bin holds a number more and stands out."""
    edges = whole_bin_edges(low, high)
    numbers, _ = np.histogram(np.arange(np.ceil(edges[0]), np.floor(edges[-1]) + 1), edges)
    assert edges[0] < low <= high < edges[-1]
    assert len(numbers) <= 28
    assert set(numbers) == {numbers[0]}


def test_where_nothing_has_an_amount_the_figure_is_about_wins() -> None:
    """Catches a bar at bookings of 0, and a currency that nothing is in."""
    document = made_up.without_money(made_up.forecast_document())
    figure = forecast_figure(document)
    check_texts(figure)
    told = words(figure)
    assert "applications won" in told
    assert "Applications won" in told
    assert "ookings" not in told
    assert "urrency" not in told
    with pytest.raises(DocumentError, match="the model has no amounts"):
        attainment_figure(document)


def test_an_axis_goes_to_a_quota_within_reach_only() -> None:
    values = np.linspace(100.0, 200.0, 99)
    assert view(values, 230.0)[1] > 230.0
    assert view(values, 1_000.0)[1] < 250.0
    assert view(np.zeros(99), None) == pytest.approx((-0.03, 1.03))


def test_the_chance_to_reach_an_amount_falls() -> None:
    figure = attainment_figure(made_up.forecast_document(quota=None))
    curve = max(figure.axes[0].lines, key=lambda line: len(np.asarray(line.get_xdata())))
    x, y = np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata())
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(y) <= 0)
    quantiles = made_up.forecast_document(quota=None)["periods"][0]["quantiles"]
    assert np.interp(quantiles[29], x, y) == pytest.approx(0.70)


def test_a_period_is_found_by_its_label() -> None:
    document = made_up.forecast_document()
    document["periods"].append(made_up.forecast_period(label="2026Q2", start="2026-04-01", end="2026-06-30"))
    assert "2026Q2" in words(forecast_figure(document, "2026Q2"))
    with pytest.raises(DocumentError, match='no period "2026Q3"; choose from 2026Q1, 2026Q2'):
        forecast_figure(document, "2026Q3")


def test_an_unknown_metric_is_told_with_those_there_are() -> None:
    with pytest.raises(DocumentError, match='did you mean "bookings"'):
        comparison_figure(made_up.compare_document(), "booking")


def test_a_figure_is_chosen_by_the_documents() -> None:
    assert "Expected difference in bookings" in words(document_figure([made_up.compare_document()]))
    assert " go on from " in words(document_figure([made_up.simulate_document()]))
    with pytest.raises(DocumentError, match="none of the documents has the data of the comparison figure"):
        document_figure([made_up.forecast_document()], "comparison")


def test_drawing_leaves_the_settings_of_others_alone() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    forecast_figure(made_up.forecast_document())
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("exit_name", ["won", "won_after_the_legal_and_the_security_review_of_their_group"])
def test_a_change_is_named_with_its_value(exit_name: str) -> None:
    """Catches a path cut where its value begins, of which it is not known what was changed to what."""
    for stage in ("engaging", "engaging_with_the_purchasing_department"):
        change = f"segments.enterprise_accounts.stages.{stage}.exits.{exit_name}.p=+5pp"
        figure = comparison_figure(made_up.compare_document(made_up.scenario(change, 5e4)))
        check_texts(figure)
        assert "=+5pp" in words(figure)
    short = made_up.compare_document(made_up.scenario("stages.engaging.exits.won.p=+5pp", 5e4))
    assert "stages.engaging.exits.won.\np=+5pp" in words(comparison_figure(short))


@pytest.mark.parametrize("quota", [950_000, 1_090_000, 1_250_000])
def test_the_line_of_the_quota_runs_through_no_word(quota: float) -> None:
    """Mutant: the words of the 80 % range below the quota's label."""
    figure = forecast_figure(made_up.forecast_document(quota=quota))
    axes = figure.axes[0]
    line = next(line for line in axes.lines if line.get_linestyle() == "--")
    boxes = [box for text, box in texts(figure) if "of futures" in text or "quota USD" in text]
    top = max(y for _, y in line.get_transform().transform(np.asarray(line.get_xydata())))
    assert len(boxes) == 2
    assert all(box.y0 >= top for box in boxes)


def test_parts_that_are_nothing_are_not_in_the_key() -> None:
    told = words(forecast_figure(made_up.forecast_document(booked=0)))
    assert "open pipeline, " in told
    assert "booked already" not in told
    assert "expansion" not in told
