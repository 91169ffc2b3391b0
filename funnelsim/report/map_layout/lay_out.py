"""The way in: a map in the form that suits its page."""

from __future__ import annotations

import math

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.map_layout.across import Grid, Strip
from funnelsim.report.map_layout.columns import DENSITIES, SMALL
from funnelsim.report.map_layout.content import Content, content_of
from funnelsim.report.map_layout.down import down_layout
from funnelsim.report.map_layout.frames import boxes_of, groups_of, lanes_of
from funnelsim.report.map_layout.routes import arcs_of, losses_of
from funnelsim.report.map_layout.shapes import MapLayout, Orientation
from funnelsim.report.map_layout.time_classes import time_limits

#: What is left of A4 landscape, in points, after margins, title and legend.
A4_LANDSCAPE = (792.0, 493.0)
PHONE = 358.0  # of 390 pixels
LEAST_TEXT = 6.0  # points, on the page
_MOST_ROWS = 7
#: How much wider than equal parts rows may be: equal rows come first.
_SLACKS = (1.02, 1.1, 1.2, 1.35)
#: A map of more stages fits no page in readable letters: with few tries it is drawn in seconds, not minutes.
_LARGE = 60


def lay_out(
    document: MapDocument,
    orientation: Orientation = "across",
    *,
    page: tuple[float, float] | None = A4_LANDSCAPE,
    width: float = PHONE,
) -> MapLayout:
    """Places for all stages, moves and texts of a map.

    Parameters
    ----------
    document : MapDocument
    orientation : {"across", "down"}
        From left to right in rows, for a page or a screen; from top to bottom, for a phone.
    page : tuple of float or None
        Width and height that an `across` map is to fit into: it has as many rows as leave its texts largest.
        None: one row, however long.
    width : float
        Of a `down` map.

    Returns
    -------
    MapLayout
        At full size: a map larger than the page has to be drawn smaller.
    """
    content = content_of(document)
    limits = time_limits(content.durations)
    if orientation == "down":
        return down_layout(content, limits, width)
    grid = Strip(content, DENSITIES[0]).grid() if page is None else _fitting(content, page)
    return MapLayout(
        orientation="across",
        width=grid.width,
        height=grid.height,
        lanes=lanes_of(grid),
        groups=groups_of(grid),
        boxes=boxes_of(grid, limits),
        arcs=arcs_of(grid, limits),
        losses=losses_of(grid),
        time_limits=limits,
        rows=len(grid.rows),
    )


def _fitting(content: Content, page: tuple[float, float]) -> Grid:
    """The first of the grids whose texts are large enough on the page; else the one with the largest.

    Few rows come first, as one row is easier to follow than two; then wide boxes.
    """
    found: list[tuple[float, Grid]] = []
    large = len(content.nodes) > _LARGE
    strips = [Strip(content, density) for density in (DENSITIES[-1:] if large else DENSITIES)]
    slacks = _SLACKS[1:2] if large else _SLACKS
    widths = [strip.grid().width for strip in strips]
    for rows in range(1, _MOST_ROWS + 1):
        for strip, width in zip(strips, widths, strict=True):
            for slack in slacks if rows > 1 else (math.inf,):
                grid = strip.grid(width / rows * slack)
                scale = min(page[0] / grid.width, page[1] / grid.height)
                if len(grid.rows) <= rows and scale * SMALL >= LEAST_TEXT:
                    return grid
                found.append((scale, grid))
    return max(found, key=lambda one: one[0])[1]
