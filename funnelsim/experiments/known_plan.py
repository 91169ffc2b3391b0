"""A plan of hires and what it comes to, known before a search has ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

#: Name of the share of futures that reach the quota.
REACHED = "reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlan:
    """A plan and what it comes to.

    Attributes
    ----------
    hires : tuple of (role, first day, number)
        Without a day: a standing team. Without a role: the only one.
    means : dict of str to float
        By requirement: ``reached`` is the chance of the quota.
    futures : int
    """

    hires: tuple[tuple[str, dt.date | None, int], ...]
    means: dict[str, float]
    futures: int
