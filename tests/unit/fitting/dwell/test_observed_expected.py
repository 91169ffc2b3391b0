"""What left lately, beside what the model expects: a change shows, chance does not."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.documents.fit_stages import FitRecent
from funnelsim.fitting.dwell.censoring import observe
from funnelsim.fitting.dwell.observed_expected import differs, recent_exits
from tests.unit.fitting.made_up_visits import instant, one_stage
from tests.unit.fitting.stated_families import fit_stated


def moves(p_before: float, p_after: float, seed: int, **meta) -> dict[str, FitRecent]:  # type: ignore[no-untyped-def]
    """400 days; deals that begin in the last 120 are won with `p_after`."""
    rng = np.random.default_rng(seed)
    entered = rng.uniform(0, 400, 4000)
    won = rng.random(4000) < np.where(entered > 280, p_after, p_before)
    days = np.where(won, rng.gamma(2.0, 5.0, 4000), rng.gamma(2.0, 8.0, 4000))
    history = one_stage(entered, entered + days, np.where(won, "won", "lost"), until=400.0, **meta)
    fit = fit_stated(observe(history)["demo"], {"won": ("gamma",), "lost": ("gamma",)})
    return {recent.to: recent for recent in recent_exits(fit)}


@pytest.mark.parametrize("seed", range(4))
def test_chance_alone_is_no_drift(seed: int) -> None:
    found = moves(0.4, 0.4, seed)
    for recent in found.values():
        assert abs(recent.seen - recent.expected) < 4 * np.sqrt(recent.expected)
        assert not differs(recent)


def test_a_win_rate_that_fell_shows() -> None:
    found = moves(0.5, 0.25, 1)
    assert differs(found["won"])
    assert found["won"].seen < 0.7 * found["won"].expected
    assert found["lost"].seen > found["lost"].expected


def test_over_the_whole_history_as_many_are_expected_as_were_seen() -> None:
    """The score of the likelihood: catches exposure counted from the wrong age."""
    rng = np.random.default_rng(5)
    entered = rng.uniform(-60, 200, 3000)
    left = entered + rng.gamma(2.0, 10.0, 3000)
    seen = left > 0
    won = rng.random(3000) < 0.4
    history = one_stage(
        entered[seen],
        left[seen],
        np.where(won, "won", "lost")[seen],
        until=200.0,
        observed_from=instant(0.0),
    )
    fit = fit_stated(observe(history)["demo"], {"won": ("gamma",), "lost": ("gamma",)})
    for recent in recent_exits(fit, days=199.9):
        assert recent.expected == pytest.approx(recent.seen, rel=0.02)


def test_a_history_no_longer_than_the_window_has_nothing_to_compare_with() -> None:
    rng = np.random.default_rng(6)
    entered = rng.uniform(0, 80, 300)
    history = one_stage(entered, entered + rng.exponential(5, 300), ["won"] * 300, until=85.0)
    assert recent_exits(fit_stated(observe(history)["demo"], {"won": ("gamma",)})) == ()
