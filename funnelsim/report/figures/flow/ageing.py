"""Ageing pipeline: how long the open leads have been in their stage, beside those that went on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.flow import FlowDocument, StageAges
from funnelsim.report.figures.flow.page import NARROW, WIDTH, flow_page, nothing, read_flow
from funnelsim.report.style.text_layout import elide, place_ticks, text_width
from funnelsim.report.style.theme import (
    BLUE,
    FAINT,
    GREY,
    INK,
    MARGIN,
    PALE,
    SLATE,
    SMALL,
    VERMILION,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, plural

_ROW, _MOST_NAMES, _GAP, _LINE = 0.56, 2.6, 0.15, 0.17  # inches
_GOLDEN = 0.6180339887


@themed
def ageing_figure(document: Mapping[str, Any], *, narrow: bool = False) -> Figure:
    """A row for each stage: open leads by their days in it, over the time of those that went on.

    The bands hold half, 80 % and 95 % of the visits that went on to a later stage or the win; open leads
    older than any of them are marked.

    Parameters
    ----------
    document : mapping
        A flow document.
    narrow : bool, default False
        As wide as a phone.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If nothing is open.
    """
    typed = read_flow(document)
    if not any(ages.open for ages in typed.ages):
        raise nothing("ageing", f"no {typed.noun} is open in this history")
    # Stages that are passed within the day, with nobody in them, would only take room.
    stages = [ages for ages in typed.ages if ages.open or (ages.p95 or 0) >= 1]
    width = NARROW if narrow else WIDTH
    apart = "\n" if narrow else ", "
    names = [f"{plain(typed.stage_name(ages.stage))}\n{_counts(ages, apart)}" for ages in stages]
    room = min(max(_width(line) for name in names for line in name.split("\n")), _MOST_NAMES, 0.34 * width)
    left = MARGIN + room + _GAP
    figure, axes = flow_page(
        typed, _title(typed, stages), _note(typed), height=_ROW * len(stages), width=width, left=left
    )
    longest = _longest(stages)
    axes.set_xlim(0, longest)
    axes.set_ylim(len(stages) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(axis="x", color=FAINT, lw=0.8)
    place_ticks(axes)
    axes.set_xlabel("days in stage", size=SMALL, color=GREY)
    top = float(figure.get_size_inches()[1]) * (1 - axes.get_position().y1)
    for place, (ages, name) in enumerate(zip(stages, names, strict=True)):
        _draw_stage(axes, place, ages, longest)
        lines = [elide(figure, line, room, size=SMALL) for line in name.split("\n")]
        middle = top + _ROW * (place + 0.5)
        first = middle - _LINE * (len(lines) - 1) / 2
        write_lines(figure, lines[0], MARGIN, middle=first, color=INK, weight="bold")
        for number, line in enumerate(lines[1:], start=1):
            write_lines(figure, line, MARGIN, middle=first + _LINE * number, color=GREY)
    return figure


def _draw_stage(axes: Axes, place: int, ages: StageAges, longest: float) -> None:
    for level, colour in ((ages.p95, FAINT), (ages.p80, PALE), (ages.p50, SLATE)):
        if level is not None:
            axes.barh([place], [min(level, longest)], height=0.72, color=colour, lw=0, zorder=1)
    days = np.array([deal.days for deal in ages.open])
    older = days > (np.inf if ages.longest is None else ages.longest)
    # Up and down by the golden ratio's sequence: evenly spread, and the same each time.
    aside = place + 0.54 * ((np.arange(len(days)) * _GOLDEN) % 1 - 0.5)
    for chosen, colour, marker in ((~older, BLUE, "o"), (older, VERMILION, "D")):
        shown = np.minimum(days[chosen], longest * 0.99)
        axes.plot(shown, aside[chosen], marker, color=colour, ms=3.6, alpha=0.75, mew=0, zorder=3)


def _longest(stages: list[StageAges]) -> float:
    """The axis ends beyond the oldest lead, but not so far that the rest is pressed together."""
    oldest = max((ages.open[0].days for ages in stages if ages.open), default=1.0)
    usual = max((ages.p95 or 0.0 for ages in stages), default=1.0)
    return max(min(oldest * 1.05, max(usual, 1.0) * 6), usual * 1.05, 1e-3)


def _counts(ages: StageAges, apart: str) -> str:
    older = f"{apart}{count(ages.older)} too old" if ages.older else ""
    return f"{count(ages.open_now)} open{older}"


def _width(line: str) -> float:
    return text_width(new_figure(WIDTH, 1.0), line, size=SMALL, weight="bold")


def _title(document: FlowDocument, stages: list[StageAges]) -> str:
    older = sum(ages.older for ages in stages)
    if not older:
        return f"No open {document.noun} is older than those that went on before it"
    are, its = ("is", "its") if older == 1 else ("are", "their")
    return f"{plural(older, f'open {document.noun}')} {are} older in {its} stage than any that ever went on"


def _note(document: FlowDocument) -> str:
    nouns = plural_noun(document.noun)
    return (
        f"Dots: open {nouns}. Grey: half, 80 % and 95 % of those that went on had left by then. "
        "Orange: older than any of them"
    )
