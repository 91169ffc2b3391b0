"""Two waterfalls: from one forecast to the next, and the listed amounts of the pipeline in the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.flow.page import NARROW, WIDTH
from funnelsim.report.figures.subtitles import kind, sentences
from funnelsim.report.style.text_layout import Heading, place_ticks, typographic
from funnelsim.report.style.theme import (
    FAINT,
    GREEN,
    GREY,
    INK,
    MARGIN,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words import bridge_words as words
from funnelsim.report.words.dates import span_words

_HEAD_ROW, _AXIS, _GAP, _NUMBERS = 0.42, 0.68, 0.15, 0.85  # inches
#: An axis that leaves out more than this share of the totals does not begin at 0: the steps would be slivers.
_CUT_ABOVE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """Sizes in inches, and where names stand: beside the bars, or above them on a phone.

    Attributes
    ----------
    text, bar : float
        Middle of the texts and of the bar in a row, as shares of its height.
    thick : float
        Share of the row that the bar takes.
    """

    width: float
    row: float
    names: float
    numbers: float
    text: float
    bar: float
    thick: float


_WIDE = _Form(width=WIDTH, row=0.3, names=2.0 + _GAP, numbers=_NUMBERS + _GAP, text=0.5, bar=0.5, thick=0.62)
_PHONE = _Form(width=NARROW, row=0.44, names=0.0, numbers=0.0, text=0.28, bar=0.74, thick=0.36)


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    unit: str
    axis: str
    divisor: float
    rows: Sequence[words.StepRow]


@themed
def bridge_figure(document: Mapping[str, Any], *, narrow: bool = False) -> Figure:
    """The steps from one forecast to the next, and below them those of the open pipeline.

    Parameters
    ----------
    document : mapping
        A bridge document, as ``funnelsim bridge --json`` writes it.
    narrow : bool, default False
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not a bridge.
    """
    typed = read_as(BridgeDocument, document, "bridge")
    form = _PHONE if narrow else _WIDE
    panels = [panel for panel in (_forecast(typed), _pipeline(typed)) if panel.rows]
    cut = any(_limits(panel.rows)[0] > 0 for panel in panels)
    head = Heading.of(words.title(typed), _subtitle(typed, cut=cut), form.width)
    tall = sum(_HEAD_ROW + form.row * len(panel.rows) + _AXIS for panel in panels)
    figure = new_figure(form.width, head.height + tall)
    head.draw(figure)
    top = head.height
    for panel in panels:
        top = _draw_panel(figure, panel, top, form)
    return figure


def _forecast(document: BridgeDocument) -> _Panel:
    measured = words.Measured.of(document)
    won = f"{plural_noun(document.noun)} won"
    return _Panel(
        title=f"Forecast of {document.period}, means",
        unit=won if measured.in_deals else measured.scale.unit,
        axis=won if measured.in_deals else axis_unit(measured.scale, document.amount_is),
        divisor=measured.divisor,
        rows=words.step_rows(document),
    )


def _pipeline(document: BridgeDocument) -> _Panel:
    scale = words.pipeline_scale(document)
    return _Panel(
        title="Open pipeline, listed amounts",
        unit=scale.unit,
        axis=axis_unit(scale, document.amount_is),
        divisor=scale.divisor,
        rows=words.pipeline_rows(document),
    )


def _subtitle(document: BridgeDocument, *, cut: bool) -> str:
    dates = span_words(document.start, document.end) if document.start and document.end else ""
    axis = "Axes do not begin at 0" if cut else ""
    return sentences(dates, kind(document), document.name, axis)


def _draw_panel(figure: Figure, panel: _Panel, top: float, form: _Form) -> float:
    """Draw one waterfall; returns where it ends, in inches from the top."""
    top += _HEAD_ROW
    left, right = MARGIN + form.names, form.width - MARGIN - form.numbers
    height = form.row * len(panel.rows)
    axes = axes_at(figure, left, top, right - left, height)
    _draw(axes, panel.rows, form)
    place_ticks(axes, panel.divisor)
    axes.set_xlabel(panel.axis, size=SMALL)
    write_lines(figure, panel.title, MARGIN, bottom=top - 0.06, weight="bold")
    write_lines(figure, panel.unit, form.width - MARGIN, bottom=top - 0.06, weight="bold", ha="right")
    for place, row in enumerate(panel.rows):
        middle = top + form.row * (place + form.text)
        weight = "bold" if row.is_end else "normal"
        write_lines(figure, row.name, MARGIN, middle=middle, weight=weight)
        edge = form.width - MARGIN
        write_lines(figure, typographic(row.text), edge, middle=middle, ha="right", weight=weight)
    return top + height + _AXIS


def _limits(rows: Sequence[words.StepRow]) -> tuple[float, float]:
    ends = [end for row in rows for end in (row.begins, row.ends) if not (row.is_end and end == 0)]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    if low > 0 and low > _CUT_ABOVE * high:
        room = max(high - low, 0.02 * high)
        return low - 0.25 * room, high + 0.04 * room
    low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * (high - low) or 1.0
    return low - (room if low < 0 else 0.0), high + room


def _draw(axes: Axes, rows: Sequence[words.StepRow], form: _Form) -> None:
    low, high = _limits(rows)
    axes.set_xlim(low, high)
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([])
    axes.grid(axis="x", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)
    if low < 0:
        axes.axvline(0, color=INK, lw=0.8)
    for place, row in enumerate(rows):
        begins = max(low, 0.0) if row.is_end else row.begins
        colour = INK if row.is_end else GREEN if row.ends > row.begins else VERMILION
        middle = place + form.bar
        axes.barh([middle], [row.ends - begins], left=[begins], height=form.thick, color=colour, lw=0)
        if place < len(rows) - 1 and form.names:  # above the bars they would run through the names
            below = [middle + form.thick / 2, middle + 1 - form.thick / 2]
            axes.plot([row.ends, row.ends], below, color=GREY, lw=0.8)
