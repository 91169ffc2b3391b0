"""What brings leads and money is the same in both engines, with reps and without."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from .flows import flow
from .funnels import Case
from .test_reference_and_fast import MANY, QUICK, assert_same, run


@settings(QUICK, max_examples=25)
@given(flow())
def test_fast_is_the_reference_where_more_happens(one: Case) -> None:
    """Any wrong index, order of draws or of sums breaks it.

    Catches: spawned leads counted in the order in which they come, revenue owed that begins a day early.
    """
    assert_same(run(one, engine="reference"), run(one, engine="fast"))


@pytest.mark.slow
@MANY
@given(flow())
def test_fast_is_the_reference_in_thousands_of_flows(one: Case) -> None:
    assert_same(run(one, engine="reference"), run(one, engine="fast"))
