"""How every figure looks: one palette, one type scale, sizes in inches.

Figures are made with matplotlib's object-oriented interface on its Agg canvas, without pyplot, so no window
opens and no figure stays in memory. Text is not parsed as math: a deal may be called ``$5_deal``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.text import Text

from funnelsim.core.harmless import harmless

# Okabe and Ito (2008), Color Universal Design: distinguishable with any common colour blindness.
BLUE = "#0072B2"
SKY = "#56B4E9"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
INK = "#1F2933"
GREY = "#5F6B76"
SLATE = "#A9BDCC"
PALE = "#C9D3DC"
FAINT = "#EDF1F4"
OUTSIDE = "#B3DAF2"  # what lies outside the 80 % range

#: Booked, open pipeline, still to come, expansion: the same in all figures.
PART_COLOURS = (BLUE, SKY, ORANGE, GREEN)

TITLE, BODY, SMALL = 13.0, 9.5, 8.5  # points
MARGIN = 0.35  # inches
LAYOUT_DPI = 100
PNG_DPI = 200

_STYLE: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": BODY,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": PALE,
    "axes.labelcolor": GREY,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "xtick.color": PALE,
    "ytick.color": PALE,
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": GREY,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "figure.facecolor": "white",
    "savefig.facecolor": "auto",
    "svg.fonttype": "path",  # the page looks the same where the font is missing
    "svg.hashsalt": "funnelsim",  # the same figure gives the same file
}

#: Used for names that the first font cannot write, where the machine has one of them.
_OTHER_SCRIPTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "Yu Gothic", "Microsoft YaHei")

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def style() -> Iterator[None]:
    """The theme for the time of one drawing or saving, whatever the user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_STYLE, "font.family": font_families()})
        yield


def themed(draw: Callable[P, T]) -> Callable[P, T]:
    """Run a drawing function under the theme."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> T:
        with style():
            return draw(*args, **kwargs)

    return drawn


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches."""
    figure = Figure(figsize=(width, height), dpi=LAYOUT_DPI)
    FigureCanvasAgg(figure)
    return figure


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes by their place on the page: inches from the left and from the top."""
    page_width, page_height = figure.get_size_inches()
    bottom = page_height - top - height
    axes = figure.add_axes(
        (left / page_width, bottom / page_height, width / page_width, height / page_height)
    )
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return axes


def write(figure: Figure, text: str, left: float, top: float, **look: Any) -> Text:
    """Text on the page; inches from the left and from the top, which is the text's top."""
    page_width, page_height = figure.get_size_inches()
    look.setdefault("va", "top")
    return figure.text(left / page_width, 1 - top / page_height, harmless(text), **look)


def write_lines(
    figure: Figure,
    text: str,
    left: float,
    *,
    middle: float | None = None,
    bottom: float | None = None,
    size: float = SMALL,
    **look: Any,
) -> None:
    """Lines of text on even baselines, around a middle or upwards from a bottom, in inches from the top."""
    lines = text.split("\n")
    step = size * 1.3 / 72
    if bottom is None:
        half_a_capital = 0.36 * size / 72
        bottom = (middle or 0.0) + half_a_capital + step * (len(lines) - 1) / 2
    for place, line in enumerate(lines):
        baseline = bottom - step * (len(lines) - 1 - place)
        write(figure, line, left, baseline, size=size, va="baseline", **look)


@functools.cache
def font_families() -> list[str]:
    installed = set(get_font_names())
    return ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in installed)]
