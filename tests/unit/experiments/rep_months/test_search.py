"""The search among plans of hires."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

from funnelsim.experiments.rep_months.search import latest
from funnelsim.experiments.rep_months.teams import Hires


def test_the_latest_start_may_come_after_one_that_fails() -> None:
    """Who starts earlier may leave earlier. Catches a search that ends at the first start that fails."""
    starts = [dt.date(2026, month, 1) for month in (1, 2, 3, 4)]
    chances = dict(zip(starts, (0.81, 0.79, 0.80, 0.7), strict=True))

    class Known:
        def of(self, hires: Hires) -> SimpleNamespace:
            assert hires.on is not None
            return SimpleNamespace(probability=chances[hires.on])

    assert latest(Known(), 1, starts, 0.8) == starts[2]  # type: ignore[arg-type]
    assert latest(Known(), 1, starts, 0.9) is None  # type: ignore[arg-type]
