"""The pictures of a backtest: every number of the document, and readable in the hard cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from funnelsim.documents.record import DocumentError
from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.figures import backtest_figure, calibration_figure
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.figures.pit import bins_for
from funnelsim.report.style.theme import INK, VERMILION
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, words
from tests.unit.report.made_up_backtests import backtest_document
from tests.unit.report.test_figures import LONG_NAME

CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "one origin": {"n": 1},
    "many weeks": {"n": 120, "every": "week"},
    "quarters": {"n": 4, "every": "quarter"},
    "counts": {"n": 16, "every": "week", "metric": "deals_won", "size": 30},
    "huge, yen": {"size": 1e12, "currency": "JPY"},
    "tiny, no currency": {"size": 0.01, "currency": ""},
    "nothing came": {"size": 0.0},
    "nobody else": {"baselines": ()},
    "long name": {"name": LONG_NAME},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("figure", [backtest_figure, calibration_figure])
def test_backtest_figures_can_be_read(figure: Any, case: str) -> None:
    """Fails if period labels are not thinned, or the key runs off the page."""
    check_texts(figure(backtest_document(**CASES[case])))


def test_what_came_and_what_was_told_are_drawn() -> None:
    """Mutant: the 80 % range drawn from the 5 % quantile on."""
    document = backtest_document(n=9, seed=4, spread=0.5)
    axes = backtest_figure(document).axes[0]
    drawn = np.asarray(axes.collections[-1].get_offsets())
    assert drawn[:, 1].tolist() == [origin["actual"] for origin in document["origins"]]
    ends = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in axes.patches[:9]]  # type: ignore[attr-defined]
    for (low, high), origin in zip(ends, document["origins"], strict=True):
        assert (low, high) == pytest.approx((origin["quantiles"][9], origin["quantiles"][89]))
    outside = [
        not origin["quantiles"][9] <= origin["actual"] <= origin["quantiles"][89]
        for origin in document["origins"]
    ]
    assert 0 < sum(outside) < 9
    colours = [to_hex(colour).upper() for colour in axes.collections[-1].get_facecolor()]  # type: ignore[arg-type]
    assert colours == [VERMILION if missed else INK.upper() for missed in outside]


def test_the_strongest_of_the_others_is_the_thin_line_with_gaps_where_it_told_nothing() -> None:
    document = backtest_document(baselines=("seasonal_naive",))
    figure = backtest_figure(document)
    line = np.asarray(figure.axes[0].lines[0].get_ydata(), dtype=float)
    told = [origin["baselines"].get("seasonal_naive") for origin in document["origins"]]
    assert np.isnan(line).tolist() == [one is None for one in told]
    legends = [text.get_text() for key in figure.artists for text in key.get_texts()]  # type: ignore[attr-defined]
    assert "best other method, median: same period last season" in legends


def test_reliability_is_the_share_of_truths_below_each_quantile() -> None:
    """Counted from the quantiles themselves, not from the PIT. Mutant: the curve upside down."""
    document = backtest_document(n=40, every="week", spread=0.2)
    left, right = calibration_figure(document).axes
    x, y = (np.asarray(values, dtype=float) for values in left.lines[1].get_data())
    for level in (10, 25, 50, 75, 90):
        counted = np.mean([o["actual"] <= o["quantiles"][level - 1] for o in document["origins"]])
        assert y[x <= level / 100][-1] == pytest.approx(counted)
    heights = [bar.get_height() for bar in right.patches[1:]]  # type: ignore[attr-defined]
    assert sum(heights) == 40
    assert len(heights) == bins_for(40) == 5
    low, high = consistency_band(40, 0.2)
    band = right.patches[0].get_bbox()  # type: ignore[attr-defined]
    assert (band.y0, band.y1) == (low, high)
    assert heights[0] > high, "ranges of 0.2 times the right width leave the truth in the outer fifths"


def test_few_origins_are_said_to_show_little() -> None:
    assert "only large errors would show" in words(calibration_figure(backtest_document(n=7)))
    assert "with only 7 it is wide" in words(calibration_figure(backtest_document(n=7)))
    assert "large errors" not in words(calibration_figure(backtest_document(n=60, every="week")))


def test_a_backtest_is_drawn_by_name_or_by_itself() -> None:
    document = backtest_document()
    assert "inside the 80 % range in" in words(document_figure([document]))
    assert "Reliability" in words(document_figure([document], "calibration"))
    with pytest.raises(DocumentError, match="none of the documents"):
        document_figure([made_up.forecast_document()], "calibration")
    with pytest.raises(DocumentError, match="origins: holds nothing"):
        backtest_figure(document | {"origins": []})
    broken = [document["origins"][0] | {"quantiles": [1.0, 2.0]}]
    with pytest.raises(DocumentError, match=r"origins.0.quantiles"):
        calibration_figure(document | {"origins": broken})


def test_a_trusted_field_is_said_on_every_picture() -> None:
    """As on screen and page: an amount that was known only later makes a forecast look better."""
    trusted = backtest_document() | {"trusted": ["amount", "planned_close"]}
    for figure in (backtest_figure, calibration_figure):
        told = " ".join(words(figure(trusted)).split())
        assert "available the day before. Amount and planned close used as exported" in told
        assert "exported" not in words(figure(backtest_document()))
