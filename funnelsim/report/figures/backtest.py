"""Forecasts of past periods beside the actual results: ranges, medians and actuals over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from funnelsim.documents.backtest import OURS, BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.subtitles import backtest_subtitle
from funnelsim.report.style.text_layout import Heading, text_width, upright_ticks
from funnelsim.report.style.theme import (
    BLUE,
    INK,
    MARGIN,
    ORANGE,
    OUTSIDE,
    SKY,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write,
)
from funnelsim.report.words.forecasters import forecaster_name, held, others
from funnelsim.report.words.track_record import missed, what
from funnelsim.report.words.verdict import periods

_WIDTH, _PLOT, _KEY, _ROW, _AXIS, _LEFT = 8.0, 2.9, 0.82, 0.22, 0.5, 0.75  # inches
_BAR = 0.62  # of the room between two periods


@themed
def backtest_figure(document: Mapping[str, Any]) -> Figure:
    """For each period the 80 % and the 50 % range, the median, the actual, and the best other method.

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
    figure = new_figure(_WIDTH, head.height + _KEY + _PLOT + _AXIS)
    head.draw(figure)
    axes = axes_at(figure, _LEFT, head.height + _KEY, _WIDTH - _LEFT - MARGIN, _PLOT)
    best = next(iter(others(typed)), None)
    _draw_ranges(axes, typed)
    if best is not None:
        _draw_other(axes, typed, best)
    _draw_actuals(axes, typed)
    _name_periods(figure, axes, [origin.period for origin in typed.origins])
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    scale = upright_ticks(axes, typed.unit)
    unit = f", {axis_unit(scale, typed.amount_is)}" if typed.metric == "bookings" else ""
    write(figure, what(typed) + unit, MARGIN, head.height + 2.4 * _ROW, size=SMALL)
    _draw_key(figure, head.height, best)
    return figure


def _title(document: BacktestDocument) -> str:
    n = document.summary.told[OURS]
    return (
        f"The actual result was inside the 80 % range in {periods(held(document, '80'), n, document.every)}"
    )


def _draw_ranges(axes: Axes, document: BacktestDocument) -> None:
    places = np.arange(len(document.origins))
    quantiles = np.array([origin.quantiles for origin in document.origins])
    for low, high, colour in ((9, 89, OUTSIDE), (24, 74, SKY)):
        height = quantiles[:, high] - quantiles[:, low]
        axes.bar(places, height, _BAR, bottom=quantiles[:, low], color=colour, lw=0)
    axes.hlines(quantiles[:, 49], places - _BAR / 2, places + _BAR / 2, color=BLUE, lw=1.8)
    axes.set_xlim(-0.6, len(places) - 0.4)


def _draw_other(axes: Axes, document: BacktestDocument, name: str) -> None:
    forecasts = [origin.forecast_of(name) for origin in document.origins]
    medians = [np.nan if one is None else one.quantiles[49] for one in forecasts]
    axes.plot(medians, color=ORANGE, lw=1.1, marker="o", ms=2.2)


def _draw_actuals(axes: Axes, document: BacktestDocument) -> None:
    colours = [VERMILION if missed(origin) else INK for origin in document.origins]
    actuals = [origin.actual for origin in document.origins]
    size = 34 if len(actuals) <= 40 else 14
    axes.scatter(
        range(len(actuals)), actuals, s=size, c=colours, edgecolors="white", linewidths=0.8, zorder=3
    )


def _name_periods(figure: Figure, axes: Axes, labels: Sequence[str]) -> None:
    """As many labels as there is room for."""
    widest = max(text_width(figure, label, size=SMALL) for label in labels) + 0.12
    room = (_WIDTH - _LEFT - MARGIN) / (len(labels) + 0.2)
    step = max(1, int(np.ceil(widest / room)))
    axes.set_xticks(range(0, len(labels), step), labels[::step])


def _draw_key(figure: Figure, top: float, best: str | None) -> None:
    def dot(colour: str) -> Line2D:
        return Line2D([], [], color=colour, marker="o", lw=0, ms=5.5, mec="white")

    ours: list[tuple[Line2D | Patch, str]] = [
        (dot(INK), "actual"),
        (dot(VERMILION), "actual, outside the 80 % range"),
        (Line2D([], [], color=BLUE, lw=1.8), "median forecast"),
        (Patch(color=SKY, lw=0), "50 % range"),
        (Patch(color=OUTSIDE, lw=0), "80 % range"),
    ]
    _draw_row(figure, top, ours)
    if best is not None:
        line = Line2D([], [], color=ORANGE, lw=1.1, marker="o", ms=2.2)
        strongest = f"best other method, median: {forecaster_name(best)}"
        _draw_row(figure, top + _ROW, [(line, strongest)])


def _draw_row(figure: Figure, top: float, entries: Sequence[tuple[Line2D | Patch, str]]) -> None:
    width, height = figure.get_size_inches()
    figure.add_artist(
        Legend(
            figure,
            [handle for handle, _ in entries],
            [label for _, label in entries],
            loc="upper left",
            bbox_to_anchor=(MARGIN / width, 1 - top / height),
            bbox_transform=figure.transFigure,
            ncols=len(entries),
            frameon=False,
            fontsize=SMALL,
            handlelength=1.2,
            handletextpad=0.5,
            columnspacing=1.2,
            borderpad=0,
            borderaxespad=0,
        )
    )
