"""Where everything of a process map is drawn: geometry only, for figures, pages and diagrams."""

from funnelsim.report.map_layout.lay_out import A4_LANDSCAPE, PHONE, lay_out
from funnelsim.report.map_layout.shapes import Arc, Box, Frame, Losses, MapLayout, Orientation, Point, Text

__all__ = [
    "A4_LANDSCAPE",
    "PHONE",
    "Arc",
    "Box",
    "Frame",
    "Losses",
    "MapLayout",
    "Orientation",
    "Point",
    "Text",
    "lay_out",
]
