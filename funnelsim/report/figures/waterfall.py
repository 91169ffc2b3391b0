"""How a period's bookings add up: booked, open pipeline, still to come, and what is short of the quota."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.forecast import PART_NAMES, ForecastDocument, ForecastPeriod, period_at
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.group_waterfall import group_waterfall
from funnelsim.report.figures.subtitles import forecast_subtitle
from funnelsim.report.style.text_layout import Heading
from funnelsim.report.style.theme import (
    BODY,
    GREY,
    INK,
    MARGIN,
    PART_COLOURS,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
)
from funnelsim.report.words.money import Scale, money, table_scale

_WIDTH, _LEFT, _PLOT, _AXIS = 8.0, MARGIN + 0.5, 3.4, 0.6  # inches


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    bottom: float
    height: float
    colour: str


@themed
def waterfall_figure(document: Mapping[str, Any], period: int | str = 0) -> Figure:
    """Means of the parts of a period, one on the other, their total, and the quota beside it.

    Of a forecast made with ``--by``, the steps are its groups, each made of its parts.

    Parameters
    ----------
    document : mapping
        A forecast document.
    period : int or str, default 0
        Which of its periods, by place or label.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is no forecast, has no such period, or nothing has an amount in it.
    """
    typed = read_as(ForecastDocument, document, "forecast")
    chosen = period_at(typed, period)
    if chosen.without_money:
        problem = Problem(path="periods", message="the model has no amounts, so nothing adds up")
        raise DocumentError("waterfall", [problem])
    if chosen.groups:
        return group_waterfall(typed, chosen)
    head = Heading.of(_title(typed, chosen), f"Means. {forecast_subtitle(typed, chosen)}", _WIDTH)
    figure = new_figure(_WIDTH, head.height + _PLOT + _AXIS)
    head.draw(figure)
    axes = axes_at(figure, _LEFT, head.height + 0.1, _WIDTH - _LEFT - MARGIN, _PLOT)
    bars = _bars(chosen)
    scale = table_scale([bar.height for bar in bars], typed.currency)
    _draw(axes, bars, scale)
    axes.set_ylabel(axis_unit(scale, typed.amount_is), size=SMALL, color=GREY)
    return figure


def _bars(period: ForecastPeriod) -> list[_Bar]:
    """The parts of what counts towards quota where there is one, else of the bookings."""
    parts = period.parts if period.quota is not None else period.bookings_parts
    bars: list[_Bar] = []
    total = 0.0
    for name, mean, colour in zip(PART_NAMES, parts.means, PART_COLOURS, strict=True):
        if mean:
            bars.append(_Bar(name, total, mean, colour))
            total += mean
    bars.append(_Bar("expected", 0.0, total, INK))
    if period.quota is not None:
        gap = period.quota - total
        bars.append(_Bar("short of quota" if gap > 0 else "above quota", total, gap, VERMILION))
        bars.append(_Bar("quota", 0.0, float(period.quota), GREY))
    return bars


def _draw(axes: Axes, bars: list[_Bar], scale: Scale) -> None:
    axes.set_yticks([])
    for place, bar in enumerate(bars):
        axes.bar([place], [bar.height], bottom=bar.bottom, width=0.62, color=bar.colour, lw=0)
        end = bar.bottom + bar.height
        if place < len(bars) - 1:
            axes.plot([place + 0.31, place + 0.69], [end, end], color=GREY, lw=0.8)
    highest = max(max(bar.bottom, bar.bottom + bar.height) for bar in bars)
    axes.set_ylim(0, max(highest * 1.12, 1e-300))
    for place, bar in enumerate(bars):
        top = max(bar.bottom, bar.bottom + bar.height)
        text = scale.number(abs(bar.height))
        axes.annotate(
            text, (place, top), (0, 4), textcoords="offset points", ha="center", va="bottom", size=BODY
        )
    axes.set_xticks(range(len(bars)), [bar.name for bar in bars], fontsize=BODY, color=INK)
    axes.tick_params(length=0)


def _title(document: ForecastDocument, period: ForecastPeriod) -> str:
    bars = _bars(period)
    total = next(bar.height for bar in bars if bar.name == "expected")
    expected = f"{period.period}: {money(total, document.currency)} expected"
    if period.quota is None:
        return expected
    gap = float(period.quota) - total
    side = "short of" if gap > 0 else "above"
    return f"{expected}, {money(abs(gap), document.currency)} {side} quota"
