"""Where reps work, the fast engine gives the visits and the counts of the reference, to the last bit."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from funnelsim.results.run import Run

from .funnels import Case
from .test_reference_and_fast import assert_same, run
from .working_funnels import HORIZON_DAYS, working_case

QUICK = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MANY = settings(QUICK, max_examples=5_000, derandomize=False)


def worked(one: Case, **options: object) -> Run:
    return run(one, **({"days": HORIZON_DAYS, "replications": 2} | options))


@pytest.mark.slow
@QUICK
@given(working_case())
def test_reps_work_alike(one: Case) -> None:
    """Any wrong order at one instant, rep, queue, owner, patience or law in either engine breaks it."""
    assert_same(worked(one, engine="reference"), worked(one, engine="fast"))


@pytest.mark.slow
@MANY
@given(working_case())
def test_reps_work_alike_in_thousands_of_funnels(one: Case) -> None:
    assert_same(worked(one, engine="reference"), worked(one, engine="fast"))
