"""How a forecast adds up over its groups: sources, segments or reps, each made of its parts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.groups import draw_legend, rows_with_names
from funnelsim.report.figures.subtitles import forecast_subtitle
from funnelsim.report.style.text_layout import Heading, place_ticks
from funnelsim.report.style.theme import (
    GREY,
    INK,
    PART_COLOURS,
    SMALL,
    VERMILION,
    new_figure,
)
from funnelsim.report.words.group_words import largest_first, shown_groups
from funnelsim.report.words.money import money, table_scale

_WIDTH, _ROW, _AXIS, _LEGEND = 8.0, 0.34, 0.62, 0.32  # inches


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    begins: float
    size: float
    colour: str = INK
    parts: tuple[float, ...] = ()


def group_waterfall(document: ForecastDocument, period: ForecastPeriod) -> Figure:
    """A step for each of the largest groups and one for the others, then the total and the quota."""
    bars = _bars(period)
    note = f"Means by {document.by}. {forecast_subtitle(document, period)}"
    head = Heading.of(_title(document, period), note, _WIDTH)
    figure = new_figure(_WIDTH, head.height + _LEGEND + _ROW * len(bars) + _AXIS)
    head.draw(figure)
    draw_legend(figure, [bar.parts for bar in bars if bar.parts], head.height)
    scale = table_scale([bar.size for bar in bars], document.currency)
    ends = [scale.number(abs(bar.size)) for bar in bars]
    axes = rows_with_names(figure, [bar.name for bar in bars], ends, head.height + _LEGEND)
    _draw(axes, bars)
    place_ticks(axes, scale.divisor)
    axes.set_xlabel(axis_unit(scale, document.amount_is), size=SMALL)
    return figure


def _bars(period: ForecastPeriod) -> list[_Bar]:
    shown, _ = shown_groups(period)
    rest = largest_first(period)[len(shown) :]
    steps: list[tuple[str, tuple[float, ...]]] = [(group.name, group.parts) for group in shown]
    if rest:
        columns = zip(*(group.parts for group in rest), strict=True)
        steps.append((f"{len(rest)} others", tuple(math.fsum(column) for column in columns)))
    bars: list[_Bar] = []
    total = 0.0
    for name, parts in steps:
        bars.append(_Bar(name, total, math.fsum(parts), parts=parts))
        total += math.fsum(parts)
    bars.append(_Bar("expected", 0.0, total))
    if (gap := _gap(period, total)) is not None and period.quota is not None:
        bars.append(_Bar("short of quota" if gap > 0 else "above quota", total, gap, VERMILION))
        bars.append(_Bar("quota", 0.0, float(period.quota), GREY))
    return bars


def _gap(period: ForecastPeriod, total: float) -> float | None:
    """What is short of the quota; None where it counts something else than bookings."""
    return period.quota - total if period.quota is not None and period.credited_at_booking else None


def _title(document: ForecastDocument, period: ForecastPeriod) -> str:
    total = math.fsum(group.bookings.mean or 0.0 for group in period.groups)
    expected = f"{period.period}: {money(total, document.currency)} expected"
    if (gap := _gap(period, total)) is None:
        return expected
    return f"{expected}, {money(abs(gap), document.currency)} {'short of' if gap > 0 else 'above'} quota"


def _draw(axes: Axes, bars: list[_Bar]) -> None:
    for place, bar in enumerate(bars):
        begins = bar.begins
        steps = zip(bar.parts, PART_COLOURS, strict=True) if bar.parts else [(bar.size, bar.colour)]
        for size, colour in steps:
            axes.barh([place], [size], left=begins, height=0.6, color=colour, lw=0)
            begins += size
        if place < len(bars) - 1:
            axes.plot([bar.begins + bar.size] * 2, [place + 0.3, place + 0.7], color=GREY, lw=0.8)
    axes.set_xlim(0, max(max(bar.begins, bar.begins + bar.size) for bar in bars) * 1.02 or 1.0)
