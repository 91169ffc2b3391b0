"""Find the smallest multiplier with which a probability reaches a confidence.

The probability is a share of futures on common random numbers. With more leads, lead ``n`` enters no later
and has the same draws. So without shared reps, and for a period that begins at the start, the share never
falls as the multiplier rises, and bisection finds the one place where it crosses the confidence. Where reps
are shared, it may fall again; the search then goes up from today's pace and takes the first crossing of its
grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import ndtri

Probability = Callable[[float], float]

MOST = 20.0
#: Steps of about a half each: a crossing is found with one or two evaluations beyond it.
_UP = (1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, MOST)
_DOWN = (1.0, 0.75, 0.5, 0.25, 0.0)
#: Relative width at which the search ends: below the error that 2,000 futures leave, 1 to 2 %.
TOLERANCE, _ROUGH_TOLERANCE = 0.004, 0.02
#: Below this multiplier the width is absolute.
_LEAST = 0.05
_FIRST_STEP = 1.02


@dataclass(frozen=True, slots=True)
class Bracket:
    """`low` does not reach the confidence and `high` does; both are 0 if no new lead is needed."""

    low: float
    high: float


def bracket(probability: Probability, confidence: float, *, give_up: Callable[[], bool]) -> Bracket | None:
    """Neighbours in a grid between which the confidence is reached; None if it is not up to `MOST`.

    Parameters
    ----------
    probability : callable
    confidence : float
    give_up : callable
        Called after each step up: whether more leads no longer help.
    """
    if probability(1.0) >= confidence:
        high = 1.0
        for low in _DOWN[1:]:
            if probability(low) < confidence:
                return Bracket(low, high)
            high = low
        return Bracket(0.0, 0.0)
    low = 1.0
    for high in _UP[1:]:
        if probability(high) >= confidence:
            return Bracket(low, high)
        if give_up():
            return None
        low = high
    return None


def bisect(probability: Probability, confidence: float, ends: Bracket, tolerance: float) -> Bracket:
    """Narrow a bracket until its relative width is at most the tolerance.

    Alternates two points. One is where a line through the ends crosses the confidence, on the scale of normal
    quantiles, on which the probability of a sum of many deals is nearly straight; it is moved by half the
    tolerance towards the farther end, so that the next bracket is narrow. Every third time it is the middle,
    which bounds the number of steps whatever the shape.
    """
    low, high = ends.low, ends.high
    at_low, at_high = _quantile(probability(low)), _quantile(probability(high))
    step = 0
    while high - low > tolerance * max(high, _LEAST):
        here = (low + high) / 2
        if step % 3 < 2 and at_high > at_low:
            width = tolerance * max(high, _LEAST) / 2
            crossing = low + (high - low) * (_quantile(confidence) - at_low) / (at_high - at_low)
            moved = crossing - width if crossing - low > high - crossing else crossing + width
            here = min(max(moved, low + width), high - width)
        p = probability(here)
        if p >= confidence:
            high, at_high = here, _quantile(p)
        else:
            low, at_low = here, _quantile(p)
        step += 1
    return Bracket(low, high)


def _quantile(probability: float) -> float:
    """Of the normal distribution; 0 and 1 are moved inside, so that it is finite."""
    return float(ndtri(min(max(probability, 1e-3), 1 - 1e-3)))


def smallest(
    rough: Probability, probability: Probability, confidence: float, *, give_up: Callable[[], bool]
) -> float | None:
    """The smallest multiplier that reaches the confidence, or None.

    Parameters
    ----------
    rough, probability : callable
        The probability with a part of the futures, and with all of them.
    confidence : float
    give_up : callable
        See `bracket`.
    """
    ends = bracket(rough, confidence, give_up=give_up)
    if ends is None:
        return None
    if ends.high == 0.0:
        if probability(0.0) >= confidence:
            return 0.0
        ends = Bracket(0.0, 0.25)
    start = bisect(rough, confidence, ends, _ROUGH_TOLERANCE).high
    around = _around(probability, confidence, start)
    return None if around is None else bisect(probability, confidence, around, TOLERANCE).high


def _around(probability: Probability, confidence: float, start: float) -> Bracket | None:
    """A bracket around a first guess, in growing steps up or down."""
    step, here = _FIRST_STEP, start
    if probability(here) >= confidence:
        while here > 0:
            low = here / step if here > 1e-3 else 0.0
            if probability(low) < confidence:
                return Bracket(low, here)
            here, step = low, step**2
        return Bracket(0.0, 0.0)
    while here < MOST:
        high = min(here * step, MOST)
        if probability(high) >= confidence:
            return Bracket(here, high)
        here, step = high, step**2
    return None
