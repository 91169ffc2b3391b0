"""The fast engine gives the visits and the counts of the reference, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from polars.testing import assert_frame_equal

from funnelsim.engines.run import simulate
from funnelsim.results.groups import Grouping
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
        "groups": three_groups(one),
    }
    return simulate(one.funnel, **(wanted | options))  # type: ignore[arg-type]


def three_groups(one: Case) -> Grouping:
    """Groups whose shares differ by source, segment and amount."""
    model, pipeline = one.funnel.model, one.funnel.pipeline
    sources, segments, bands = len(model.sources), len(model.segments) + 1, 2
    weights = 1.0 + np.arange(sources * segments * bands * 3).reshape(sources, segments, bands, 3) % 7
    upto = np.cumsum(weights / weights.sum(axis=-1, keepdims=True), axis=-1)
    leads = 0 if pipeline is None else pipeline.height
    return Grouping(
        names=("A", "B", "C"), open_leads=np.arange(leads) % 3, edges=np.array([1000.0]), upto=upto
    )


def assert_same(one: Run, other: Run) -> None:
    assert one.visits is not None
    assert other.visits is not None
    assert_frame_equal(one.visits, other.visits, check_exact=True)
    for name, counts in one.tallies.items():
        np.testing.assert_array_equal(counts, other.tallies[name], err_msg=name, strict=True)
    if one.pipeline_wins is not None:
        np.testing.assert_array_equal(one.pipeline_wins, other.pipeline_wins)
        np.testing.assert_array_equal(one.pipeline_amounts, other.pipeline_amounts)
    assert one.groups is not None
    assert other.groups is not None
    for name in ("bookings", "quota_credit", "wins"):
        np.testing.assert_array_equal(getattr(one.groups, name), getattr(other.groups, name), err_msg=name)
    assert_groups_sum(one)


def assert_groups_sum(one: Run) -> None:
    """The groups add up to the whole in every future and window, to the last bit."""
    assert one.groups is not None
    np.testing.assert_array_equal(one.groups.bookings.sum(axis=2), one.tallies["bookings"])
    np.testing.assert_array_equal(
        one.groups.quota_credit.sum(axis=2), one.tallies["quota_credit"].sum(axis=2)
    )
    np.testing.assert_array_equal(one.groups.wins.sum(axis=2), one.tallies["deals_won"])


@QUICK
@given(case())
def test_fast_is_the_reference_to_the_last_bit(one: Case) -> None:
    """Any wrong index, order of draws, credit or clock in either engine breaks it.

    Groups count too: they depend on what is logged of each credit, also when a replication is run again for
    lack of room.
    """
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
