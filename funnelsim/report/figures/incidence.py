"""Does the model fit the data? Share of visits that left by each exit, by time in stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.fit_stages import FitIncidence, FitStage
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.style.text_layout import Heading, fold
from funnelsim.report.style.theme import (
    BLUE,
    GREEN,
    GREY,
    MARGIN,
    ORANGE,
    SKY,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain

_WIDTH, _PLOT, _LABEL, _AXIS, _GAP = 8.0, 1.7, 0.34, 0.5, 0.35  # inches
_NAMES = 2.4
_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY, GREY)


@themed
def incidence_figure(document: Mapping[str, Any]) -> Figure:
    """Cumulative incidence of each exit: actual with its 90 % band, and fitted, a row for each stage.

    Parameters
    ----------
    document : mapping
        A fit document, as ``funnelsim fit --json`` writes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is no fit, or holds no incidences.
    """
    typed = read_as(FitDocument, document, "fit")
    stages = [stage for stage in typed.stages if any(one.days for one in stage.incidence)]
    if not stages:
        message = "has no incidences: no visit is known from its start, or an older version wrote it"
        raise DocumentError("fit", [Problem(path="stages", message=message)])
    worst = max(100 * one.gap for stage in stages for one in stage.incidence)
    title = f"The model is off by at most {worst:.1f} points at any time in stage"
    head = Heading.of(title, _subtitle(typed), _WIDTH)
    row = _LABEL + _PLOT + _AXIS
    figure = new_figure(_WIDTH, head.height + row * len(stages) + 0.1)
    head.draw(figure)
    for place, stage in enumerate(stages):
        top = head.height + row * place
        write_lines(figure, plain(stage.title), MARGIN, bottom=top + _LABEL - 0.1, weight="bold")
        left = MARGIN + 0.4
        axes = axes_at(figure, left, top + _LABEL, _WIDTH - left - MARGIN - _NAMES - _GAP, _PLOT)
        _draw(axes, stage.incidence)
        _name(figure, axes, typed, stage, top + _LABEL)
        if place == len(stages) - 1:
            axes.set_xlabel("days in the stage", fontsize=SMALL)
    return figure


def _subtitle(document: FitDocument) -> str:
    as_of = f", as of {date_words(document.as_of)}" if document.as_of else ""
    return (
        f"{plain(document.name)}{as_of}. Share of visits that left. Steps: actual (Aalen-Johansen: open "
        "visits count as open) with the "
        "90 % band; lines: the model."
    )


def _draw(axes: Axes, incidence: Sequence[FitIncidence]) -> None:
    top = 0.0
    for one, colour in zip(incidence, _cycled(len(incidence)), strict=True):
        days = np.array([0.0, *one.days])
        axes.fill_between(
            days, [0.0, *one.low], [0.0, *one.high], step="post", color=colour, alpha=0.18, linewidth=0
        )
        axes.step(days, [0.0, *one.seen], where="post", color=colour, linewidth=0.9, alpha=0.8)
        axes.plot(days, [0.0, *one.fitted], color=colour, linewidth=1.6)
        top = max(top, *one.high, *one.fitted, 0.01)
    axes.set_ylim(0, min(top * 1.08, 1.0))
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.yaxis.get_major_locator().set_params(nbins=4)  # type: ignore[call-arg]
    axes.tick_params(labelsize=SMALL)


def _name(figure: Figure, axes: Axes, document: FitDocument, stage: FitStage, top: float) -> None:
    """Names of the exits, from the highest curve down, with the largest gap of each."""
    page_width = figure.get_size_inches()[0]
    left = axes.get_position().x1 * page_width + _GAP / 2
    named = sorted(
        zip(stage.incidence, _cycled(len(stage.incidence)), strict=True),
        key=lambda pair: -max(pair[0].seen, default=0.0),
    )
    middle = top + 0.1
    for one, colour in named:
        text = f"{plain(document.stage_name(one.to))}: off by up to {100 * one.gap:.1f} points"
        lines = fold(figure, text, _NAMES, size=SMALL)
        write_lines(figure, "\n".join(lines), left, middle=middle, color=colour)
        middle += 0.17 * len(lines) + 0.06


def _cycled(n: int) -> list[str]:
    return [_COLOURS[k % len(_COLOURS)] for k in range(n)]
