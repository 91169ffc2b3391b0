"""The search among plans of hires: how many, and how late they may start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.experiments.rep_months.teams import Hires, TeamResult, Teams

#: A safer plan has at most this share of the risk of missing the quota.
_RISK_OF_SAFER = 0.5
#: A hire who brings less than this share of what one who starts at once brings comes too late.
_USEFUL = 0.1
#: Hires on the frontier beyond the cheapest plan.
_BEYOND = 3
_LEAST_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Plans:
    """Plans worth showing.

    Attributes
    ----------
    today : TeamResult
    chosen : TeamResult or None
        The cheapest plan that reaches the confidence; None if there is none.
    cheaper : TeamResult or None
        One hire fewer, which fails; None where that is today's team.
    safer : TeamResult or None
        Half the risk of missing the quota.
    largest : TeamResult
        With the most hires tried.
    frontier : tuple of TeamResult
        With each number of hires from 0 on, at the first start.
    by_start : tuple of TeamResult
        The chosen number of hires (or one), on each possible start.
    latest_useful_start : date
        The last start on which a hire brings at least a tenth of what the first start brings.
    """

    today: TeamResult
    chosen: TeamResult | None
    cheaper: TeamResult | None
    safer: TeamResult | None
    largest: TeamResult
    frontier: tuple[TeamResult, ...]
    by_start: tuple[TeamResult, ...]
    latest_useful_start: dt.date


def search_plans(teams: Teams, starts: Sequence[dt.date], confidence: float, most: int) -> Plans:
    """The fewest hires that reach the confidence, as late as they still do, and the plans around them.

    Parameters
    ----------
    teams : Teams
    starts : sequence of date
        Possible starts, at least one, rising.
    confidence : float
    most : int
        The largest number of hires.
    """
    first = starts[0]

    def at(count: int, on: dt.date = first) -> TeamResult:
        return teams.of(Hires(count, on if count else None))

    count = fewest(teams, first, confidence, most)
    chosen = None if count is None else at(count)
    if count:
        chosen = at(count, latest(teams, count, starts, confidence) or first)  # later costs less
    safe = 1 - _RISK_OF_SAFER * (1 - confidence)
    safer = fewest(teams, first, safe, most) if count is not None else None
    shown = most if count is None else min(most, max(count + _BEYOND, safer or 0, _LEAST_SHOWN))
    by_start = tuple(at(count or 1, on) for on in starts)
    return Plans(
        today=at(0),
        chosen=chosen,
        cheaper=at(count - 1) if count and count > 1 else None,
        # The same number is safer if it starts earlier.
        safer=at(safer) if safer and chosen is not None and at(safer).hires != chosen.hires else None,
        largest=at(most),
        frontier=tuple(at(n) for n in range(shown + 1)),
        by_start=by_start,
        latest_useful_start=_latest_useful(teams, by_start),
    )


def fewest(teams: Teams, on: dt.date, confidence: float, most: int) -> int | None:
    """The smallest number of hires, all on one day, that reach the confidence; None if `most` do not."""
    for count in range(most + 1):
        if teams.of(Hires(count, on if count else None)).probability >= confidence:
            return count
    return None


def latest(teams: Teams, count: int, starts: Sequence[dt.date], confidence: float) -> dt.date | None:
    """The latest start on which so many hires still reach the confidence; None if none does.

    All starts are tried: mostly an earlier one brings more, but those who start earlier may also leave
    earlier, so the chance need not fall from each start to the next.
    """
    reached = [on for on in starts if teams.of(Hires(count, on)).probability >= confidence]
    return reached[-1] if reached else None


def _latest_useful(teams: Teams, by_start: Sequence[TeamResult]) -> dt.date:
    today = float(teams.today.bookings.mean())
    gains = [float(one.total.bookings.mean()) - today for one in by_start]
    useful = [one for one, gain in zip(by_start, gains, strict=True) if gain >= _USEFUL * gains[0]]
    last = (useful or by_start)[-1].hires.on
    assert last is not None
    return last
