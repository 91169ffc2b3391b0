"""Cycle times: a dot for each win, with the percentiles that a promise can be based on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.flow import FlowDocument
from funnelsim.report.figures.flow.page import date_axis, flow_page, nothing, read_flow
from funnelsim.report.style.text_layout import upright_counts
from funnelsim.report.style.theme import BLUE, GREY, INK, MARGIN, SMALL, VERMILION, themed
from funnelsim.report.words.quantities import count, days

_NOTES = 1.35  # inches beside the plot


@themed
def cycle_times_figure(document: Mapping[str, Any]) -> Figure:
    """Days from creation to the win, by the day of the win, with the 50th, 85th and 95th percentile.

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
        If nothing was won.
    """
    typed = read_flow(document)
    cycle = typed.cycle
    if not cycle.wins:
        raise nothing("cycle times", f"no {typed.noun} was won in this history")
    figure, axes = flow_page(typed, _title(typed), _note(typed), right=MARGIN + _NOTES)
    closed, taken = [win.closed for win in cycle.wins], [win.days for win in cycle.wins]
    axes.plot(closed, taken, "o", color=BLUE, ms=3.2, alpha=0.35, mew=0)  # type: ignore[arg-type]
    axes.set_ylim(0, max(max(taken) * 1.06, 1e-3))
    upright_counts(axes)
    date_axis(axes, closed)
    axes.set_ylabel("days from creation to the win", size=SMALL, color=GREY)
    previous = -1.0
    least = 0.11 * axes.get_ylim()[1]  # two notes lie at least this far apart
    for level, words, colour in (
        (cycle.p50, "half", INK),
        (cycle.p85, "85 %", GREY),
        (cycle.p95, "95 %", VERMILION),
    ):
        assert level is not None
        axes.axhline(level, color=colour, lw=1.2, ls=(0, (4, 2)))
        place = max(level, previous + least)
        note = f"{words} within\n{days(level)}"
        axes.text(
            1.015, place, note, transform=axes.get_yaxis_transform(), va="center", size=SMALL, color=colour
        )
        previous = place
    return figure


def _title(document: FlowDocument) -> str:
    cycle = document.cycle
    return f"Half of the wins take up to {days(cycle.p50)}, 85 % up to {days(cycle.p85)}"


def _note(document: FlowDocument) -> str:
    cycle = document.cycle
    shown = (
        f"The latest {count(len(cycle.wins))} of {count(cycle.n)} wins"
        if cycle.n > len(cycle.wins)
        else (f"{count(cycle.n)} wins")
    )
    open_ = plural_noun(f"open {document.noun}")
    return (
        f"{shown}, by the day they were won; {open_} are not in it, so the latest slow ones are still missing"
    )
