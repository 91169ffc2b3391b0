"""Cohort conversion: of the leads of each month, the share won after so many days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.flow import Cohort, FlowDocument
from funnelsim.report.figures.flow.page import NARROW, WIDTH, flow_page, nothing, read_flow
from funnelsim.report.style.text_layout import place_ticks, upright_counts
from funnelsim.report.style.theme import (
    BLUE,
    GREY,
    MARGIN,
    ORANGE,
    SLATE,
    SMALL,
    axes_at,
    themed,
    write_lines,
)
from funnelsim.report.words.quantities import count, share

_NAMES = 1.75  # inches
_ROW = 0.2


@themed
def cohorts_figure(document: Mapping[str, Any], *, narrow: bool = False) -> Figure:
    """A line for each month of arrival; solid as far as all its leads have been observed, dotted beyond.

    Parameters
    ----------
    document : mapping
        A flow document.
    narrow : bool, default False
        As wide as a phone, the months below the plot.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If there are no cohorts, or none has a win.
    """
    typed = read_flow(document)
    shown = [cohort for cohort in typed.cohorts if len(cohort.days) > 1]
    if not any(cohort.won for cohort in shown):
        raise nothing("cohorts", f"no {typed.noun} of the months shown was won")
    room: dict[str, float] = {"right": MARGIN + _NAMES}
    if narrow:
        room = {"width": NARROW, "height": 2.4, "below": _ROW * (len(shown) + 1.5)}
    figure, axes = flow_page(typed, _title(typed, shown), _note(typed), **room)
    shades = _colours(typed, shown)
    for cohort, shade in zip(shown, shades, strict=True):
        _draw(axes, cohort, shade)
    longest = max(cohort.days[-1] for cohort in shown)
    highest = max(cohort.share[-1] or 0.0 for cohort in shown)
    axes.set_xlim(0, longest * 1.02)
    axes.set_ylim(0, highest * 1.08)
    upright_counts(axes, percent=True)
    place_ticks(axes)
    axes.set_xlabel(f"days since the {typed.noun} came in", size=SMALL)
    height = float(figure.get_size_inches()[1])
    corner = (axes.get_position().x1 * WIDTH + 0.2, (1 - axes.get_position().y1) * height)
    _list(figure, (MARGIN, height - room["below"]) if narrow else corner, shown, shades)
    return figure


def _ripe(document: FlowDocument, shown: list[Cohort]) -> list[Cohort]:
    """Months that have been observed as long as 85 % of the wins take."""
    return [cohort for cohort in shown if cohort.complete_to >= (document.cycle.p85 or 0.0)]


def _colours(document: FlowDocument, shown: list[Cohort]) -> list[str]:
    """The latest ripe month stands out among those before it; younger months have a colour of their own."""
    ripe = _ripe(document, shown)
    return [ORANGE if cohort not in ripe else BLUE if cohort is ripe[-1] else SLATE for cohort in shown]


def _draw(axes: Axes, cohort: Cohort, shade: str) -> None:
    wide = 2.4 if shade == BLUE else 1.4
    days, won = np.asarray(cohort.days), np.asarray([value or 0.0 for value in cohort.share])
    sure = days <= cohort.complete_to
    end = float(np.interp(cohort.complete_to, days, np.arange(len(days))))
    if sure.all():
        axes.step(days, won, where="post", color=shade, lw=wide, zorder=wide)
        return
    reached = won[int(end)]
    axes.step(
        [*days[sure], cohort.complete_to],
        [*won[sure], reached],
        where="post",
        color=shade,
        lw=wide,
        zorder=wide,
    )
    axes.step(
        [cohort.complete_to, *days[~sure]],
        [reached, *won[~sure]],
        where="post",
        color=shade,
        lw=1.2,
        ls=(0, (1, 1.4)),
    )


def _list(figure: Figure, corner: tuple[float, float], cohorts: list[Cohort], shades: list[str]) -> None:
    """A key, the latest month first: month, leads, share won so far; `corner` is inches from left and top."""
    left, top = corner
    write_lines(figure, "came in", left + 0.22, middle=top, color=GREY)
    write_lines(figure, "won", left + _NAMES - 0.2, middle=top, color=GREY, ha="right")
    for place, (cohort, shade) in enumerate(zip(reversed(cohorts), reversed(shades), strict=True), start=1):
        middle = top + _ROW * place
        key = axes_at(figure, left, middle - 0.012, 0.15, 0.024)
        key.set_axis_off()
        key.axhspan(0, 1, color=shade, lw=0)
        write_lines(figure, f"{cohort.month}  {count(cohort.leads)}", left + 0.22, middle=middle)
        write_lines(figure, share(cohort.share[-1]), left + _NAMES - 0.2, middle=middle, ha="right")


def _title(document: FlowDocument, shown: list[Cohort]) -> str:
    """The latest ripe month beside those before it, after the time that 85 % of the wins take."""
    usual, ripe, nouns = document.cycle.p85 or 0.0, _ripe(document, shown), plural_noun(document.noun)
    if len(ripe) < 2:
        return f"Share won of the {nouns} of each month"
    *before, latest = (_at(cohort, usual) for cohort in ripe)
    others = share(min(before))
    if max(before) > min(before):
        others = f"{others} to {share(max(before))}"
    return (
        f"After {usual:.0f} days, {share(latest)} of the {nouns} of {ripe[-1].month} were won; "
        f"in the months before {others}"
    )


def _at(cohort: Cohort, days: float) -> float:
    place = int(np.searchsorted(cohort.days, days, side="right")) - 1
    return cohort.share[max(place, 0)] or 0.0


def _note(document: FlowDocument) -> str:
    nouns = plural_noun(document.noun)
    return (
        f"By month of creation; open {nouns} count as not yet decided. Orange: months too young to compare. "
        f"Dotted: only part of the month's {nouns} have been observed that long"
    )
