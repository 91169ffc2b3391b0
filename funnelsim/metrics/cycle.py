"""Cycle time and dwell."""

from __future__ import annotations

from funnelsim.core.arrays import Floats
from funnelsim.metrics.ratio import ratio
from funnelsim.results.run import Run


def cycle_days(run: Run, w: int) -> Floats:
    """Mean days from a lead's creation to its win, over the wins of window `w`; NaN without wins."""
    return ratio(run.tallies["cycle_days_sum"][:, w], run.tallies["deals_won"][:, w])


def dwell_days(run: Run, w: int, s: int) -> Floats:
    """Mean days of the visits of stage `s` ended in window `w`, without waiting and work; NaN without any."""
    return ratio(run.tallies["dwell_days_sum"][:, w, s], run.tallies["ended"][:, w, s])
