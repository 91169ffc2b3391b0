"""New leads needed month by month beside today's pace, and the chance of quota against the multiplier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.reverse import ReverseDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.style.text_layout import Heading, place_ticks, text_width, upright_ticks
from funnelsim.report.style.theme import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    ORANGE,
    OUTSIDE,
    PALE,
    SMALL,
    axes_at,
    new_figure,
    themed,
    write,
)
from funnelsim.report.words.quantities import chance, confidence_share
from funnelsim.report.words.reverse_words import month_words, quota_words, times

_WIDTH, _LABEL, _PLOT, _AXIS, _GAP = 8.0, 0.5, 2.3, 0.5, 0.75  # inches
_LEFT, _BAR = 0.75, 0.38


@themed
def reverse_figure(document: Mapping[str, Any]) -> Figure:
    """Leads by month, needed and at today's pace; and the chance of quota for each multiplier tried.

    Parameters
    ----------
    document : mapping
        A reverse document, as ``funnelsim reverse --json`` writes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not a reverse funnel.
    """
    typed = read_as(ReverseDocument, document, "reverse")
    head = Heading.of(_title(typed), span_subtitle(typed, typed.span), _WIDTH)
    figure = new_figure(_WIDTH, head.height + _LABEL + 2 * _PLOT + _GAP + _AXIS)
    head.draw(figure)
    top, width = head.height + _LABEL, _WIDTH - _LEFT - MARGIN
    noun = plural_noun(typed.noun)
    write(figure, f"New {noun} by month", MARGIN, head.height + 0.12, size=SMALL, weight="bold")
    _draw_months(figure, axes_at(figure, _LEFT, top, width, _PLOT), typed, head.height + 0.12)
    second = top + _PLOT + _GAP
    write(figure, "Chance of quota", MARGIN, second - 0.25, size=SMALL, weight="bold")
    axes = axes_at(figure, _LEFT, second, width, _PLOT)
    _draw_curve(axes, typed)
    axes.set_xlabel(f"times today's new {noun}", size=SMALL)
    return figure


def _title(document: ReverseDocument) -> str:
    goal = f"{quota_words(document)} with {confidence_share(document.confidence)} confidence"
    noun = plural_noun(document.noun)
    if document.needed is None:
        return f"{document.period}: {goal} is out of reach with new {noun} alone"
    return f"{document.period}: {goal} needs {times(document.needed.multiplier)} today's new {noun}"


def _draw_months(figure: Figure, axes: Axes, document: ReverseDocument, top: float) -> None:
    months = document.months
    places = np.arange(len(months))
    today = [sum(month.leads_today.values()) for month in months]
    planned = [month.all_leads for month in months]
    if document.needed is None:
        axes.bar(places, today, 2 * _BAR, color=PALE, lw=0)
    else:
        axes.bar(places - _BAR / 2, today, _BAR, color=PALE, lw=0)
        axes.bar(places + _BAR / 2, planned, _BAR, color=BLUE, lw=0)
    axes.set_xlim(-0.6, len(months) - 0.4)
    years = len({month.start.year for month in months}) > 1
    labels = [month_words(month, year=years) for month in months]
    widest = max((text_width(figure, label, size=SMALL) for label in labels), default=0.1) + 0.1
    step = max(1, int(np.ceil(widest * (len(labels) + 0.2) / (_WIDTH - _LEFT - MARGIN))))
    axes.set_xticks(places[::step], labels[::step])
    upright_ticks(axes, "")
    right = _WIDTH - MARGIN
    write(figure, "grey: at today's pace", right, top, size=SMALL, color=GREY, ha="right")
    if document.needed is not None:
        write(figure, "blue: needed", right - 1.6, top, size=SMALL, color=BLUE, ha="right")


def _draw_curve(axes: Axes, document: ReverseDocument) -> None:
    points = document.curve
    x = np.array([point.multiplier for point in points])
    p = np.array([point.probability for point in points])
    error = np.array([point.mc_error or 0.0 for point in points])
    axes.fill_between(
        x, np.clip(p - 1.645 * error, 0, 1), np.clip(p + 1.645 * error, 0, 1), color=OUTSIDE, lw=0, zorder=1
    )
    axes.plot(x, p, color=BLUE, lw=1.8, zorder=2, solid_joinstyle="round")
    axes.set_ylim(0, 1.08)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"])
    axes.axhline(document.confidence, color=ORANGE, lw=1.0, zorder=0)
    low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 2.0)
    room = 0.04 * (high - low) or 0.1
    axes.set_xlim(low - room, high + room)
    place_ticks(axes)
    _mark(axes, document)


def _mark(axes: Axes, document: ReverseDocument) -> None:
    """Today's pace and the answer: the lower label right below its point, the higher one left above."""
    marked = [(1.0, document.today.probability, "today")]
    if document.needed is not None and document.achieved_probability is not None:
        marked.append((document.needed.multiplier, document.achieved_probability, "needed"))
    marked.sort()
    for place, (at, probability, name) in enumerate(marked):
        axes.plot([at], [probability], "o", color=INK, ms=6, mec="white", zorder=3)
        above = place == 1
        axes.annotate(
            f"{name}: {times(at)}, {chance(probability)}",
            (at, probability),
            xytext=(-8, 7) if above else (8, -3),
            textcoords="offset points",
            ha="right" if above else "left",
            va="bottom" if above else "top" if probability > 0.12 else "bottom",
            size=SMALL,
            color=INK,
        )
