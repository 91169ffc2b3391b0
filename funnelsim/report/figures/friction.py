"""What improvements are worth, as a tornado: sorted bars with intervals, and removed stages as ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.documents.friction import Effect, Effects, FrictionDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.style.text_layout import Heading, fold, place_ticks, text_width, typographic
from funnelsim.report.style.theme import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MARGIN,
    PALE,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words import friction_improvements as improvements
from funnelsim.report.words import friction_words as words
from funnelsim.report.words.measures import Measure
from funnelsim.report.words.money import Scale
from funnelsim.report.words.names import plain

_WIDTH, _ROW, _HEAD_ROW, _AXIS = 8.0, 0.36, 0.42, 0.72  # inches
_NAMES, _GAP = 2.9, 0.18


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    effect: Effect  # of a range, its ends without a mean
    colour: str


@themed
def friction_figure(document: Mapping[str, Any]) -> Figure:
    """Improvements and gaps with a clear effect, most worth first; below them what removed stages cost.

    Parameters
    ----------
    document : mapping
        A friction document, as ``funnelsim friction --json`` writes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not one of friction.
    """
    typed = read_as(FrictionDocument, document, "friction")
    measured = improvements.measured_by(typed)
    panels = [
        ("improvement", _improvements(typed), improvements.lever_scale(typed)),
        ("stage removed", _removals(typed), words.removal_scale(typed)),
    ]
    panels = [panel for panel in panels if panel[1]]
    head = Heading.of(improvements.best_title(typed), _subtitle(typed), _WIDTH)
    tall = sum(_HEAD_ROW + _ROW * len(rows) + _AXIS for _, rows, _ in panels)
    figure = new_figure(_WIDTH, head.height + (tall or 0.5))
    head.draw(figure)
    top = head.height
    for title, rows, scale in panels:
        top = _panel(figure, typed, measured, title, rows, scale, top)
    if not panels:
        write_lines(figure, "no improvement has a clear effect", MARGIN, middle=top + 0.2, color=GREY)
    return figure


def _subtitle(document: FrictionDocument) -> str:
    level = f"Lines: {document.level * 100:.0f} % intervals of the expected difference."
    shown = improvements.shown_improvements(document)
    gaps = any(improvements.kind_words(one) == improvements.GAP for one in shown)
    kinds = "Blue: one step. Green: closing a gap between groups in the data. " if gaps else ""
    return f"{kinds}{level} {span_subtitle(document, document.span)}"


def _improvements(document: FrictionDocument) -> list[_Row]:
    up, rows = improvements.better_up(document), []
    for one in improvements.shown_improvements(document):
        effect = _effect(document, one)
        good = ((effect.mean or 0.0) > 0) == up
        kind = GREEN if improvements.kind_words(one) == improvements.GAP else BLUE
        rows.append(_Row(improvements.improvement_name(document, one), effect, kind if good else VERMILION))
    return rows


def _removals(document: FrictionDocument) -> list[_Row]:
    rows = []
    for one in words.shown_removals(document):
        low, high = (_effect(document, end).mean for end in words.ends_of(one))
        rows.append(_Row(plain(document.stage_name(one.stage)), Effect(low=low, high=high), BLUE))
    return rows


def _effect(document: FrictionDocument, effects: Effects) -> Effect:
    return effects.metrics.get(document.metric, Effect())


def _panel(
    figure: Figure,
    document: FrictionDocument,
    measured: Measure,
    title: str,
    rows: Sequence[_Row],
    scale: Scale,
    top: float,
) -> float:
    """Draw one list of bars; returns where it ends, in inches from the top."""
    top += _HEAD_ROW
    texts = [typographic(_words(row.effect, measured, scale)) for row in rows]
    unit = measured.difference_unit(scale)
    widest = max(text_width(figure, text, size=SMALL, weight="bold") for text in (*texts, unit))
    left, right = MARGIN + _NAMES + _GAP, _WIDTH - MARGIN - widest - _GAP
    height = _ROW * len(rows)
    axes = axes_at(figure, left, top, right - left, height)
    _draw(axes, rows)
    place_ticks(axes, scale.divisor if measured.unit == "money" else 1.0)
    axes.set_xlabel(axis_unit(scale, document.amount_is) if measured.unit == "money" else unit, size=SMALL)
    write_lines(figure, title, MARGIN, bottom=top - 0.06, weight="bold")
    write_lines(figure, unit, right + _GAP, bottom=top - 0.06, weight="bold")
    for place, (row, text) in enumerate(zip(rows, texts, strict=True)):
        middle = top + _ROW * (place + 0.5)
        name = "\n".join(fold(figure, row.name, _NAMES, size=SMALL, lines=2))
        write_lines(figure, name, MARGIN, middle=middle)
        write_lines(figure, text, right + _GAP, middle=middle)
    return top + height + _AXIS


def _words(effect: Effect, measured: Measure, scale: Scale) -> str:
    if effect.mean is None:
        ends = (improvements.difference(end, measured, scale) for end in (effect.low, effect.high))
        return " to ".join(ends)
    return improvements.difference(effect.mean, measured, scale)


def _draw(axes: Axes, rows: Sequence[_Row]) -> None:
    ends = [
        end for row in rows for end in (row.effect.low, row.effect.high, row.effect.mean) if end is not None
    ]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.05 * (high - low) or 1.0
    axes.set_xlim(low - (room if low < 0 else 0), high + room)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks([])
    axes.axvline(0, color=INK, lw=1.0)
    for place, row in enumerate(rows):
        if place:
            axes.axhline(place - 0.5, color=PALE, lw=0.5)
        _bar(axes, place, row)


def _bar(axes: Axes, place: int, row: _Row) -> None:
    low, mean, high = row.effect.low, row.effect.mean, row.effect.high
    if mean is not None:
        axes.barh([place], [mean], height=0.6, color=row.colour, alpha=0.45, lw=0)
    if low is None or high is None:
        return
    if mean is None:
        axes.barh([place], [high - low], left=[low], height=0.6, color=row.colour, alpha=0.45, lw=0)
    else:
        axes.plot([low, high], [place, place], color=row.colour, lw=1.8, solid_capstyle="butt")
