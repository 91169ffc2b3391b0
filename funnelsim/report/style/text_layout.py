"""Text on a figure, measured before it is placed, so that it neither overlaps nor leaves the page."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from funnelsim.report.style.theme import GREY, MARGIN, SMALL, TITLE, font_families, new_figure, write
from funnelsim.report.words.money import Scale, sentence_scale
from funnelsim.report.words.names import plain

#: A page up to so many inches is for a phone, where titles take more lines.
_PHONE = 4.5


@dataclass(frozen=True, slots=True)
class Heading:
    """Title and subtitle of a page, folded to its width; made before the page, to know its height."""

    title: list[str]
    subtitle: list[str]

    @classmethod
    def of(cls, title: str, subtitle: str, page_width: float) -> Heading:
        scratch, width = new_figure(page_width, 1.0), page_width - 2 * MARGIN
        return cls(
            title=fold(
                scratch, title, width, size=TITLE, weight="bold", lines=2 if page_width > _PHONE else 4
            ),
            subtitle=fold(scratch, subtitle, width, size=SMALL, lines=2 if page_width > _PHONE else 4),
        )

    @property
    def height(self) -> float:
        """Where the heading ends, in inches from the top."""
        return 0.46 + 0.26 * len(self.title) + 0.18 * len(self.subtitle)

    def draw(self, figure: Figure) -> None:
        top = 0.28
        for line in self.title:
            write(figure, line, MARGIN, top, size=TITLE, weight="bold")
            top += 0.26
        for line in self.subtitle:
            write(figure, line, MARGIN, top + 0.04, size=SMALL, color=GREY)
            top += 0.18


def text_width(figure: Figure, text: str, *, size: float, weight: str = "normal") -> float:
    """Width of a text in inches."""
    font = FontProperties(family=font_families(), size=size, weight=weight)
    with _missing_glyphs_ignored():
        width, _, _ = _renderer(figure).get_text_width_height_descent(text, font, ismath=False)
    return float(width) / figure.dpi


def elide(figure: Figure, text: str, width: float, *, size: float, weight: str = "normal") -> str:
    """The text, cut with an ellipsis to fit a width in inches; what follows a last ``=`` is kept."""

    def fits(shown: str) -> bool:
        return text_width(figure, shown, size=size, weight=weight) <= width

    if fits(text):
        return text
    value = text[text.rfind("=") :] if "=" in text else ""
    value = value if fits(f"…{value}") else ""
    low, high = 0, len(text) - len(value)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(f"{text[:middle].rstrip()}…{value}"):
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()}…{value}"


def fold(
    figure: Figure, text: str, width: float, *, size: float, weight: str = "normal", lines: int = 2
) -> list[str]:
    """The text in at most so many lines of a width in inches; what does not fit is cut with an ellipsis.

    A path such as ``stages.demo.exits.lost.p=-5pp``, too long for a line, breaks after its dots.
    """

    def fits(shown: str) -> bool:
        return text_width(figure, shown, size=size, weight=weight) <= width

    rest = [
        part
        for word in plain(text).split()
        for part in ([f"{word} "] if fits(word) else re.split(r"(?<=\.)(?=[^\W\d])", f"{word} "))
    ]
    folded: list[str] = []
    while rest:
        taken = 1
        while taken < len(rest) and fits("".join(rest[: taken + 1]).rstrip()):
            taken += 1
        if len(folded) == lines - 1:
            taken = len(rest)
        folded.append(elide(figure, "".join(rest[:taken]).rstrip(), width, size=size, weight=weight))
        rest = rest[taken:]
    return folded


def typographic(text: str) -> str:
    """The text with true minus signs before its numbers."""
    return re.sub(r"(?<![\w-])-(?=\d)", "−", text)


def keep_inside(text: Text) -> None:
    """Shift a text sideways, so that it lies within the margins of the page."""
    figure = text.get_figure(root=True)
    assert isinstance(figure, Figure)
    with _missing_glyphs_ignored():
        box = text.get_window_extent(_renderer(figure))
    margin, width = MARGIN * figure.dpi, float(figure.bbox.width)
    shift = max(margin - box.x0, 0.0) or min(width - margin - box.x1, 0.0)
    if shift:
        x, y = text.get_transform().transform(text.get_position())
        moved = text.get_transform().inverted().transform((x + shift, y))
        text.set_position((float(moved[0]), float(moved[1])))


def money_axis(axes: Axes, currency: str) -> Scale:
    """Ticks of the horizontal axis in one readable unit; returns the unit."""
    scale = sentence_scale(axes.get_xlim(), currency)
    place_ticks(axes, scale.divisor)
    return scale


def upright_ticks(axes: Axes, currency: str) -> Scale:
    """The same for the vertical axis."""
    low, high = axes.get_ylim()
    scale = sentence_scale((low, high), currency)
    ticks = _round_ticks(low / scale.divisor, high / scale.divisor, 6)
    axes.set_yticks([tick * scale.divisor for tick in ticks], _tick_labels(ticks))
    return scale


def upright_counts(axes: Axes, *, percent: bool = False) -> None:
    """Ticks of the vertical axis at round numbers, or at whole per cent of a share; none beyond its ends."""
    factor = 100 if percent else 1
    low, high = axes.get_ylim()
    ticks = _round_ticks(low * factor, high * factor, 6)
    unit = " %" if percent else ""
    axes.set_yticks([tick / factor for tick in ticks], [label + unit for label in _tick_labels(ticks)])


def place_ticks(axes: Axes, divisor: float = 1.0) -> None:
    """Ticks of the horizontal axis at round values of ``x / divisor``, as many as fit."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    low, high = axes.get_xlim()
    width = axes.get_position().width * float(figure.get_size_inches()[0])
    for most in (7, 6, 5, 4, 3, 2):
        ticks = _round_ticks(low / divisor, high / divisor, most)
        labels = _tick_labels(ticks)
        needed = max((text_width(figure, label, size=SMALL) for label in labels), default=0.0)
        if len(ticks) < 2 or needed * 1.4 * len(ticks) <= width:
            break
    axes.set_xticks([tick * divisor for tick in ticks], labels)


def _renderer(figure: Figure) -> Any:
    return cast(FigureCanvasAgg, figure.canvas).get_renderer()  # type: ignore[no-untyped-call]


@contextmanager
def _missing_glyphs_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _round_ticks(low: float, high: float, most: int) -> list[float]:
    slack = 1e-9 * (high - low)
    found: Iterable[float] = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) + 0.0 for tick in found if low - slack <= tick <= high + slack]


def _tick_labels(values: Sequence[float]) -> list[str]:
    """Labels with as many decimals as the closest two need, with a true minus sign."""
    step = min((b - a for a, b in pairwise(values)), default=1.0)
    decimals = next((d for d in range(6) if abs(round(step, d) - step) < 1e-6 * step), 6)
    return [typographic(f"{value:,.{decimals}f}") for value in values]
