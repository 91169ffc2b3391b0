"""The forecast of each rep, team, segment, source or product: parts of the mean, 80 % range and quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.forecast import (
    PART_NAMES,
    ForecastDocument,
    ForecastGroup,
    ForecastPeriod,
    period_at,
)
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.subtitles import forecast_subtitle
from funnelsim.report.style.text_layout import Heading, elide, place_ticks, text_width, typographic
from funnelsim.report.style.theme import (
    BODY,
    GREY,
    INK,
    MARGIN,
    PART_COLOURS,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write,
    write_lines,
)
from funnelsim.report.words.group_words import group_scale, shown_groups
from funnelsim.report.words.money import Scale, money
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance

_WIDTH, _ROW, _AXIS, _LEGEND = 8.0, 0.34, 0.62, 0.32  # inches
_NAMES, _GAP = 1.9, 0.15


@themed
def groups_figure(document: Mapping[str, Any], period: int | str = 0) -> Figure:
    """A bar for each of the largest groups, with its 80 % range and, where it has one, its quota.

    Parameters
    ----------
    document : mapping
        A forecast document made with ``--by``.
    period : int or str, default 0
        Which of its periods, by place or label.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is no forecast, is not split, has no such period, or nothing has an amount in it.
    """
    typed = read_as(ForecastDocument, document, "forecast")
    chosen = with_groups(period_at(typed, period), "groups")
    shown, others = shown_groups(chosen)
    quotas = " Red: quota, with the chance to make it." if any(group.quota for group in shown) else ""
    left_out = f" {others} smaller ones are not shown." if others else ""
    note = f"Bars: means. Lines: 80 % ranges.{quotas}{left_out} {forecast_subtitle(typed, chosen)}"
    head = Heading.of(_title(typed, chosen, shown), note, _WIDTH)
    height = _ROW * len(shown)
    figure = new_figure(_WIDTH, head.height + _LEGEND + height + _AXIS)
    head.draw(figure)
    draw_legend(figure, [group.parts for group in shown], head.height)
    scale = group_scale(typed, chosen)
    ends = [_words(group, scale) for group in shown]
    top = head.height + _LEGEND
    axes = rows_with_names(figure, [group.name for group in shown], ends, top)
    _draw(axes, shown)
    place_ticks(axes, scale.divisor)
    axes.set_xlabel(axis_unit(scale, typed.amount_is), size=SMALL)
    return figure


def with_groups(period: ForecastPeriod, figure: str) -> ForecastPeriod:
    """The period, if it has groups with amounts.

    Raises
    ------
    DocumentError
    """
    message = ""
    if not period.groups:
        message = "the forecast is not split; make it with --by source, --by owner or the like"
    elif period.without_money:
        message = "the model has no amounts, so there are none to show by group"
    if message:
        raise DocumentError(figure, [Problem(path="periods", message=message)])
    return period


def rows_with_names(figure: Figure, names: Sequence[str], ends: Sequence[str], top: float) -> Axes:
    """Axes with a row for each name, the name before it and words behind it; the first row on top."""
    widest = max((text_width(figure, typographic(text), size=SMALL) for text in ends), default=0.0)
    shown = [elide(figure, plain(name), _NAMES, size=SMALL) for name in names]
    named = max(text_width(figure, name, size=SMALL) for name in shown)
    left, right = MARGIN + named + _GAP, _WIDTH - MARGIN - widest - _GAP
    height = _ROW * len(names)
    axes = axes_at(figure, left, top, right - left, height)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    for place, (name, text) in enumerate(zip(shown, ends, strict=True)):
        middle = top + _ROW * (place + 0.5)
        write_lines(figure, name, MARGIN, middle=middle, size=SMALL)
        write_lines(figure, typographic(text), right + _GAP, middle=middle, size=SMALL)
    return axes


def draw_legend(figure: Figure, parts: Sequence[Sequence[float]], top: float) -> None:
    """The names of the parts that occur, with their colours."""
    left = MARGIN
    for number, (name, colour) in enumerate(zip(PART_NAMES, PART_COLOURS, strict=True)):
        if any(own[number] for own in parts):
            write(figure, "\u25a0", left, top, size=BODY, color=colour)
            write(figure, name, left + 0.16, top + 0.015, size=SMALL, color=GREY)
            left += 0.16 + text_width(figure, name, size=SMALL) + 0.25


def _draw(axes: Axes, groups: Sequence[ForecastGroup]) -> None:
    for place, group in enumerate(groups):
        begins = 0.0
        for part, colour in zip(group.parts, PART_COLOURS, strict=True):
            axes.barh([place], [part], left=begins, height=0.5, color=colour, lw=0)
            begins += part
        if group.bookings.p10 is not None and group.bookings.p90 is not None:
            axes.plot([group.bookings.p10, group.bookings.p90], [place, place], color=INK, lw=1.2)
        if group.quota is not None:
            axes.plot([group.quota] * 2, [place - 0.36, place + 0.36], color=VERMILION, lw=1.8)
    highest = max(
        max(group.bookings.p90 or 0.0, group.bookings.mean or 0.0, group.quota or 0.0) for group in groups
    )
    axes.set_xlim(0, max(highest * 1.03, 1e-300))


def _words(group: ForecastGroup, scale: Scale) -> str:
    """``476 (363 to 592), 24 %``."""
    bookings = group.bookings
    text = f"{scale.number(bookings.mean)} ({scale.number(bookings.p10)} to {scale.number(bookings.p90)})"
    return text if group.quota is None else f"{text}, chance {chance(group.attainment_probability)}"


def _title(document: ForecastDocument, period: ForecastPeriod, shown: Sequence[ForecastGroup]) -> str:
    first = shown[0]
    worth = money(first.bookings.mean, document.currency)
    return f"{period.period} by {document.by}: {plain(first.name)} is expected to book most, {worth}"
