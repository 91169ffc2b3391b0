"""What a forecast depends on: bars of elasticities, shares of the variance, and gains from knowing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.documents.sensitivity import SensitivityDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.style.text_layout import Heading, fold, typographic
from funnelsim.report.style.theme import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    ORANGE,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write,
    write_lines,
)
from funnelsim.report.words import sensitivity_words as words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import share

_WIDTH, _ROW, _HEAD, _AXIS = 8.0, 0.3, 0.42, 0.5  # inches
_NAMES, _GAP, _TEXT = 2.9, 0.15, 1.5
#: Bars of each kind at most.
_MOST = 12


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    value: float
    low: float
    high: float
    text: str
    colour: str


@themed
def sensitivity_figure(document: Mapping[str, Any]) -> Figure:
    """Bars with intervals: elasticities, then shares of the variance, then gains from knowing.

    Parameters
    ----------
    document : mapping
        A sensitivity document, as ``funnelsim sensitivity --json`` writes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not a sensitivity analysis.
    """
    typed = read_as(SensitivityDocument, document, "sensitivity")
    panels = [panel for panel in _panels(typed) if panel[1]]
    head = Heading.of(words.strongest_title(typed), span_subtitle(typed, typed.span), _WIDTH)
    height = head.height + sum(_HEAD + _ROW * len(bars) + _AXIS for _, bars, _ in panels) + 0.25
    figure = new_figure(_WIDTH, height)
    head.draw(figure)
    top = head.height
    for title, bars, unit in panels:
        write(figure, title, MARGIN, top + 0.22, weight="bold", size=SMALL)
        top += _HEAD
        left = MARGIN + _NAMES + _GAP
        axes = axes_at(figure, left, top, _WIDTH - left - MARGIN - _TEXT, _ROW * len(bars))
        _draw(axes, bars)
        axes.set_xlabel(unit, size=SMALL)
        for place, bar in enumerate(bars):
            middle = top + _ROW * (place + 0.5)
            name = fold(figure, bar.name, _NAMES, size=SMALL, lines=1)[0]
            write_lines(figure, name, MARGIN, middle=middle)
            write_lines(figure, typographic(bar.text), _WIDTH - MARGIN - _TEXT + _GAP, middle=middle)
        top += _ROW * len(bars) + _AXIS
    return figure


def _panels(document: SensitivityDocument) -> list[tuple[str, Sequence[_Bar], str]]:
    level = f"{document.level * 100:.0f} % interval"
    what = words.metric_words(document).label
    over = ", over the ranges" if document.decision and document.decision.basis == "ranges" else ""
    return [
        (f"What 1 % more of each changes {what} by ({level})", _elasticity_bars(document), "per cent"),
        ("Share of the uncertainty about parameters that each explains", _sobol_bars(document), "per cent"),
        (
            f"Worth knowing before a bet on the quota{over} (one standard error)",
            _gain_bars(document),
            "percentage points of right calls",
        ),
    ]


def _elasticity_bars(document: SensitivityDocument) -> list[_Bar]:
    return [
        _Bar(
            plain(row.name),
            row.value,
            row.value if row.low is None else row.low,
            row.value if row.high is None else row.high,
            words.elasticity_words(row),
            GREY if not row.clear else BLUE if row.value > 0 else VERMILION,
        )
        for row in document.elasticities[:_MOST]
        if row.value is not None
    ]


def _sobol_bars(document: SensitivityDocument) -> list[_Bar]:
    return [
        _Bar(
            plain(row.name),
            100 * max(row.total, 0.0),
            100 * max(row.low if row.low is not None else row.total, 0.0),
            100 * max(row.high if row.high is not None else row.total, 0.0),
            f"{share(max(row.total, 0.0))}, alone {words.first_words(row)}",
            ORANGE,
        )
        for row in document.sobol[:_MOST]
        if row.total is not None
    ]


def _gain_bars(document: SensitivityDocument) -> list[_Bar]:
    return [
        _Bar(
            plain(row.name),
            100 * row.value,
            100 * max(row.value - (row.error or 0.0), 0.0),
            100 * (row.value + (row.error or 0.0)),
            words.gain_words(row.value, row.error),
            BLUE,
        )
        for row in words.clear_gains(document)[:_MOST]
        if row.value is not None
    ]


def _draw(axes: Axes, bars: Sequence[_Bar]) -> None:
    ends = [end for bar in bars for end in (bar.low, bar.high, bar.value)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - (room if low < 0 else 0), high + room)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_yticks([])
    axes.axvline(0, color=INK, lw=1.0)
    for place, bar in enumerate(bars):
        axes.barh([place], [bar.value], height=0.6, color=bar.colour, alpha=0.45, lw=0)
        axes.plot([bar.low, bar.high], [place, place], color=bar.colour, lw=1.8)
