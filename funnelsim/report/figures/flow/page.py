"""The frame that the figures of a history share: heading, axes and dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.flow import FlowDocument
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.subtitles import sentences
from funnelsim.report.style.text_layout import Heading
from funnelsim.report.style.theme import FAINT, MARGIN, SMALL, axes_at, new_figure
from funnelsim.report.words.dates import date_words

WIDTH, NARROW, LEFT = 8.0, 3.8, MARGIN + 0.45  # inches
_AXIS = 0.55


def read_flow(document: Mapping[str, Any]) -> FlowDocument:
    """The document, typed."""
    return read_as(FlowDocument, document, "flow")


def nothing(figure: str, why: str) -> DocumentError:
    """The error of a figure without anything to draw."""
    return DocumentError(figure, [Problem(path="", message=why)])


def flow_page(
    document: FlowDocument,
    title: str,
    *notes: str,
    height: float = 3.6,
    width: float = WIDTH,
    left: float = LEFT,
    right: float = MARGIN,
    below: float = 0.0,
) -> tuple[Figure, Axes]:
    """A page with its heading and one plot; `left`, `right` and `below` are inches that stay free."""
    as_of = f"As of {date_words(document.as_of)}" if document.as_of else ""
    head = Heading.of(title, sentences(*notes, as_of, document.name if width > NARROW else ""), width)
    figure = new_figure(width, head.height + height + _AXIS + below)
    head.draw(figure)
    axes = axes_at(figure, left, head.height, width - left - right, height)
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=SMALL)
    axes.tick_params(axis="x", pad=7)
    return figure, axes


def date_axis(axes: Axes, days: Sequence[dt.date]) -> None:
    """A horizontal axis of dates, as few ticks as fit."""
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    if len(days) > 1:
        axes.set_xlim(min(days), max(days))  # type: ignore[arg-type]
