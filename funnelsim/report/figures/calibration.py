"""Calibration of a backtest: the reliability diagram beside the PIT histogram, each with a band of chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.pit import draw_pit
from funnelsim.report.figures.reliability import draw_reliability
from funnelsim.report.figures.subtitles import backtest_subtitle
from funnelsim.report.style.text_layout import Heading
from funnelsim.report.style.theme import BODY, GREY, MARGIN, SMALL, axes_at, new_figure, themed, write
from funnelsim.report.words.quantities import plural
from funnelsim.report.words.verdict import FEW_ORIGINS

_WIDTH, _SIDE, _LEFT, _NAME, _AXIS = 8.0, 2.9, 1.0, 0.4, 0.85  # inches


@themed
def calibration_figure(document: Mapping[str, Any]) -> Figure:
    """Reliability diagram and PIT histogram of funnelsim's forecasts in a backtest.

    Parameters
    ----------
    document : mapping
        A backtest document, as ``funnelsim backtest --json`` writes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is no backtest.
    """
    typed = read_as(BacktestDocument, document, "backtest")
    head = Heading.of(_title(typed), backtest_subtitle(typed), _WIDTH)
    figure = new_figure(_WIDTH, head.height + _NAME + _SIDE + _AXIS)
    head.draw(figure)
    top = head.height + _NAME
    right = _LEFT + _SIDE + 1.0
    pit = typed.summary.pit
    draw_reliability(axes_at(figure, _LEFT, top, _SIDE, _SIDE), pit)
    draw_pit(axes_at(figure, right, top, _WIDTH - MARGIN - right, _SIDE), pit)
    for name, left in (("Reliability", MARGIN), ("Where the actual results fell", right - 0.45)):
        write(figure, name, left, head.height, size=BODY, weight="bold")
    write(figure, _note(len(pit)), MARGIN, top + _SIDE + 0.56, size=SMALL, color=GREY)
    return figure


def _title(document: BacktestDocument) -> str:
    few = len(document.summary.pit) < FEW_ORIGINS
    title = f"Are the ranges correct? {plural(len(document.summary.pit), document.every)}"
    return f"{title}: only large errors would show" if few else title


def _note(n: int) -> str:
    wide = f"; with only {n} it is wide" if n < FEW_ORIGINS else ""
    return (
        f"Grey: where correct forecasts lie, 9 times in 10 at each point, if periods are independent{wide}."
    )
