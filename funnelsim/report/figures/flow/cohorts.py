"""Cohort conversion: of the leads of each month, the share won after so many days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.flow import Cohort, FlowDocument
from funnelsim.report.figures.flow.page import NARROW, WIDTH, flow_page, nothing, read_flow
from funnelsim.report.style.text_layout import place_ticks, upright_counts
from funnelsim.report.style.theme import GREY, MARGIN, SMALL, axes_at, themed, write_lines
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
    shades = colormaps["cividis_r"](np.linspace(0.12, 1.0, len(shown)))
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


def _draw(axes: Axes, cohort: Cohort, shade: Any) -> None:
    days, won = np.asarray(cohort.days), np.asarray([value or 0.0 for value in cohort.share])
    sure = days <= cohort.complete_to
    end = float(np.interp(cohort.complete_to, days, np.arange(len(days))))
    if sure.all():
        axes.step(days, won, where="post", color=shade, lw=1.6)
        return
    reached = won[int(end)]
    axes.step([*days[sure], cohort.complete_to], [*won[sure], reached], where="post", color=shade, lw=1.6)
    axes.step(
        [cohort.complete_to, *days[~sure]],
        [reached, *won[~sure]],
        where="post",
        color=shade,
        lw=1.2,
        ls=(0, (1, 1.4)),
    )


def _list(figure: Figure, corner: tuple[float, float], cohorts: list[Cohort], shades: Any) -> None:
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
    """The first month compared with the latest that has been observed as long as its wins usually take."""
    usual = document.cycle.p85 or 0.0
    ripe = [cohort for cohort in shown if cohort.complete_to >= usual]
    if len(ripe) < 2:
        return f"Share won of the {plural_noun(document.noun)} of each month"
    values = [_at(cohort, usual) for cohort in ripe]
    low, high = share(min(values)), share(max(values))
    return f"After {usual:.0f} days, {low} to {high} of a month's {plural_noun(document.noun)} are won"


def _at(cohort: Cohort, days: float) -> float:
    place = int(np.searchsorted(cohort.days, days, side="right")) - 1
    return cohort.share[max(place, 0)] or 0.0


def _note(document: FlowDocument) -> str:
    nouns = plural_noun(document.noun)
    return (
        f"By month of creation; open {nouns} count as not yet decided. Dotted: only part of the month's "
        f"{nouns} have been observed that long"
    )
