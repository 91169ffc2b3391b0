"""Where the texts of a figure lie, and whether they can all be read."""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from funnelsim.report.style.theme import style

SLACK = 1.0  # pixels at 100 dpi: letters have some air around them


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text that is drawn, with its box in pixels."""
    with style():
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
        return [(t.get_text(), t.get_window_extent(renderer)) for t in found]


def words(figure: Figure) -> str:
    return "\n".join(text for text, _ in texts(figure))


def check_texts(figure: Figure) -> None:
    """Fail if a text leaves the canvas or lies on another."""
    boxes = texts(figure)
    assert boxes, "the figure has no text at all"
    page = figure.bbox
    outside = [
        text
        for text, box in boxes
        if box.x0 < page.x0 or box.y0 < page.y0 or box.x1 > page.x1 or box.y1 > page.y1
    ]
    assert not outside, f"texts leave the canvas: {outside}"
    overlaps = [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if _overlap(one, other)]
    assert not overlaps, f"texts overlap: {overlaps}"


def _overlap(one: Bbox, other: Bbox) -> bool:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > SLACK and high > SLACK
