"""Cumulative flow: how many leads stand in each stage, and how many have ended, week by week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.arrays import Ints
from funnelsim.core.nouns import plural_noun
from funnelsim.documents.flow import FlowDocument
from funnelsim.report.figures.flow.page import WIDTH, date_axis, flow_page, nothing, read_flow
from funnelsim.report.style.text_layout import elide, text_width, upright_counts
from funnelsim.report.style.theme import (
    GREEN,
    GREY,
    INK,
    MARGIN,
    PALE,
    SMALL,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, plural

_MOST_NAMES = 2.0  # inches
_ROW = 0.19


@themed
def cumulative_flow_figure(document: Mapping[str, Any]) -> Figure:
    """Bands of a cumulative flow diagram: won and ended since the first week, and above them every stage.

    The upper edge is all that came: leads open at the first week and new ones. A band that widens is a stage
    that fills faster than it empties.

    Parameters
    ----------
    document : mapping
        A flow document, see `funnelsim.metrics.flow.document`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the history holds no visits.
    """
    typed = read_flow(document)
    bands = _bands(typed)
    if len(typed.flow.weeks) < 2 or not bands:
        raise nothing("cumulative flow", "the history is shorter than two weeks, so nothing flows in it yet")
    names = {name: f"{plain(name)}  {count(float(values[-1]))}" for name, values, _ in bands}
    room = min(max(_width(name) for name in names.values()), _MOST_NAMES) + 0.15
    figure, axes = flow_page(typed, _title(typed), _note(typed), height=4.0, right=MARGIN + room)
    weeks = typed.flow.weeks
    axes.stackplot(
        weeks,  # type: ignore[arg-type]
        [values for _, values, _ in bands],
        colors=[colour for _, _, colour in bands],
        edgecolor="white",
        linewidth=0.6,
    )
    axes.set_ylim(bottom=0)
    upright_counts(axes)
    date_axis(axes, weeks)
    _name_bands(figure, axes, [(names[name], values) for name, values, _ in bands], room - 0.15)
    return figure


def _bands(document: FlowDocument) -> list[tuple[str, Ints, Any]]:
    """From the bottom: won, ended, then the stages from the last to the first, those that were never used
    left out."""
    flow = document.flow
    stages = [(document.stage_name(key), np.asarray(open_)) for key, open_ in flow.open.items() if any(open_)]
    shades = colormaps["Blues"](np.linspace(0.35, 0.9, max(len(stages), 1)))
    drawn = [("won", np.asarray(flow.won), GREEN), ("ended otherwise", np.asarray(flow.ended), PALE)]
    drawn += [(name, values, shade) for (name, values), shade in zip(stages, shades, strict=False)][::-1]
    return [band for band in drawn if band[1].any()]


def _title(document: FlowDocument) -> str:
    first, last = (sum(open_[week] for open_ in document.flow.open.values()) for week in (0, -1))
    ago = plural(len(document.flow.weeks) - 1, "week")
    are = "is" if last == 1 else "are"
    return f"{plural(last, document.noun)} {are} open; {ago} ago it was {count(float(first))}"


def _note(document: FlowDocument) -> str:
    nouns = plural_noun(document.noun)
    return f"{nouns.capitalize()} in each stage at the end of each week; won and ended since the first week"


def _width(text: str) -> float:
    return text_width(new_figure(WIDTH, 1.0), text, size=SMALL)


def _name_bands(figure: Figure, axes: Axes, bands: list[tuple[str, Ints]], room: float) -> None:
    """The name of each band beside its end; those that would overlap are moved apart."""
    tops = np.cumsum([float(values[-1]) for _, values in bands])
    middles = tops - np.asarray([float(values[-1]) for _, values in bands]) / 2
    height = figure.get_size_inches()[1]
    places = [
        height - axes.transData.transform((0, middle))[1] / figure.dpi for middle in middles
    ]  # inches from the top
    box = axes.get_position()
    left = box.x1 * figure.get_size_inches()[0] + 0.12
    top, bottom = (1 - box.y1) * height, (1 - box.y0) * height
    for (name, _), place in zip(bands, _spread(places, top, bottom), strict=True):
        shown = elide(figure, name, room, size=SMALL)
        ended = name.startswith(("ended", "won"))
        write_lines(figure, shown, left, middle=place, color=GREY if ended else INK)


def _spread(places: list[float], top: float, bottom: float) -> list[float]:
    """Places from the bottom up, at least a row apart and within the plot where there is room."""
    spread: list[float] = []
    limit = bottom - _ROW / 2
    for place in places:
        spread.append(min(place, limit))
        limit = spread[-1] - _ROW
    over = top + _ROW / 2 - (spread[-1] if spread else top + _ROW / 2)
    if over > 0:  # the highest would leave the plot: move down again from there
        limit = top + _ROW / 2
        for index in range(len(spread) - 1, -1, -1):
            spread[index] = max(spread[index], limit)
            limit = spread[index] + _ROW
    return spread
