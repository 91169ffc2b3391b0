"""Ageing pipeline: how long the open leads have been in their stage, beside those that went on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.flow import FlowDocument, StageAges
from funnelsim.report.figures.flow.page import flow_page, nothing, read_flow
from funnelsim.report.style.text_layout import elide
from funnelsim.report.style.theme import BLUE, FAINT, GREY, PALE, SMALL, VERMILION, themed
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, plural

_PLOT = 4.0  # inches


@themed
def ageing_figure(document: Mapping[str, Any]) -> Figure:
    """A column for each stage: open leads by their days in it, over the time of those that went on.

    The bands hold half, 80 % and 95 % of the visits that went on to a later stage or the win; open leads
    older than any of them are marked.

    Parameters
    ----------
    document : mapping
        A flow document.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If nothing is open.
    """
    typed = read_flow(document)
    stages = [ages for ages in typed.ages if ages.open or ages.went_on]
    if not any(ages.open for ages in stages):
        raise nothing("ageing", f"no {typed.noun} is open in this history")
    # Stages that are passed within the day, with nobody in them, would only press the others together.
    stages = [ages for ages in stages if ages.open or (ages.p95 or 0) >= 1] or stages
    figure, axes = flow_page(typed, _title(typed, stages), _note(typed), height=_PLOT)
    top = _highest(stages)
    axes.set_ylim(0, top)
    axes.set_xlim(-0.5, len(stages) - 0.5)
    axes.set_ylabel("days in stage", size=SMALL, color=GREY)
    for place, ages in enumerate(stages):
        _draw_stage(axes, place, ages, top)
    width = figure.get_size_inches()[0] * axes.get_position().width / len(stages)
    labels = [_label(figure, typed.stage_name(ages.stage), ages, width - 0.08) for ages in stages]
    axes.set_xticks(range(len(stages)), labels, fontsize=SMALL)
    return figure


def _draw_stage(axes: Axes, place: int, ages: StageAges, top: float) -> None:
    for level, colour in ((ages.p95, FAINT), (ages.p80, PALE), (ages.p50, "#A9BDCC")):
        if level is not None:
            axes.bar([place], [min(level, top)], width=0.82, color=colour, lw=0, zorder=1)
    days = np.array([deal.days for deal in ages.open])
    if not len(days):
        return
    older = days > ages.longest if ages.longest is not None else np.zeros(len(days), bool)
    # Side by side by their place in the golden ratio's sequence: even, and the same each time.
    aside = (np.arange(len(days)) * 0.6180339887) % 1 - 0.5
    for chosen, colour, marker in ((~older, BLUE, "o"), (older, VERMILION, "D")):
        axes.plot(
            place + 0.6 * aside[chosen],
            np.minimum(days[chosen], top * 0.985),
            marker,
            color=colour,
            ms=3.6,
            alpha=0.75,
            mew=0,
            zorder=3,
        )


def _highest(stages: list[StageAges]) -> float:
    """The axis ends above the oldest lead, but not so far that the rest lies flat."""
    oldest = max((ages.open[0].days for ages in stages if ages.open), default=1.0)
    usual = max((ages.p95 or 0.0 for ages in stages), default=1.0)
    return max(min(oldest * 1.08, max(usual, 1.0) * 6), usual * 1.08, 1e-3)


def _label(figure: Figure, name: str, ages: StageAges, room: float) -> str:
    lines = [elide(figure, plain(name), room, size=SMALL), f"{count(ages.open_now)} open"]
    if ages.older:
        lines.append(f"{count(ages.older)} too old")
    return "\n".join(lines)


def _title(document: FlowDocument, stages: list[StageAges]) -> str:
    older = sum(ages.older for ages in stages)
    if not older:
        return f"No open {document.noun} is older than those that went on before it"
    are = "is" if older == 1 else "are"
    return f"{plural(older, f'open {document.noun}')} {are} older than any that ever went on from its stage"


def _note(document: FlowDocument) -> str:
    nouns = plural_noun(document.noun)
    return (
        f"Dots: open {nouns}. Grey: half, 80 % and 95 % of those that went on had left by then. "
        "Red: older than any of them"
    )
