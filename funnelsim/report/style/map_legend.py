"""What the colours and widths of a map mean, below it."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.map_layout import MapLayout
from funnelsim.report.map_layout.time_classes import class_tone
from funnelsim.report.style.map_colours import LIGHT
from funnelsim.report.style.text_layout import fold, text_width
from funnelsim.report.style.theme import GREY, MARGIN, SMALL, new_figure, write_lines
from funnelsim.report.words.map_words import UNKNOWN_MOVE, class_words, hidden_words

_TOP, _LINE, _KEY, _BOTTOM = 0.16, 0.2, 0.26, 0.16  # inches
Entry = tuple[str, dict[str, Any] | None]


def legend_height(document: MapDocument, layout: MapLayout, width: float) -> float:
    rows = _rows(new_figure(width, 1.0), document, layout, width)
    return _BOTTOM + (_TOP + _LINE * len(rows) if rows else 0.1)


def draw_legend(figure: Figure, document: MapDocument, layout: MapLayout, top: float) -> None:
    """Draw the legend downwards from `top`, in inches."""
    width, height = (float(size) for size in figure.get_size_inches())
    for place, row in enumerate(_rows(figure, document, layout, width)):
        middle = top + _TOP + _LINE * place
        x = MARGIN
        for text, look in row:
            if look is not None:
                y = 1 - middle / height
                figure.add_artist(Line2D([x / width, (x + _KEY - 0.06) / width], [y, y], **look))
                x += _KEY
            write_lines(figure, text, x, middle=middle, color=GREY)
            x += text_width(figure, text, size=SMALL) + 0.16


def _rows(figure: Figure, document: MapDocument, layout: MapLayout, width: float) -> list[list[Entry]]:
    rows: list[list[Entry]] = [[]]
    room = width - 2 * MARGIN
    used = 0.0
    for text, look in _entries(document, layout):
        for line in fold(figure, text, room - _KEY, size=SMALL, lines=3):
            needed = text_width(figure, line, size=SMALL) + 0.16 + (_KEY if look else 0.0)
            if rows[-1] and used + needed - 0.16 > room:
                rows.append([])
                used = 0.0
            rows[-1].append((line, look))
            used += needed
    return [row for row in rows if row]


def _entries(document: MapDocument, layout: MapLayout) -> list[Entry]:
    entries: list[Entry] = []
    classes = class_words(layout.time_limits)
    if classes:
        entries.append(("Median time:", None))
        for place, words in enumerate(classes):
            colour = LIGHT.tones[class_tone(place, len(classes))]
            entries.append((words, {"color": colour, "lw": 4.0, "solid_capstyle": "butt"}))
    if any(move.n for move in document.moves):
        entries.append(("Width and numbers: moves", None))
    if layout.losses:
        entries.append(
            (
                "leave here",
                {"color": LIGHT.quiet, "lw": 1.0, "marker": "|", "markersize": 5.0, "markevery": [1]},
            )
        )
    if any(move.meant is False for move in document.moves):
        entries.append((UNKNOWN_MOVE, {"color": LIGHT.unknown, "lw": 1.6, "ls": (0, (3.2, 1.6))}))
    hidden = hidden_words(document)
    if hidden:
        entries.append((hidden, None))
    return entries
