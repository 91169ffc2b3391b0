"""Twins agree to the last bit because sums are exact: held against what was foreseen, in every run."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest

from funnelsim.engines.job import Done, Job, Piece, PlanAndExits
from funnelsim.results.run import ROLE_TALLIES

_EXACT = 2.0**53


@pytest.fixture(autouse=True)
def _sums_are_exact() -> Iterator[None]:
    """Catches a unit that forgets growth, giants, leads that leads bring, or those open at the start.

    Each piece of a run is held against the units of its own plan: those of two draws may differ.
    """
    do = Job.do

    def checked(job: Job, piece: Piece, planned: PlanAndExits) -> Done:
        done = do(job, piece, planned)
        plan, _ = planned
        for name, sums in done.tallies.over_windows(plan).items():
            days = name.endswith(("days_sum", "wip_days")) or name in ROLE_TALLIES
            unit = plan.day_unit if days else plan.money_unit
            if days or name in ("bookings", "quota_credit", "revenue"):
                assert np.abs(sums).max(initial=0.0) < _EXACT * unit, name
                np.testing.assert_array_equal(sums % unit, 0.0, err_msg=name)
        return done

    with patch.object(Job, "do", checked):
        yield
