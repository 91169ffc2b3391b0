"""Clients: churn and retention."""

from __future__ import annotations

from funnelsim.core.arrays import Floats
from funnelsim.metrics.ratio import ratio
from funnelsim.results.run import Run


def churned(run: Run, w: int) -> Floats:
    """Leads that ended as churned in window `w`, shape (R,)."""
    counts: Floats = run.tallies["churned"][:, w]
    return counts


def retention(run: Run, w: int) -> Floats:
    """Share of the clients at the start of window `w` who are still clients at its end; NaN without clients.

    A client is a lead that has won and has not churned.
    """
    return ratio(run.tallies["clients_kept"][:, w], run.tallies["clients_at_start"][:, w])
