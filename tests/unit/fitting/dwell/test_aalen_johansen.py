"""The observed curve, worked out by hand, and the gap to a distribution that does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.fitting.dwell.aalen_johansen import largest_gap, observed_curve
from funnelsim.fitting.dwell.censoring import observe
from tests.unit.fitting.made_up_visits import instant, one_stage
from tests.unit.fitting.stated_families import fit_stated


def test_open_visits_leave_the_curve_where_they_leave_the_sight() -> None:
    """Ends at 2 and 6; one watched until 4: 1 - 1/3, then the one that is left."""
    sample = observe(one_stage([4, 6, 2], [6, 1e4, 8], ["won"] * 3, until=10.0))["demo"]
    times, shares, watched = observed_curve(sample)
    np.testing.assert_allclose(times, [2, 6])
    np.testing.assert_allclose(shares, [2 / 3, 0])
    np.testing.assert_allclose(watched, [3, 1])


def test_late_visits_are_watched_from_their_entry_on() -> None:
    """Two from the start end at 3 and 9; one seen from age 5 ends at 7: half, then half of that."""
    history = one_stage([0, 0, -5], [3, 9, 2], ["won"] * 3, until=100.0, observed_from=instant(0.0))
    times, shares, watched = observed_curve(observe(history)["demo"])
    np.testing.assert_allclose(times, [3, 7, 9])
    np.testing.assert_allclose(watched, [2, 2, 1])
    np.testing.assert_allclose(shares, [1 / 2, 1 / 4, 0])


@pytest.mark.parametrize(("family", "close"), [("lognormal", True), ("exponential", False)])
def test_a_distribution_that_does_not_fit_shows_a_gap(family: str, close: bool) -> None:
    rng = np.random.default_rng(1)
    sample = observe(one_stage(np.zeros(2000), rng.lognormal(2, 0.4, 2000), ["won"] * 2000, until=1e3))[
        "demo"
    ]
    gap = largest_gap(fit_stated(sample, {"won": (family,)}), by_day=False)
    assert (gap < 0.03) is close
    assert close or gap > 0.15


def test_stays_of_seconds_are_no_gap_where_times_are_exact() -> None:
    """All left within 20 s: at once, to the fit. Mutant: those ages compared, a gap of 100 %."""
    seconds = np.linspace(1, 20, 200) / 86_400
    sample = observe(one_stage(np.zeros(200), seconds, ["won"] * 200, until=10.0))["demo"]
    assert largest_gap(fit_stated(sample, {}), by_day=False) < 0.01
