"""Groups of leads, such as reps or products, that add up to the whole in every replication."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grouping:
    """How leads fall into ``G`` groups.

    Attributes
    ----------
    names : tuple of str
    open_leads : ndarray of int, shape (L,)
        The group of each open lead.
    edges : ndarray, shape (bands - 1,)
        Amounts at which the bands begin after the first: what a deal is worth says which product it is.
    upto : ndarray, shape (sources, segments + 1, bands, G)
        Cumulative shares of the groups among won new leads; segment 0 is that of leads without one.
    """

    names: tuple[str, ...]
    open_leads: Ints
    edges: Floats
    upto: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupTallies:
    """Tallies of ``G`` groups in ``R`` replications and ``W`` windows.

    Attributes
    ----------
    names : tuple of str
    bookings : ndarray, shape (R, W, G, 3)
        By part: pipeline, new, expansion. Summed over the groups, exactly the run's own.
    quota_credit, wins : ndarray, shape (R, W, G)
    """

    names: tuple[str, ...]
    bookings: Floats
    quota_credit: Floats
    wins: Floats

    @classmethod
    def zeros(cls, names: tuple[str, ...], n: int, windows: int) -> GroupTallies:
        shape = (n, windows, len(names))
        return cls(
            names=names,
            bookings=np.zeros((*shape, 3)),
            quota_credit=np.zeros(shape),
            wins=np.zeros(shape),
        )
