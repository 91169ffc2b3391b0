"""Which values of a model a scenario may change, and which of them from a date on."""

from __future__ import annotations

import re

from funnelsim.core.errors import Problem

_KEY = r"[^.]+"
_LAW = r"(\.[^.]+)*"
_IN_STAGE = rf"(after{_LAW}|clock|amount|credit\.{_KEY}|exits\.{_KEY}\.(p|to|clock|after{_LAW}))"
_DATED = re.compile(
    rf"(segments\.{_KEY}\.)?stages\.{_KEY}\.{_IN_STAGE}"
    rf"|segments\.{_KEY}\.amount{_LAW}"
    rf"|sources\.{_KEY}\.(rate|growth|weekday|month|amount{_LAW})"
)
#: One value for the whole run: how leads are told apart, and how the buyers' calendar beats.
_UNDATED = re.compile(
    rf"sources\.{_KEY}\.(dispersion|enters\.{_KEY}|segments\.{_KEY})"
    rf"|clocks\.{_KEY}\.(month|week|day|weekday)"
    rf"|listed_factor{_LAW}"
)


def not_changeable(path: str, *, dated: bool) -> Problem | None:
    """Why a scenario cannot set this path, or None: what would change nothing is refused, never ignored."""
    if _DATED.fullmatch(path):
        return None
    if _UNDATED.fullmatch(path):
        message = "holds for the whole run; leave out from"
        return Problem(path=path, message=message) if dated else None
    if path.split(".")[:2] == ["goal", "quota"]:
        message = "does not change what happens, only what it is held against; compare with --quota instead"
        return Problem(path=path, message=message)
    message = (
        "a scenario cannot change it; it may change dwells, exits, clocks and credits of stages, rates, "
        "patterns, shares and amounts of sources, amounts of segments, and clocks"
    )
    return Problem(path=path, message=message)
