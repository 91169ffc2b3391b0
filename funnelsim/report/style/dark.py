"""Dark figures: the same drawing, with each colour of the palette replaced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from funnelsim.report.style import theme

BACKGROUND = "#14191F"
#: Light colour to dark. Colours that are not listed are drawn as they are.
DARK = {
    "#FFFFFF": BACKGROUND,
    theme.INK: "#E8ECF0",
    theme.GREY: "#A9B4BF",
    theme.SLATE: "#5F7182",
    theme.PALE: "#4A5763",
    theme.FAINT: "#27303A",
    theme.OUTSIDE: "#285A78",
    theme.BLUE: "#2F86C4",
    theme.SKY: "#8ACBF2",
    theme.GREEN: "#2DBE94",
    theme.VERMILION: "#F07F35",
}
_DARK = {to_hex(light): dark for light, dark in DARK.items()}


def make_dark(figure: Figure) -> Figure:
    """Recolour a finished figure for a dark background, in place; returns it.

    Fully transparent parts stay transparent, and each colour keeps its opacity.
    """
    found: Iterable[Any] = figure.findobj(Artist)
    for artist in found:
        if isinstance(artist, Text):
            artist.set_color(_dark(artist.get_color()))
        elif isinstance(artist, Line2D):
            artist.set_color(_dark(artist.get_color()))
            artist.set_markerfacecolor(_dark(artist.get_markerfacecolor()))
            artist.set_markeredgecolor(_dark(artist.get_markeredgecolor()))
        elif isinstance(artist, Patch):
            face, edge = artist.get_facecolor(), artist.get_edgecolor()
            artist.set_facecolor(_dark(face))
            artist.set_edgecolor(_dark(edge))
        elif isinstance(artist, Collection):
            artist.set_facecolor([_dark(one) for one in np.atleast_2d(artist.get_facecolor())])
            artist.set_edgecolor([_dark(one) for one in np.atleast_2d(artist.get_edgecolor())])
    return figure


def _dark(colour: Any) -> Any:
    """The dark colour that stands for this one, with the same opacity."""
    if isinstance(colour, str) and colour in ("none", "auto"):
        return colour
    if len(np.atleast_1d(colour)) == 0:
        return "none"
    *_, opacity = to_rgba(colour)
    return to_rgba(_DARK.get(to_hex(colour), to_hex(colour)), opacity)
