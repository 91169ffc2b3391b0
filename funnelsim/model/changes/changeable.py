"""Which values of a model a scenario can change, and which of them from a date on."""

from __future__ import annotations

import re

from funnelsim.core.errors import Problem

_KEY = r"[^.]+"
_PARAMETER = r"(\.[^.]+)*"
_EXIT = rf"exits\.{_KEY}\.(p|to|clock|wait_half_life|after{_PARAMETER})"
_WORK = rf"work(\.\d+)?(\.role|\.effort{_PARAMETER})?"
_SPAWNS = rf"spawns\.(leads|after{_PARAMETER})"
_IN_STAGE = rf"(after{_PARAMETER}|clock|amount|credit\.{_KEY}|{_SPAWNS}|{_EXIT}|{_WORK}|patience{_PARAMETER})"
_DATED = re.compile(
    rf"(segments\.{_KEY}\.)?stages\.{_KEY}\.{_IN_STAGE}"
    rf"|segments\.{_KEY}\.amount{_PARAMETER}"
    rf"|sources\.{_KEY}\.(rate|growth|weekday|month|holiday(\.(calendar|factor))?|campaigns\.{_KEY}\.leads|amount{_PARAMETER})"
    rf"|roles\.{_KEY}\.headcount"
)
_TURNOVER = r"(hires|departures)(\.\d+)?(\.(on|count))?"
_ATTRITION = r"attrition(\.(rate|backfill_after))?"
#: Values that hold for the whole run: segments, clocks, hires and departures.
_UNDATED = re.compile(
    rf"sources\.{_KEY}\.(dispersion|hours|enters\.{_KEY}|segments\.{_KEY})"
    rf"|sources\.{_KEY}\.campaigns\.{_KEY}(\.(on|leads|over))?"
    rf"|(segments\.{_KEY}\.)?stages\.{_KEY}\.(abandons_to|spawns(\.(source|leads|after{_PARAMETER}))?)"
    rf"|roles\.{_KEY}\.(calendar|ramp|assignment|open_deals_max|discipline|{_TURNOVER}|{_ATTRITION})"
    rf"|calendars\.{_KEY}\.(hours|holidays)"
    rf"|shocks\..+\.(sd|rho)"
    rf"|clocks\.{_KEY}\.(month|week|day|weekday|holiday(\.(calendar|factor))?)"
    rf"|listed_factor{_PARAMETER}"
    r"|goal\.recognise\.over"
)


def not_changeable(path: str, *, dated: bool) -> Problem | None:
    """Why a scenario cannot set this path, or None. Changes without effect are refused, never ignored."""
    if _DATED.fullmatch(path):
        return None
    if _UNDATED.fullmatch(path):
        message = "holds for the whole run; leave out from (in --set, @DATE)"
        return Problem(path=path, message=message) if dated else None
    if path.split(".")[:2] == ["goal", "quota"]:
        message = "does not affect the simulation, only the comparison with it; use compare --quota instead"
        return Problem(path=path, message=message)
    if re.fullmatch(rf"roles\.{_KEY}\.(quota|annual_cost)", path):
        message = (
            "does not affect the simulation, so a scenario cannot change it; change it in the model file"
        )
        return Problem(path=path, message=message)
    message = (
        "a scenario cannot change it; it may change dwells, exits, clocks, credits, work, patience and "
        "spawns of stages, rates, patterns, hours, campaigns, shares and amounts of sources, amounts of "
        "segments, people and hours of roles, calendars, shocks, and clocks"
    )
    return Problem(path=path, message=message)
