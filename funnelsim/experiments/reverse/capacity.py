"""Whether reps, not leads, limit what can be won; which role, and how many more it would take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from funnelsim.documents.reverse import Capacity, CurvePoint, Remedy
from funnelsim.experiments.reverse.futures import Futures
from funnelsim.experiments.reverse.search import MOST, Bracket, bisect, bracket
from funnelsim.experiments.reverse.spreadsheet import Line
from funnelsim.model.changes.changes import Change, SetValue

#: A lead that brings less than this share of what it would without waiting shows that reps are the limit.
_LITTLE = 0.25
#: More leads are pointless below this share; the search gives up.
_NOTHING = 0.1
#: So many leads are offered when reps are added, relative to those needed without waiting: a team that
#: is just large enough needs more leads than one that never lets anyone wait.
_SLACK = 1.25
_MOST_ADDITIONS, _MOST_STEPS = 200, 24
_TOLERANCE = 0.01


def marginal_share(points: list[CurvePoint], line: Line) -> list[tuple[float, float]]:
    """Between neighbouring multipliers: what a lead brings, as a share of what it would without waiting."""
    shares = []
    for one, other in pairwise(points):
        gain = (other.mean - one.mean) / (other.multiplier - one.multiplier)
        shares.append(((one.multiplier + other.multiplier) / 2, gain / line.more_counted))
    return shares


def pointless(points: list[CurvePoint], line: Line) -> bool:
    """Whether the last two steps up brought next to nothing."""
    shares = [share for _, share in marginal_share(points, line)[-2:]]
    return len(shares) == 2 and max(shares) < _NOTHING


def saturation(points: list[CurvePoint], line: Line) -> float | None:
    """The multiplier beyond which a lead brings less than a quarter of what it would without waiting.

    Interpolated between the midpoints of widely spaced points; None if that is never the case.
    """
    spaced: list[CurvePoint] = []
    for point in points:
        if not spaced or point.multiplier >= 1.15 * spaced[-1].multiplier + 1e-9:
            spaced.append(point)
    shares = marginal_share(spaced, line)
    for place, (at, share) in enumerate(shares):
        if share < _LITTLE:
            if place == 0:
                return at
            before, more = shares[place - 1]
            return before + (at - before) * (more - _LITTLE) / (more - share)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Additional reps by role."""

    added: dict[str, int]

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(
            SetValue(path=f"roles.{role}.headcount", by=f"+{n}") for role, n in self.added.items() if n
        )

    def with_more(self, role: str, number: int) -> Team:
        return Team(added=self.added | {role: self.added.get(role, 0) + number})


def busiest(busy: dict[str, float]) -> str | None:
    """The role with the highest busy share."""
    known = {role: share for role, share in busy.items() if not math.isnan(share)}
    return max(known, key=lambda role: known[role]) if known else None


def what_it_takes(futures: Futures, confidence: float, best: float) -> tuple[str | None, Capacity]:
    """The role that is full, and the fewest reps found with which more leads reach the quota.

    Parameters
    ----------
    futures : Futures
    confidence : float
    best : float
        The multiplier with the highest probability with today's reps.

    Returns
    -------
    role, capacity
        The role is None if the quota is out of reach even without waiting for reps.

    Notes
    -----
    A greedy search: the busiest role gets more reps, a tenth at a time, until the confidence is reached
    with a quarter more leads than without waiting; then each addition that proves unnecessary is taken
    back.
    """

    def free(multiplier: float) -> float:
        run = futures.detailed(
            futures.changes(multiplier), futures.measured.windows, reps=False, replications=futures.few
        )
        return futures.point_of(run, multiplier).probability

    at_best = free(best)
    capacity = Capacity(
        multiplier=best,
        utilisation=_busy(futures, best, Team(added={})),
        probability_without_limits=at_best,
    )
    ends = Bracket(0.0, best) if at_best >= confidence else bracket(free, confidence, give_up=lambda: False)
    if ends is None:
        return None, capacity
    needed = bisect(free, confidence, ends, _TOLERANCE).high
    offered = min(needed * _SLACK, MOST)
    full = busiest(_busy(futures, offered, Team(added={})))
    if full is None:
        return None, capacity
    team = _large_enough(futures, confidence, offered)
    if team is None:
        return full, capacity
    team = _pruned(futures, confidence, offered, team)
    found = bisect(
        lambda multiplier: futures.point(multiplier, team.changes, rough=True).probability,
        confidence,
        Bracket(min(needed * 0.9, offered), offered),
        _TOLERANCE,
    ).high
    point = futures.point(found, team.changes, rough=True)
    remedy = Remedy(
        added={role: n for role, n in team.added.items() if n},
        multiplier=found,
        probability=point.probability,
    )
    return full, capacity.model_copy(update={"remedies": (remedy,)})


def _busy(futures: Futures, multiplier: float, team: Team) -> dict[str, float]:
    futures.point(multiplier, team.changes, rough=True)
    return futures.busy(multiplier, team.changes)


def _large_enough(futures: Futures, confidence: float, offered: float) -> Team | None:
    """Add reps to the busiest role until the confidence is reached; None if it never is."""
    team = Team(added={})
    roles = futures.variants.funnel.model.roles
    for _ in range(_MOST_STEPS):
        if futures.point(offered, team.changes, rough=True).probability >= confidence:
            return team
        role = busiest(_busy(futures, offered, team))
        if role is None or sum(team.added.values()) > _MOST_ADDITIONS:
            return None
        reps = roles[role].headcount + team.added.get(role, 0)
        team = team.with_more(role, max(1, round(reps / 10)))
    return None


def _pruned(futures: Futures, confidence: float, offered: float, team: Team) -> Team:
    """Take back what is not needed, one rep at a time."""
    for role in list(team.added):
        while team.added[role] > 0:
            fewer = team.with_more(role, -1)
            if futures.point(offered, fewer.changes, rough=True).probability < confidence:
                break
            team = fewer
    return team
