"""Key figures over time, one small chart each, with the control limits that tell noise from change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from funnelsim.documents.kpi import KpiDocument, KpiFigure, KpiPeriod
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.subtitles import kind, sentences
from funnelsim.report.style.text_layout import Heading, elide, typographic
from funnelsim.report.style.theme import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MARGIN,
    PALE,
    SKY,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write,
)
from funnelsim.report.words import kpi_words as words
from funnelsim.report.words.dates import date_words

_WIDTH, _COLUMNS, _NARROW = 9.0, 3, 3.25
_CHART, _ROW, _GAP, _LABELS = 0.95, 1.85, 0.3, 0.5  # inches
#: Charts drawn unless some are asked for; more would not fit on a page.
_CHARTS = 24
#: Periods drawn; more could not be told apart.
_MOST = 30


@themed
def kpi_figure(document: Mapping[str, Any], only: Sequence[str] = (), *, narrow: bool = False) -> Figure:
    """Small charts of all key figures, those that have changed first.

    Parameters
    ----------
    document : mapping
        A document of key figures, as ``funnelsim kpi --json`` writes it.
    only : sequence of str, optional
        Names of figures; default all that do not repeat another.
    narrow : bool, default False
        One chart below the other, for a phone.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not one of key figures.
    """
    typed = read_as(KpiDocument, document, "kpi")
    figures = words.shown_figures(typed.kpis, only)
    figures.sort(key=lambda one: not one.beyond_noise)
    left_out = max(len(figures) - _CHARTS, 0)
    figures = figures[:_CHARTS]
    more = f"{left_out} more figures are in the table" if left_out else ""
    page, across = (_NARROW, 1) if narrow else (_WIDTH, _COLUMNS)
    head = Heading.of(
        words.answer(typed, only)[0], sentences(_subtitle(typed), more, "" if narrow else typed.name), page
    )
    rows = -(-len(figures) // across) or 1
    figure = new_figure(page, head.height + rows * _ROW + 0.15)
    head.draw(figure)
    width = (page - 2 * MARGIN - (across - 1) * _GAP) / across
    for place, one in enumerate(figures):
        left = MARGIN + (place % across) * (width + _GAP)
        _panel(figure, typed, one, left, head.height + place // across * _ROW, width)
    return figure


def _subtitle(document: KpiDocument) -> str:
    level = f"{document.level * 100:.0f} %"
    if document.simulated:
        what = f"Lines: ranges that hold {level} of the futures"
    else:
        alarms = f"{document.false_alarms * 100:.0f} %"
        what = (
            f"Band: where values lie if nothing changes (at most {alarms} false alarms over all charts). "
            "Hollow: period not complete"
        )
    when = f"By {document.by}, as of {date_words(document.as_of)}" if document.as_of else ""
    return sentences(what, when, kind(document))


def _panel(
    figure: Figure, document: KpiDocument, one: KpiFigure, left: float, top: float, width: float
) -> None:
    periods = list(one.periods[-_MOST:])
    known = [period for period in periods if period.value is not None]
    scale = words.scale_of(document, one, known)
    name = words.label_with_unit(document, one, scale)
    write(figure, elide(figure, name, width, size=SMALL, weight="bold"), left, top, size=SMALL, weight="bold")
    if not known:
        write(figure, "undefined in all periods", left, top + 0.17, size=SMALL, color=GREY)
        return
    last = one.now or known[-1]
    value = f"{words.number(one, last.value, scale)} in {last.period}"
    text = f"{value}: {words.arrow(one)}" if one.beyond_noise else value
    write(figure, typographic(text), left, top + 0.17, size=SMALL, color=_colour(one))
    axes = axes_at(figure, left + _LABELS, top + 0.42, width - _LABELS, _CHART)
    _draw(axes, one, periods, simulated=document.simulated)
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    axes.set_yticks(ticks, [typographic(words.tick(one, tick, scale)) for tick in ticks])
    ends = [0, len(periods) - 1] if len(periods) > 1 else [0]
    axes.set_xticks(ends, [periods[place].period for place in ends])
    if len(ends) > 1:
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.get_xticklabels()[1].set_horizontalalignment("right")


def _draw(axes: Axes, one: KpiFigure, periods: Sequence[KpiPeriod], *, simulated: bool) -> None:
    """The values of whole periods as a line; one that is not complete as a hollow point, if it compares."""
    drawn = _band(axes, periods)
    whole = [math.nan if p.value is None or not p.complete else p.value for p in periods]
    axes.plot(range(len(periods)), whole, color=BLUE, lw=1.2, zorder=3)
    for place, period in enumerate(periods):
        if period.value is None or (not period.complete and words.adds_up(one)):
            continue
        now = period.period == one.current and bool(one.beyond_noise)
        colour = _colour(one) if now else BLUE
        axes.plot(
            [place],
            [period.value],
            marker="o",
            ms=5.5 if now else 3,
            mec=colour,
            mfc=colour if period.complete else "white",
            zorder=5 if now else 4,
        )
        drawn.append(period.value)
        if simulated and period.low is not None and period.high is not None:
            axes.plot([place] * 2, [period.low, period.high], color=BLUE, lw=1.5, alpha=0.6)
            drawn += [period.low, period.high]
    if one.target is not None:
        axes.axhline(one.target, color=INK, lw=0.9, ls=(0, (4, 3)), zorder=2)
        drawn.append(one.target)
    _fit(axes, one, drawn, len(periods))


def _fit(axes: Axes, one: KpiFigure, drawn: Sequence[float], periods: int) -> None:
    low, high = min(drawn, default=0.0), max(drawn, default=1.0)
    room = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    top = high + room
    if one.unit == "share" and high <= 1:
        top = min(top, 1.02)
    axes.set_ylim(max(low - room, 0.0), top)
    axes.set_xlim(-0.5, periods - 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y", color=PALE, lw=0.4)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=2, labelsize=SMALL - 1)


def _band(axes: Axes, periods: Sequence[KpiPeriod]) -> list[float]:
    """Control limits, a step for each period; returns their ends."""
    limits = [
        (math.nan, math.nan) if p.limit_low is None or p.limit_high is None else (p.limit_low, p.limit_high)
        for p in periods
    ]
    edges = [place + side for place in range(len(periods)) for side in (-0.5, 0.5)]
    low, high = ([pair[end] for pair in limits for _ in range(2)] for end in (0, 1))
    axes.fill_between(edges, low, high, color=SKY, alpha=0.22, lw=0)
    return [end for pair in limits for end in pair if not math.isnan(end)]


def _colour(one: KpiFigure) -> str:
    """Of a change beyond noise: for the better or the worse."""
    if not one.beyond_noise:
        return GREY
    return GREEN if one.better else VERMILION
