"""The fast engine gives the visits and the counts of the reference, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from polars.testing import assert_frame_equal

from funnelsim.engines.run import simulate
from funnelsim.results.run import Run

from .funnels import HORIZON_DAYS, Case, case

QUICK = settings(max_examples=60)
MANY = settings(QUICK, max_examples=2_000, derandomize=False)


def run(one: Case, **options: object) -> Run:
    wanted: dict[str, object] = {
        "days": HORIZON_DAYS,
        "warmup_days": one.warmup_days,
        "replications": 4,
        "seed": 11,
        "changes": one.changes,
        "visits": True,
        "pipeline_wins": one.funnel.pipeline is not None,
    }
    return simulate(one.funnel, **(wanted | options))  # type: ignore[arg-type]


def assert_same(one: Run, other: Run) -> None:
    assert one.visits is not None
    assert other.visits is not None
    assert_frame_equal(one.visits, other.visits, check_exact=True)
    for name, counts in one.tallies.items():
        np.testing.assert_array_equal(counts, other.tallies[name], err_msg=name, strict=True)
    if one.pipeline_wins is not None:
        np.testing.assert_array_equal(one.pipeline_wins, other.pipeline_wins)
        np.testing.assert_array_equal(one.pipeline_amounts, other.pipeline_amounts)


@QUICK
@given(case())
def test_fast_is_the_reference_to_the_last_bit(one: Case) -> None:
    """Any wrong index, order of draws, credit or clock in either engine breaks it."""
    assert_same(run(one, engine="reference"), run(one, engine="fast"))


@pytest.mark.slow
@MANY
@given(case())
def test_fast_is_the_reference_in_thousands_of_funnels(one: Case) -> None:
    assert_same(run(one, engine="reference"), run(one, engine="fast"))


@settings(QUICK, max_examples=15)
@given(case())
def test_threads_chunks_and_parts_do_not_matter(one: Case) -> None:
    """Catches state that leaks from one replication or piece into the next."""
    whole = run(one, replications=9, workers=1)
    assert_same(whole, run(one, replications=9, workers=3))
    part = run(one, replications=range(4, 9))
    for name, counts in part.tallies.items():
        np.testing.assert_array_equal(counts, whole.tallies[name][4:], err_msg=name)


@settings(QUICK, max_examples=10)
@given(case())
def test_another_seed_gives_another_future(one: Case) -> None:
    """Catches a key that ignores the seed: at least the arrivals must differ somewhere."""
    first, second = run(one), run(one, seed=12)
    assert first.visits is not None
    if first.visits["source"].drop_nulls().len() > 0:
        assert not first.visits.equals(second.visits)  # type: ignore[arg-type]
