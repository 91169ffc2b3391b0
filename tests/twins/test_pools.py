"""Pools that leads pass one after another are served stage by stage, with the bits of the reference."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, seed, settings

from funnelsim.engines import fast
from funnelsim.results.run import Run

from .funnels import Case
from .pooled_funnels import pooled_case
from .test_reference_and_fast import assert_same
from .test_work import MANY, QUICK, worked


def event_by_event(*_: object) -> int:
    raise AssertionError("moved event by event")


def staged(one: Case, **options: object) -> Run:
    """A run that fails if it is not made stage by stage."""
    with patch.object(fast, "_contended", event_by_event):
        return worked(one, engine="fast", **options)


@seed(1)
@QUICK
@given(pooled_case())
def test_pools_are_served_alike(one: Case) -> None:
    assert_same(worked(one, engine="reference"), staged(one))


@pytest.mark.slow
@MANY
@given(pooled_case())
def test_pools_are_served_alike_in_thousands_of_funnels(one: Case) -> None:
    assert_same(worked(one, engine="reference"), staged(one))


@settings(QUICK, max_examples=10)
@given(pooled_case())
def test_room_and_parts_do_not_matter(one: Case) -> None:
    """Catches a rep or a lead that is left over from one replication or try to the next."""
    whole = staged(one, replications=9, workers=1)
    with patch.object(fast, "_FIRST_WORLD", 8):
        assert_same(whole, staged(one, replications=9, workers=1))
    part = staged(one, replications=range(4, 9))
    for name, counts in part.tallies.items():
        np.testing.assert_array_equal(counts, whole.tallies[name][4:], err_msg=name)


@settings(QUICK, max_examples=10)
@given(pooled_case())
def test_both_paths_agree(one: Case) -> None:
    """Stage by stage and event by event are two programs with one meaning."""
    with patch.object(fast, "route_of", lambda _: None):
        by_event = worked(one, engine="fast")
    assert_same(staged(one), by_event)
