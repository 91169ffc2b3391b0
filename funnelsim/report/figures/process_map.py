"""The process map as a figure: stages in lanes, moves as wide as their leads and coloured by their time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from funnelsim.core.harmless import harmless
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.map_layout import A4_LANDSCAPE, Arc, Box, Frame, MapLayout, Orientation, Text, lay_out
from funnelsim.report.map_layout.curves import arrow_length, arrowhead, rounded
from funnelsim.report.style.map_colours import LIGHT
from funnelsim.report.style.map_legend import draw_legend, legend_height
from funnelsim.report.style.text_layout import Heading
from funnelsim.report.style.theme import MARGIN, axes_at, new_figure, themed
from funnelsim.report.words.map_words import finding, sources

_POINT = 1 / 72  # inches
_LEAST_WIDTH = 7.5
_COMMANDS = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3}


@themed
def map_figure(document: Mapping[str, Any] | MapDocument, *, orientation: Orientation = "across") -> Figure:
    """The picture of a map, at most as large as a page of A4 landscape.

    Parameters
    ----------
    document : mapping or MapDocument
        A map, as ``funnelsim map --json`` writes it.
    orientation : {"across", "down"}, default "across"

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not a map.
    """
    typed = document if isinstance(document, MapDocument) else read_as(MapDocument, document, "map")
    layout = lay_out(typed, orientation)
    scale = 1.0
    if orientation == "across":
        scale = min(1.0, A4_LANDSCAPE[0] / layout.width, A4_LANDSCAPE[1] / layout.height)
    wide, high = layout.width * scale * _POINT, layout.height * scale * _POINT
    width = max(wide + 2 * MARGIN, _LEAST_WIDTH if orientation == "across" else 0.0)
    head = Heading.of(finding(typed), sources(typed), width)
    foot = legend_height(typed, layout, width)
    figure = new_figure(width, head.height + high + foot)
    head.draw(figure)
    axes = axes_at(figure, MARGIN, head.height, wide, high)
    axes.set_axis_off()
    axes.set_xlim(0, layout.width)
    axes.set_ylim(layout.height, 0)
    _draw(axes, layout, scale)
    draw_legend(figure, typed, layout, head.height + high)
    return figure


def _draw(axes: Axes, layout: MapLayout, scale: float) -> None:
    for place, lane in enumerate(layout.lanes):
        _frame(axes, lane, LIGHT.lane, scale, rounding=0.0, edge="white" if place else "white")
    for group in layout.groups:
        _frame(axes, group, "none", scale, rounding=4.0, edge=LIGHT.quiet)
    for arc in sorted(layout.arcs, key=lambda one: one.thickness):
        _arc(axes, arc, scale)
    for losses in layout.losses:
        points = losses.points
        axes.plot(
            *zip(*points, strict=True), color=LIGHT.quiet, lw=losses.thickness * scale, solid_capstyle="butt"
        )
        x, y = points[-1]
        axes.plot([x - 2.2, x + 2.2], [y, y], color=LIGHT.quiet, lw=1.2 * scale, solid_capstyle="butt")
        _text(axes, losses.label, LIGHT.quiet, scale)
    for box in layout.boxes:
        _box(axes, box, scale)
    for arc in layout.arcs:
        if arc.label:
            on_line = any(_on(arc.label, a, b) for a, b in zip(arc.points, arc.points[1:], strict=False))
            colour = LIGHT.unknown if arc.meant is False else LIGHT.ink
            _text(axes, arc.label, colour, scale, background=on_line)


def _on(label: Text, a: tuple[float, float], b: tuple[float, float]) -> bool:
    left, top, right, bottom = label.bounds
    return (
        min(a[0], b[0]) <= right
        and max(a[0], b[0]) >= left
        and min(a[1], b[1]) <= bottom
        and max(a[1], b[1]) >= top
    )


def _frame(axes: Axes, frame: Frame, face: str, scale: float, *, rounding: float, edge: str) -> None:
    style = f"round,pad=0,rounding_size={rounding}" if rounding else "square,pad=0"
    patch = FancyBboxPatch(
        (frame.x, frame.y),
        frame.width,
        frame.height,
        boxstyle=style,
        facecolor=face,
        edgecolor=edge,
        lw=scale,
    )
    axes.add_patch(patch)
    if frame.label:
        _text(axes, frame.label, LIGHT.quiet, scale)


def _arc(axes: Axes, arc: Arc, scale: float) -> None:
    colour = LIGHT.no_time if arc.tone is None else LIGHT.tones[arc.tone]
    if arc.meant is False:
        colour = LIGHT.unknown
    steps = rounded(arc.points, shorten=arrow_length(arc.thickness) - 0.5)
    vertices = [point for _, points in steps for point in points]
    codes = [_COMMANDS[name] for name, points in steps for _ in points]
    dashes = (0, (3.2, 1.6)) if arc.meant is False else "solid"
    width = max(arc.thickness, 1.2) if arc.meant is False else arc.thickness
    axes.add_patch(
        PathPatch(
            Path(vertices, codes),
            facecolor="none",
            edgecolor=colour,
            lw=width * scale,
            ls=dashes,
            capstyle="butt",
        )
    )
    axes.add_patch(Polygon(arrowhead(arc.points, arc.thickness), closed=True, facecolor=colour, lw=0))


def _box(axes: Axes, box: Box, scale: float) -> None:
    ends = box.kind != "stage"
    face = {"stage": LIGHT.box, "start": LIGHT.badge, "won": LIGHT.won}[box.kind]
    rounding = min(box.height / 2, 12.0) if ends else 3.0
    patch = FancyBboxPatch(
        (box.x, box.y),
        box.width,
        box.height,
        boxstyle=f"round,pad=0,rounding_size={rounding}",
        facecolor=face,
        edgecolor=LIGHT.no_time,
        lw=0.8 * scale,
    )
    axes.add_patch(patch)
    if box.tone is not None:
        bar = Rectangle((box.x, box.y), 3.5, box.height, facecolor=LIGHT.tones[box.tone], lw=0)
        axes.add_patch(bar)
        bar.set_clip_path(patch)
    if box.badge:
        left, top, right, bottom = box.badge.bounds
        axes.add_patch(
            FancyBboxPatch(
                (left - 3.0, top),
                right - left + 6.0,
                bottom - top,
                boxstyle="round,pad=0,rounding_size=4",
                facecolor=LIGHT.badge,
                lw=0,
            )
        )
        _text(axes, box.badge, LIGHT.ink, scale)
    for text in box.texts:
        _text(axes, text, LIGHT.won_ink if box.kind == "won" else LIGHT.ink, scale)


def _text(axes: Axes, text: Text, colour: str, scale: float, *, background: bool = False) -> None:
    if background:
        left, top, right, bottom = text.bounds
        axes.add_patch(
            Rectangle(
                (left - 1.5, top + 0.5), right - left + 3.0, bottom - top - 1.0, facecolor="white", lw=0
            )
        )
    look: dict[str, Any] = {
        "size": text.size * scale,
        "color": colour,
        "weight": "bold" if text.bold else "normal",
        "ha": {"start": "left", "middle": "center", "end": "right"}[text.anchor],
    }
    if text.upright:
        axes.text(text.x, text.y, harmless(text.lines[0]), rotation=90, va="center", **look)
        return
    for k, line in enumerate(text.lines):
        # 0.76 of the size lies above the baseline of DejaVu Sans, 0.24 below it.
        middle = text.y + text.line_height * (k + 0.5)
        axes.text(text.x, middle + 0.36 * text.size, harmless(line), va="baseline", **look)
