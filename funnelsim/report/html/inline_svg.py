"""Figures as SVG elements of a page, in the colours of the page, light or dark."""

from __future__ import annotations

import re

from markupsafe import Markup, escape
from matplotlib.figure import Figure

from funnelsim.report.style import theme
from funnelsim.report.style.map_colours import DARK, LIGHT, MapColours
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


def _flat(colours: MapColours) -> dict[str, str]:
    """Name and colour of each part of a process map, one for each tone of time."""
    tones = {f"map-tone-{place}": tone for place, tone in enumerate(colours.tones)}
    rest = {f"map-{name.replace('_', '-')}": getattr(colours, name) for name in MapColours._fields[1:]}
    return tones | rest


#: Colours of process maps that the theme does not have: light and dark, by the name of their property.
MAP_PROPERTIES = {
    name: (light, dark)
    for (name, light), dark in zip(_flat(LIGHT).items(), _flat(DARK).values(), strict=True)
    if light.lower() not in {colour.lower() for colour in PROPERTIES}
}
_NAMES = {light.lower(): name for name, (light, _) in MAP_PROPERTIES.items()} | {
    colour.lower(): name for colour, name in PROPERTIES.items()
}
_COLOUR = re.compile("|".join(_NAMES))
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
    label = f' role="img" aria-label="{escape(words)}" style="{_widths(figure)}"'
    # Safe as markup: texts of the document were drawn as glyphs, and the label is escaped.
    return Markup(f"{opening}{label}>{rest.strip()}")


def _widths(figure: Figure) -> str:
    least = least_width(figure)
    return f"min-width:{least:.0f}px;max-width:{1.2 * least:.0f}px"


def least_width(figure: Figure) -> float:
    """Width in CSS pixels at which the small text of a figure is still readable."""
    return float(figure.get_size_inches()[0]) * 72 * LEAST_TEXT / theme.SMALL
