"""Bookings, quota credit and revenue of a run, by origin of the lead."""

from __future__ import annotations

from funnelsim.core.arrays import Floats
from funnelsim.results.run import PARTS, Run

PIPELINE, NEW, EXPANSION = (PARTS.index(part) for part in ("pipeline", "new", "expansion"))


def total(by_part: Floats) -> Floats:
    """Sum pipeline, new and expansion along the last axis, in this order.

    `numpy.sum` may use another order; with this one the parts sum to the total exactly.
    """
    return by_part[..., PIPELINE] + by_part[..., NEW] + by_part[..., EXPANSION]


def bookings(run: Run, w: int) -> Floats:
    """Amount booked in window `w`, shape (R,)."""
    return total(run.tallies["bookings"][:, w])


def quota_credit(run: Run, w: int) -> Floats:
    """Amount that counts towards quota in window `w`, shape (R,)."""
    return total(run.tallies["quota_credit"][:, w])


def revenue(run: Run, w: int) -> Floats:
    """Amount recognised in window `w`, shape (R,)."""
    return total(run.tallies["revenue"][:, w])


def expansion(run: Run, w: int) -> Floats:
    """Bookings of window `w` by leads that had booked before, shape (R,)."""
    booked: Floats = run.tallies["bookings"][:, w, EXPANSION]
    return booked
