"""Colours of a process map: time from light and fast to dark and slow, and what is quiet or wrong."""

from __future__ import annotations

from typing import NamedTuple


class MapColours(NamedTuple):
    """One theme.

    `tones` change in lightness in one direction, so that they keep their order with any colour blindness; all
    have a contrast of 3 to 1 with the page, as WCAG 2.2 (1.4.11) asks of lines.
    """

    tones: tuple[str, str, str, str, str]
    no_time: str
    page: str
    lane: str
    box: str
    line: str
    ink: str
    quiet: str
    unknown: str
    won: str
    won_ink: str
    badge: str


LIGHT = MapColours(
    tones=("#3F9C9A", "#2C82B5", "#3A5DAE", "#4A3A8E", "#2B0F4A"),
    no_time="#7A8794",
    page="#FFFFFF",
    lane="#F3F6F8",
    box="#FFFFFF",
    line="#C9D3DC",
    ink="#1F2933",
    quiet="#5F6B76",
    unknown="#B84900",
    won="#DDF1EA",
    won_ink="#00513B",
    badge="#E4EAF0",
)
DARK = MapColours(
    tones=("#6C80C2", "#5A9CCB", "#5DB7B7", "#A5D88F", "#FDE725"),
    no_time="#8A96A3",
    page="#14191E",
    lane="#1B2229",
    box="#242D36",
    line="#43505C",
    ink="#E8EDF1",
    quiet="#A9B5C0",
    unknown="#FF8A3D",
    won="#0E4435",
    won_ink="#D6F5EA",
    badge="#35414D",
)
