"""The funnel, stage by stage: visits, conversion and time in stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from funnelsim.documents.stages import GO_ON, FunnelStage, dwell_word
from funnelsim.documents.validate import funnel_rows
from funnelsim.report.style.text_layout import Heading, fold, text_width
from funnelsim.report.style.theme import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    MARGIN,
    ORANGE,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write_lines,
)
from funnelsim.report.words.quantities import count, share, time_unit

_WIDTH, _ROW, _HEAD_ROW, _FOOT = 8.0, 0.42, 0.42, 0.3  # inches
_NAMES, _GAP = 2.3, 0.2


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    colour: str
    value: Callable[[FunnelStage], float | None]
    words: Callable[[float | None], str]
    full: float | None = None  # the length of a full bar; default the largest value


_COLUMNS = (
    _Column("entered", BLUE, lambda row: row.entered, count),
    _Column("conversion to\na later stage", GREEN, lambda row: row.conversion, share, full=1.0),
)


def _columns(rows: Sequence[FunnelStage]) -> tuple[_Column, ...]:
    """Visits and conversion, then waits where there are any, and times; each column of times in one unit."""
    dwell = time_unit(row.dwell_days_mean for row in rows)
    wait = time_unit((row.wait_days_mean for row in rows), nothing="none")
    times = [
        _Column(
            "mean " + dwell_word(rows).replace("time ", "time\n", 1),
            ORANGE,
            lambda row: row.dwell_days_mean,
            dwell.words,
        )
    ]
    if any(row.wait_days_mean is not None for row in rows):
        waits = _Column("mean wait\nfor a rep", VERMILION, lambda row: row.wait_days_mean, wait.words)
        times.insert(0, waits)
    return (*_COLUMNS, *times)


@themed
def funnel_figure(stages: Sequence[Mapping[str, Any]], *, title: str = "", subtitle: str = "") -> Figure:
    """A row for each stage, with bars for visits, conversion, and the mean time in stage.

    Where leads wait for reps and are worked on, the wait has bars too, and the time is that after the work.

    Parameters
    ----------
    stages : sequence of mappings
        In funnel order: ``stage``, ``name``, ``entered``, ``conversion``, ``dwell_days_mean``,
        ``wait_days_mean``, ``open``.
    title, subtitle : str, optional
        What and when; the default title names the stage from which the smallest share goes on.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If a row is not as above.
    """
    rows = funnel_rows(stages)
    head = Heading.of(title or _finding(rows), subtitle, _WIDTH)
    figure = new_figure(_WIDTH, head.height + _HEAD_ROW + _ROW * max(len(rows), 1) + _FOOT)
    head.draw(figure)
    top = head.height
    with_open = any(row.open is not None for row in rows)
    names_end = MARGIN + _NAMES
    numbers = ["open", *(count(row.open) for row in rows)] if with_open else []
    open_width = (
        max((text_width(figure, n, size=SMALL, weight="bold") for n in numbers), default=-_GAP) + _GAP
    )
    heads = top + _HEAD_ROW - 0.06
    write_lines(figure, "stage", MARGIN, bottom=heads, weight="bold")
    if with_open:
        right = names_end + open_width
        write_lines(figure, "open\nnow", right, bottom=heads, weight="bold", ha="right")
    left = names_end + open_width + _GAP
    columns = _columns(rows)
    width = (_WIDTH - MARGIN - left - _GAP * (len(columns) - 1)) / len(columns)
    for place, row in enumerate(rows):
        middle = top + _HEAD_ROW + _ROW * (place + 0.5)
        name = "\n".join(fold(figure, row.title, _NAMES, size=SMALL))
        write_lines(figure, name, MARGIN, middle=middle)
        if with_open:
            right = names_end + open_width
            write_lines(figure, count(row.open), right, middle=middle, ha="right")
    for column in columns:
        write_lines(figure, column.title, left, bottom=heads, weight="bold")
        _draw_column(figure, column, rows, left, top + _HEAD_ROW, width)
        left += width + _GAP
    foot = top + _HEAD_ROW + _ROW * max(len(rows), 1) + _FOOT / 2
    write_lines(figure, GO_ON, MARGIN, middle=foot, color=GREY)
    return figure


def _finding(rows: Sequence[FunnelStage]) -> str:
    """The stage with the lowest conversion."""
    known = [(row.conversion, row.title) for row in rows if row.conversion is not None]
    if not known:
        return "Nobody has left a stage yet"
    lowest, title = min(known, key=lambda pair: pair[0])
    least = ", the smallest share of all stages" if len(known) > 1 else ""
    return f"{share(lowest)} go on from {title}{least}"


def _draw_column(
    figure: Figure, column: _Column, rows: Sequence[FunnelStage], left: float, top: float, width: float
) -> None:
    """Bars from one scale, so that lengths compare; the value stands behind each bar."""
    axes = axes_at(figure, left, top, width, _ROW * max(len(rows), 1))
    axes.set_axis_off()
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_xlim(0, width)
    labels = [column.words(column.value(row)) for row in rows]
    longest = max((text_width(figure, label, size=SMALL) for label in labels), default=0.0)
    room = max(width - longest - 0.08, 0.1)
    values = [column.value(row) or 0.0 for row in rows]
    full = column.full or max(values, default=0.0) or 1.0
    for place, (value, label) in enumerate(zip(values, labels, strict=True)):
        length = room * min(max(value / full, 0.0), 1.0)
        if column.full is not None:
            axes.barh([place], [room], height=0.5, color=FAINT)
        axes.barh([place], [length], height=0.5, color=column.colour)
        behind = room if column.full is not None else length
        write_lines(figure, label, left + behind + 0.06, middle=top + _ROW * (place + 0.5))
