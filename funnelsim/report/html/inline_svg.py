"""Figures as SVG elements of a page, in the colours of the page, light or dark."""

from __future__ import annotations

import re

from markupsafe import Markup, escape
from matplotlib.figure import Figure

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
_COLOUR = re.compile("|".join(colour.lower() for colour in PROPERTIES))
_NAMES = {colour.lower(): name for colour, name in PROPERTIES.items()}
#: Below this size of text, in CSS pixels, a figure is not squeezed further: it scrolls.
LEAST_TEXT = 11.0


class InlineFigures:
    """Embeds figures in a page and numbers them, so that their ids are unique."""

    def __init__(self) -> None:
        self.used = 0

    def svg(self, figure: Figure, words: str) -> Markup:
        self.used += 1
        return inline_svg(figure, f"figure{self.used}", words)


def inline_svg(figure: Figure, prefix: str, words: str) -> Markup:
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
    label = f' role="img" aria-label="{escape(words)}" style="min-width:{least_width(figure):.0f}px"'
    # Safe as markup: texts of the document were drawn as glyphs, and the label is escaped.
    return Markup(f"{opening}{label}>{rest.strip()}")


def least_width(figure: Figure) -> float:
    """Width in CSS pixels at which the small text of a figure is still readable."""
    return float(figure.get_size_inches()[0]) * 72 * LEAST_TEXT / theme.SMALL
