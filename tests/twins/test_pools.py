"""Pools that leads pass one after another are served stage by stage, with the bits of the reference."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, seed, settings

from funnelsim.engines import fast
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
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
    with patch.object(fast, "_with_reps", lambda _: fast._contended):
        by_event = worked(one, engine="fast")
    assert_same(staged(one), by_event)


def two_pools(amount: str, effort: str, growth: float = 1.0) -> Case:
    """Two sources whose leads enter at two stages, so that the engines count them in different orders."""
    exits = {
        "won": {"to": "won", "p": 0.6, "after": "exponential(mean=3d)"},
        "lost": {"to": "lost", "p": 0.4},
    }
    source = {"enters": {"a": 0.6, "b": 0.4}, "rate": "25 per day", "amount": amount}
    document = {
        "name": "two pools",
        "start": "2026-01-05",
        "goal": {"books_at": "won", "period": "month"},
        "calendars": {"office": {"hours": "Mon-Fri 09:00-17:00"}},
        "roles": {"sdr": {"headcount": 2, "calendar": "office"}},
        "sources": {"web": source, "fair": source},
        "stages": {
            "a": {
                "amount": growth,
                "work": {"role": "sdr", "effort": effort},
                "exits": {name: one | {"after": "exponential(mean=3d)"} for name, one in exits.items()}
                | {"won": {"to": "b", "p": 0.6, "after": "exponential(mean=3d)"}},
            },
            "b": {"exits": {name: {"after": "constant(1d)"} | one for name, one in exits.items()}},
        },
    }
    return Case(Funnel(model=Model.model_validate(document)), (), 0)


@pytest.mark.parametrize("effort", ["constant(0h)", "mixture(0.5*constant(0h), 0.5*exponential(mean=1h))"])
def test_reps_who_are_free_again_at_once_take_turns(effort: str) -> None:
    """Catches a route where tasks take no time: the rep in the lower seat took all who waited overnight."""
    one = two_pools("constant(1)", effort)
    assert_same(worked(one, engine="reference"), worked(one, engine="fast"))


@pytest.mark.parametrize(
    ("amount", "growth"),
    [
        ("mixture(0.95*constant(0), 0.05*lognormal(median=100000, sigma=1))", 1.0),
        ("lognormal(median=100.3, sigma=1)", 1000.7),
        ("mixture(0.999*constant(1.1), 0.001*constant(10_000_000.3))", 1.0),
    ],
)
def test_sums_of_giants_are_exact(amount: str, growth: float) -> None:
    """Catches a unit made for an amount that nine of ten stay below, or for amounts that do not grow."""
    one = two_pools(amount, "exponential(mean=0.5h)", growth)
    assert_same(worked(one, engine="reference"), staged(one))
