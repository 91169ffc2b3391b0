"""Figures as SVG elements of a page, in the colours of the page, light or dark."""

from __future__ import annotations

import re

from markupsafe import Markup, escape
from matplotlib.figure import Figure
from matplotlib.text import Text

from funnelsim.report.style import theme
from funnelsim.report.style.saving import figure_bytes

#: Colours of the theme, and the property of the style sheet that takes their place.
PROPERTIES = {
    theme.INK: "ink",
    theme.GREY: "grey",
    theme.PALE: "line",
    theme.FAINT: "faint",
    theme.OUTSIDE: "outside",
    theme.BLUE: "blue",
    theme.SKY: "sky",
    theme.ORANGE: "orange",
    theme.GREEN: "green",
    theme.VERMILION: "vermilion",
    "#ffffff": "paper",
}

_NAMES = {colour.lower(): name for colour, name in PROPERTIES.items()}
_COLOUR = re.compile("|".join(_NAMES))
#: Below this size of text, in CSS pixels, a figure is not squeezed further: it scrolls. Where another figure
#: takes its place on a phone, text may be as small as in print.
LEAST_TEXT, LEAST_WIDE_TEXT = 11.0, 8.75


class InlineFigures:
    """Embeds figures in a page and numbers them, so that their ids are unique."""

    def __init__(self) -> None:
        self.used = 0

    def svg(self, figure: Figure, words: str, *, wide: bool = False) -> Markup:
        """A figure; `wide` if a narrower one takes its place on a phone."""
        self.used += 1
        return inline_svg(
            figure, f"figure{self.used}", words, least_text=LEAST_WIDE_TEXT if wide else LEAST_TEXT
        )


def inline_svg(figure: Figure, prefix: str, words: str, *, least_text: float = LEAST_TEXT) -> Markup:
    """A figure as an SVG element to embed in HTML: unique ids, no links, a text for screen readers."""
    svg = figure_bytes(figure, "svg").decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", svg)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\1{prefix}-", svg).replace("xlink:href", "href")
    svg = _COLOUR.sub(lambda found: f"var(--{_NAMES[found[0]]})", svg)
    opening, rest = svg.split(">", 1)
    opening = re.sub(r'\s(?:width|height)="[^"]*"', "", opening)
    least = least_width(figure, least_text)
    label = (
        f' role="img" aria-label="{escape(words)}" data-text="{smallest_text(figure):g}"'
        f' style="min-width:{least:.0f}px;max-width:{1.2 * least:.0f}px"'
    )
    # Safe as markup: texts of the document were drawn as glyphs, and the label is escaped.
    return Markup(f"{opening}{label}>{rest.strip()}")


def least_width(figure: Figure, least_text: float = LEAST_TEXT) -> float:
    """Width in CSS pixels at which the smallest text of a figure is still readable."""
    return float(figure.get_size_inches()[0]) * 72 * least_text / smallest_text(figure)


def smallest_text(figure: Figure) -> float:
    """Size of the smallest text of a figure, in its own units."""
    texts = (one for one in figure.findobj(Text) if isinstance(one, Text) and one.get_text())
    return min((float(text.get_fontsize()) for text in texts), default=theme.SMALL)
